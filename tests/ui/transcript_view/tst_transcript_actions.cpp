// What can be done in the transcript, with a real mouse and real keys.

#include "tests/ui/transcript_view/transcript_fixture.h"
#include <QClipboard>
#include <QSignalSpy>

using namespace fixture;
using ui::ControlKind;

class TranscriptActionsTest : public QObject {
    Q_OBJECT

private slots:
    void rowsOfferWhatFitsTheMessage();
    void continueIsOfferedForCutReplies_data();
    void continueIsOfferedForCutReplies();
    void clicksEmitTheirWishes();
    void aQuestionWithoutAReplyCanBeAskedAgain();
    void theExactPromptIsAskedForByButton();
    void disabledActionsDoNothing();
    void versionsNeedNoModel();
    void branchesSwitchBothWays();
    void copyTakesTheMarkdown();
    void copyCodeTakesAllPieces();
    void linksAreActivatedNotOpened();
    void tabVisitsEveryControlAndLeaves();
    void keysActivateTheFocusedControl();
    void keysScroll();
    void focusedThinkingScrollsByKeys();
    void actionTargetIsTheFocusedMessageOrTheNewest();
    void codeScrollsSideways();
};

namespace {

ui::TranscriptMessage withBranches(ui::TranscriptMessage message, int branch, int branches)
{
    message.branch = branch;
    message.branches = branches;
    return message;
}

} // namespace

void TranscriptActionsTest::rowsOfferWhatFitsTheMessage()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a"), streamingReply(3)});
    QVERIFY(view.control(0, ControlKind::Edit) && view.control(0, ControlKind::Copy));
    QVERIFY(!view.control(0, ControlKind::Regenerate) && !view.control(0, ControlKind::BranchNext));
    QVERIFY(view.control(1, ControlKind::ShowPrompt) && !view.control(2, ControlKind::ShowPrompt));
    QVERIFY(view.control(1, ControlKind::Regenerate) && !view.control(1, ControlKind::Edit));
    QVERIFY(!view.control(2, ControlKind::Regenerate) && view.control(2, ControlKind::Copy));
}

void TranscriptActionsTest::continueIsOfferedForCutReplies_data()
{
    QTest::addColumn<int>("state");
    QTest::addColumn<bool>("captioned");
    QTest::addColumn<bool>("offered");
    QTest::newRow("complete") << int(MessageState::Complete) << false << false;
    QTest::newRow("streaming") << int(MessageState::Streaming) << false << false;
    QTest::newRow("stopped") << int(MessageState::Stopped) << true << true;
    QTest::newRow("interrupted") << int(MessageState::Interrupted) << true << true;
    QTest::newRow("length") << int(MessageState::LengthLimit) << true << true;
    QTest::newRow("context") << int(MessageState::ContextFull) << true << false; // it would be full again
    QTest::newRow("failed") << int(MessageState::Failed) << true << true;
}

void TranscriptActionsTest::continueIsOfferedForCutReplies()
{
    QFETCH(int, state);
    QFETCH(bool, captioned);
    QFETCH(bool, offered);
    ui::TranscriptMessage message = reply(2, "half");
    message.state = static_cast<MessageState>(state);
    ShownView view;
    view.setMessages({userMessage(1, "q"), message});
    QCOMPARE(view.control(1, ControlKind::Continue).has_value(), offered);
    QCOMPARE(!view.item(1).caption().isEmpty(), captioned);
    QSignalSpy spy(&view, &ui::TranscriptView::continueRequested);
    if (offered)
        view.click(1, ControlKind::Continue);
    QCOMPARE(spy.count(), offered ? 1 : 0);
    view.appendMessage(userMessage(3, "later")); // it goes on from here, not from the reply before
    QVERIFY(!view.control(1, ControlKind::Continue));
}

void TranscriptActionsTest::versionsNeedNoModel()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), withBranches(reply(2, "a"), 1, 3)});
    view.setAllowedActions({false, true});
    QVERIFY(!view.control(1, ControlKind::Regenerate)->enabled && !view.control(0, ControlKind::Edit)->enabled);
    QVERIFY(view.control(1, ControlKind::BranchNext)->enabled && view.control(1, ControlKind::BranchPrevious)->enabled);
}

void TranscriptActionsTest::clicksEmitTheirWishes()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a")});
    QSignalSpy spy(&view, &ui::TranscriptView::regenerateRequested);
    view.click(1, ControlKind::Regenerate);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][0].toLongLong(), 2);
    // A press that is let go elsewhere is no click.
    const QPoint button = view.centerOf(1, ControlKind::Regenerate);
    QTest::mousePress(view.viewport(), Qt::LeftButton, {}, button);
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, button - QPoint(200, 0));
    QCOMPARE(spy.count(), 1);
}

