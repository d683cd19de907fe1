// What happens to replies when the history cannot be written, and when the window is closed while they stream.

#include "tests/app/support/model_folder.h"
#include "tests/app/support/no_space.h"
#include "tests/app/support/program.h"
#include "tests/storage/support/store_client.h"
#include "ui/window/notice_bar.h"

#include <QAbstractButton>
#include <QDir>
#include <QFile>
#include <QMessageBox>
#include <QTemporaryDir>
#include <QTimer>

using namespace support;
using storage::MessageState;
using storage::PartKind;

namespace {

QString notices(Program &program)
{
    QString texts;
    for (const auto *bar : program.application().window().findChildren<ui::NoticeBar *>())
        texts += bar->text();
    return texts;
}

QAbstractButton *retryButton(Program &program)
{
    for (const auto *bar : program.application().window().findChildren<ui::NoticeBar *>()) {
        if (!bar->text().isEmpty() && bar->actionButton()->isVisibleTo(&program.application().window()) &&
            bar->actionButton()->text() == "Retry")
            return bar->actionButton();
    }
    return nullptr;
}

/// Presses a button of the dialog that comes up next; says afterwards what it asked.
class Answer {
public:
    explicit Answer(const QString &button)
    {
        m_timer.setInterval(20);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this, button] {
            auto *box = qobject_cast<QMessageBox *>(QApplication::activeModalWidget());
            if (box == nullptr)
                return;
            m_timer.stop();
            m_question = box->text();
            for (auto *candidate : box->buttons()) {
                if (candidate->text() == button)
                    candidate->click();
            }
        });
        m_timer.start();
    }
    QString question() const { return m_question; }

private:
    QTimer m_timer;
    QString m_question;
};

} // namespace

class SavingTest : public QObject {
    Q_OBJECT

    ModelFolder m_folder;
    const QString m_model = m_folder.model();

    QString freshData() { return m_folder.freshData(); }

    /// A reply is under way and some of it has been seen.
    static bool stream(Program &program)
    {
        QSignalSpy text(&program.generation(), &app::GenerationController::textArrived);
        program.type("Go on");
        return text.wait(patience);
    }

    /// A reply under way that can be written no more.
    static bool streamUntilSavingFails(Program &program, std::optional<NoSpace> &noSpace)
    {
        QSignalSpy failed(&program.generation(), &app::GenerationController::savingFailed);
        if (!stream(program))
            return false;
        noSpace.emplace();
        return failed.wait(patience);
    }

