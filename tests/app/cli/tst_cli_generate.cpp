#include "tests/app/cli/cli_process.h"

#include <QDir>
#include <QJsonArray>
#include <QTest>

using namespace clitest;

class CliGenerateTest : public QObject {
    Q_OBJECT

    Model m_model;

    Result generate(QStringList arguments) const
    {
        return run(
            m_model.with(QStringList{"generate", "--prompt", "How deep is it?", "--max-tokens", "24"} + arguments));
    }

private slots:
    void jsonSaysEverythingAboutTheReply()
    {
        const Result result = generate({"--json", "--seed", "7", "--temperature", "1"});
        QCOMPARE(result.exitCode, 0);
        const QJsonObject json = result.json();
        QCOMPARE(json["model"]["name"].toString(), "tiny");
        QVERIFY(!json["model"]["fingerprint"].toString().isEmpty());
        QVERIFY(json["thinking"].isString() && json["answer"].isString());
        QVERIFY(json["tokens"].toArray().size() <= 24);
        QCOMPARE(json["seed"].toInt(), 7);
        QCOMPARE(json["sampler"]["temperature"].toDouble(), 1.0);
        const QJsonObject statistics = json["statistics"].toObject();
        QVERIFY(statistics["prompt_tokens"].toInt() > 4);
        QCOMPARE(statistics["cached_tokens"].toInt(), 0);
        QCOMPARE(statistics["thinking_tokens"].toInt() + statistics["answer_tokens"].toInt(),
                 json["tokens"].toArray().size());
        QVERIFY(statistics["first_token_seconds"].toDouble() > 0.0);
        const QString reason = json["finish_reason"].toString();
        QVERIFY2(reason == "max_tokens" || reason == "end_of_sequence", qPrintable(reason));
    }

    void theSameSeedGivesTheSameTokens()
    {
        const QJsonValue first = generate({"--json", "--seed", "11", "--temperature", "1"}).json()["tokens"];
        QVERIFY(!first.toArray().isEmpty());
        QCOMPARE(generate({"--json", "--seed", "11", "--temperature", "1"}).json()["tokens"], first);
        QVERIFY(generate({"--json", "--seed", "12", "--temperature", "1"}).json()["tokens"] != first);
    }

    void greedyNeedsNoSeed()
    {
        const QJsonObject first = generate({"--json", "--greedy"}).json();
        const QJsonObject second = generate({"--json", "--greedy"}).json();
        QVERIFY(!first["tokens"].toArray().isEmpty());
        QCOMPARE(first["tokens"], second["tokens"]);
        QCOMPARE(first["sampler"]["temperature"].toDouble(), 0.0);
    }

    void settingsThatAreNotGivenAreThoseTheModelRecommends()
    {
        const support::TinyModelOptions options;
        support::TinyModel model = support::makeTinyModel(options);
        model.generationConfig["temperature"] = 0.875;
        model.generationConfig["top_p"] = 0.5;
        const support::TemporaryFolder folder;
        support::writeTinyModel(model, options, folder.path());
        const Result result = run({"generate", "--json", "--prompt", "a", "--max-tokens", "2", "--top-k", "5",
                                   "--model", QString::fromStdString(folder.text())});
        QCOMPARE(at(result.json(), "sampler.temperature").toDouble(), 0.875);
        QCOMPARE(at(result.json(), "sampler.top_p").toDouble(), 0.5);
        QCOMPARE(at(result.json(), "sampler.top_k").toInt(), 5);
    }

    void theThinkingDoesNotMixWithTheAnswer()
    {
        const QStringList settings{"--seed", "3", "--temperature", "1"};
        const QJsonObject json = generate(settings + QStringList{"--json"}).json();
        QVERIFY(!json["thinking"].toString().isEmpty());
        const Result shown = generate(settings + QStringList{"--show-thinking"});
        const Result hidden = generate(settings);
        QCOMPARE(shown.exitCode, 0);
        QCOMPARE(shown.output, hidden.output);
        QVERIFY(shown.error.size() > hidden.error.size());
        QVERIFY(hidden.error.startsWith("TTFT "));
    }

