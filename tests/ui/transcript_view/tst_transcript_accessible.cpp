// The transcript as assistive technology sees it.

#include "tests/ui/transcript_view/transcript_fixture.h"

#include "ui/transcript/transcript_announcer.h"
#include "ui/widgets/accessible_events.h"

#include <QAccessible>
#include <QAccessibleActionInterface>
#include <QSignalSpy>

using namespace fixture;

namespace {

QStringList announced;
QStringList focused; ///< names of what got the focus

void record(QAccessibleEvent &event)
{
    if (event.type() == QAccessible::Focus && event.accessibleInterface())
        focused.append(event.accessibleInterface()->text(QAccessible::Name));
    if (event.type() == QAccessible::TextInserted)
        announced.append(static_cast<QAccessibleTextInsertEvent &>(event).textInserted());
}

} // namespace

class TranscriptAccessibleTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void messagesAreNamedItemsOfAList();
    void statesAreInTheNames();
    void contentAndFiguresCanBeRead();
    void everyControlHasANameAndCanBePressed();
    void focusIsReported();
    void treeFollowsTheConversation();
    void streamedTextIsAnnouncedBySentence();
    void foldedThoughtsAreNotAnnounced();
    void openThoughtsAreAnnouncedToTheirEnd();
    void sentencesEnd_data();
    void sentencesEnd();
};

void TranscriptAccessibleTest::initTestCase()
{
    ui::setAccessibleListener(record);
}

void TranscriptAccessibleTest::messagesAreNamedItemsOfAList()
{
    ShownView view;
    view.setMessages({userMessage(1, "question"), reply(2, "answer")});
    QAccessibleInterface *list = QAccessible::queryAccessibleInterface(&view);
    QVERIFY(list != nullptr);
    QCOMPARE(list->role(), QAccessible::List);
    QCOMPARE(list->text(QAccessible::Name), QStringLiteral("Conversation"));
    QCOMPARE(list->childCount(), 2);
    QCOMPARE(list->child(0)->role(), QAccessible::ListItem);
    QCOMPARE(list->child(0)->text(QAccessible::Name), QStringLiteral("You"));
    QCOMPARE(list->child(1)->text(QAccessible::Name), QStringLiteral("nano-r1"));
    QCOMPARE(list->indexOfChild(list->child(1)), 1);
    QCOMPARE(list->child(1)->parent(), list);
    QVERIFY(list->child(2) == nullptr);
    const QRect rect = list->child(1)->rect();
    QCOMPARE(list->childAt(rect.center().x(), rect.center().y()), list->child(1));
}

void TranscriptAccessibleTest::statesAreInTheNames()
{
    ShownView view;
    view.setMessages({streamingReply(2)});
    QAccessibleInterface *item = QAccessible::queryAccessibleInterface(&view)->child(0);
    QCOMPARE(item->text(QAccessible::Name), QStringLiteral("nano-r1, reading the prompt"));
    QVERIFY(item->state().busy);
    view.appendText(2, PartKind::Thinking, "Hm");
    QCOMPARE(item->text(QAccessible::Name), QStringLiteral("nano-r1, thinking"));
    view.appendText(2, PartKind::Answer, "42");
    QCOMPARE(item->text(QAccessible::Name), QStringLiteral("nano-r1, answering"));
    ui::TranscriptMessage done = reply(2, "42", "Hm");
    done.state = MessageState::Stopped;
    view.finishMessage(done);
    QCOMPARE(item->text(QAccessible::Name), QStringLiteral("nano-r1, stopped"));
    QVERIFY(!item->state().busy);
}

void TranscriptAccessibleTest::contentAndFiguresCanBeRead()
{
    ui::TranscriptMessage message = reply(2, "1. **one**\n2. two", "thought");
    message.statistics = storage::StatisticsRecord{};
    message.statistics->answerTokens = 12;
    message.statistics->answerSeconds = 0.1;
    ShownView view;
    view.setMessages({message});
    QAccessibleInterface *item = QAccessible::queryAccessibleInterface(&view)->child(0);
    QCOMPARE(item->text(QAccessible::Value), QStringLiteral("1. one\n2. two"));
    QVERIFY(item->text(QAccessible::Description).contains("120 tok/s"));
    QAccessibleTextInterface *text = item->textInterface();
    QVERIFY(text != nullptr);
    QCOMPARE(text->text(0, text->characterCount()), item->text(QAccessible::Value));
    view.setThinkingDisplay(ui::ThinkingDisplay::AlwaysOpen);
    QVERIFY(text->text(0, text->characterCount()).startsWith("thought"));
}

