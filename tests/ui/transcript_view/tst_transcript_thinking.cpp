// The thinking block: its clock, its figures, when it is open, and its own scrolling.

#include "tests/ui/transcript_view/transcript_fixture.h"

using namespace fixture;
using ui::ControlKind;
using ui::MessagePart;
using ui::ThinkingDisplay;

class TranscriptThinkingTest : public QObject {
    Q_OBJECT

private slots:
    void opensWhileThinkingAndFoldsForTheAnswer();
    void displaySettingDecides_data();
    void displaySettingDecides();
    void readersChoiceWins();
    void clockExcludesThePromptAndFollowsTheFigures();
    void clockRunsBetweenTokens();
    void figuresThatComeAfterTheEndCount();
    void aReplyShownAgainInItsAnswerHasItsTime();
    void finishedThoughtShowsItsFigures();
    void unfinishedThoughtsSayWhy_data();
    void unfinishedThoughtsSayWhy();
    void collapsedBlockShowsTheLastLine();
    void emptyThoughtsAreNotShown();
    void nothingMovesSidewaysWhenTheScrollBarComes();
    void boxIsLimitedAndFollowsItsEnd();
    void boxStopsFollowingWhenTheReaderScrollsUp();
    void bottomEdgeCollapses();
    void foldingAtTheEndGoesOnFollowing();
    void anotherConversationEndsTheDragOfAScrollBar();
    void readersChoiceOutlivesAnotherVersion();
    void onlyTheHeaderIsRepaintedByTheClock();
};

namespace {

ui::LiveStatistics thinkingFor(double seconds, int tokens, double rate)
{
    ui::LiveStatistics live;
    live.thinkingSeconds = seconds;
    live.thinkingTokens = tokens;
    live.tokensPerSecond = rate;
    live.firstTokenSeconds = 5.0; // a long prompt
    return live;
}

} // namespace

void TranscriptThinkingTest::opensWhileThinkingAndFoldsForTheAnswer()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), streamingReply(2)});
    view.appendText(2, PartKind::Thinking, "Let me see.");
    view.stage()->flush();
    QVERIFY(view.item(1).thinking().isOpen());
    QVERIFY(!view.item(1).geometry().thinkingBody.isEmpty());
    QVERIFY(view.item(1).thinking().title().startsWith(QString::fromUtf8("Thinking…")));
    view.appendText(2, PartKind::Answer, "42");
    view.stage()->flush();
    QVERIFY(!view.item(1).thinking().isOpen());
    QVERIFY(view.item(1).thinking().title().startsWith("Thought"));
    QTRY_VERIFY(view.item(1).geometry().thinkingBody.isEmpty());
}

void TranscriptThinkingTest::displaySettingDecides_data()
{
    QTest::addColumn<int>("display");
    QTest::addColumn<bool>("during");
    QTest::addColumn<bool>("after");
    QTest::newRow("open while thinking") << int(ThinkingDisplay::OpenWhileThinking) << true << false;
    QTest::newRow("always open") << int(ThinkingDisplay::AlwaysOpen) << true << true;
    QTest::newRow("always collapsed") << int(ThinkingDisplay::AlwaysCollapsed) << false << false;
}

void TranscriptThinkingTest::displaySettingDecides()
{
    QFETCH(int, display);
    QFETCH(bool, during);
    QFETCH(bool, after);
    ShownView view;
    view.setThinkingDisplay(static_cast<ThinkingDisplay>(display));
    view.setMessages({streamingReply(2)});
    view.appendText(2, PartKind::Thinking, "Hm.");
    QCOMPARE(view.item(0).thinking().isOpen(), during);
    view.appendText(2, PartKind::Answer, "42");
    QCOMPARE(view.item(0).thinking().isOpen(), after);
    view.setThinkingDisplay(ThinkingDisplay::AlwaysOpen); // at once, for messages on the page too
    QVERIFY(view.item(0).thinking().isOpen());
}

