// The list by mouse and keys: open, rename in place, delete, and typing that goes to the composer.

#include "ui/conversations/conversation_delegate.h"
#include "ui/conversations/conversation_list.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDateTime>
#include <QLineEdit>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>

using namespace ui;

class ConversationListTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { theme::apply(UiSettings()); }

    void init()
    {
        m_list = std::make_unique<ConversationList>();
        m_list->resize(260, 500);
        std::vector<storage::ConversationSummary> all;
        for (int i = 1; i <= 4; ++i) {
            storage::ConversationSummary one;
            one.id = i;
            one.title = "chat " + std::to_string(i);
            one.updatedAt = QDateTime::currentMSecsSinceEpoch() - i;
            all.push_back(one);
        }
        m_list->conversations()->setConversations(all);
        m_list->show();
        m_list->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_list.get()));
        m_list->setFocus();
    }

    void cleanup() { m_list.reset(); }

    void aClickOpens()
    {
        QSignalSpy opened(m_list.get(), &ConversationList::opened);
        QTest::mouseClick(m_list->viewport(), Qt::LeftButton, {}, rect(3).center());
        QCOMPARE(opened.count(), 1);
        QCOMPARE(opened.first().first().value<storage::ConversationId>(), 3);
        QTest::mouseClick(m_list->viewport(), Qt::LeftButton, {},
                          m_list->visualRect(m_list->model()->index(0, 0)).center());
        QCOMPARE(opened.count(), 1); // a heading opens nothing
    }

    void arrowsAndEnterOpen()
    {
        QSignalSpy opened(m_list.get(), &ConversationList::opened);
        m_list->setCurrentIndex(m_list->conversations()->indexOf(1));
        QTest::keyClick(m_list.get(), Qt::Key_Down);
        QCOMPARE(opened.count(), 0); // moving is not opening
        QTest::keyClick(m_list.get(), Qt::Key_Return);
        QCOMPARE(opened.count(), 1);
        QCOMPARE(opened.first().first().value<storage::ConversationId>(), 2);
    }

    void f2RenamesInPlace()
    {
        QSignalSpy renamed(m_list.get(), &ConversationList::renameRequested);
        m_list->setCurrentIndex(m_list->conversations()->indexOf(2));
        QTest::keyClick(m_list.get(), Qt::Key_F2);
        auto *editor = m_list->findChild<QLineEdit *>();
        QVERIFY(editor);
        QCOMPARE(editor->text(), QStringLiteral("chat 2"));
        QVERIFY(!editor->accessibleName().isEmpty());
        editor->selectAll();
        QTest::keyClicks(editor, QStringLiteral("plans"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE(renamed.count(), 1);
        QCOMPARE(renamed.first().at(1).toString(), QStringLiteral("plans"));
    }

    void escapeLeavesTheTitle()
    {
        QSignalSpy renamed(m_list.get(), &ConversationList::renameRequested);
        m_list->startRename(1);
        auto *editor = m_list->findChild<QLineEdit *>();
        QVERIFY(editor);
        QTest::keyClicks(editor, QStringLiteral("xyz"));
        QTest::keyClick(editor, Qt::Key_Escape);
        QCOMPARE(renamed.count(), 0);
        QCOMPARE(m_list->conversations()->indexOf(1).data().toString(), QStringLiteral("chat 1"));
    }

    void anEditorSurvivesAMessageElsewhere()
    {
        m_list->startRename(3);
        auto *editor = m_list->findChild<QLineEdit *>();
        QTest::keyClicks(editor, QStringLiteral("half"));
        storage::ConversationSummary touched = *m_list->conversations()->find(4);
        touched.updatedAt += 10'000;
        m_list->conversations()->update(touched); // moves above the edited row
        QVERIFY(editor->isVisible());
        QCOMPARE(editor->text(), QStringLiteral("half"));
    }

    void whatIsBeingTypedSurvivesChangesOfTheSameRow()
    {
        QSignalSpy renamed(m_list.get(), &ConversationList::renameRequested);
        m_list->startRename(3);
        auto *editor = m_list->findChild<QLineEdit *>();
        editor->selectAll();
        QTest::keyClicks(editor, QStringLiteral("half"));
        storage::ConversationSummary touched = *m_list->conversations()->find(3);
        touched.updatedAt += 10'000; // its reply ended
        m_list->conversations()->update(touched);
        QCOMPARE(editor->text(), QStringLiteral("half"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE(renamed.count(), 1);
        QCOMPARE(renamed.first().at(1).toString(), QStringLiteral("half"));
    }

    void aHeldDeleteKeyDeletesOnce()
    {
        QSignalSpy deleted(m_list.get(), &ConversationList::deleteRequested);
        m_list->setCurrentIndex(m_list->conversations()->indexOf(2));
        QTest::keyClick(m_list.get(), Qt::Key_Delete);
        QKeyEvent repeated(QEvent::KeyPress, Qt::Key_Delete, Qt::NoModifier, QString(), true);
        QApplication::sendEvent(m_list.get(), &repeated);
        QCOMPARE(deleted.count(), 1);
    }

    void deleteKeyAsksForDeletion()
    {
        QSignalSpy deleted(m_list.get(), &ConversationList::deleteRequested);
        m_list->setCurrentIndex(m_list->conversations()->indexOf(2));
        QTest::keyClick(m_list.get(), Qt::Key_Backspace);
        QCOMPARE(deleted.count(), 0); // too easily hit
        QTest::keyClick(m_list.get(), Qt::Key_Delete);
        QCOMPARE(deleted.count(), 1);
        QCOMPARE(deleted.first().first().value<storage::ConversationId>(), 2);
    }

    void deleteKeyInTheEditorDeletesText()
    {
        QSignalSpy deleted(m_list.get(), &ConversationList::deleteRequested);
        m_list->startRename(2);
        auto *editor = m_list->findChild<QLineEdit *>();
        editor->selectAll();
        QTest::keyClick(editor, Qt::Key_Delete);
        QCOMPARE(deleted.count(), 0);
        QVERIFY(editor->text().isEmpty());
    }

    void lettersGoToTheComposer()
    {
        QSignalSpy typed(m_list.get(), &ConversationList::typed);
        QTest::keyClick(m_list.get(), 'h');
        QCOMPARE(typed.count(), 1);
        QCOMPARE(typed.first().first().toString(), QStringLiteral("h"));
    }

    void theMenuPinsAndDeletes()
    {
        QSignalSpy pinned(m_list.get(), &ConversationList::pinRequested);
        QSignalSpy deleted(m_list.get(), &ConversationList::deleteRequested);
        const QRect button = ConversationDelegate::menuButton(rect(1));
        QTest::mouseClick(m_list->viewport(), Qt::LeftButton, {}, button.center());
        QMenu *menu = nullptr;
        QTRY_VERIFY((menu = m_list->findChild<QMenu *>()) && menu->isVisible());
        QCOMPARE(menu->actions().size(), 4); // rename, pin, separator, delete
        menu->actions().at(1)->trigger();
        QCOMPARE(pinned.count(), 1);
        QCOMPARE(pinned.first().at(1).toBool(), true);
        menu->actions().at(3)->trigger();
        QCOMPARE(deleted.count(), 1);
        menu->close();
    }

    void focusNeverRestsOnAHeading()
    {
        m_list->clearFocus();
        m_list->setCurrentIndex({});
        m_list->setFocus();
        QCOMPARE(m_list->currentIndex().data(ConversationModel::IdRole).value<storage::ConversationId>(), 1);
    }

    void everyRowIsEquallyHigh()
    {
        const int height = m_list->visualRect(m_list->model()->index(0, 0)).height();
        for (int row = 1; row < m_list->model()->rowCount(); ++row)
            QCOMPARE(m_list->visualRect(m_list->model()->index(row, 0)).height(), height);
    }

private:
    QRect rect(storage::ConversationId id) const { return m_list->visualRect(m_list->conversations()->indexOf(id)); }

    std::unique_ptr<ConversationList> m_list;
};

QTEST_MAIN(ConversationListTest)
#include "tst_conversation_list.moc"
