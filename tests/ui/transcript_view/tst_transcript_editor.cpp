// The editor over a message of the user: its keys, its buttons, and what it outlives.

#include "tests/ui/transcript_view/transcript_fixture.h"

#include "ui/transcript/message_editor.h"

#include <QInputMethodEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>

using namespace fixture;
using ui::ControlKind;

class TranscriptEditorTest : public QObject {
    Q_OBJECT

private slots:
    void editorSendsAndCancels();
    void editorLeavesEnterToTheInputMethod();
    void editorKeepsItsPlaceWhileScrolling();
    void editorWaitsForTheReplyToEnd();
    void editorStaysWhileLaterMessagesChange();
    void closingTheEditorGivesTheFocusBack();
};

void TranscriptEditorTest::editorSendsAndCancels()
{
    ShownView view;
    view.setMessages({userMessage(1, "first question"), reply(2, "a")});
    QSignalSpy spy(&view, &ui::TranscriptView::editRequested);
    view.click(0, ControlKind::Edit);
    auto *edit = view.findChild<QPlainTextEdit *>("messageEdit");
    QVERIFY(edit != nullptr);
    QCOMPARE(edit->toPlainText(), QStringLiteral("first question"));
    QTRY_VERIFY(edit->hasFocus());
    QTest::keyClicks(edit, "!");
    QTest::keyClick(edit, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(edit, "more");
    QTest::keyClick(edit, Qt::Key_Return);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0], (QVariantList{1LL, "first question!\nmore"}));
    QVERIFY(view.stage()->editor() == nullptr);

    view.startEditing(1);
    QTest::keyClick(view.stage()->editor()->focusProxy(), Qt::Key_Escape);
    QVERIFY(view.stage()->editor() == nullptr);
    QCOMPARE(spy.count(), 1);

    view.startEditing(1);
    edit = qobject_cast<QPlainTextEdit *>(view.stage()->editor()->focusProxy());
    edit->clear();
    QTest::keyClick(edit, Qt::Key_Return, Qt::ControlModifier); // nothing to send
    QCOMPARE(spy.count(), 1);
    QTest::keyClicks(edit, "again");
    QTest::keyClick(edit, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(spy.count(), 2);

    view.startEditing(1);
    QTest::mouseClick(view.stage()->editor()->findChild<QPushButton *>("cancelEdit"), Qt::LeftButton);
    QVERIFY(view.stage()->editor() == nullptr);
    view.startEditing(1);
    QTest::mouseClick(view.stage()->editor()->findChild<QPushButton *>("saveEdit"), Qt::LeftButton);
    QCOMPARE(spy.count(), 3);
}

void TranscriptEditorTest::editorLeavesEnterToTheInputMethod()
{
    ShownView view;
    view.setMessages({userMessage(1, "q")});
    QSignalSpy spy(&view, &ui::TranscriptView::editRequested);
    view.startEditing(1);
    auto *edit = qobject_cast<QPlainTextEdit *>(view.stage()->editor()->focusProxy());
    QInputMethodEvent composing(QStringLiteral("ni hao"), {});
    QApplication::sendEvent(edit, &composing);
    QTest::keyClick(edit, Qt::Key_Return);
    QTest::keyClick(edit, Qt::Key_Escape);
    QCOMPARE(spy.count(), 0);
    QVERIFY(view.stage()->editor() != nullptr);
    QInputMethodEvent committed;
    committed.setCommitString(QString::fromUtf8("你好"));
    QApplication::sendEvent(edit, &committed);
    QTest::keyClick(edit, Qt::Key_Return);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][1].toString(), QString::fromUtf8("q你好"));
}

void TranscriptEditorTest::editorKeepsItsPlaceWhileScrolling()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, paragraphs(60))});
    view.startEditing(1);
    const int before = view.stage()->editor()->geometry().top();
    view.verticalScrollBar()->setValue(view.top() + 50);
    QCOMPARE(view.stage()->editor()->geometry().top(), before - 50);
    view.setMessages({}); // another conversation: the editor goes with its message
    QVERIFY(view.stage()->editor() == nullptr);
}

void TranscriptEditorTest::editorWaitsForTheReplyToEnd()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a")});
    QSignalSpy spy(&view, &ui::TranscriptView::editRequested);
    view.startEditing(1);
    auto *edit = view.findChild<QPlainTextEdit *>("messageEdit");
    auto *save = view.findChild<QPushButton *>("saveEdit");
    view.setAllowedActions({false, false});
    QTest::keyClicks(edit, "!");
    QTest::keyClick(edit, Qt::Key_Return);
    QTest::mouseClick(save, Qt::LeftButton);
    QCOMPARE(spy.count(), 0);
    QVERIFY(view.stage()->editor() != nullptr);
    QVERIFY(!save->toolTip().isEmpty());
    view.setAllowedActions({true, true});
    QTest::mouseClick(save, Qt::LeftButton);
    QCOMPARE(spy.count(), 1);
    QCOMPARE(spy[0][1].toString(), QStringLiteral("q!"));
}

void TranscriptEditorTest::editorStaysWhileLaterMessagesChange()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a")});
    view.startEditing(1);
    auto *edit = view.findChild<QPlainTextEdit *>("messageEdit");
    QTest::keyClicks(edit, " and more");
    view.setMessages({userMessage(1, "q"), reply(3, paragraphs(30))}); // another version
    QVERIFY(view.stage()->editor() != nullptr);
    QCOMPARE(edit->toPlainText(), QStringLiteral("q and more"));
    QCOMPARE(view.item(0).geometry().bubble.height(), view.stage()->editor()->height());
}

void TranscriptEditorTest::closingTheEditorGivesTheFocusBack()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a")});
    view.setFocus();
    QTRY_VERIFY(view.hasFocus());
    QTest::keyClick(&view, Qt::Key_Tab);
    QTest::keyClick(&view, Qt::Key_Space);
    QTRY_VERIFY(view.stage()->editor() != nullptr && view.stage()->editor()->focusProxy()->hasFocus());
    QTest::keyClick(view.stage()->editor()->focusProxy(), Qt::Key_Escape);
    QVERIFY(view.hasFocus() && view.stage()->focused());
    QVERIFY(view.stage()->focused()->control.kind == ControlKind::Edit);
}

QTEST_MAIN(TranscriptEditorTest)
#include "tst_transcript_editor.moc"
