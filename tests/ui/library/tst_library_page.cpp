// The library in the window: reached by keys, filtered, opened with the context chosen, left with Esc.

#include "library_samples.h"
#include "tests/ui/main_window/samples.h"
#include "ui/library/context_choice.h"
#include "ui/library/library_list.h"
#include "ui/library/library_page.h"
#include "ui/library/model_details.h"
#include "ui/library/plan_view.h"
#include "ui/library/precision_choice.h"
#include "ui/main_window.h"
#include "ui/theme/theme.h"
#include "ui/window/chat_page.h"
#include "ui/window/composer.h"
#include "ui/window/model_bar.h"
#include "ui/window/notice_bar.h"

#include <QCheckBox>
#include <QDesktopServices>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QUrl>
#include <QWheelEvent>

using namespace ui;

class LibraryPageTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_window = std::make_unique<MainWindow>(samples::settings());
        m_window->resize(1180, 780);
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_page = m_window->findChild<LibraryPage *>();
        m_list = m_window->findChild<LibraryList *>();
        m_details = m_window->findChild<ModelDetails *>();
        m_window->showModel(samples::model());
    }
    void cleanup() { m_window.reset(); }

    void aShortcutShowsItAndEscLeadsBack()
    {
        QSignalSpy shown(m_window.get(), &MainWindow::libraryShown);
        press("Ctrl+Shift+M");
        QCOMPARE(shown.count(), 1);
        QVERIFY(m_window->showsLibrary() && m_page->isVisible());
        QVERIFY(!m_window->findChild<Composer *>()->isVisible());
        QVERIFY(m_window->findChild<ModelBar *>()->isVisible());
        fill();
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!m_window->showsLibrary());
        QVERIFY(m_window->findChild<Composer *>()->isVisible());
        QVERIFY(qobject_cast<ComposerEdit *>(QApplication::focusWidget()));
    }

    void escEmptiesTheFilterFirst()
    {
        open();
        QTest::keyClicks(m_list, "lite"); // letters go to the filter
        QCOMPARE(m_page->filter()->text(), QString("lite"));
        QCOMPARE(m_list->library()->shown(), 1);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(m_window->showsLibrary());
        QVERIFY(m_page->filter()->text().isEmpty());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QVERIFY(!m_window->showsLibrary());
    }

    void enterOpensAModelAsItComes()
    {
        open();
        QSignalSpy wanted(m_window.get(), &MainWindow::openModelRequested);
        select("deepseek-ai/DeepSeek-V2-Lite");
        QTest::keyClick(m_list, Qt::Key_Return);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted[0][0].toString(), QString("/cache/huggingface/hub/deepseek-ai/DeepSeek-V2-Lite"));
        QCOMPARE(wanted[0][1].toInt(), 0);
    }

    void theContextChosenGoesWithIt()
    {
        open();
        QSignalSpy wanted(m_window.get(), &MainWindow::openModelRequested);
        select("deepseek-ai/DeepSeek-V2-Lite");
        m_details->plan()->choice()->spin()->setValue(8192);
        QCOMPARE(m_details->plan()->plan().contextLength, 8192);
        m_details->openButton()->click();
        QCOMPARE(wanted[0][1].toInt(), 8192);
        select("nano-r1");
        select("deepseek-ai/DeepSeek-V2-Lite"); // remembered while others were looked at
        QCOMPARE(m_details->plan()->choice()->tokens(), 8192);
        m_details->plan()->choice()->slider()->setValue(1000);
        QCOMPARE(m_details->plan()->choice()->tokens(), 163'840);
        m_details->openButton()->click();
        QCOMPARE(wanted[1][1].toInt(), 0);
    }

    void whatIsKeptInFp8IsOfferedWhereTheModelHasIt()
    {
        open();
        select("nano-r1"); // without FP8 weights here, and without a cache of latents
        QVERIFY(!m_details->precision()->isVisible());
        engine::ModelEntry latent = samples::entry(samples::chosen, "v3-like", 2 * samples::gibi, 70'000, 163'840);
        latent.fp8CacheBytesPerToken = 40'000;
        m_page->add({latent});
        select("v3-like");
        QVERIFY(m_details->precision()->cache()->isVisible());
        QVERIFY(!m_details->precision()->activations()->isVisible());
        latent.hasFp8Weights = true;
        m_page->add({latent});
        select("nano-r1");
        select("v3-like");
        QVERIFY(m_details->precision()->activations()->isVisible());
    }

    void theFp8CacheIsPlannedAndGoesWithTheModel()
    {
        open();
        QSignalSpy wanted(m_window.get(), &MainWindow::openModelRequested);
        engine::ModelEntry latent = samples::entry(samples::chosen, "v3-like", 2 * samples::gibi, 70'000, 163'840);
        latent.fp8CacheBytesPerToken = 40'000;
        latent.hasFp8Weights = true;
        m_page->add({latent});
        select("v3-like");
        const auto before = m_details->plan()->plan();
        m_details->precision()->cache()->click();
        QCOMPARE(quint64{m_details->plan()->plan().kvBytes}, quint64{before.kvBytes / 70'000 * 40'000});
        select("nano-r1");
        QVERIFY(m_details->plan()->plan().kvBytesPerToken != 40'000);
        select("v3-like"); // remembered while others were looked at
        QVERIFY(m_details->precision()->cache()->isChecked());
        m_details->openButton()->click();
        QCOMPARE(wanted[0][3].value<ui::Precision>(), (ui::Precision{false, true}));
        m_details->precision()->activations()->click();
        m_details->openButton()->click();
        QCOMPARE(wanted[1][3].value<ui::Precision>(), (ui::Precision{true, true}));
    }

    void whatIsOpenInFp8IsShownSo()
    {
        engine::ModelInfo info = samples::model();
        info.folder = "/data/我的模型/v3-like";
        info.cacheFormat = engine::CacheFormat::Fp8;
        m_window->showModel(info);
        open();
        engine::ModelEntry latent = samples::entry(samples::chosen, "v3-like", 2 * samples::gibi, 70'000, 163'840);
        latent.fp8CacheBytesPerToken = 40'000;
        m_page->add({latent});
        select("v3-like");
        QVERIFY(m_details->precision()->cache()->isChecked());
        QVERIFY(m_window->findChild<ModelBar *>()->summary().endsWith("FP8 cache"));
    }

    void theSliderCoversAllAndTheSpinBoxIsExact()
    {
        open();
        select("deepseek-ai/DeepSeek-V2-Lite");
        ContextChoice *choice = m_details->plan()->choice();
        choice->slider()->setValue(0);
        QCOMPARE(choice->tokens(), engine::MemoryPlan::leastContext);
        int before = 0;
        for (int position = 0; position <= 1000; position += 50) {
            choice->slider()->setValue(position);
            QVERIFY(choice->tokens() > before);
            QVERIFY(position == 1000 || choice->tokens() % engine::MemoryPlan::pageTokens == 0);
            before = choice->tokens();
        }
        choice->spin()->setValue(5000);
        QCOMPARE(choice->tokens(), 5000); // the slider follows without rounding it
    }

    void theWheelChangesNothingOnItsWay()
    {
        open();
        select("deepseek-ai/DeepSeek-V2-Lite");
        ContextChoice *choice = m_details->plan()->choice();
        const int before = choice->tokens();
        const auto turn = [](QWidget *widget) { // true: it was taken
            const QPointF middle = widget->rect().center();
            QWheelEvent event(middle, widget->mapToGlobal(middle), QPoint(), QPoint(0, -120), Qt::NoButton,
                              Qt::NoModifier, Qt::NoScrollPhase, false);
            QApplication::sendEvent(widget, &event);
            return event.isAccepted();
        };
        for (QWidget *widget : std::initializer_list<QWidget *>{choice->slider(), choice->spin()}) {
            QVERIFY(!turn(widget)); // left to the pane
            QCOMPARE(choice->tokens(), before);
        }
        choice->slider()->setFocus();
        turn(choice->slider());
        QVERIFY(choice->tokens() < before);
    }

    void whatDoesNotFitIsOfferedWithWhatDoes()
    {
        open();
        m_window->setAvailableMemory(15 * samples::gibi);
        select("deepseek-ai/deepseek-llm-7b");
        QCOMPARE(m_details->plan()->choice()->tokens(), 1920);
        QCOMPARE(m_details->plan()->verdict(), QString("Fits into memory"));
        m_details->plan()->choice()->spin()->setValue(4096);
        QCOMPARE(m_details->plan()->verdict(), QString("Needs 996 MiB more; up to 1,920 tokens of context fit"));
    }

    void detailsFitTheirPane()
    {
        open();
        for (const int scale : {100, 200}) {
            UiSettings settings = samples::settings();
            settings.textScalePercent = scale;
            m_window->applySettings(settings);
            for (const char *name : {"deepseek-r1:671b", "deepseek-ai/DeepSeek-V2-Lite", "deepseek-ai/DeepSeek-V3.2"}) {
                select(name);
                QCoreApplication::processEvents();
                QVERIFY2(m_details->widget()->width() <= m_details->viewport()->width(), name);
            }
        }
    }

    void theFirstModelIsChosenNotAHeading()
    {
        m_window->beginLibraryScan(samples::places()); // the user's own folder is a row already
        press("Ctrl+Shift+M");
        m_window->addLibraryModels(samples::entries());
        m_window->endLibraryScan(samples::reports());
        QVERIFY(m_list->library()->entry(m_list->currentIndex()) != nullptr);
    }

    void whatCannotBeOpenedIsExplainedAndNotOpened()
    {
        open();
        QSignalSpy wanted(m_window.get(), &MainWindow::openModelRequested);
        select("deepseek-ai/DeepSeek-V3.2");
        QVERIFY(m_details->failureText().contains("model_type = \"deepseek_v32\" is not supported."));
        QVERIFY(!m_details->openButton()->isVisible());
        QVERIFY(!m_details->plan()->isVisible());
        QTest::keyClick(m_list, Qt::Key_Return);
        QCOMPARE(wanted.count(), 0);
    }

    void anotherPlaceOfAModelIsNamed()
    {
        open();
        select("deepseek-ai/DeepSeek-V2-Lite");
        bool named = false;
        for (const QLabel *label : m_details->findChildren<QLabel *>())
            named |= label->text().contains("Also in 我的模型");
        QVERIFY(named);
    }

    void aModelOpenedHereLeadsBackToTheChat()
    {
        open();
        select("nano-r1");
        QTest::keyClick(m_list, Qt::Key_Return);
        m_window->showModelLoading("/share/models/nano-r1");
        QCOMPARE(m_list->currentIndex().data(LibraryModel::StateRole).toInt(),
                 static_cast<int>(LibraryModel::State::Loading));
        QVERIFY(!m_details->openButton()->isEnabled());
        engine::ModelInfo info = samples::model();
        info.folder = "/share/models/nano-r1";
        m_window->showModel(info);
        QVERIFY(!m_window->showsLibrary());
        press("Ctrl+Shift+M");
        m_window->showModel(info); // not asked for here: the page stays
        QVERIFY(m_window->showsLibrary());
        QCOMPARE(m_list->currentIndex().data(LibraryModel::StateRole).toInt(),
                 static_cast<int>(LibraryModel::State::Open));
    }

    void aModelThatFailsLeavesThePageOpen()
    {
        open();
        select("nano-r1");
        QTest::keyClick(m_list, Qt::Key_Return);
        m_window->showModelLoading("/share/models/nano-r1");
        m_window->showModelFailure({engine::ErrorCode::FileMissing, "config.json", {}, "config.json: gone."},
                                   "nano-r1");
        QVERIFY(m_window->showsLibrary());
        QVERIFY(m_window->findChild<ChatPage *>()->modelNotice->isVisible());
    }

    void ownFoldersCanBeTakenAway()
    {
        open();
        QSignalSpy removed(m_window.get(), &MainWindow::libraryFolderRemoved);
        m_list->selectKey(QString::fromStdString(samples::chosen.path));
        QTest::keyClick(m_list, Qt::Key_Delete);
        QCOMPARE(removed.count(), 1);
        QCOMPARE(removed[0][0].toString(), QString::fromStdString(samples::chosen.path));
        m_list->selectKey(QString::fromStdString(samples::hub.path));
        QTest::keyClick(m_list, Qt::Key_Delete); // not ours
        QCOMPARE(removed.count(), 1);
    }

    void theFolderIsShownInTheFileManager()
    {
        open();
        QDesktopServices::setUrlHandler("file", this, "opened");
        select("nano-r1");
        for (QPushButton *button : m_details->findChildren<QPushButton *>()) {
            if (button->text() == "Show Folder")
                button->click();
        }
        QDesktopServices::unsetUrlHandler("file");
        QCOMPARE(m_opened.toLocalFile(), QString("/share/models")); // it is no folder on this machine
    }

    void modelsThatComeInLeaveTheReaderInPeace()
    {
        open();
        select("deepseek-r1:671b");
        std::vector<engine::ModelEntry> more;
        for (int i = 0; i < 100; ++i)
            more.push_back(samples::entry(samples::hub, "a/model " + std::to_string(i), samples::gibi, 1024, 4096));
        m_window->addLibraryModels(more);
        QCOMPARE(m_list->currentIndex().data().toString(), QString("deepseek-r1:671b"));
    }

    void theStatusCounts()
    {
        m_window->beginLibraryScan(samples::places());
        press("Ctrl+Shift+M");
        QCOMPARE(m_page->status(), QString("Looking for models…"));
        m_window->addLibraryModels(samples::entries());
        QCOMPARE(m_page->status(), QString("Looking for models… · 5 models"));
        m_window->endLibraryScan(samples::reports());
        m_window->setAvailableMemory(samples::memory);
        QCOMPARE(m_page->status(), QString("5 models · 1 cannot be opened · 16 GiB of memory available"));
    }

    void aModelTheProgramEndedWithIsNotOpenedAgain()
    {
        QSignalSpy wanted(m_window.get(), &MainWindow::openModelRequested);
        QSignalSpy included(m_window.get(), &MainWindow::openBundledModelRequested);
        m_window->showUnopenedModel("/data/大模型", true);
        NoticeBar *notice = m_window->findChild<ChatPage *>()->modelNotice;
        QCOMPARE(notice->text(),
                 QString("大模型 was being opened when the program ended. It has not been opened again."));
        QStringList texts;
        QList<QPushButton *> buttons;
        for (QPushButton *button : notice->findChildren<QPushButton *>()) {
            texts << button->text();
            buttons << button;
        }
        QCOMPARE(texts, (QStringList{"Open It Anyway", "Choose Another Model", "Open the Included Model"}));
        buttons[0]->click();
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted[0][0].toString(), QString("/data/大模型"));
        buttons[1]->click();
        QVERIFY(m_window->showsLibrary());
        buttons[2]->click();
        QCOMPARE(included.count(), 1);
        m_window->showModelLoading("/data/大模型");
        QVERIFY(notice->text().isEmpty());
    }

public slots:
    void opened(const QUrl &url) { m_opened = url; }

private:
    void press(const char *keys) { samples::actionFor(*m_window, keys)->trigger(); }

    void fill()
    {
        m_window->beginLibraryScan(samples::places());
        m_window->addLibraryModels(samples::entries());
        m_window->endLibraryScan(samples::reports());
        m_window->setAvailableMemory(samples::memory);
    }

    void open()
    {
        fill();
        press("Ctrl+Shift+M");
        QCOMPARE(QApplication::focusWidget(), m_list);
    }

    void select(const QString &name)
    {
        for (int row = 0; row < m_list->library()->rowCount(); ++row) {
            if (m_list->library()->index(row).data().toString() == name)
                m_list->setCurrentIndex(m_list->library()->index(row));
        }
        QCOMPARE(m_list->currentIndex().data().toString(), name);
    }

    std::unique_ptr<MainWindow> m_window;
    LibraryPage *m_page = nullptr;
    LibraryList *m_list = nullptr;
    ModelDetails *m_details = nullptr;
    QUrl m_opened;
};

QTEST_MAIN(LibraryPageTest)
#include "tst_library_page.moc"
