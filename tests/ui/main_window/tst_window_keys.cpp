// Whose key it is: Esc, Enter and held keys with an editor, a bar, a selection or a running reply in the window.

#include "samples.h"
#include "ui/main_window.h"
#include "ui/transcript/message_editor.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/composer.h"
#include "ui/window/find_bar.h"
#include "ui/window/sidebar.h"

#include <QApplication>
#include <QSignalSpy>
#include <QTest>

using namespace ui;

class WindowKeysTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_window = std::make_unique<MainWindow>(samples::settings());
        m_window->resize(1100, 760);
        m_window->showModel(samples::model());
        m_window->setConversations(samples::conversations());
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    void cleanup() { m_window.reset(); }

    void escapeBelongsToWhatItCloses()
    {
        m_window->showTranscript(samples::exchange());
        m_window->setGenerating(true);
        QSignalSpy stopped(m_window.get(), &MainWindow::stopRequested);
        QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
        QTest::keyClick(part<FindBar>()->edit(), Qt::Key_Escape);
        QVERIFY(!part<FindBar>()->isVisible());
        part<Sidebar>()->search()->setText(QStringLiteral("chat"));
        QTest::keyClick(part<Sidebar>()->search(), Qt::Key_Escape);
        QVERIFY(part<Sidebar>()->search()->text().isEmpty());
        auto *transcript = part<TranscriptView>();
        transcript->setFocus();
        QTest::keyClick(transcript, Qt::Key_A, Qt::ControlModifier);
        QVERIFY(!transcript->selectedText().isEmpty());
        QTest::keyClick(transcript, Qt::Key_Escape);
        QVERIFY(transcript->selectedText().isEmpty());
        QCOMPARE(stopped.count(), 0);
        QTest::keyClick(transcript, Qt::Key_Escape); // nothing left to close
        QTest::keyClick(part<Sidebar>()->search(), Qt::Key_Escape);
        QCOMPARE(stopped.count(), 2);
    }

    void theInlineEditorKeepsItsKeys()
    {
        m_window->showTranscript(samples::exchange());
        m_window->setDraft(QStringLiteral("a draft"));
        QSignalSpy sent(m_window.get(), &MainWindow::sendRequested);
        QSignalSpy edited(m_window.get(), &MainWindow::editRequested);
        QSignalSpy stopped(m_window.get(), &MainWindow::stopRequested);
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        auto *edit = m_window->findChild<QPlainTextEdit *>(QStringLiteral("messageEdit"));
        QVERIFY(edit);
        QTest::keyClicks(edit, QStringLiteral("!"));
        m_window->setGenerating(true); // sent from the composer meanwhile
        QTest::keyClick(edit, Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(edited.count(), 0);
        QVERIFY(edit->isVisible());
        m_window->setGenerating(false);
        QTest::keyClick(edit, Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(edited.count(), 1);
        QCOMPARE(edited.first().at(1).toString(), QStringLiteral("What is 47*86?!"));
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        edit = part<TranscriptView>()->stage()->editor()->findChild<QPlainTextEdit *>();
        m_window->setGenerating(true);
        QTest::keyClick(edit, Qt::Key_Escape);
        QVERIFY(!part<TranscriptView>()->stage()->editor());
        QCOMPARE(sent.count(), 0);
        QCOMPARE(stopped.count(), 0);
    }

    void keysMeanTheNewestMessageOnceTheFocusIsElsewhere()
    {
        auto messages = samples::exchange();
        messages.push_back(messages[0]);
        messages[2].id = 13;
        m_window->showTranscript(messages);
        auto *transcript = part<TranscriptView>();
        transcript->setFocus(Qt::OtherFocusReason);
        transcript->stage()->setFocused(ControlRef{0, {ControlKind::Copy}});
        QCOMPARE(transcript->actionTarget(storage::MessageRole::User), 11);
        QFocusEvent toMenu(QEvent::FocusOut, Qt::MenuBarFocusReason);
        QApplication::sendEvent(transcript, &toMenu);
        QCOMPARE(transcript->actionTarget(storage::MessageRole::User), 11); // the menu acts on it
        QTest::keyClick(transcript, Qt::Key_L, Qt::ControlModifier);
        QVERIFY(part<Composer>()->edit()->hasFocus());
        QCOMPARE(transcript->actionTarget(storage::MessageRole::User), 13);
    }

    void withoutAModelNothingIsWritten()
    {
        auto messages = samples::exchange();
        messages[1].branches = 2;
        m_window->showTranscript(messages);
        const auto allowed = [this] { return part<TranscriptView>()->stage()->allowedActions(); };
        QVERIFY(allowed() == (AllowedActions{true, true}));
        m_window->showModelFailure({engine::ErrorCode::FileMissing, "m/config.json", {}, {}}, QStringLiteral("m"));
        QVERIFY(allowed() == (AllowedActions{false, true, false})); // reading other versions needs none
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        QVERIFY(!part<TranscriptView>()->stage()->editor());
        m_window->showModel(samples::model());
        QVERIFY(allowed() == (AllowedActions{true, true}));
        m_window->setGenerating(true);
        QVERIFY(allowed() == (AllowedActions{false, false}));
    }

    void heldKeysDoNotRepeatWhatCosts()
    {
        for (const char *keys : {"Ctrl+R", "Ctrl+N", "Ctrl+Return", "Ctrl+Shift+Return", "Ctrl+Shift+Del", "Ctrl+Z"})
            QVERIFY2(!samples::actionFor(*m_window, keys)->autoRepeat(), keys);
        for (const char *keys : {"Ctrl+=", "Ctrl+-", "F3", "Shift+F3"})
            QVERIFY2(samples::actionFor(*m_window, keys)->autoRepeat(), keys);
    }

private:
    template <typename T>
    T *part() const
    {
        return m_window->findChild<T *>();
    }

    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(WindowKeysTest)
#include "tst_window_keys.moc"
