#include "tests/app/cli/cli_process.h"

#include <QJsonArray>
#include <QTest>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

using namespace clitest;

namespace {

QList<QJsonObject> eventsNamed(const QByteArray &output, const QString &name)
{
    QList<QJsonObject> events = jsonLines(output);
    events.removeIf([&name](const QJsonObject &event) { return event["event"].toString() != name; });
    return events;
}

/// What the program writes to a terminal of its own.
QByteArray terminalOutput(const QStringList &arguments, const QByteArray &input, const QStringList &environment)
{
    int controller = -1;
    int terminal = -1;
    if (::openpty(&controller, &terminal, nullptr, nullptr, nullptr) != 0)
        return {};
    const Result result = runInto(terminal, arguments, input, environment);
    ::fcntl(controller, F_SETFL, O_NONBLOCK);
    std::array<char, 65536> bytes; // more than a terminal holds back
    const ssize_t count = ::read(controller, bytes.data(), bytes.size());
    ::close(terminal);
    ::close(controller);
    return count > 0 && result.exitCode == 0 ? QByteArray(bytes.data(), count) : QByteArray();
}

/// Waits until the program has written `text` to standard error.
bool waitForError(QProcess &process, const QByteArray &text)
{
    return QTest::qWaitFor(
        [&] {
            process.setReadChannel(QProcess::StandardError);
            return process.peek(1 << 20).contains(text);
        },
        patienceMs);
}

bool waitForOutput(QProcess &process, const QByteArray &text)
{
    return QTest::qWaitFor(
        [&] {
            process.setReadChannel(QProcess::StandardOutput);
            return process.peek(1 << 24).contains(text);
        },
        patienceMs);
}

void interrupt(const QProcess &process)
{
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
}

support::TinyModelOptions longContext()
{
    support::TinyModelOptions options;
    options.maxPositions = 16384;
    return options;
}

} // namespace

class CliChatTest : public QObject {
    Q_OBJECT

    Model m_model;
    Model m_longModel{longContext()};

    Result chat(const QStringList &arguments, const QByteArray &input) const
    {
        return run(m_model.with(QStringList{"chat", "--seed", "1", "--max-tokens", "16"} + arguments), input);
    }

private slots:
    void theSecondTurnReusesTheFirst()
    {
        const Result result = chat({"--json"}, "How deep is the sea?\nAnd the lake?\n");
        QCOMPARE(result.exitCode, 0);
        for (const QJsonObject &event : jsonLines(result.output))
            QVERIFY(event.contains("event"));
        QCOMPARE(eventsNamed(result.output, "model_loaded").size(), 1);
        const auto prompts = eventsNamed(result.output, "prompt_processed");
        QCOMPARE(prompts.size(), 2);
        QCOMPARE(prompts[0]["cached_tokens"].toInt(), 0);
        QVERIFY(prompts[1]["cached_tokens"].toInt() > 4);
        QVERIFY(prompts[1]["prompt_tokens"].toInt() > prompts[0]["prompt_tokens"].toInt());
        const auto finished = eventsNamed(result.output, "finished");
        QCOMPARE(finished.size(), 2);
        QCOMPARE(finished[1]["turn"].toInt(), 2);
        const QJsonObject statistics = finished[0]["statistics"].toObject();
        auto tokens = eventsNamed(result.output, "token");
        tokens.removeIf([](const QJsonObject &token) { return token["turn"].toInt() != 1; });
        QCOMPARE(tokens.size(), statistics["thinking_tokens"].toInt() + statistics["answer_tokens"].toInt());
    }

    void aNewConversationForgets()
    {
        const Result result = chat({"--json"}, "How deep is the sea?\n/new\nHow deep is the sea?\n");
        const auto prompts = eventsNamed(result.output, "prompt_processed");
        QCOMPARE(prompts.size(), 2);
        QCOMPARE(prompts[0]["prompt_tokens"], prompts[1]["prompt_tokens"]);
        const auto begins = eventsNamed(result.output, "reply_begins");
        QVERIFY(begins[0]["seed"] != begins[1]["seed"]);
    }