    void controlCharactersOfTheModelNeverReachTheTerminal()
    {
        // A random model writes every byte sooner or later.
        QByteArray all;
        for (int seed = 0; seed < 4; ++seed) {
            const Result result =
                run(m_model.with({"generate", "--prompt", "x", "--show-thinking", "--max-tokens", "300",
                                  "--temperature", "5", "--top-p", "1", "--seed", QString::number(seed)}));
            QCOMPARE(result.exitCode, 0);
            all += result.output + result.error;
        }
        QVERIFY(all.contains("\\x"));
        for (const QChar character : QString::fromUtf8(all)) {
            const auto code = character.unicode();
            QVERIFY(code == '\n' || code == '\t' || (code >= 0x20 && code < 0x7F) || code > 0x9F);
        }
    }

    void thePromptCanComeFromAFileOrAPipe()
    {
        support::writeFile(m_model.path() / "prompt.txt", "How deep is it?\n");
        const QStringList rest = m_model.with({"--greedy", "--json", "--max-tokens", "24"});
        const QString file = m_model.folder() + "/prompt.txt";
        const QJsonValue expected = generate({"--greedy", "--json"}).json()["tokens"];
        QCOMPARE(run(QStringList{"generate", "--prompt-file", file} + rest).json()["tokens"], expected);
        QCOMPARE(run(QStringList{"generate", "--prompt-file", "-"} + rest, "How deep is it?\n").json()["tokens"],
                 expected);
    }

    void aSystemMessageIsPartOfThePrompt()
    {
        const int without = at(generate({"--json"}).json(), "statistics.prompt_tokens").toInt();
        const int with = at(generate({"--json", "--system", "Be brief."}).json(), "statistics.prompt_tokens").toInt();
        QVERIFY(with > without);
    }

    void theModelBesideTheProgramIsTheDefault_data()
    {
        QTest::addColumn<QString>("programFolder");
        QTest::addColumn<QString>("modelsFolder");
        QTest::newRow("installed") << "bin"
                                   << "share/bathyscope/models";
        QTest::newRow("built in the source tree") << "build/release/app"
                                                  << "resources/models";
    }

    void theModelBesideTheProgramIsTheDefault()
    {
        QFETCH(QString, programFolder);
        QFETCH(QString, modelsFolder);
        const support::TemporaryFolder root;
        const QDir folder(QString::fromStdString(root.text()));
        QVERIFY(folder.mkpath(programFolder));
        const QString copy = folder.filePath(programFolder + "/bathyscope-cli");
        QVERIFY(QFile::copy(program(), copy));
        QCOMPARE(runProgram(copy, {"info", "--json"}).exitCode, 3);
        support::writeTinyModel({}, root.path() / modelsFolder.toStdString() / "nano-r1");
        const Result result = runProgram(copy, {"info", "--json"});
        QCOMPARE(result.exitCode, 0);
        QCOMPARE(result.json()["name"].toString(), "nano-r1");
    }

    void theBundledModelSolvesAnAddition()
    {
        const QString bundled = BATHYSCOPE_SOURCE_DIR "/resources/models/nano-r1";
        if (!QDir(bundled).exists())
            QFAIL("resources/models/nano-r1 is not in this tree");
        const Result result = run({"generate", "--json", "--greedy", "--prompt", "12 + 30", "--model", bundled});
        QCOMPARE(result.exitCode, 0);
        QCOMPARE(at(result.json(), "model.name").toString(), "nano-r1");
        QCOMPARE(result.json()["finish_reason"].toString(), "end_of_sequence");
        QVERIFY(!result.json()["thinking"].toString().isEmpty());
        QVERIFY2(result.json()["answer"].toString().contains("42"), result.output.constData());
    }
};

QTEST_GUILESS_MAIN(CliGenerateTest)
#include "tst_cli_generate.moc"