void TranscriptThinkingTest::readersChoiceWins()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), streamingReply(2)});
    view.appendText(2, PartKind::Thinking, "Let me see.");
    view.stage()->flush();
    view.click(1, ControlKind::ThinkingToggle);
    QVERIFY(!view.item(1).thinking().isOpen());
    view.appendText(2, PartKind::Thinking, " More.");
    view.stage()->flush();
    QVERIFY(!view.item(1).thinking().isOpen());
    QTest::qWait(250);
    view.click(1, ControlKind::ThinkingToggle);
    view.appendText(2, PartKind::Answer, "42");
    view.stage()->flush();
    QVERIFY(view.item(1).thinking().isOpen());
    view.setThinkingDisplay(ThinkingDisplay::AlwaysCollapsed);
    QVERIFY(view.item(1).thinking().isOpen());
}

void TranscriptThinkingTest::clockExcludesThePromptAndFollowsTheFigures()
{
    ui::ThinkingBox box;
    box.begin();
    for (const double seconds : {0.1, 1.0, 3.2, 61.0}) {
        box.setLive(thinkingFor(seconds, 148, 512.0));
        QVERIFY(std::abs(box.seconds() - seconds) <= 0.1);
    }
    box.setLive(thinkingFor(3.2, 148, 512.0));
    QCOMPARE(box.title(), QString::fromUtf8("Thinking… 3.2 s · 148 tokens · 512 tok/s"));
}

void TranscriptThinkingTest::clockRunsBetweenTokens()
{
    ui::ThinkingBox box;
    QCOMPARE(box.seconds(), 0.0);
    box.begin();
    QTRY_VERIFY(box.seconds() > 0.2);
    box.end();
    const double stopped = box.seconds();
    QTest::qWait(50);
    QCOMPARE(box.seconds(), stopped);
    box.begin(); // a second thought of the same reply does not start the clock again
    QVERIFY(!box.isActive());
}

void TranscriptThinkingTest::figuresThatComeAfterTheEndCount()
{
    ui::ThinkingBox box;
    box.begin();
    box.end(); // the whole thought came within one frame
    box.setLive(thinkingFor(3.2, 150, 900.0));
    QCOMPARE(box.title(), QString::fromUtf8("Thought for 3.2 s · 150 tokens · 46.9 tok/s"));
    ui::TranscriptMessage done;
    done.statistics = storage::StatisticsRecord{};
    done.statistics->thinkingTokens = 150;
    done.statistics->thinkingSeconds = 3.0;
    box.finish(done);
    box.setLive(thinkingFor(9.0, 1, 1.0)); // a straggler
    QCOMPARE(box.title(), QString::fromUtf8("Thought for 3.0 s · 150 tokens · 50.0 tok/s"));
}

void TranscriptThinkingTest::aReplyShownAgainInItsAnswerHasItsTime()
{
    ShownView view;
    ui::TranscriptMessage message = streamingReply(2);
    message.thinking = "Thinking of it.";
    message.answer = "It is";
    view.setMessages({userMessage(1, "q"), message});
    view.showLive(2, thinkingFor(3.2, 150, 900.0));
    QCOMPARE(view.item(1).thinking().title(), QString::fromUtf8("Thought for 3.2 s · 150 tokens · 46.9 tok/s"));
}

void TranscriptThinkingTest::finishedThoughtShowsItsFigures()
{
    ShownView view;
    ui::TranscriptMessage message = reply(1, "42", "Thinking of it.");
    message.statistics = storage::StatisticsRecord{};
    message.statistics->thinkingTokens = 150;
    message.statistics->thinkingSeconds = 3.2;
    view.setMessages({message});
    QCOMPARE(view.item(0).thinking().title(), QString::fromUtf8("Thought for 3.2 s · 150 tokens · 46.9 tok/s"));
    view.setMessages({reply(1, "42", "Thinking of it.")});
    QCOMPARE(view.item(0).thinking().title(), QStringLiteral("Thought"));
}