void TranscriptActionsTest::aQuestionWithoutAReplyCanBeAskedAgain()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a"), userMessage(3, "and?")});
    QVERIFY(!view.control(0, ControlKind::Regenerate));
    QSignalSpy spy(&view, &ui::TranscriptView::regenerateRequested);
    view.click(2, ControlKind::Regenerate);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][0].toLongLong(), 3);
    view.appendMessage(streamingReply(4));
    QVERIFY(!view.control(2, ControlKind::Regenerate)); // it has one now
}

void TranscriptActionsTest::theExactPromptIsAskedForByButton()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a")});
    QSignalSpy spy(&view, &ui::TranscriptView::promptRequested);
    view.click(1, ControlKind::ShowPrompt);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][0].toLongLong(), 2);
    view.setAllowedActions({true, true, false}); // no model, no prompt
    view.click(1, ControlKind::ShowPrompt);
    QCOMPARE(spy.count(), 1);
}

void TranscriptActionsTest::disabledActionsDoNothing()
{
    ui::TranscriptMessage cut = withBranches(reply(2, "a"), 1, 3);
    cut.state = MessageState::Stopped;
    ShownView view;
    view.setMessages({userMessage(1, "q"), cut});
    view.setAllowedActions({false, false});
    QSignalSpy regenerate(&view, &ui::TranscriptView::regenerateRequested);
    QSignalSpy proceed(&view, &ui::TranscriptView::continueRequested);
    QSignalSpy branch(&view, &ui::TranscriptView::branchRequested);
    for (const ControlKind kind : {ControlKind::Regenerate, ControlKind::Continue, ControlKind::BranchNext})
        view.click(1, kind);
    view.click(0, ControlKind::Edit);
    view.startEditing(1);
    QCOMPARE(regenerate.count() + proceed.count() + branch.count(), 0);
    QVERIFY(view.stage()->editor() == nullptr);
}

void TranscriptActionsTest::branchesSwitchBothWays()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), withBranches(reply(2, "a"), 1, 3)});
    QSignalSpy spy(&view, &ui::TranscriptView::branchRequested);
    view.click(1, ControlKind::BranchPrevious);
    view.click(1, ControlKind::BranchNext);
    QCOMPARE(spy.count(), 2);
    QCOMPARE(spy[0], (QVariantList{2LL, 0}));
    QCOMPARE(spy[1], (QVariantList{2LL, 2}));
    view.setMessages({userMessage(1, "q"), withBranches(reply(2, "a"), 0, 3)});
    view.click(1, ControlKind::BranchPrevious); // there is none
    QCOMPARE(spy.count(), 2);
}

void TranscriptActionsTest::copyTakesTheMarkdown()
{
    ShownView view;
    const QString source = "# T\n\n**bold** and `code`\n\n- [x] done\n";
    view.setMessages({userMessage(1, "q"), reply(2, source, "a thought")});
    view.click(1, ControlKind::Copy);
    QCOMPARE(QApplication::clipboard()->text(), source);
    view.setCopyWithThinking(true);
    view.click(1, ControlKind::Copy);
    QCOMPARE(QApplication::clipboard()->text(), "<think>\na thought\n</think>\n\n" + source);
}

void TranscriptActionsTest::copyCodeTakesAllPieces()
{
    QString code;
    for (int i = 0; i < 500; ++i)
        code += QStringLiteral("int value%1 = %1;\n").arg(i);
    code.chop(1);
    ShownView view;
    view.setMessages({reply(2, "```cpp\n" + code + "\n```\n\nend")});
    view.verticalScrollBar()->setValue(0);
    QVERIFY(view.item(0).text(ui::MessagePart::Answer).blocks().size() > 3);
    view.click(0, ControlKind::CopyCode);
    QCOMPARE(QApplication::clipboard()->text(), code);
}

void TranscriptActionsTest::linksAreActivatedNotOpened()
{
    ShownView view;
    view.setMessages({reply(2, "see [the paper](https://example.org/a?b=c) or [bad](javascript:alert(1))")});
    QSignalSpy spy(&view, &ui::TranscriptView::linkActivated);
    view.click(0, ControlKind::Link);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][0].toString(), QStringLiteral("https://example.org/a?b=c"));
    const ui::Block &block = view.item(0).column(ui::MessagePart::Answer).block(0);
    const auto bad = static_cast<int>(block.text.indexOf("bad"));
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.pointAt(0, ui::MessagePart::Answer, 0, bad + 1));
    QCOMPARE(spy.count(), 1);
}