    void plainOutputIsOnlyTheConversation()
    {
        const Result result = chat({}, "Hello\n/quit\nnever read\n");
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.output.startsWith("[thinking]\n"));
        QVERIFY(!result.output.contains('\033'));
        QVERIFY(result.error.startsWith("TTFT "));
        QCOMPARE(result.error.count("TTFT "), 1);
    }

    void thinkingIsDimmedOnTerminalsThatWantColours()
    {
        const QStringList arguments = m_model.with({"chat", "--seed", "1", "--max-tokens", "16"});
        const QByteArray dimmed = terminalOutput(arguments, "Hello\n", {"TERM=xterm", "NO_COLOR="});
        QVERIFY(dimmed.contains("\033[2m"));
        QVERIFY(dimmed.contains("\033[0m"));
        QVERIFY(!dimmed.contains("[thinking]"));
        for (const QStringList &environment : {QStringList{"TERM=xterm", "NO_COLOR=1"}, QStringList{"TERM=dumb"}}) {
            const QByteArray plain = terminalOutput(arguments, "Hello\n", environment);
            QVERIFY(plain.startsWith("[thinking]"));
            QVERIFY(!plain.contains('\033'));
        }
    }

    void thinkingCanBeHidden()
    {
        const Result result = chat({}, "/think off\nHello\n");
        QVERIFY(!result.output.contains("[thinking]"));
        QVERIFY(result.error.contains("thinking 1")); // the statistics still count it
        const Result json = chat({"--json", "--hide-thinking"}, "Hello\n");
        for (const QJsonObject &token : eventsNamed(json.output, "token"))
            QVERIFY(token["part"].toString() == "answer" || token["pieces"].toArray().isEmpty());
    }

    void commandsAreNotSentToTheModel()
    {
        const Result result = chat({}, "/help\n/unknown\n\n   \n");
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.output.isEmpty());
        QVERIFY(result.error.contains("/new"));
        QVERIFY(result.error.contains("/unknown is not a command"));
    }

    void aFailedTurnIsToldAndLeftOut()
    {
        const QByteArray tooLong = QByteArray("far too long ").repeated(200);
        const Result result = chat({"--json", "--context", "64"}, tooLong + "\nHi\n");
        QCOMPARE(result.exitCode, 1);
        const auto failed = eventsNamed(result.output, "failed");
        QCOMPARE(failed.size(), 1);
        QCOMPARE(at(failed[0], "error.code").toString(), "prompt_too_long");
        QCOMPARE(eventsNamed(result.output, "finished").size(), 1);
    }

    void inputThatIsNotUtf8IsRefused()
    {
        const Result result = chat({"--json"}, "a\xff\nHi\n");
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(eventsNamed(result.output, "failed").size(), 1);
        QCOMPARE(eventsNamed(result.output, "finished").size(), 1);
    }

    void lineEndingsOfWindowsAndAMissingLastNewlineAreFine()
    {
        const auto unix = eventsNamed(chat({"--json"}, "Hi\n").output, "prompt_processed");
        const auto windows = eventsNamed(chat({"--json"}, "Hi\r\n").output, "prompt_processed");
        const auto cut = eventsNamed(chat({"--json"}, "Hi").output, "prompt_processed");
        QCOMPARE(unix.size(), 1);
        QCOMPARE(windows[0]["prompt_tokens"], unix[0]["prompt_tokens"]);
        QCOMPARE(cut[0]["prompt_tokens"], unix[0]["prompt_tokens"]);
    }

    void interruptingAReplyKeepsTheChat()
    {
        QProcess process;
        process.start(program(), m_longModel.with({"chat", "--json", "--greedy", "--max-tokens", "15000"}));
        process.write("Hello\n");
        QVERIFY(waitForOutput(process, "\"token\""));
        interrupt(process);
        QVERIFY(waitForOutput(process, "\"finished\""));
        process.write("Again\n");
        QVERIFY(waitForOutput(process, "\"turn\":2,\"token\""));
        interrupt(process);
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitCode(), 0);
        const auto finished = eventsNamed(process.readAllStandardOutput(), "finished");
        QCOMPARE(finished.size(), 2);
        QCOMPARE(finished[0]["finish_reason"].toString(), "stopped");
        QCOMPARE(finished[1]["finish_reason"].toString(), "stopped");
    }

    void interruptingTwiceAtThePromptEnds()
    {
        QProcess process;
        process.start(program(), m_model.with({"chat"}));
        process.write("/help\n");
        QVERIFY(waitForError(process, "/new"));
        interrupt(process);
        QVERIFY(waitForError(process, "Press Ctrl+C again"));
        QCOMPARE(process.state(), QProcess::Running);
        interrupt(process);
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
    }
};

QTEST_GUILESS_MAIN(CliChatTest)
#include "tst_cli_chat.moc"
