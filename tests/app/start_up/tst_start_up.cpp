// A history that does not open: what is said, what is offered, and that every way out keeps what was there.

#include "app/start_up.h"
#include "storage/recovery.h"
#include "tests/storage/support/store_client.h"
#include "ui/start_up.h"
#include "ui/window/notice_bar.h"

#include <QAbstractButton>
#include <QDir>
#include <QFile>
#include <QMessageBox>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using app::RecoveryChoice;
using storage::ErrorCode;
using storage::testing::StoreClient;

namespace {

constexpr int patience = 20'000;

struct Dialog {
    QString text;
    QStringList buttons;
    RecoveryChoice choice = RecoveryChoice::Close;
};

/// The dialog as it comes up, left with the button `press`, or with Esc.
Dialog ask(ErrorCode code, bool backupExists, const QString &press = {})
{
    Dialog dialog;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
        auto *box = qobject_cast<QMessageBox *>(QApplication::activeModalWidget());
        if (box == nullptr)
            return;
        timer.stop();
        dialog.text = box->text();
        QAbstractButton *chosen = nullptr;
        for (auto *button : box->buttons()) {
            dialog.buttons << button->text();
            if (button->text() == press)
                chosen = button;
        }
        chosen != nullptr ? chosen->click() : QTest::keyClick(box, Qt::Key_Escape);
    });
    timer.start(20);
    dialog.choice = app::askAfterRefusal(storage::Error(code, "history.sqlite3", "The detail."), backupExists);
    return dialog;
}

} // namespace

class StartUpTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_runs = 0;

    app::ApplicationOptions freshOptions()
    {
        app::ApplicationOptions options;
        options.dataFolder = m_folder.filePath(QString("data%1").arg(++m_runs));
        options.settingsFile = options.dataFolder + "/bathyscope.ini";
        options.engine.threads = 1;
        return options;
    }

    /// A history with a backup; then the file is emptied.
    static void writeAndDamage(const app::ApplicationOptions &options)
    {
        {
            StoreClient earlier(app::historyFile(options));
            earlier.add(storage::testing::question(earlier.create("Earlier").id, 0, "Keep me"));
            QVERIFY(
                QTest::qWaitFor([&] { return !storage::listBackups(app::historyFile(options)).empty(); }, patience));
        }
        QVERIFY(QFile::resize(options.dataFolder + "/history.sqlite3", 0));
    }

    static std::size_t conversationsOf(app::Application &application)
    {
        std::optional<std::size_t> count;
        application.store().listConversations([&count](const auto &result) { count = result.value->size(); });
        return QTest::qWaitFor([&count] { return count.has_value(); }, patience) ? *count : 999;
    }

    static QString notice(app::Application &application)
    {
        QString texts;
        for (const auto *bar : application.window().findChildren<ui::NoticeBar *>())
            texts += bar->text();
        return texts;
    }

    static QStringList setAside(const app::ApplicationOptions &options)
    {
        return QDir(options.dataFolder).entryList({"history.sqlite3.set-aside-*"}, QDir::Dirs);
    }

private slots:
    void init() { ui::applyAtStartUp({}); }
    void cleanup() { ui::applyAtStartUp({}); }

    void theNewestBackupIsRestored()
    {
        const auto options = freshOptions();
        writeAndDamage(options);
        int asked = 0;
        const auto application = app::openApplication(options, [&](const storage::Error &error, bool backupExists) {
            ++asked;
            return error.code() == ErrorCode::Damaged && backupExists && asked == 1 ? RecoveryChoice::RestoreBackup
                                                                                    : RecoveryChoice::Close;
        });
        QVERIFY(application != nullptr);
        QCOMPARE(conversationsOf(*application), std::size_t(1));
        QCOMPARE(setAside(options).size(), 1);
        QVERIFY2(notice(*application).contains(setAside(options).front()), qPrintable(notice(*application)));
    }

    void aNewHistoryKeepsTheOldOne()
    {
        const auto options = freshOptions();
        writeAndDamage(options);
        int asked = 0;
        const auto application = app::openApplication(options, [&](const storage::Error &, bool) {
            return ++asked == 1 ? RecoveryChoice::SetAside : RecoveryChoice::Close;
        });
        QVERIFY(application != nullptr);
        QCOMPARE(conversationsOf(*application), std::size_t(0));
        QCOMPARE(setAside(options).size(), 1);
        QVERIFY(QFile::exists(options.dataFolder + '/' + setAside(options).front() + "/history.sqlite3"));
    }

    void retryOpensWhatIsFreeAgain()
    {
        const auto options = freshOptions();
        auto other = std::make_unique<StoreClient>(app::historyFile(options));
        const auto application = app::openApplication(options, [&](const storage::Error &error, bool) {
            other.reset();
            return error.code() == ErrorCode::AlreadyOpen ? RecoveryChoice::Retry : RecoveryChoice::Close;
        });
        QVERIFY(application != nullptr);
    }

    void givingUpChangesNothing()
    {
        const auto options = freshOptions();
        writeAndDamage(options);
        const auto ask = [](const storage::Error &, bool) { return RecoveryChoice::Close; };
        QVERIFY(app::openApplication(options, ask) == nullptr);
        QVERIFY(setAside(options).isEmpty());
        QCOMPARE(QFile(options.dataFolder + "/history.sqlite3").size(), qint64(0));
    }

    void theDialogOffersWhatHelps()
    {
        QCOMPARE(ask(ErrorCode::Damaged, true).buttons.size(), 4);
        QCOMPARE(ask(ErrorCode::Damaged, false).buttons.size(), 3);
        for (const ErrorCode code : {ErrorCode::AlreadyOpen, ErrorCode::NewerVersion, ErrorCode::DiskFull})
            QCOMPARE(ask(code, true).buttons.size(), 2);
        QCOMPARE(ask(ErrorCode::Damaged, true).choice, RecoveryChoice::Close);
        QCOMPARE(ask(ErrorCode::Damaged, true, "Retry").choice, RecoveryChoice::Retry);
        QCOMPARE(ask(ErrorCode::Damaged, true, "Restore Newest Backup").choice, RecoveryChoice::RestoreBackup);
        QCOMPARE(ask(ErrorCode::Damaged, true, "Begin a New History").choice, RecoveryChoice::SetAside);
    }

    void theDialogSpeaksOfNoMessages()
    {
        for (const ErrorCode code :
             {ErrorCode::AlreadyOpen, ErrorCode::NewerVersion, ErrorCode::ForeignDatabase, ErrorCode::Damaged,
              ErrorCode::ReadOnly, ErrorCode::DiskFull, ErrorCode::InputOutput, ErrorCode::Internal}) {
            const QString text = ask(code, false).text;
            QVERIFY2(text.contains("history.sqlite3") && !text.contains("memory"), qPrintable(text));
        }
    }

    void theDialogIsInTheLanguageOfTheSettings()
    {
        ui::UiSettings chinese;
        chinese.language = "zh_CN";
        ui::applyAtStartUp(chinese);
        const Dialog dialog = ask(ErrorCode::Damaged, true);
        for (const QString &text : dialog.buttons + QStringList{dialog.text.section('\n', 0, 0)})
            QVERIFY2(text.contains(QRegularExpression("\\p{Han}")), qPrintable(text));
    }
};

QTEST_MAIN(StartUpTest)
#include "tst_start_up.moc"