void TranscriptActionsTest::tabVisitsEveryControlAndLeaves()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "[l](https://example.org)\n\n```\nc\n```", "thought")});
    view.setFocus(Qt::OtherFocusReason);
    std::vector<ControlKind> visited;
    for (int i = 0; i < 20; ++i) {
        QTest::keyClick(&view, Qt::Key_Tab);
        if (!view.stage()->focused())
            break;
        visited.push_back(view.stage()->focused()->control.kind);
    }
    const std::vector<ControlKind> expected{ControlKind::Edit,       ControlKind::Copy,     ControlKind::ThinkingToggle,
                                            ControlKind::Link,       ControlKind::CopyCode, ControlKind::Regenerate,
                                            ControlKind::ShowPrompt, ControlKind::Copy};
    QVERIFY(visited == expected);
    view.setFocus(Qt::OtherFocusReason);
    QTest::keyClick(&view, Qt::Key_Backtab);
    QVERIFY(view.stage()->focused() && view.stage()->focused()->control.kind == ControlKind::Copy);
}

void TranscriptActionsTest::keysActivateTheFocusedControl()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a", "thought")});
    view.setFocus();
    view.stage()->setFocused(ui::ControlRef{1, {ControlKind::ThinkingToggle}});
    QTest::keyClick(&view, Qt::Key_Space);
    QVERIFY(view.item(1).thinking().isOpen());
    QTest::keyClick(&view, Qt::Key_Return);
    QVERIFY(!view.item(1).thinking().isOpen());
    QSignalSpy spy(&view, &ui::TranscriptView::regenerateRequested);
    view.stage()->setFocused(ui::ControlRef{1, {ControlKind::Regenerate}});
    QTest::keyClick(&view, Qt::Key_Enter);
    QCOMPARE(spy.count(), 1);
    QTest::keyClick(&view, Qt::Key_Escape);
    QVERIFY(!view.stage()->focused());
}

void TranscriptActionsTest::keysScroll()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, paragraphs(80))});
    view.setFocus();
    QTest::keyClick(&view, Qt::Key_Home);
    QCOMPARE(view.top(), 0);
    QTest::keyClick(&view, Qt::Key_Down);
    QVERIFY(view.top() > 0 && view.top() < 100);
    QTest::keyClick(&view, Qt::Key_Up);
    QCOMPARE(view.top(), 0);
    QTest::keyClick(&view, Qt::Key_PageDown);
    QVERIFY(view.top() > 500);
    QTest::keyClick(&view, Qt::Key_End);
    QVERIFY(view.isAtEnd());
    QTest::keyClick(&view, Qt::Key_PageUp);
    QVERIFY(!view.isAtEnd());
}

void TranscriptActionsTest::focusedThinkingScrollsByKeys()
{
    ShownView view;
    view.setThinkingDisplay(ui::ThinkingDisplay::AlwaysOpen);
    view.setMessages({reply(2, "a", paragraphs(60))});
    view.setFocus();
    view.verticalScrollBar()->setValue(0);
    view.stage()->setFocused(ui::ControlRef{0, {ControlKind::ThinkingToggle}});
    QTest::keyClick(&view, Qt::Key_PageDown);
    QVERIFY(view.item(0).thinking().scroll() > 100);
    QCOMPARE(view.top(), 0);
}

void TranscriptActionsTest::actionTargetIsTheFocusedMessageOrTheNewest()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a"), userMessage(3, "r"), reply(4, "b")});
    QCOMPARE(view.actionTarget(MessageRole::User), 3);
    QCOMPARE(view.actionTarget(MessageRole::Assistant), 4);
    QCOMPARE(view.actionTarget(MessageRole::System), 0);
    view.setFocus();
    view.stage()->setFocused(ui::ControlRef{1, {ControlKind::Copy}});
    QCOMPARE(view.actionTarget(MessageRole::Assistant), 2);
    QCOMPARE(view.actionTarget(MessageRole::User), 3);
}

void TranscriptActionsTest::codeScrollsSideways()
{
    ShownView view;
    view.setMessages({reply(2, "```\n" + QString("wide ").repeated(100) + "\n```")});
    view.grab();
    ui::BlockColumn &column = view.item(0).column(ui::MessagePart::Answer);
    const QPoint point = view.pointAt(0, ui::MessagePart::Answer, 0, 2);
    QWheelEvent event(point, view.viewport()->mapToGlobal(point), QPoint(-80, 0), QPoint(), Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(view.viewport(), &event);
    QCOMPARE(column.scrollX(0), 80.0);
    view.setFocus();
    view.stage()->setFocused(ui::ControlRef{0, {ControlKind::CopyCode, ui::MessagePart::Answer, 0, -1}});
    QTest::keyClick(&view, Qt::Key_Left);
    QCOMPARE(column.scrollX(0), 40.0);
}

QTEST_MAIN(TranscriptActionsTest)
#include "tst_transcript_actions.moc"
