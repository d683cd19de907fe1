// Streaming and scrolling: what a token costs, and that the view never fights the reader.

#include "tests/ui/transcript_view/transcript_fixture.h"

#include <QAbstractButton>

using namespace fixture;

class TranscriptStreamTest : public QObject {
    Q_OBJECT

private slots:
    void appendingLaysOutAtMostTwoBlocks_data();
    void appendingLaysOutAtMostTwoBlocks();
    void tokensBetweenFramesAreTakenUpTogether();
    void onlyVisibleBlocksAreLaidOut();
    void followsTheEndOnlyWhileTheReaderIsThere();
    void readerFurtherUpSeesNothingMove();
    void scrollingUpMovesByExactlyTheDistance();
    void jumpButtonAppearsAndLeadsBack();
    void sendingScrollsToTheEnd();
    void resizingKeepsTheLineOnTop();
    void anotherVersionKeepsThePlaceAndTheFocus();
    void anotherVersionBelowMovesNothing();
    void anotherConversationShowsItsEnd();
    void askingForControlsLeavesNoStaleHeights();
    void streamedViewEqualsLoadedView();
    void unknownMessagesAreIgnored();
    void hugeRepliesKeepLayoutUnitsSmall();
};

void TranscriptStreamTest::appendingLaysOutAtMostTwoBlocks_data()
{
    QTest::addColumn<QString>("unit");
    QTest::newRow("paragraphs") << "Some *words* of a paragraph.\n\n";
    QTest::newRow("one paragraph") << "word ";
    QTest::newRow("list") << "- an item of a list\n";
    QTest::newRow("code") << "int x = 1; // a line\n";
    QTest::newRow("table") << "| a | b |\n";
}

void TranscriptStreamTest::appendingLaysOutAtMostTwoBlocks()
{
    QFETCH(QString, unit);
    ShownView view;
    view.setMessages({userMessage(1, "go"), reply(2, paragraphs(300)), streamingReply(3)});
    const QString intro = unit.startsWith("int") ? "```cpp\n" : unit.startsWith('|') ? "| h | i |\n|---|---|\n" : "";
    view.appendText(3, PartKind::Answer, intro);
    view.stage()->flush();
    for (int i = 0; i < 600; ++i) {
        view.appendText(3, PartKind::Answer, unit);
        const int before = view.layoutsMade();
        view.stage()->flush();
        QVERIFY2(view.layoutsMade() - before <= 2, qPrintable(QString::number(view.layoutsMade() - before)));
    }
    QVERIFY(view.isAtEnd());
}

void TranscriptStreamTest::tokensBetweenFramesAreTakenUpTogether()
{
    ShownView view;
    view.setMessages({streamingReply(1)});
    view.stage()->flush();
    const int before = view.layoutsMade();
    for (int i = 0; i < 5000; ++i)
        view.appendText(1, PartKind::Answer, "token ");
    QCOMPARE(view.layoutsMade(), before); // nothing happens until the frame is due
    QTRY_VERIFY(view.layoutsMade() > before);
    QVERIFY(view.plainText(false).count("token") == 5000);
}

void TranscriptStreamTest::onlyVisibleBlocksAreLaidOut()
{
    ShownView view;
    std::vector<ui::TranscriptMessage> messages;
    for (int i = 0; i < 500; ++i) {
        messages.push_back(userMessage(2 * i + 1, QStringLiteral("Question %1").arg(i)));
        messages.push_back(reply(2 * i + 2, paragraphs(10)));
    }
    view.setMessages(std::move(messages));
    view.grab();
    QVERIFY2(view.layoutsMade() < 60, qPrintable(QString::number(view.layoutsMade())));
    QVERIFY(view.isAtEnd());
}

void TranscriptStreamTest::followsTheEndOnlyWhileTheReaderIsThere()
{
    ShownView view;
    view.setMessages({userMessage(1, "go"), reply(2, paragraphs(40)), streamingReply(3)});
    view.appendText(3, PartKind::Answer, paragraphs(5));
    view.stage()->flush();
    QVERIFY(view.isAtEnd());
    view.wheel({450, 300}, 3);
    QVERIFY(!view.isAtEnd());
    view.appendText(3, PartKind::Answer, paragraphs(5));
    view.stage()->flush();
    QVERIFY(!view.isAtEnd());
    view.wheel({450, 300}, -100); // all the way down again
    QVERIFY(view.isAtEnd());
    view.appendText(3, PartKind::Answer, paragraphs(5));
    view.stage()->flush();
    QVERIFY(view.isAtEnd());
}

