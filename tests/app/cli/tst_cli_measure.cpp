// info, devices, plan, synth, eval and bench.

#include "tests/app/cli/cli_process.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>
#include <csignal>

using namespace clitest;

class CliMeasureTest : public QObject {
    Q_OBJECT

    support::TinyModelOptions m_options;
    Model m_model{m_options};

private slots:
    void infoTellsTheGeometry()
    {
        const Result result = run(m_model.with({"info", "--json"}));
        QCOMPARE(result.exitCode, 0);
        const QJsonObject json = result.json();
        QCOMPARE(json["name"].toString(), "tiny");
        QCOMPARE(json["architecture"].toString(), "deepseek_v3");
        QCOMPARE(json["layers"].toInt(), m_options.layers);
        QCOMPARE(json["routed_experts"].toInt(), m_options.experts);
        QCOMPARE(json["moe_layers"].toArray(), (QJsonArray{1, 2}));
        QCOMPARE(json["context_length"].toInt(), m_options.maxPositions);
        QVERIFY(json["parameters_active"].toInt() < json["parameters_total"].toInt());
        QVERIFY(json["weight_bytes"].toInt() > 0);
        QCOMPARE(json["reasons"].toBool(), true);
    }

    void infoIsReadable()
    {
        const Result result = run(m_model.with({"info"}));
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.output.contains("8 routed, 3 per token, 1 shared; 2 of 4 groups"));
        QVERIFY(result.error.isEmpty());
    }

    void devicesNeedNoModel()
    {
        const Result result = run({"devices", "--json"});
        QCOMPARE(result.exitCode, 0);
        const QJsonArray devices = result.json()["devices"].toArray();
        QCOMPARE(devices[0]["id"].toString(), "cpu");
        QVERIFY(devices[0]["runs_models"].toBool());
        QVERIFY(devices.size() > 1 || !result.json()["absent"][0]["sentence"].toString().isEmpty());
    }

    void planCountsBytes()
    {
        const Result result = run(m_model.with({"plan", "--json", "--context", "100"}));
        QCOMPARE(result.exitCode, 0);
        const QJsonObject json = result.json();
        QCOMPARE(json["context_length"].toInt(), 100);
        QCOMPARE(json["kv_bytes"].toInt(), 128 * json["kv_bytes_per_token"].toInt());
        QCOMPARE(json["total_bytes"].toInt(),
                 json["weight_bytes"].toInt() + json["kv_bytes"].toInt() + json["buffer_bytes"].toInt());
        QCOMPARE(json["fits"].toBool(), true);
        QVERIFY(run(m_model.with({"plan"})).output.contains("fits"));
    }

    void synthWritesAModelThatRuns()
    {
        const support::TemporaryFolder folder;
        const QString out = QString::fromStdString((folder.path() / "random").string());
        const QStringList synth{"synth",    "--json", "--config",    m_model.folder() + "/config.json",
                                "--out",    out,      "--storage",   "fp8",
                                "--layers", "2",      "--tokenizer", m_model.folder()};
        const Result written = run(synth);
        QCOMPARE(written.exitCode, 0);
        const QJsonObject info = run({"info", "--json", "--model", out}).json();
        QCOMPARE(info["layers"].toInt(), 2);
        QCOMPARE(info["weight_bytes"].toInt(), written.json()["weight_bytes"].toInt());
        QCOMPARE(run(synth).exitCode, 1); // nothing is overwritten
    }

    void theContextCanBeMadeSmaller()
    {
        QCOMPARE(run(m_model.with({"info", "--json", "--context", "100"})).json()["context_length"].toInt(), 100);
    }

    void evalCountsEachTask()
    {
        const Result result = run(m_model.with({"eval", "--json", "--tasks", "addition,sorting", "--count", "3",
                                                "--max-tokens", "8", "--show-failures", "2"}));
        QCOMPARE(result.exitCode, 0);
        const QJsonArray tasks = result.json()["tasks"].toArray();
        QCOMPARE(tasks.size(), 2);
        QCOMPARE(tasks[0]["task"].toString(), "addition");
        QCOMPARE(tasks[1]["task"].toString(), "sorting");
        for (const QJsonValue &task : tasks) {
            QCOMPARE(task["problems"].toInt(), 3);
            QCOMPARE(task["correct"].toInt(), 0); // a random model
            QCOMPARE(task["failures"].toArray().size(), 2);
            QVERIFY(!task["failures"][0]["expected"].toString().isEmpty());
        }
        QCOMPARE(at(result.json(), "total.problems").toInt(), 6);
    }

    void evalPrintsATable()
    {
        const Result result = run(m_model.with({"eval", "--tasks", "comparing", "--count", "2", "--max-tokens", "4"}));
        QCOMPARE(result.exitCode, 0);
        const QList<QByteArray> lines = result.output.trimmed().split('\n');
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[0].startsWith("task"));
        QVERIFY(lines[1].startsWith("comparing         2        0     0.0 %"));
        QVERIFY(lines[2].startsWith("total"));
    }

    void evalThatIsInterruptedTellsWhatWasDone()
    {
        QProcess process;
        process.start(program(), m_model.with({"eval", "--json", "--count", "1000", "--max-tokens", "400"}));
        QTest::qWait(3000); // some of the problems; all of them take much longer
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitCode(), 130);
        const QJsonObject json = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
        QVERIFY(json["interrupted"].toBool());
        QVERIFY(json["tasks"][0]["problems"].toInt() > 0);
        QCOMPARE(at(json, "total.problems"), json["tasks"][0]["problems"]);
    }

    void benchReportsMediansOfItsRuns()
    {
        const Result result =
            run(m_model.with({"bench", "--json", "--prompt-tokens", "60", "--generate-tokens", "20", "--repeat", "3"}));
        QCOMPARE(result.exitCode, 0);
        const QJsonObject json = result.json();
        QCOMPARE(json["threads"].toInt(), 1);
        const int promptTokens = json["prompt_tokens"].toInt();
        QVERIFY2(promptTokens > 30 && promptTokens <= 60, qPrintable(QString::number(promptTokens)));
        for (const char *key :
             {"prefill_tokens_per_second", "decode_tokens_per_second", "memory_read_bytes_per_second"}) {
            QList<double> runs;
            for (const QJsonValue &run : json[key]["runs"].toArray())
                runs.append(run.toDouble());
            QCOMPARE(runs.size(), 3);
            std::sort(runs.begin(), runs.end());
            QVERIFY(runs[0] > 0.0);
            QCOMPARE(json[key]["median"].toDouble(), runs[1]);
        }
        QVERIFY(json["percent_of_memory_read"].toDouble() > 0.0);
    }

    void benchTellsWhatEachOpMoved()
    {
        const QStringList bench{"bench", "--json", "--prompt-tokens", "60", "--generate-tokens", "20", "--repeat", "1"};
        const QJsonObject json = run(m_model.with(bench)).json();
        double milliseconds = 0.0;
        double bytes = 0.0;
        QStringList ops;
        for (const QJsonValue &op : json["decode_ops"].toArray()) {
            ops.append(op["op"].toString());
            milliseconds += op["milliseconds"].toDouble();
            bytes += op["weight_bytes"].toDouble();
        }
        for (const char *op : {"linear", "mlaAttention", "route", "expertFfn", "rmsNorm"})
            QVERIFY2(ops.contains(op), op);
        QVERIFY(milliseconds > 0.0);
        QVERIFY(bytes > 0.0 && bytes < 2.0 * json["active_weight_bytes_per_token"].toDouble());
        QVERIFY(!json["prefill_ops"].toArray().isEmpty());
        QVERIFY(json["decode_bytes_per_second"].toDouble() > 0.0);
        QCOMPARE(json["logits_hash"].toString().size(), 16);
        QCOMPARE(run(m_model.with(bench)).json()["logits_hash"], json["logits_hash"]);
    }

    void expectNeedsNoWeights()
    {
        const support::TemporaryFolder folder;
        QVERIFY(QFile::copy(m_model.folder() + "/config.json",
                            QString::fromStdString((folder.path() / "config.json").string())));
        const QString config = QString::fromStdString((folder.path() / "config.json").string());
        const Result result = run({"expect", "--json", "--config", config, "--storage", "fp8", "--context", "100"});
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.json()["cache_bytes"].toDouble() > 0.0);
        QVERIFY(result.json()["milliseconds"].toDouble() > 0.0);
        const QByteArray text = run({"expect", "--config", config, "--bandwidth", "1e9"}).output;
        QVERIFY(text.contains("At least"));
        QVERIFY(text.contains("at 1 GB/s"));
        QCOMPARE(run({"expect", "--config", config, "--context", "1000000"}).exitCode, 1);
    }

    void verifyOfTheCpuIsRefusedByName()
    {
        const Result result = run({"verify", "--backend", "cpu", "--model", m_model.folder()});
        QCOMPARE(result.exitCode, 1);
        QVERIFY(result.error.contains("The CPU is what other devices are verified with"));
    }

    void verifyWithoutADeviceSaysSo()
    {
        const Result result = run({"verify", "--device", "cuda:77", "--model", m_model.folder(), "--activations", "fp8",
                                   "--cache", "fp8", "--sizes", "v3"});
        QCOMPARE(result.exitCode, 1);
        QVERIFY(result.output.isEmpty());
        QVERIFY(result.error.contains("There is no device cuda:77. This machine has cpu"));
    }

    void benchThatDoesNotFitIsRefused()
    {
        const Result result = run(m_model.with({"bench", "--prompt-tokens", "500", "--generate-tokens", "100"}));
        QCOMPARE(result.exitCode, 2);
        QVERIFY(result.error.contains("do not fit into the context of 512 tokens"));
    }
};

QTEST_GUILESS_MAIN(CliMeasureTest)
#include "tst_cli_measure.moc"
