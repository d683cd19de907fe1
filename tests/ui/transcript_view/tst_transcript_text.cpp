// Selecting, copying, finding, and showing text that means harm.

#include "tests/ui/transcript_view/transcript_fixture.h"

#include <QClipboard>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QToolTip>
#include <sys/stat.h>

using namespace fixture;
using ui::MessagePart;

class TranscriptTextTest : public QObject {
    Q_OBJECT

private slots:
    void draggingSelectsAcrossMessages();
    void doubleClickSelectsAWordAndTripleABlock();
    void shiftClickExtends();
    void selectAllCopiesTheMarkdown();
    void selectionInTablesAndCode();
    void dragBeyondTheEdgeScrolls();
    void plainTextHoldsEverything();
    void findVisitsEveryMatchInBothDirections();
    void findOpensACollapsedThought();
    void userTextIsNeverMarkdown();
    void modelTextIsNeverHtml();
    void hostileAddressesAreNotOpened();
    void anyTextCanBeShown();
};

void TranscriptTextTest::draggingSelectsAcrossMessages()
{
    ShownView view;
    view.setMessages({userMessage(1, "first question"), reply(2, "An **answer** here.\n\nSecond paragraph.")});
    const QPoint from = view.pointAt(0, MessagePart::Answer, 0, 6);
    const QPoint to = view.pointAt(1, MessagePart::Answer, 1, 6);
    QTest::mousePress(view.viewport(), Qt::LeftButton, {}, from);
    QMouseEvent move(QEvent::MouseMove, to, view.viewport()->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
    QApplication::sendEvent(view.viewport(), &move);
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, to);
    // Whole blocks come as they were written, the ends as they are read.
    QCOMPARE(view.selectedText(), QStringLiteral("question\n\nAn **answer** here.\n\nSecond"));
    QTest::keyClick(&view, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QApplication::clipboard()->text(), view.selectedText());
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, from);
    QCOMPARE(view.selectedText(), QString());
}

void TranscriptTextTest::doubleClickSelectsAWordAndTripleABlock()
{
    ShownView view;
    view.setMessages({reply(2, "An **answer** here.\n\nSecond paragraph.")});
    const QPoint point = view.pointAt(0, MessagePart::Answer, 0, 5);
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, point);
    QTest::mouseDClick(view.viewport(), Qt::LeftButton, {}, point);
    QCOMPARE(view.selectedText(), QStringLiteral("answer"));
    QTest::mousePress(view.viewport(), Qt::LeftButton, {}, point);
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, point);
    QCOMPARE(view.selectedText(), QStringLiteral("An answer here."));
}

void TranscriptTextTest::shiftClickExtends()
{
    ShownView view;
    view.setMessages({reply(2, "one two three four")});
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.pointAt(0, MessagePart::Answer, 0, 4));
    QTest::mouseClick(view.viewport(), Qt::LeftButton, Qt::ShiftModifier, view.pointAt(0, MessagePart::Answer, 0, 13));
    QCOMPARE(view.selectedText(), QStringLiteral("two three"));
}

void TranscriptTextTest::selectAllCopiesTheMarkdown()
{
    const QString markdown = "# Title\n\n- **a**\n- b\n\n```cpp\nint x;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |";
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, markdown, "a *thought*")});
    view.setFocus();
    QTest::keyClick(&view, Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(view.selectedText(), "q\n\n" + markdown);
    view.setCopyWithThinking(true);
    QCOMPARE(view.selectedText(), "q\n\na *thought*\n\n" + markdown);
}