void TranscriptThinkingTest::unfinishedThoughtsSayWhy_data()
{
    QTest::addColumn<int>("state");
    QTest::addColumn<QString>("title");
    QTest::newRow("stopped") << int(MessageState::Stopped) << "Stopped while thinking";
    QTest::newRow("interrupted") << int(MessageState::Interrupted) << "Interrupted while thinking";
    QTest::newRow("failed") << int(MessageState::Failed) << "Failed while thinking";
    QTest::newRow("length") << int(MessageState::LengthLimit) << "Length limit reached while thinking";
    QTest::newRow("context") << int(MessageState::ContextFull) << "Context full while thinking";
}

void TranscriptThinkingTest::unfinishedThoughtsSayWhy()
{
    QFETCH(int, state);
    QFETCH(QString, title);
    ShownView view;
    ui::TranscriptMessage message = reply(1, {}, "Half a thou");
    message.thinkingClosed = false;
    message.state = static_cast<MessageState>(state);
    view.setMessages({message});
    QCOMPARE(view.item(0).thinking().title(), title);
    QVERIFY(!view.item(0).caption().isEmpty());
    QCOMPARE(view.control(0, ControlKind::Continue).has_value(), message.state != MessageState::ContextFull);
}

void TranscriptThinkingTest::collapsedBlockShowsTheLastLine()
{
    ShownView view;
    view.setMessages({reply(1, "42", "First line.\n\n- a list\n- **last** line\n\n")});
    view.grab();
    QCOMPARE(view.item(0).thinkingPreview(), QStringLiteral("last line"));
}

void TranscriptThinkingTest::emptyThoughtsAreNotShown()
{
    ShownView view;
    view.setMessages({reply(1, "42", "\n\n")});
    QVERIFY(!view.item(0).hasThinking());
    QVERIFY(view.item(0).geometry().thinkingHeader.isEmpty());
}

void TranscriptThinkingTest::nothingMovesSidewaysWhenTheScrollBarComes()
{
    ShownView view({900, 300});
    view.setMessages({userMessage(1, "q"), reply(2, "a", paragraphs(20))});
    QCOMPARE(view.verticalScrollBar()->maximum(), 0);
    const int left = view.stage()->columnLeft();
    const int width = view.stage()->page().width();
    view.stage()->toggleThinking(1);
    QTRY_VERIFY(view.verticalScrollBar()->maximum() > 0);
    QCOMPARE(view.stage()->columnLeft(), left);
    QCOMPARE(view.stage()->page().width(), width);
}

void TranscriptThinkingTest::boxIsLimitedAndFollowsItsEnd()
{
    ShownView view;
    view.setMessages({streamingReply(1)});
    for (int i = 0; i < 40; ++i) {
        view.appendText(1, PartKind::Thinking, paragraphs(2));
        view.stage()->flush();
        const ui::ThinkingBox &thinking = view.item(0).thinking();
        QCOMPARE(thinking.scroll(), thinking.maximum());
    }
    QVERIFY(view.item(0).thinking().maximum() > 0);
    const int em = view.item(0).column(MessagePart::Thinking).style().body.pixelSize();
    QCOMPARE(view.item(0).geometry().thinkingBody.height(), 28 * em);
}

void TranscriptThinkingTest::boxStopsFollowingWhenTheReaderScrollsUp()
{
    ShownView view;
    view.setMessages({streamingReply(1)});
    view.appendText(1, PartKind::Thinking, paragraphs(40));
    view.stage()->flush();
    const QPoint inBox = view.stage()->toViewport(view.item(0).geometry().thinkingBody, 0).center();
    const int page = view.top();
    view.wheel(inBox, 2);
    const int position = view.item(0).thinking().scroll();
    QVERIFY(position < view.item(0).thinking().maximum());
    view.appendText(1, PartKind::Thinking, paragraphs(10));
    view.stage()->flush();
    QCOMPARE(view.item(0).thinking().scroll(), position);
    QCOMPARE(view.top(), page); // the wheel moved the box, not the page
    view.wheel(inBox, -200);
    view.appendText(1, PartKind::Thinking, paragraphs(10));
    view.stage()->flush();
    QCOMPARE(view.item(0).thinking().scroll(), view.item(0).thinking().maximum());
}

