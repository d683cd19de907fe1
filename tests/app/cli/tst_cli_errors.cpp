// Every way to fail has its exit code, one sentence and a next step.

#include "tests/app/cli/cli_process.h"

#include <QFile>
#include <QTest>

#include <array>
#include <fcntl.h>
#include <unistd.h>

using namespace clitest;

class CliErrorsTest : public QObject {
    Q_OBJECT

    Model m_model;

private slots:
    void wrongUsageEndsWith2_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("part");
        const auto row = [](const char *name, const QStringList &arguments, const char *part) {
            QTest::newRow(name) << arguments << QByteArray(part);
        };
        row("no command", {}, "no command");
        row("unknown command", {"validate"}, "validate");
        row("unknown option", {"info", "--colour"}, "--colour");
        row("no prompt", {"generate"}, "prompt");
        row("two prompts", {"generate", "--prompt", "a", "--prompt-file", "b"}, "prompt");
        row("negative temperature", {"generate", "--prompt", "a", "--temperature", "-1"}, "--temperature");
        row("greedy with a temperature", {"generate", "--prompt", "a", "--greedy", "--temperature", "1"}, "--greedy");
        row("no tokens", {"generate", "--prompt", "a", "--max-tokens", "0"}, "--max-tokens");
        row("no threads", {"info", "--threads", "0"}, "--threads");
        row("unknown task", {"eval", "--tasks", "addition,poetry"}, "poetry");
        row("control characters in an option", {"info", "--\033[2J"}, "\\x1b[2J");
    }

    void wrongUsageEndsWith2()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, part);
        const Result result = run(arguments);
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.error.contains(part), result.error.constData());
        QVERIFY(result.error.contains("--help"));
        QVERIFY(!result.error.contains('\033'));
        QVERIFY(result.output.isEmpty());
    }

    void wrongUsageIsJsonWhenAskedFor()
    {
        const Result result = run({"generate", "--json"});
        QCOMPARE(result.exitCode, 2);
        QCOMPARE(at(result.json(), "error.code").toString(), "usage");
        QVERIFY(!result.error.isEmpty());
    }

    void aMissingFolderEndsWith3()
    {
        const QString missing = m_model.folder() + "/nothing";
        const Result result = run({"info", "--json", "--model", missing});
        QCOMPARE(result.exitCode, 3);
        QCOMPARE(at(result.json(), "error.code").toString(), "folder_missing");
        QVERIFY(!at(result.json(), "error.next_step").toString().isEmpty());
        QVERIFY(result.error.contains("The model " + missing.toUtf8() + " does not exist."));
    }

    void aFileThatIsNoModelIsRefused()
    {
        const Result result = run({"info", "--model", m_model.folder() + "/config.json"});
        QCOMPARE(result.exitCode, 1);
        QVERIFY(result.error.contains("config.json: is not a GGUF file"));
    }

    void aFolderThatCannotBeReachedIsNotCalledMissing()
    {
        const QString loop = m_model.folder() + "/loop";
        QVERIFY(QFile::link(loop, loop)); // unreachable even for root
        const Result result = run({"info", "--json", "--model", loop});
        QCOMPARE(result.exitCode, 3);
        QCOMPARE(at(result.json(), "error.code").toString(), "folder_unreadable");
        QVERIFY2(result.error.contains("cannot be reached: "), result.error.constData());
    }

    void aFatalErrorOfChatIsOneLine()
    {
        const Result result = run({"chat", "--json", "--model", m_model.folder() + "/nothing"});
        QCOMPARE(result.exitCode, 3);
        const auto lines = jsonLines(result.output);
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines.front()["event"].toString(), "failed");
        QCOMPARE(at(lines.front(), "error.code").toString(), "folder_missing");
    }

    void aMissingFileEndsWith3_data()
    {
        QTest::addColumn<QString>("file");
        QTest::newRow("config") << "config.json";
        QTest::newRow("tokenizer") << "tokenizer.json";
        QTest::newRow("weights") << "model.safetensors";
    }

    void aMissingFileEndsWith3()
    {
        QFETCH(QString, file);
        const Model model;
        QVERIFY(std::filesystem::remove(model.path() / file.toStdString()));
        const Result result = run(model.with({"info", "--json"}));
        QCOMPARE(result.exitCode, 3);
        QCOMPARE(at(result.json(), "error.code").toString(), "file_missing");
        QVERIFY2(result.error.contains(file.toUtf8()), result.error.constData());
    }

    void aBadConfigEndsWith1AndNamesTheField()
    {
        const Model model;
        std::string config = support::readFile(model.path() / "config.json");
        const std::size_t key = config.find("\"hidden_size\"");
        QVERIFY(key != std::string::npos);
        config.replace(key, 13, "\"hidden_sise\"");
        support::writeFile(model.path() / "config.json", config);
        const Result result = run(model.with({"generate", "--prompt", "a", "--json"}));
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(at(result.json(), "error.code").toString(), "config_invalid");
        QCOMPARE(at(result.json(), "error.field").toString(), "hidden_size");
        QVERIFY(result.error.contains("hidden_size"));
    }

    void fp8ActivationsNeedFp8Weights()
    {
        const Result result = run(m_model.with({"generate", "--prompt", "a", "--json", "--activations", "fp8"}));
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(at(result.json(), "error.code").toString(), "unsupported_feature");
        QCOMPARE(at(result.json(), "error.field").toString(), "activations");
        const Result exact = run(m_model.with({"info", "--json", "--activations", "exact"}));
        QCOMPARE(at(exact.json(), "activations").toString(), "exact");
        const QString bundled = QString(BATHYSCOPE_SOURCE_DIR) + "/resources/models/nano-r1";
        const Result rounded = run({"info", "--json", "--activations", "fp8", "--model", bundled});
        QCOMPARE(at(rounded.json(), "activations").toString(), "fp8");
        QCOMPARE(run(m_model.with({"info", "--activations", "fp7"})).exitCode, 2);
    }

    void anUnknownArchitectureEndsWith1()
    {
        const Model model;
        std::string config = support::readFile(model.path() / "config.json");
        config.replace(config.find("\"deepseek_v3\""), 13, "\"bert\"");
        support::writeFile(model.path() / "config.json", config);
        const Result result = run(model.with({"info", "--json"}));
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(at(result.json(), "error.code").toString(), "unsupported_architecture");
    }

    void aPromptThatIsTooLongEndsWith1()
    {
        const Result result =
            run(m_model.with({"generate", "--json", "--context", "16", "--prompt", QString(400, 'x')}));
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(at(result.json(), "error.code").toString(), "prompt_too_long");
    }

    void aPromptFileThatCannotBeReadEndsWith2()
    {
        const Result result = run(m_model.with({"generate", "--prompt-file", m_model.folder() + "/none.txt"}));
        QCOMPARE(result.exitCode, 2);
        QVERIFY(result.error.contains("none.txt cannot be read"));
        const Result folder = run(m_model.with({"generate", "--prompt-file", m_model.folder()}));
        QCOMPARE(folder.exitCode, 2);
        QVERIFY2(folder.error.contains("cannot be read"), folder.error.constData());
        support::writeFile(m_model.path() / "latin1.txt", "caf\xe9");
        const Result latin = run(m_model.with({"generate", "--prompt-file", m_model.folder() + "/latin1.txt"}));
        QCOMPARE(latin.exitCode, 2);
        QVERIFY(latin.error.contains("not valid UTF-8 (byte 4)"));
    }

    void aReaderThatGoesAwayIsNoFault_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("generate") << QStringList{"generate", "--prompt", "a", "--max-tokens", "8"};
        QTest::newRow("chat") << QStringList{"chat", "--json"};
        QTest::newRow("trace") << QStringList{"trace", "--prompt", "a", "--max-tokens", "8"};
        QTest::newRow("info") << QStringList{"info"};
    }

    void aReaderThatGoesAwayIsNoFault()
    {
        QFETCH(QStringList, arguments);
        std::array<int, 2> ends{};
        QCOMPARE(::pipe2(ends.data(), O_CLOEXEC), 0);
        ::close(ends[0]);
        const Result result = runInto(ends[1], m_model.with(arguments));
        ::close(ends[1]);
        QCOMPARE(result.exitCode, 141);
        QVERIFY2(!result.error.contains("bathyscope-cli:"), result.error.constData());
    }

    void aFullDiskIsToldInASentence()
    {
        const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
        if (full < 0)
            QSKIP("there is no /dev/full here");
        const Result result = runInto(full, m_model.with({"info", "--json"}));
        ::close(full);
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.error.contains("The result cannot be written: "), result.error.constData());
    }

    void aFullDiskDoesNotHideTheError()
    {
        const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
        if (full < 0)
            QSKIP("there is no /dev/full here");
        const Result result = runInto(full, {"info", "--json", "--model", m_model.folder() + "/nothing"});
        ::close(full);
        QCOMPARE(result.exitCode, 3);
        QVERIFY2(result.error.contains("does not exist"), result.error.constData());
    }

    void helpAndVersionAreAnswers()
    {
        const Result help = run({"--help"});
        QCOMPARE(help.exitCode, 0);
        QVERIFY(help.output.contains("Exit codes:"));
        for (const char *command : {"chat", "generate", "eval", "bench", "trace", "info"}) {
            QVERIFY(help.output.contains(command));
            const Result own = run({command, "--help"});
            QCOMPARE(own.exitCode, 0);
            QVERIFY(own.output.contains("--model"));
        }
        const Result version = run({"--version"});
        QCOMPARE(version.exitCode, 0);
        QVERIFY(version.output.startsWith("bathyscope-cli "));
    }
};

QTEST_GUILESS_MAIN(CliErrorsTest)
#include "tst_cli_errors.moc"