void TranscriptTextTest::selectionInTablesAndCode()
{
    ShownView view;
    view.setMessages({reply(2, "| head | b |\n|---|---|\n| cell | 2 |\n\n```\nfirst line\nsecond line\n```")});
    const auto press = [&](int block, int offset) {
        QTest::mouseDClick(view.viewport(), Qt::LeftButton, {}, view.pointAt(0, MessagePart::Answer, block, offset));
        return view.selectedText();
    };
    const QString table = view.item(0).column(MessagePart::Answer).block(0).text;
    QCOMPARE(press(0, static_cast<int>(table.indexOf("cell")) + 1), QStringLiteral("cell"));
    const QString code = view.item(0).column(MessagePart::Answer).block(1).text;
    QCOMPARE(press(1, static_cast<int>(code.indexOf("second")) + 1), QStringLiteral("second"));
}

void TranscriptTextTest::dragBeyondTheEdgeScrolls()
{
    ShownView view;
    view.setMessages({reply(2, paragraphs(80))});
    view.verticalScrollBar()->setValue(0);
    QTest::mousePress(view.viewport(), Qt::LeftButton, {}, {400, 300});
    const QPoint below(400, view.viewport()->height() + 60);
    QMouseEvent move(QEvent::MouseMove, below, view.viewport()->mapToGlobal(below), Qt::NoButton, Qt::LeftButton, {});
    QApplication::sendEvent(view.viewport(), &move);
    QTRY_VERIFY(view.top() > 200);
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, below);
    const int stopped = view.top();
    QTest::qWait(100);
    QCOMPARE(view.top(), stopped);
    QVERIFY(view.selectedText().size() > 1000);
}

void TranscriptTextTest::plainTextHoldsEverything()
{
    ShownView view;
    ui::TranscriptMessage stopped = reply(2, "1. **one**\n2. two", "thought");
    stopped.state = MessageState::Stopped;
    view.setMessages({userMessage(1, "q"), stopped});
    QCOMPARE(view.plainText(false), QStringLiteral("You:\nq\n\nnano-r1:\n1. one\n2. two\nYou stopped this reply."));
    QVERIFY(view.plainText(true).contains("nano-r1:\nthought\n1. one"));
}

void TranscriptTextTest::findVisitsEveryMatchInBothDirections()
{
    ShownView view;
    view.setMessages({userMessage(1, "needle one"), reply(2, paragraphs(50) + "Needle two and needle three"),
                      userMessage(3, "x"), reply(4, paragraphs(50) + QString::fromUtf8("中文专家路由"))});
    view.verticalScrollBar()->setValue(0);
    for (int match = 0; match < 3; ++match)
        QVERIFY(view.findNext("needle", false));
    QVERIFY(view.top() > 0);
    QVERIFY(!view.findNext("needle", false));
    QVERIFY(view.findNext("needle", false)); // round again
    QCOMPARE(view.top(), 0);
    QVERIFY(!view.findNext("needle", true));
    QVERIFY(view.findNext("needle", true));
    QVERIFY(view.findNext(QString::fromUtf8("专家"), false));
    QVERIFY(view.isAtEnd() || view.top() > 1000);
    QVERIFY(!view.findNext("absent", false));
    QVERIFY(!view.findNext("", false));
}

void TranscriptTextTest::findOpensACollapsedThought()
{
    ShownView view;
    view.setMessages(
        {userMessage(1, "q"), reply(2, "answer", paragraphs(40) + "the hidden needle\n\n" + paragraphs(10))});
    QVERIFY(!view.item(1).thinking().isOpen());
    QVERIFY(view.findNext("needle", false));
    QVERIFY(view.item(1).thinking().isOpen());
    ui::BlockColumn &column = view.item(1).column(MessagePart::Thinking);
    int block = 0;
    while (!column.block(block).text.contains("needle"))
        ++block;
    const int top = view.item(1).origin(MessagePart::Thinking).y() + column.top(block);
    QVERIFY(view.item(1).geometry().thinkingBody.contains(40, top)); // inside the box's window
    const QRect onScreen = view.stage()->toViewport(QRect(0, top, 10, 10), 1);
    QVERIFY(view.viewport()->rect().contains(onScreen));
}