void TranscriptAccessibleTest::everyControlHasANameAndCanBePressed()
{
    ui::TranscriptMessage message = reply(2, "[l](https://example.org)\n\n```\nc\n```", "thought");
    message.state = MessageState::Stopped;
    message.branches = 2;
    ShownView view;
    view.setMessages({userMessage(1, "q"), message});
    QAccessibleInterface *list = QAccessible::queryAccessibleInterface(&view);
    int controls = 0;
    for (int i = 0; i < list->childCount(); ++i) {
        for (int c = 0; c < list->child(i)->childCount(); ++c, ++controls) {
            QAccessibleInterface *control = list->child(i)->child(c);
            QVERIFY(control->role() == QAccessible::Button || control->role() == QAccessible::Link);
            QVERIFY(!control->text(QAccessible::Name).isEmpty());
            QVERIFY(control->state().focusable);
            QVERIFY(!control->rect().isEmpty());
            QCOMPARE(control->parent(), list->child(i));
            QCOMPARE(list->child(i)->indexOfChild(control), c);
            const QRect rect = control->rect();
            QCOMPARE(list->child(i)->childAt(rect.center().x(), rect.center().y()), control);
        }
    }
    QCOMPARE(controls, 2 + 9);
    QSignalSpy spy(&view, &ui::TranscriptView::linkActivated);
    QAccessibleInterface *link = list->child(1)->child(1);
    QCOMPARE(link->role(), QAccessible::Link);
    link->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
    QCOMPARE(spy.count(), 1);
    QAccessibleInterface *toggle = list->child(1)->child(0);
    QVERIFY(toggle->state().collapsed);
    toggle->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
    QVERIFY(toggle->state().expanded);
}

void TranscriptAccessibleTest::focusIsReported()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a")});
    view.activateWindow();
    view.setFocus();
    QTRY_VERIFY(view.hasFocus());
    QTest::keyClick(&view, Qt::Key_Tab);
    QAccessibleInterface *focused = QAccessible::queryAccessibleInterface(&view)->focusChild();
    QVERIFY(focused != nullptr);
    QCOMPARE(focused->text(QAccessible::Name), QStringLiteral("Edit message"));
    QVERIFY(focused->state().focused);
    QCOMPARE(::focused.last(), QStringLiteral("Edit message"));
    QTest::keyClick(&view, Qt::Key_Tab);
    QCOMPARE(::focused.last(), QStringLiteral("Copy message"));
}

void TranscriptAccessibleTest::treeFollowsTheConversation()
{
    ShownView view;
    view.setMessages({userMessage(1, "q"), reply(2, "a")});
    QAccessibleInterface *list = QAccessible::queryAccessibleInterface(&view);
    QVERIFY(list->child(1)->childCount() > 0);
    list->child(1)->child(0);
    view.appendMessage(userMessage(3, "r"));
    QCOMPARE(list->childCount(), 3);
    QCOMPARE(list->child(2)->text(QAccessible::Value), QStringLiteral("r"));
    view.setMessages({userMessage(9, "other")});
    QCOMPARE(list->childCount(), 1);
    QCOMPARE(list->child(0)->text(QAccessible::Value), QStringLiteral("other"));
    view.setMessages({});
    QCOMPARE(list->childCount(), 0);
}

void TranscriptAccessibleTest::streamedTextIsAnnouncedBySentence()
{
    ShownView view;
    view.setMessages({streamingReply(2)});
    announced.clear();
    for (const QChar c : QStringLiteral("One sentence. And 3.5 more"))
        view.appendText(2, PartKind::Answer, c);
    QCOMPARE(announced, QStringList{"One sentence."});
    view.finishMessage(reply(2, {}));
    QCOMPARE(announced, (QStringList{"One sentence.", " And 3.5 more"}));
}

void TranscriptAccessibleTest::foldedThoughtsAreNotAnnounced()
{
    ShownView view;
    view.setThinkingDisplay(ui::ThinkingDisplay::AlwaysCollapsed);
    view.setMessages({streamingReply(2)});
    announced.clear();
    view.appendText(2, PartKind::Thinking, "Let me see. Once more. ");
    view.appendText(2, PartKind::Answer, "It is 42. ");
    QCOMPARE(announced, QStringList{"It is 42."});
}

void TranscriptAccessibleTest::openThoughtsAreAnnouncedToTheirEnd()
{
    ShownView view;
    view.setMessages({streamingReply(2)});
    announced.clear();
    view.appendText(2, PartKind::Thinking, "Let me see. Once more.");
    view.appendText(2, PartKind::Answer, "It is 42. ");
    QCOMPARE(announced, (QStringList{"Let me see.", " Once more.", "It is 42."}));
}

void TranscriptAccessibleTest::sentencesEnd_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("end");
    QTest::newRow("open") << "and so" << 0;
    QTest::newRow("stop") << "a. b" << 2;
    QTest::newRow("number") << "3.5" << 0;
    QTest::newRow("line") << "a\nb" << 2;
    QTest::newRow("chinese") << QString::fromUtf8("你好。再") << 3;
    QTest::newRow("last") << "a? b! c" << 5;
}

void TranscriptAccessibleTest::sentencesEnd()
{
    QFETCH(QString, text);
    QFETCH(int, end);
    QCOMPARE(ui::sentenceEnd(text), end);
}

QTEST_MAIN(TranscriptAccessibleTest)
#include "tst_transcript_accessible.moc"
