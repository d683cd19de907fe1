// The window as its owner sees it: values in, wishes out, by real keys and clicks.

#include "samples.h"
#include "ui/conversations/conversation_list.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/chat_page.h"
#include "ui/window/composer.h"
#include "ui/window/find_bar.h"
#include "ui/window/model_bar.h"
#include "ui/window/notice_bar.h"
#include "ui/window/sidebar.h"
#include "ui/window/toast.h"
#include "ui/window/welcome_view.h"

#include <QApplication>
#include <QCloseEvent>
#include <QMimeData>
#include <QScreen>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSplitter>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace ui;

class MainWindowTest : public QObject {
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

    void theTitleNamesTheConversation()
    {
        m_window->setCurrentConversation(2);
        QCOMPARE(m_window->windowTitle(), QStringLiteral("chat 2 — Bathyscope"));
        m_window->setCurrentConversation(0);
        QCOMPARE(m_window->windowTitle(), QStringLiteral("New chat — Bathyscope"));
    }

    void typingAndEnterSends()
    {
        QSignalSpy sent(m_window.get(), &MainWindow::sendRequested);
        QTest::keyClicks(QApplication::focusWidget(),
                         QStringLiteral("hi")); // the composer has the focus from the start
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
        QCOMPARE(sent.count(), 1);
        QCOMPARE(sent.first().first().toString(), QStringLiteral("hi"));
        QVERIFY(m_window->draft().isEmpty());
    }

    void anExampleIsSentAtOnce()
    {
        QSignalSpy sent(m_window.get(), &MainWindow::sendRequested);
        auto *welcome = part<WelcomeView>();
        QVERIFY(welcome->isVisible());
        QTest::mouseClick(welcome->examples()[0], Qt::LeftButton);
        QCOMPARE(sent.count(), 1);
        QCOMPARE(sent.first().first().toString(), QStringLiteral("What is 47*86?"));
    }

    void messagesReplaceTheWelcome()
    {
        m_window->showTranscript(samples::exchange());
        QVERIFY(!part<WelcomeView>()->isVisible());
        QVERIFY(part<TranscriptView>()->isVisible());
        m_window->showTranscript({});
        QVERIFY(part<WelcomeView>()->isVisible());
    }

    void escapeStopsOnlyWhileGenerating()
    {
        QSignalSpy stopped(m_window.get(), &MainWindow::stopRequested);
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QCOMPARE(stopped.count(), 0);
        m_window->setGenerating(true);
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QCOMPARE(stopped.count(), 1);
    }

    void newChatByKey()
    {
        QSignalSpy wanted(m_window.get(), &MainWindow::newConversationRequested);
        QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
        QCOMPARE(wanted.count(), 1);
    }