void TranscriptTextTest::userTextIsNeverMarkdown()
{
    ShownView view;
    const QString text = "**not bold** <b>x</b> ![x](/dev/zero) # no\n```\nno code";
    view.setMessages({userMessage(1, text)});
    const auto &blocks = view.item(0).column(MessagePart::Answer);
    QCOMPARE(blocks.count(), 1);
    QCOMPARE(blocks.block(0).text, text);
    QVERIFY(blocks.block(0).spans.empty());
}

void TranscriptTextTest::modelTextIsNeverHtml()
{
    const QString html = "<b>x</b><img src='file:///etc/passwd'>";
    ui::TranscriptMessage message = reply(2, html, html);
    message.modelName = html;
    message.state = MessageState::Failed;
    message.failure = html;
    ShownView view;
    view.setMessages({userMessage(1, html), message});
    view.grab();
    QCOMPARE(view.item(1).speaker(), html);
    QCOMPARE(view.item(1).caption(), html);
    QCOMPARE(view.plainText(true).count(html), 5);
}

// Carriers of local files, devices and pipes: showing them must neither read nor wait.
void TranscriptTextTest::hostileAddressesAreNotOpened()
{
    QTemporaryDir folder;
    const QString fifo = folder.filePath("fifo");
    QCOMPARE(mkfifo(qPrintable(fifo), 0600), 0);
    const QStringList targets{"/dev/zero",
                              "/etc/passwd",
                              "/proc/self/environ",
                              fifo,
                              "file://" + fifo,
                              "//host/share/x.png",
                              "qrc:/icons/bathyscope.svg",
                              "data:image/png;base64,iVBORw0KGgo=",
                              "http://127.0.0.1:9/x.png",
                              "https://evil.example/?q=secret"};
    const QStringList shapes{"![x](%1)",
                             "![x][r]\n\n[r]: %1",
                             "<img src=\"%1\">",
                             "[![x](%1)](%1)",
                             "<link rel=stylesheet href=\"%1\">",
                             "<style>@import url(%1)</style>"};
    QString text;
    for (const QString &target : targets) {
        for (const QString &shape : shapes)
            text += shape.arg(target) + "\n\n";
    }
    QElapsedTimer clock;
    clock.start();
    ShownView view;
    view.setMessages({reply(2, text), streamingReply(3)});
    for (const QChar c : text)
        view.appendText(3, PartKind::Answer, c);
    view.grab();
    QVERIFY2(clock.elapsed() < 20'000, "waited for a device or a pipe"); // a guard against hanging, not a measurement
    QVERIFY(view.plainText(false).contains("[image: x, /dev/zero blocked]"));
    QVERIFY(view.plainText(false).contains("<img src=\"/dev/zero\">"));
}

void TranscriptTextTest::anyTextCanBeShown()
{
    QStringList samples{QString(20'000, QChar(0x0301)),
                        QString::fromUtf8("مرحبا שלום mixed \u202Eoverride\u202C text"),
                        QString(QChar(0xD800)) + "lone" + QChar(0xDC00),
                        QString("> ").repeated(3000) + "deep",
                        QString("- ").repeated(500) + "deep",
                        QString("*").repeated(5000),
                        QString("|").repeated(3000) + "\n" + QString("|-").repeated(1500),
                        "| a | b |\n|---|---|\n" + QString("| x | y |\n").repeated(2000),
                        QString("[").repeated(3000) + QString("](").repeated(3000),
                        QString(QChar(0)) + QString(QChar(0x1B)) + "[31m"};
    ShownView view;
    for (const QString &sample : samples) {
        view.setMessages({userMessage(1, sample), reply(2, sample, sample)});
        view.setThinkingDisplay(ui::ThinkingDisplay::AlwaysOpen);
        view.grab();
        view.verticalScrollBar()->setValue(0);
        view.grab();
        view.findNext("deep", false);
        view.resize(320, 480);
        view.grab();
        view.resize(900, 700);
    }
}

QTEST_MAIN(TranscriptTextTest)
#include "tst_transcript_text.moc"