void TranscriptThinkingTest::bottomEdgeCollapses()
{
    ShownView view;
    view.setThinkingDisplay(ThinkingDisplay::AlwaysOpen);
    view.setMessages({userMessage(1, "q"), reply(2, "42", paragraphs(3))});
    view.click(1, ControlKind::ThinkingCollapse);
    QVERIFY(!view.item(1).thinking().isOpen());
}

void TranscriptThinkingTest::foldingAtTheEndGoesOnFollowing()
{
    ShownView view;
    view.setMessages({userMessage(1, paragraphs(40)), streamingReply(2)});
    view.appendText(2, PartKind::Thinking, paragraphs(20));
    view.appendText(2, PartKind::Answer, "It is");
    view.stage()->flush();
    QTest::qWait(300);
    QVERIFY(view.isAtEnd());
    view.click(1, ControlKind::ThinkingToggle);
    QTest::qWait(300);
    QVERIFY(!view.isAtEnd());
    view.click(1, ControlKind::ThinkingToggle);
    QTest::qWait(300);
    view.appendText(2, PartKind::Answer, paragraphs(10));
    view.stage()->flush();
    QVERIFY(view.isAtEnd());
}

void TranscriptThinkingTest::anotherConversationEndsTheDragOfAScrollBar()
{
    ShownView view;
    view.setThinkingDisplay(ThinkingDisplay::AlwaysOpen);
    view.setMessages({userMessage(1, "q"), userMessage(2, "r"), reply(3, "a", paragraphs(60))});
    view.grab();
    const QRect body = view.stage()->toViewport(view.item(2).geometry().thinkingBody, 2);
    const QPoint onBar(body.right() - 4, body.center().y());
    QTest::mousePress(view.viewport(), Qt::LeftButton, {}, onBar);
    QVERIFY(view.item(2).thinking().scroll() > 0);
    view.setMessages({reply(9, "a", paragraphs(60))});
    QTest::mouseMove(view.viewport(), QPoint(body.right() - 4, body.bottom() - 2));
    QCOMPARE(view.item(0).thinking().scroll(), 0);
}

void TranscriptThinkingTest::readersChoiceOutlivesAnotherVersion()
{
    ShownView view;
    view.setMessages({reply(1, "a", "thought"), reply(2, "b")});
    view.click(0, ControlKind::ThinkingToggle);
    QVERIFY(view.item(0).thinking().isOpen());
    view.setMessages({reply(1, "a", "thought"), reply(3, "c")});
    QVERIFY(view.item(0).thinking().isOpen());
    view.setMessages({reply(4, "a", "thought")});
    QVERIFY(!view.item(0).thinking().isOpen());
}

void TranscriptThinkingTest::onlyTheHeaderIsRepaintedByTheClock()
{
    class PaintWatch : public QObject {
    public:
        QRegion painted;
        bool eventFilter(QObject *, QEvent *event) override
        {
            if (event->type() == QEvent::Paint)
                painted += static_cast<QPaintEvent *>(event)->region();
            return false;
        }
    };
    ShownView view;
    view.setMessages({userMessage(1, "q"), streamingReply(2)});
    view.appendText(2, PartKind::Thinking, paragraphs(3));
    view.stage()->flush();
    QTest::qWait(300);
    PaintWatch watch;
    view.viewport()->installEventFilter(&watch);
    QTRY_VERIFY(!watch.painted.isEmpty());
    const QRect header = view.stage()->toViewport(view.item(1).geometry().thinkingHeader, 1);
    QVERIFY(header.contains(watch.painted.boundingRect()));
}

QTEST_MAIN(TranscriptThinkingTest)
#include "tst_transcript_thinking.moc"