    static std::vector<storage::MessageRecord> found(const QString &data)
    {
        Program again(data, QString());
        return again.messagesNow(1);
    }

private slots:
    void whatCouldNotBeSavedIsSavedWhenThereIsSpaceAgain()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        std::string seen;
        connect(&program.generation(), &app::GenerationController::textArrived, this,
                [&seen](const auto &, PartKind, const std::string &text) { seen += text; });
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        std::optional<NoSpace> noSpace;
        QVERIFY(streamUntilSavingFails(program, noSpace));
        QVERIFY(retryButton(program) != nullptr);
        QVERIFY(ends.count() > 0 || ends.wait(patience));
        QVERIFY(program.generation().savingHasFailed());
        noSpace.reset();
        QVERIFY(program.waitUntilSaved()); // without anybody pressing anything
        QVERIFY(retryButton(program) == nullptr);
        const auto reply = program.messages().back();
        QVERIFY(ended(reply));
        QCOMPARE(app::textOf(reply, PartKind::Thinking) + app::textOf(reply, PartKind::Answer), seen);
    }

    void retryIsStillThereAfterAnotherFailureAndTriesAtOnce()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        std::optional<NoSpace> noSpace;
        QVERIFY(streamUntilSavingFails(program, noSpace));
        program.chat().rename(1, "Another name"); // fails too
        QVERIFY(QTest::qWaitFor([&] { return notices(program).contains("try again"); }, patience));
        QAbstractButton *retry = retryButton(program);
        QVERIFY(retry != nullptr);
        noSpace.reset();
        QSignalSpy recovered(&program.generation(), &app::GenerationController::savingRecovered);
        retry->click();
        QVERIFY(!program.generation().savingHasFailed());
        QVERIFY(recovered.count() > 0 || recovered.wait(patience));
    }

    void aMessageThatCannotBeSavedStandsInTheTextFieldAgain()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        const NoSpace noSpace;
        program.type("Precious");
        QVERIFY(QTest::qWaitFor([&] { return program.application().window().draft() == "Precious"; }, patience));
        QVERIFY(!notices(program).isEmpty());
        QVERIFY(!notices(program).contains("Retry")); // there is nothing to retry but sending it
        QVERIFY(!program.generation().generating(program.chat().current()));
    }

    void closingAsksWhileRepliesAreNotSaved()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        std::optional<NoSpace> noSpace;
        QVERIFY(streamUntilSavingFails(program, noSpace));
        const Answer keep("Keep Open");
        QVERIFY(!program.application().window().close());
        QVERIFY2(keep.question().startsWith("One reply is not saved."), qPrintable(keep.question()));
        QVERIFY(program.application().window().isVisible());

        noSpace.reset();
        QVERIFY(program.waitUntilSaved());
        QVERIFY(program.ask("Still there?")); // the program goes on
        QVERIFY(ended(program.messages().back()));
    }

    void closeAnywayLeavesWhatWasSaved()
    {
        const QString data = freshData();
        {
            Program program(data, m_model);
            QVERIFY(program.waitForModel());
            std::optional<NoSpace> noSpace;
            QVERIFY(streamUntilSavingFails(program, noSpace));
            const Answer anyway("Close Anyway");
            QVERIFY(program.application().window().close());
            QVERIFY(!anyway.question().isEmpty());
        }
        const auto messages = found(data);
        QCOMPARE(messages.size(), std::size_t(2));
        QVERIFY(messages.back().state != MessageState::Streaming);
    }

    void closingWhileAReplyStreamsKeepsAllThatWasSeen()
    {
        const QString data = freshData();
        std::string seen;
        {
            Program program(data, m_model);
            QVERIFY(program.waitForModel());
            connect(&program.generation(), &app::GenerationController::textArrived, this,
                    [&seen](const auto &, PartKind, const std::string &text) { seen += text; });
            QVERIFY(stream(program));
            QVERIFY(program.application().window().close());
        }
        const auto reply = found(data).back();
        QVERIFY(reply.state == MessageState::Stopped || ended(reply));
        QCOMPARE(app::textOf(reply, PartKind::Thinking) + app::textOf(reply, PartKind::Answer), seen);
    }

    void closingRightAfterSendKeepsMessageAndReply()
    {
        const QString data = freshData();
        {
            Program program(data, m_model);
            QVERIFY(program.waitForModel());
            program.type("Last words");
            QVERIFY(program.application().window().close());
        }
        const auto messages = found(data);
        QCOMPARE(messages.size(), std::size_t(2));
        QCOMPARE(app::textOf(messages.front(), PartKind::Answer), std::string("Last words"));
        QVERIFY(messages.back().state == MessageState::Stopped);
    }

    void aBackupThatFailsIsTold()
    {
        const QString data = freshData();
        {
            storage::testing::StoreClient earlier((data + "/history.sqlite3").toStdString());
            earlier.add(storage::testing::question(earlier.create("Earlier").id, 0, "Something to back up"));
        }
        QDir(data + "/backups").removeRecursively();
        QFile inTheWay(data + "/backups");
        QVERIFY(inTheWay.open(QIODevice::WriteOnly)); // a file where the folder of the backups belongs
        Program program(data, m_model);
        QVERIFY(QTest::qWaitFor([&] { return notices(program).contains("backups"); }, patience));
    }
};

QTEST_MAIN(SavingTest)
#include "tst_saving.moc"