    void regenerateGoesToTheReply()
    {
        QSignalSpy wanted(m_window.get(), &MainWindow::regenerateRequested);
        QTest::keyClick(m_window.get(), Qt::Key_R, Qt::ControlModifier);
        QCOMPARE(wanted.count(), 0); // nothing to regenerate
        m_window->showTranscript(samples::exchange());
        QTest::keyClick(m_window.get(), Qt::Key_R, Qt::ControlModifier);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted.first().first().value<storage::MessageId>(), 12);
        m_window->setGenerating(true);
        QTest::keyClick(m_window.get(), Qt::Key_R, Qt::ControlModifier);
        QCOMPARE(wanted.count(), 1);
    }

    void onlyACutReplyIsContinued()
    {
        QSignalSpy wanted(m_window.get(), &MainWindow::continueRequested);
        m_window->showTranscript(samples::exchange());
        QTest::keyClick(m_window.get(), Qt::Key_Return, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(wanted.count(), 0);
        TranscriptMessage cut = samples::exchange()[1];
        cut.state = storage::MessageState::Stopped;
        m_window->finishMessage(cut);
        QTest::keyClick(m_window.get(), Qt::Key_Return, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(wanted.count(), 1);
        const QAction *command = samples::actionFor(*m_window, "Ctrl+Shift+Return");
        QVERIFY(command->isEnabled());
        cut.state = storage::MessageState::ContextFull; // it would be full again
        m_window->finishMessage(cut);
        QVERIFY(!command->isEnabled());
        cut.state = storage::MessageState::LengthLimit;
        m_window->finishMessage(cut);
        QVERIFY(command->isEnabled());
        TranscriptMessage later = samples::exchange()[0];
        later.id = 13;
        m_window->appendMessage(later); // it goes on from there
        QVERIFY(!command->isEnabled());
    }

    void altArrowsStepThroughBranches()
    {
        QSignalSpy wanted(m_window.get(), &MainWindow::branchRequested);
        auto messages = samples::exchange();
        messages[1].branch = 1;
        messages[1].branches = 3;
        m_window->showTranscript(messages);
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(wanted.count(), 2);
        QCOMPARE(wanted[0].at(1).toInt(), 0);
        QCOMPARE(wanted[1].at(1).toInt(), 2);
        messages[1].branch = 2;
        m_window->finishMessage(messages[1]);
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(wanted.count(), 2); // no branch after the last
    }

    void conversationsAreSteppedThroughByKey()
    {
        QSignalSpy wanted(m_window.get(), &MainWindow::conversationSelected);
        m_window->setCurrentConversation(1);
        QTest::keyClick(m_window.get(), Qt::Key_Tab, Qt::ControlModifier);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted.first().first().value<storage::ConversationId>(), 2);
    }

    void deletionCanBeUndone()
    {
        QSignalSpy deleted(m_window.get(), &MainWindow::deleteRequested);
        QSignalSpy undone(m_window.get(), &MainWindow::undoDeleteRequested);
        auto *list = part<ConversationList>();
        list->setFocus();
        list->setCurrentIndex(list->conversations()->indexOf(2));
        QTest::keyClick(list, Qt::Key_Delete);
        QCOMPARE(deleted.count(), 1);
        m_window->removeConversation(2);
        m_window->offerUndoDelete(2, QStringLiteral("chat 2"));
        QVERIFY(part<Toast>()->isVisible());
        QVERIFY(part<Toast>()->text().contains(QStringLiteral("chat 2")));
        QTest::keyClick(list, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(undone.count(), 1);
        QCOMPARE(undone.first().first().value<storage::ConversationId>(), 2);
        QVERIFY(!part<Toast>()->isVisible());
        QTest::keyClick(list, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(undone.count(), 1); // only once
    }

    void theUndoButtonWorksAndControlZInTheComposerIsTextUndo()
    {
        QSignalSpy undone(m_window.get(), &MainWindow::undoDeleteRequested);
        m_window->offerUndoDelete(3, QStringLiteral("chat 3"));
        m_window->setDraft(QString());
        part<Composer>()->focusEdit();
        QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("ab"));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(undone.count(), 0);
        QVERIFY(m_window->draft().isEmpty());
        QTest::mouseClick(part<Toast>()->button(), Qt::LeftButton);
        QCOMPARE(undone.count(), 1);
    }

    void everyDeletionCanBeUndoneNewestFirst()
    {
        QSignalSpy undone(m_window.get(), &MainWindow::undoDeleteRequested);
        m_window->offerUndoDelete(1, QStringLiteral("chat 1"));
        m_window->offerUndoDelete(2, QStringLiteral("chat 2"));
        QVERIFY(part<Toast>()->text().contains(QStringLiteral("chat 2")));
        QTest::mouseClick(part<Toast>()->button(), Qt::LeftButton);
        QVERIFY(!part<Toast>()->isVisible());
        samples::actionFor(*m_window, "Ctrl+Z")->trigger(); // long after the message has gone
        QCOMPARE(undone.count(), 2);
        QCOMPARE(undone[0][0].value<storage::ConversationId>(), 2);
        QCOMPARE(undone[1][0].value<storage::ConversationId>(), 1);
        QVERIFY(!samples::actionFor(*m_window, "Ctrl+Z")->isEnabled());
    }

    void searchFiltersAtOnce()
    {
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        QCOMPARE(QApplication::focusWidget(), part<Sidebar>()->search());
        QTest::keyClicks(part<Sidebar>()->search(), QStringLiteral("CHAT 3"));
        QCOMPARE(part<ConversationList>()->conversations()->rowCount(), 2);
        QTest::keyClick(part<Sidebar>()->search(), Qt::Key_Escape);
        QCOMPARE(part<ConversationList>()->conversations()->rowCount(), 4);
    }

    void theSidebarGoesAndComesBack()
    {
        QTest::keyClick(m_window.get(), Qt::Key_B, Qt::ControlModifier);
        QVERIFY(!part<Sidebar>()->isVisible());
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier); // searching needs it
        QVERIFY(part<Sidebar>()->isVisible());
    }

    void findOpensSearchesAndCloses()
    {
        auto messages = samples::exchange();
        messages[1].answer += QStringLiteral("\n\nNext line.").repeated(60);
        m_window->showTranscript(messages);
        auto *transcript = part<TranscriptView>();
        QVERIFY(transcript->verticalScrollBar()->value() > 0);
        QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
        auto *find = part<FindBar>();
        QVERIFY(find->isVisible());
        QTest::keyClicks(find->edit(), QStringLiteral("4042"));
        QTest::keyClick(find->edit(), Qt::Key_Return); // no further one below,
        QTest::keyClick(find->edit(), Qt::Key_Return); // so from the start
        QVERIFY(find->status().isEmpty());
        QVERIFY(transcript->verticalScrollBar()->value() < 200); // it is in the first line
        QVERIFY(hasMarks(transcript));
        find->edit()->clear();
        QTest::keyClicks(find->edit(), QStringLiteral("absent"));
        QTest::keyClick(find->edit(), Qt::Key_Return);
        QCOMPARE(find->status(), QStringLiteral("No further match"));
        find->edit()->setText(QStringLiteral("4042"));
        QTest::keyClick(find->edit(), Qt::Key_Return);
        QVERIFY(hasMarks(transcript));
        QTest::keyClick(find->edit(), Qt::Key_Escape);
        QVERIFY(!find->isVisible());
        QVERIFY(!hasMarks(transcript));
    }

    void noticesArePlainText()
    {
        m_window->showNotice(QStringLiteral("<b>disk</b> full"));
        QVERIFY(visibleNotice());
        QCOMPARE(visibleNotice()->text(), QStringLiteral("<b>disk</b> full"));
        QVERIFY(!visibleNotice()->actionButton()->isVisible());
        m_window->showNotice(QString());
        QVERIFY(!visibleNotice());
    }

    void whatIsNotSavedYetStaysInView()
    {
        QSignalSpy retry(m_window.get(), &MainWindow::retryRequested);
        m_window->showSaveFailure({StorageProblem::DiskFull, QStringLiteral("h.db"), {}});
        auto *bar = part<ChatPage>()->saveNotice;
        m_window->showNotice(QStringLiteral("something else"));
        m_window->showNotice({});
        QVERIFY(bar->isVisible());
        QVERIFY(bar->text().contains(QStringLiteral("press Retry")));
        for (const auto *button : bar->findChildren<QToolButton *>())
            QVERIFY(!button->isVisible()); // nothing to close it with
        QTest::mouseClick(bar->actionButton(), Qt::LeftButton);
        QCOMPARE(retry.count(), 1);
        QVERIFY(bar->isVisible());
        m_window->clearSaveFailure();
        QVERIFY(!bar->isVisible());
    }

    void aFailureWithoutRetryDoesNotSpeakOfIt()
    {
        m_window->showFailure({StorageProblem::DiskFull, QStringLiteral("h.db"), {}});
        QVERIFY(!visibleNotice()->text().contains(QStringLiteral("Retry")));
        QVERIFY(!visibleNotice()->actionButton()->isVisible());
    }

    void aClosedNoticeStaysClosed()
    {
        m_window->showModelFailure({engine::ErrorCode::FileMissing, "m/config.json", {}, {}}, QStringLiteral("m"));
        visibleNotice()->hide();
        UiSettings settings = samples::settings();
        settings.showRoutingStrip = false;
        m_window->applySettings(settings);
        QVERIFY(!visibleNotice());
    }

    void onlyAnotherLookPolishesTheWindowAgain()
    {
        QSignalSpy polished(theme::notifier(), &theme::Notifier::changed);
        UiSettings settings = samples::settings();
        settings.sampler.temperature = 0.3F;
        settings.showRoutingStrip = false;
        m_window->applySettings(settings);
        QCOMPARE(polished.count(), 0);
        settings.textScalePercent = 110;
        m_window->applySettings(settings);
        settings.theme = Theme::Dark;
        m_window->applySettings(settings);
        QCOMPARE(polished.count(), 2);
    }

    void aFailureLeavesTheModelThatIsOpen()
    {
        m_window->showModel(samples::model());
        m_window->showModelLoading(QStringLiteral("m"));
        m_window->showModelFailure({engine::ErrorCode::OutOfMemory, "m", "weights", "m: too large."},
                                   QStringLiteral("m"), samples::model());
        QVERIFY(visibleNotice());
        const QString text = visibleNotice()->text();
        QVERIFY2(text.startsWith(QStringLiteral("m does not fit into memory. Close other programs")), qPrintable(text));
        QVERIFY2(text.endsWith(QStringLiteral("nano-r1 stays open.")), qPrintable(text));
        QVERIFY(part<Composer>()->state() == Composer::State::Ready);
        QVERIFY(part<ModelBar>()->summary().startsWith(QStringLiteral("deepseek_v3")));
    }

    void aCancelledLoadIsNoFailure()
    {
        const engine::Failure cancelled{engine::ErrorCode::Cancelled, "m", {}, {}};
        m_window->showModelLoading(QStringLiteral("m"));
        m_window->showModelFailure(cancelled, QStringLiteral("m"));
        QVERIFY(!visibleNotice());
        QVERIFY(part<Composer>()->state() == Composer::State::NoModel);
        m_window->showModelLoading(QStringLiteral("m"));
        m_window->showModelFailure(cancelled, QStringLiteral("m"), samples::model());
        QVERIFY(!visibleNotice());
        QVERIFY(part<Composer>()->state() == Composer::State::Ready);
    }

    void aModelFailureSaysWhatToDoAndGoesWithTheNextModel()
    {
        m_window->showModelFailure({engine::ErrorCode::FileMissing, "m/config.json", {}, {}}, QStringLiteral("m"));
        QVERIFY(visibleNotice());
        QVERIFY(visibleNotice()->text().contains(QStringLiteral("config.json")));
        QSignalSpy sent(m_window.get(), &MainWindow::sendRequested);
        m_window->setDraft(QStringLiteral("kept"));
        QTest::keyClick(part<Composer>()->edit(), Qt::Key_Return);
        QCOMPARE(sent.count(), 0);
        QCOMPARE(m_window->draft(), QStringLiteral("kept"));
        m_window->showModel(samples::model());
        QVERIFY(!visibleNotice());
    }

    void aDroppedFolderIsOpened()
    {
        QSignalSpy wanted(m_window.get(), &MainWindow::openModelRequested);
        const QTemporaryDir folder;
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(folder.path())});
        drop(&data);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted.first().first().toString(), folder.path());
        data.setUrls({QUrl(QStringLiteral("https://example.org/model"))});
        drop(&data);
        data.setUrls({QUrl::fromLocalFile(folder.path()), QUrl::fromLocalFile(folder.path())});
        drop(&data);
        QCOMPARE(wanted.count(), 1);
    }

    void closingHandsOverThePlaces()
    {
        QSignalSpy settings(m_window.get(), &MainWindow::settingsChanged);
        QSignalSpy closing(m_window.get(), &MainWindow::closing);
        QTest::keyClick(m_window.get(), Qt::Key_B, Qt::ControlModifier);
        m_window->close();
        QCOMPARE(closing.count(), 1);
        const auto saved = settings.last().first().value<UiSettings>();
        QVERIFY(!saved.geometry.isEmpty());
        MainWindow again(saved);
        again.show();
        again.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&again));
        QVERIFY(!again.findChild<Sidebar *>()->isVisible());
        // As it was, but not beyond a smaller screen.
        const QRect room = again.screen()->availableGeometry();
        QCOMPARE(again.width(), std::min(1100, room.width()));
        QVERIFY(again.height() <= room.height());
        QTest::keyClick(&again, Qt::Key_B, Qt::ControlModifier);
        QVERIFY(again.findChild<Sidebar *>()->isVisible());
        QVERIFY(again.findChild<Sidebar *>()->width() >= 200);
    }

    void viewCommandsChangeTheSettings()
    {
        QSignalSpy settings(m_window.get(), &MainWindow::settingsChanged);
        const auto after = [&](const char *keys) {
            samples::actionFor(*m_window, keys)->trigger();
            return settings.last().first().value<UiSettings>();
        };
        QCOMPARE(after("Ctrl+Shift+D").theme, Theme::Dark);
        QCOMPARE(after("Ctrl+=").textScalePercent, 110);
        QCOMPARE(after("Ctrl+-").textScalePercent, 100);
        QCOMPARE(after("Ctrl+Shift+H").thinking, ThinkingDisplay::AlwaysCollapsed);
        QCOMPARE(after("Ctrl+Shift+R").showRoutingStrip, false);
        QCOMPARE(after("Ctrl+Shift+Y").language, QStringLiteral("zh_CN"));
        QCOMPARE(settings.last().first().value<UiSettings>().theme, Theme::Dark); // nothing is forgotten on the way
        after("Ctrl+Shift+E");
    }

    void theModelsChoicesAndWarningsStandAtTheTextField()
    {
        engine::ModelInfo model = samples::model();
        model.canSwitchThinking = true;
        model.greedyRepeats = true;
        m_window->showModel(model);
        auto *composer = part<Composer>();
        QSignalSpy settings(m_window.get(), &MainWindow::settingsChanged);
        QVERIFY(composer->thinkingSwitch()->isVisibleTo(composer));
        QTest::mouseClick(composer->thinkingSwitch(), Qt::LeftButton);
        QCOMPARE(settings.last().first().value<UiSettings>().thinkingMode, engine::ThinkingMode::On);
        QVERIFY(composer->thinkingSwitch()->isChecked());

        UiSettings greedy = samples::settings();
        greedy.useRecommendedSampler = false;
        greedy.sampler.temperature = 0.0;
        greedy.retention = engine::ThinkingRetention::All;
        m_window->applySettings(greedy);
        QVERIFY2(composer->hint().contains(QStringLiteral("repeat")), qPrintable(composer->hint()));
        QVERIFY(composer->retentionButton()->isVisibleTo(composer));
        m_window->showModel(samples::model()); // nothing is known against it, and it cannot switch
        QVERIFY(!composer->hint().contains(QStringLiteral("repeat")));
        QVERIFY(!composer->thinkingSwitch()->isVisibleTo(composer));
    }

    void theExactPromptFollowsTheTextField()
    {
        m_window->showModel(samples::model());
        QSignalSpy wanted(m_window.get(), &MainWindow::promptRequested);
        samples::actionFor(*m_window, "Ctrl+Shift+P")->trigger();
        QCOMPARE(wanted.count(), 1);
        m_window->setDraft(QStringLiteral("How deep?"));
        QVERIFY(QTest::qWaitFor([&] { return wanted.count() == 2; }));
        QCOMPARE(wanted.last().first().value<PromptWish>().draft, QStringLiteral("How deep?"));
    }

private:
    template <typename T>
    T *part() const
    {
        return m_window->findChild<T *>();
    }

    /// Whether the colour of matches is on screen.
    static bool hasMarks(QAbstractScrollArea *view)
    {
        const QImage image = view->viewport()->grab().toImage();
        const QRgb match = theme::current().colors.findMatch.rgb();
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                if (image.pixel(x, y) == match)
                    return true;
            }
        }
        return false;
    }

    NoticeBar *visibleNotice() const
    {
        for (NoticeBar *notice : m_window->findChildren<NoticeBar *>()) {
            if (notice->isVisible())
                return notice;
        }
        return nullptr;
    }

    void drop(QMimeData *data)
    {
        QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, data, Qt::LeftButton, {});
        QApplication::sendEvent(m_window.get(), &enter);
        QDropEvent event(QPointF(200, 200), Qt::CopyAction, data, Qt::LeftButton, {});
        if (enter.isAccepted())
            QApplication::sendEvent(m_window.get(), &event);
    }

    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(MainWindowTest)
#include "tst_main_window.moc"
