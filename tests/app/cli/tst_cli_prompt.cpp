#include "tests/app/cli/cli_process.h"

#include <QJsonArray>
#include <QTest>

using namespace clitest;

namespace {

const QByteArray conversation = R"([
    {"role": "system", "text": "Be brief."},
    {"role": "user", "text": "What is 12 × 7?"},
    {"role": "assistant", "text": "84.", "thinking": "12 × 7 = 84\n"},
    {"role": "user", "text": "And 12 × 8?"}])";

} // namespace

class CliPromptTest : public QObject {
    Q_OBJECT

    Model m_model;

    Result prompt(QStringList arguments, const QByteArray &input = {}) const
    {
        return run(m_model.with(QStringList{"prompt"} + arguments), input);
    }

private slots:
    void jsonHasTheExactPrompt()
    {
        const Result result = prompt({"--json", "--conversation", "-"}, conversation);
        QCOMPARE(result.exitCode, 0);
        const QJsonObject json = result.json();
        QCOMPARE(json["template"].toString(), "deepseek-r1");
        QCOMPARE(json["text"].toString(),
                 "<｜begin▁of▁sentence｜>Be brief.<｜User｜>What is 12 × 7?<｜Assistant｜>\n\n84.<｜end▁of▁sentence｜>"
                 "<｜User｜>And 12 × 8?<｜Assistant｜><think>\n");
        QCOMPARE(json["starts_in"].toString(), "thinking");
        int tokens = 0;
        QString text;
        for (const QJsonValue &part : json["parts"].toArray()) {
            QCOMPARE(part["first_token"].toInt(), tokens);
            tokens += part["token_count"].toInt();
            text += part["text"].toString();
        }
        QCOMPARE(text, json["text"].toString());
        QCOMPARE(tokens, json["tokens"].toArray().size());
        const QJsonArray omissions = json["omissions"].toArray();
        QCOMPARE(omissions.size(), 1);
        QCOMPARE(omissions[0]["reason"].toString(), "template_drops_thoughts");
        QCOMPARE(omissions[0]["message"].toInt(), 2);
        QVERIFY(omissions[0]["tokens"].toInt() > 3);
    }

    void showsWhatGenerateSends()
    {
        const QStringList question{"--prompt", "How deep is it?", "--system", "Be brief.", "--json"};
        const int sent = at(run(m_model.with(QStringList{"generate", "--max-tokens", "1"} + question)).json(),
                            "statistics.prompt_tokens")
                             .toInt();
        QCOMPARE(prompt(question).json()["tokens"].toArray().size(), sent);
    }

    void thoughtsCanBeKept()
    {
        const Result result = prompt({"--conversation", "-", "--retention", "all"}, conversation);
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.output.contains("thinking 3:"));
        QVERIFY(!result.error.contains("not shown"));
        const Result dropped = prompt({"--conversation", "-"}, conversation);
        QVERIFY(!dropped.output.contains("thinking 3:"));
        QVERIFY(dropped.error.contains("not shown to the model: thinking 3"));
    }

    void anAnswerCanBeContinued()
    {
        const Result result = prompt({"--conversation", "-", "--continue", "--json"},
                                     R"([{"role": "user", "text": "Q"}, {"role": "assistant", "text": "So far"}])");
        QVERIFY(result.json()["text"].toString().endsWith("<｜User｜>Q<｜Assistant｜>So far"));
    }

    void whatTheTemplateCannotDoIsRefused()
    {
        const Result result = prompt({"--prompt", "Q", "--thinking", "off", "--json"});
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(at(result.json(), "error.field").toString(), "thinking");
        QVERIFY(result.error.contains("deepseek-r1"));
        QCOMPARE(run(m_model.with({"generate", "--prompt", "Q", "--thinking", "off"})).exitCode, 1);
        QCOMPARE(prompt({"--prompt", "Q", "--thinking", "on"}).exitCode, 0);
    }

    void wrongConversationsAreNamed_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("not JSON") << QByteArray("[{") << QByteArray("is not a JSON list");
        QTest::newRow("no list") << QByteArray("{}") << QByteArray("is not a JSON list");
        QTest::newRow("no object") << QByteArray("[1]") << QByteArray("messages[0] is not an object");
        QTest::newRow("role") << QByteArray(R"([{"role": "tool", "text": "x"}])") << QByteArray("messages[0].role");
        QTest::newRow("text") << QByteArray(R"([{"role": "user", "text": 1}])") << QByteArray("messages[0].text");
        QTest::newRow("field") << QByteArray(R"([{"role": "user", "content": "x"}])") << QByteArray("content");
        QTest::newRow("closed") << QByteArray(R"([{"role": "assistant", "thinking_closed": 1}])")
                                << QByteArray("messages[0].thinking_closed");
    }

    void wrongConversationsAreNamed()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, part);
        const Result result = prompt({"--conversation", "-"}, text);
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.error.contains(part), result.error.constData());
    }

    void wrongUsageIsRefused()
    {
        QCOMPARE(prompt({}).exitCode, 2);
        QCOMPARE(prompt({"--prompt", "Q", "--retention", "some"}).exitCode, 2);
        QCOMPARE(prompt({"--prompt", "Q", "--thinking", "maybe"}).exitCode, 2);
        QCOMPARE(prompt({"--prompt", "Q", "--conversation", "x"}).exitCode, 2);
    }
};

QTEST_GUILESS_MAIN(CliPromptTest)
#include "tst_cli_prompt.moc"