void TranscriptStreamTest::readerFurtherUpSeesNothingMove()
{
    ShownView view;
    view.setMessages({userMessage(1, "go"), reply(2, paragraphs(60)), streamingReply(3)});
    view.wheel({450, 300}, 5);
    const ui::TextPlace before = view.placeOnTop();
    const QImage picture = view.viewport()->grab(QRect(0, 0, 900, 500)).toImage();
    for (int i = 0; i < 50; ++i) {
        view.appendText(3, PartKind::Answer, paragraphs(1));
        view.stage()->flush();
        QVERIFY(view.placeOnTop() == before);
    }
    QCOMPARE(view.viewport()->grab(QRect(0, 0, 900, 500)).toImage(), picture);
}

// Heights above are estimates until they come into view; their correction must not show.
void TranscriptStreamTest::scrollingUpMovesByExactlyTheDistance()
{
    ShownView view;
    QString text;
    for (int i = 0; i < 200; ++i)
        text += i % 3 == 0 ? QString("```\ncode %1\n```\n\n").arg(i)
                           : QString("Line %1 ").arg(i).repeated(1 + i % 40) + "\n\n";
    view.setMessages({userMessage(1, "go"), reply(2, text)});
    view.grab();
    for (int step = 0; step < 60; ++step) {
        const int margin = 120;
        const QImage before = view.viewport()->grab().toImage();
        const int value = view.top();
        QScrollBar *bar = view.verticalScrollBar();
        if (value < margin)
            break;
        bar->setValue(value - margin);
        const QImage after = view.viewport()->grab().toImage();
        const QRect kept(100, 0, 600, before.height() - margin - 80); // above the jump button
        QCOMPARE(after.copy(kept.translated(0, margin)), before.copy(kept));
    }
}

void TranscriptStreamTest::jumpButtonAppearsAndLeadsBack()
{
    ShownView view;
    view.setMessages({userMessage(1, "go"), reply(2, paragraphs(60))});
    auto *button = view.findChild<QAbstractButton *>();
    QVERIFY(button != nullptr);
    QVERIFY(!button->isVisible());
    view.verticalScrollBar()->setValue(0);
    QVERIFY(button->isVisible());
    QCOMPARE(button->accessibleName(), QStringLiteral("Jump to newest"));
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(view.isAtEnd());
    QVERIFY(!button->isVisible());
}

void TranscriptStreamTest::sendingScrollsToTheEnd()
{
    ShownView view;
    view.setMessages({userMessage(1, "go"), reply(2, paragraphs(60))});
    view.verticalScrollBar()->setValue(0);
    view.appendMessage(streamingReply(3)); // somebody else's news do not pull the reader away
    QVERIFY(!view.isAtEnd());
    view.appendMessage(userMessage(4, "next"));
    QVERIFY(view.isAtEnd());
}

void TranscriptStreamTest::resizingKeepsTheLineOnTop()
{
    ShownView view;
    view.setMessages({userMessage(1, "go"), reply(2, paragraphs(80))});
    view.wheel({450, 300}, 12);
    const ui::TextPlace before = view.placeOnTop();
    view.resize(500, 700);
    QCOMPARE(view.placeOnTop().block, before.block);
    view.resize(900, 500);
    QCOMPARE(view.placeOnTop().block, before.block);
}

namespace {

ui::TranscriptMessage version(ui::TranscriptMessage message, int branch)
{
    message.branch = branch;
    message.branches = 2;
    return message;
}

} // namespace

void TranscriptStreamTest::anotherVersionKeepsThePlaceAndTheFocus()
{
    ShownView view;
    const QString later = paragraphs(60);
    view.setMessages({userMessage(1, "q"), version(reply(2, paragraphs(30)), 0), userMessage(3, "r"), reply(4, later)});
    view.setFocus();
    view.stage()->setFocused(ui::ControlRef{1, {ui::ControlKind::BranchNext}});
    const auto foot = [&] { return view.stage()->toViewport(view.item(1).geometry().footer, 1).top(); };
    const int before = foot();
    QVERIFY(before > 0 && before < 700);
    view.setMessages({userMessage(1, "q"), version(reply(5, paragraphs(25)), 1), userMessage(6, "s"), reply(7, later)});
    QVERIFY(!view.isAtEnd());
    QCOMPARE(foot(), before);
    QVERIFY(view.stage()->focused() == (ui::ControlRef{1, {ui::ControlKind::BranchNext}}));
    view.setMessages({userMessage(1, "q"), version(streamingReply(8), 1)}); // Regenerate: the new reply is looked at
    QVERIFY(view.isAtEnd());
    QVERIFY(view.stage()->focused() && view.stage()->focused()->item == 1);
}

