// --cache of the commands that load or plan a model.

#include "tests/app/cli/cli_process.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

using namespace clitest;

class CliCacheTest : public QObject {
    Q_OBJECT

    support::TinyModelOptions m_options;
    Model m_model{m_options};

    /// Of a token: numbers of 4, 2 or 1 bytes, the last with a scale for 128 and rotary numbers of 2.
    int bytesPerToken(const QString &format) const
    {
        const int both = m_options.kvLoraRank + m_options.rope;
        if (format == "fp8")
            return m_options.layers * (m_options.kvLoraRank + 4 + 2 * m_options.rope);
        return m_options.layers * both * (format == "bf16" ? 2 : 4);
    }

private slots:
    void planAndInfoNameTheFormat_data()
    {
        QTest::addColumn<QString>("asked");
        QTest::addColumn<QString>("got");
        QTest::newRow("auto") << "auto"
                              << "f32"; // a small model
        QTest::newRow("f32") << "f32"
                             << "f32";
        QTest::newRow("bf16") << "bf16"
                              << "bf16";
        QTest::newRow("fp8") << "fp8"
                             << "fp8";
    }
    void planAndInfoNameTheFormat()
    {
        QFETCH(QString, asked);
        QFETCH(QString, got);
        for (const char *command : {"plan", "info"}) {
            const Result result = run(m_model.with({command, "--json", "--cache", asked}));
            QCOMPARE(result.exitCode, 0);
            QCOMPARE(result.json()["cache_format"].toString(), got);
            QCOMPARE(result.json()["kv_bytes_per_token"].toInt(), bytesPerToken(got));
            QVERIFY(run(m_model.with({command, "--cache", asked})).output.contains("per token in " + got.toUtf8()));
        }
    }

    void aStepMovesTheBytesOfTheFormat()
    {
        for (const char *format : {"f32", "bf16", "fp8"}) {
            const Result result =
                run({"expect", "--model", m_model.folder(), "--json", "--context", "40", "--cache", format});
            QCOMPARE(result.exitCode, 0);
            // 41 positions are read, one is written.
            QCOMPARE(result.json()["cache_bytes"].toInt(), 42 * bytesPerToken(format));
        }
    }

    void aReplyIsGeneratedInIt()
    {
        const Result result = run(m_model.with(
            {"bench", "--json", "--cache", "fp8", "--prompt-tokens", "20", "--generate-tokens", "4", "--repeat", "1"}));
        QCOMPARE(result.exitCode, 0);
        QCOMPARE(result.json()["cache_format"].toString(), "fp8");
    }

    void whatIsNotAFormatOrNotForTheModelIsRefused()
    {
        QVERIFY(run(m_model.with({"plan", "--cache", "fp16"})).exitCode != 0);
        const support::TemporaryFolder folder;
        support::writeGoldenModel(support::readGoldenCase("llama-mha"), folder.path());
        const Result result = run({"plan", "--model", QString::fromStdString(folder.text()), "--cache", "fp8"});
        QVERIFY(result.exitCode != 0);
        QVERIFY2(result.error.contains("Choose auto, f32 or bf16."), qPrintable(result.error));
    }
};

QTEST_GUILESS_MAIN(CliCacheTest)
#include "tst_cli_cache.moc"