void TranscriptStreamTest::anotherVersionBelowMovesNothing()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, paragraphs(30)), version(userMessage(3, "r"), 0), reply(4, "x")});
    view.wheel({450, 300}, 4);
    const ui::TextPlace before = view.placeOnTop();
    view.setMessages(
        {userMessage(1, "q"), reply(2, paragraphs(30)), version(userMessage(5, "s"), 1), reply(6, paragraphs(50))});
    QVERIFY(view.placeOnTop() == before);
    QVERIFY(!view.isAtEnd());
}

void TranscriptStreamTest::anotherConversationShowsItsEnd()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, paragraphs(60))});
    view.verticalScrollBar()->setValue(0);
    view.setFocus();
    view.stage()->setFocused(ui::ControlRef{0, {ui::ControlKind::Copy}});
    view.setMessages({userMessage(11, "q"), reply(12, paragraphs(60))});
    QVERIFY(view.isAtEnd());
    QVERIFY(!view.stage()->focused());
}

void TranscriptStreamTest::askingForControlsLeavesNoStaleHeights()
{
    ShownView view;
    QString text = paragraphs(20);
    for (int i = 0; i < 20; ++i) // wide letters: longer than their number lets expect
        text += "[link](https://example.org) " + QString("WWWWWWWWWW ").repeated(40) + "\n\n";
    view.setMessages({userMessage(1, "q"), reply(2, text), userMessage(3, "r")});
    view.verticalScrollBar()->setValue(0);
    ui::BlockColumn &column = view.item(1).column(ui::MessagePart::Answer);
    const int before = column.height();
    view.stage()->controlsOf(1);
    QVERIFY(column.height() != before);
    QCOMPARE(view.item(1).geometry().answer.height(), column.height());
    QCOMPARE(view.page().top(2), view.page().top(1) + view.item(1).height());
    QCOMPARE(view.verticalScrollBar()->maximum(), view.page().height() - view.viewport()->height());
}

void TranscriptStreamTest::streamedViewEqualsLoadedView()
{
    const QString answer =
        "# Title\n\nA **bold** claim:\n\n- one\n- two\n\n```cpp\nint x; // y\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 "
        "|\n\nend of *it*.";
    const QString thinking = "First thought.\n\nSecond one.";
    ShownView streamed;
    streamed.setMessages({userMessage(1, "q"), streamingReply(2)});
    for (const QChar c : thinking)
        streamed.appendText(2, PartKind::Thinking, c);
    for (const QChar c : answer) {
        streamed.appendText(2, PartKind::Answer, c);
        streamed.stage()->flush();
    }
    streamed.finishMessage(reply(2, answer, thinking));
    ShownView loaded;
    loaded.setMessages({userMessage(1, "q"), reply(2, answer, thinking)});
    QTRY_COMPARE(streamed.item(1).height(), loaded.item(1).height()); // the thinking block folds softly
    QCOMPARE(streamed.plainText(true), loaded.plainText(true));
    QCOMPARE(streamed.viewport()->grab(QRect(0, 150, 900, 550)).toImage(),
             loaded.viewport()->grab(QRect(0, 150, 900, 550)).toImage());
}

void TranscriptStreamTest::unknownMessagesAreIgnored()
{
    ShownView view;
    view.appendText(7, PartKind::Answer, "x");
    view.showLive(7, {});
    view.finishMessage(reply(7, "x"));
    view.startEditing(7);
    QCOMPARE(view.plainText(true), QString());
    QCOMPARE(view.actionTarget(MessageRole::User), 0);
    view.grab();
}

void TranscriptStreamTest::hugeRepliesKeepLayoutUnitsSmall()
{
    ShownView view;
    view.setMessages(
        {userMessage(1, QString(100'000, 'u')), reply(2, QString(300'000, 'a') + "\n\n```\n" + QString(300'000, 'b'))});
    view.grab();
    view.verticalScrollBar()->setValue(view.verticalScrollBar()->maximum() / 2);
    view.grab();
    QVERIFY2(view.layoutsMade() < 40, qPrintable(QString::number(view.layoutsMade())));
    for (int i = 0; i < 2; ++i) {
        for (const ui::Block &block : view.item(i).text(ui::MessagePart::Answer).blocks())
            QVERIFY(block.text.size() <= ui::markdown::hardUnitLimit + 1);
    }
}

QTEST_MAIN(TranscriptStreamTest)
#include "tst_transcript_stream.moc"
