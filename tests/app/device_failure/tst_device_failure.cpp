// A GPU fails in the middle of a reply, in the whole program: what was written is kept and on disk, the notice says
// what happened and its buttons work, and the reply goes on on the CPU where it stopped.

#include "tests/app/support/model_folder.h"
#include "tests/app/support/program.h"
#include "tests/engine/support/faulty_devices.h"
#include "ui/library/device_choice.h"
#include "ui/window/device_figures.h"
#include "ui/window/model_bar.h"
#include "ui/window/notice_bar.h"

#include <QPushButton>
#include <QSettings>

using namespace support;
using storage::MessageState;
using storage::PartKind;

class DeviceFailureTest : public QObject {
    Q_OBJECT

    ModelFolder m_folder;
    std::shared_ptr<FaultyDevices> m_devices;

    app::ApplicationOptions options(const QString &data) const
    {
        app::ApplicationOptions options = optionsFor(data, m_folder.model());
        options.engine.devices = m_devices;
        options.device = FaultyDevices::gpu;
        return options;
    }

    static ui::NoticeBar *notice(Program &program)
    {
        for (auto *bar : program.application().window().findChildren<ui::NoticeBar *>()) {
            if (!bar->text().isEmpty())
                return bar;
        }
        return nullptr;
    }
    static QPushButton *button(Program &program, const QString &text)
    {
        for (auto *button : program.application().window().findChildren<QPushButton *>()) {
            if (button->text() == text && button->isVisible())
                return button;
        }
        return nullptr;
    }
    static std::string allText(const storage::MessageRecord &message)
    {
        std::string text;
        for (const auto &part : message.parts)
            text += part.text;
        return text;
    }

    /// Asks, and the device fails once some text is there.
    bool askAndFail(Program &program, const QString &question = "Hello")
    {
        const auto failing = QObject::connect(&program.generation(), &app::GenerationController::liveChanged,
                                              &program.generation(), [this](const app::Reply &reply) {
                                                  if (reply.live().thinkingTokens + reply.live().answerTokens >= 3)
                                                      m_devices->faults.synchronizations = 0;
                                              });
        const bool ended = program.ask(question);
        QObject::disconnect(failing);
        return ended;
    }

private slots:
    void init() { m_devices = std::make_shared<FaultyDevices>(); }

    void textIsKeptAndGoesOnOnTheCpu()
    {
        Program program(options(m_folder.freshData()));
        QVERIFY(program.waitForModel());
        QCOMPARE(program.generation().model().device, std::string(FaultyDevices::gpu));
        QVERIFY(askAndFail(program));
        const auto failed = program.messages().back();
        if (failed.state != MessageState::Failed)
            QSKIP("the reply had ended before");
        QCOMPARE(failed.failure.code, std::string("device_failed"));
        QCOMPARE(failed.failure.field, std::string(FaultyDevices::gpu));
        const std::string kept = allText(failed);
        QVERIFY(!kept.empty());
        QVERIFY(notice(program) != nullptr);
        const QString said = notice(program)->text();
        QVERIFY2(said.startsWith("The device cuda:0 failed. What was written so far is kept."), qPrintable(said));
        QVERIFY(button(program, "Restart Bathyscope"));

        QPushButton *goOn = button(program, "Continue on the CPU");
        QVERIFY(goOn);
        QSignalSpy ended(&program.generation(), &app::GenerationController::replyEnded);
        QTest::mouseClick(goOn, Qt::LeftButton);
        QVERIFY(ended.wait(patience));
        QCOMPARE(program.generation().model().device, std::string(engine::cpuDevice));
        QVERIFY(notice(program) == nullptr);
        const auto whole = program.messages();
        QCOMPARE(whole.back().id, failed.id); // that very reply
        QVERIFY(support::ended(whole.back()));
        const std::string text = allText(whole.back());
        QVERIFY(text.size() >= kept.size() && text.substr(0, kept.size()) == kept);
        QVERIFY(whole.back().failure.code.empty());
        QVERIFY(program.ask("And another")); // the CPU goes on answering
        QVERIFY(support::ended(program.messages().back()));
    }

    void anotherConversationSaysTheSame()
    {
        Program program(options(m_folder.freshData()));
        QVERIFY(program.waitForModel());
        m_devices->faults.synchronizations = 0;
        QVERIFY(program.ask("Hello"));
        const auto first = program.messages().back();
        QVERIFY(first.state == MessageState::Failed);
        program.chat().newConversation();
        QVERIFY(program.ask("Hello again"));
        const auto second = program.messages().back();
        QVERIFY(second.state == MessageState::Failed);
        QCOMPARE(second.failure.sentence, first.failure.sentence);
    }

    void theFailedDeviceIsGreyedAndTheChoiceIsNotForgotten()
    {
        const QString data = m_folder.freshData();
        Program program(options(data));
        QVERIFY(program.waitForModel());
        m_devices->faults.synchronizations = 0;
        QVERIFY(program.ask("Hello"));
        QPushButton *goOn = button(program, "Continue on the CPU");
        QVERIFY(goOn);
        QSignalSpy ended(&program.generation(), &app::GenerationController::replyEnded);
        QTest::mouseClick(goOn, Qt::LeftButton);
        QVERIFY(ended.wait(patience));
        QSignalSpy listed(&program.application().library(), &app::LibraryController::scanned);
        program.application().window().showLibrary(true);
        QVERIFY(listed.wait(patience));
        auto *choice = program.application().window().findChild<ui::DeviceChoice *>();
        QCOMPARE(choice->chosen(), QString("cpu"));
        QVERIFY2(choice->reasons().contains("not used again until Bathyscope is restarted"),
                 qPrintable(choice->reasons()));
        // The CPU stands in; the next start tries the GPU again.
        QCOMPARE(QSettings(data + "/bathyscope.ini", QSettings::IniFormat).value("model/device").toString(),
                 QString("cuda:0"));
    }

    void restartClosesTheWindowToBeginAnew()
    {
        Program program(options(m_folder.freshData()));
        QVERIFY(program.waitForModel());
        m_devices->faults.synchronizations = 0;
        QVERIFY(program.ask("Hello"));
        QVERIFY(!program.application().restartWanted());
        QPushButton *restart = button(program, "Restart Bathyscope");
        QVERIFY(restart);
        QTest::mouseClick(restart, Qt::LeftButton);
        QVERIFY(program.application().restartWanted());
        QVERIFY(!program.application().window().isVisible());
    }

    /// The CPU is not used in silence.
    void aRememberedDeviceThatIsGoneIsTold()
    {
        const QString data = m_folder.freshData();
        {
            Program program(options(data));
            QVERIFY(program.waitForModel());
        }
        init();
        m_devices->hasGpu = false;
        app::ApplicationOptions again = options(data);
        again.device.clear();
        Program program(again);
        QTRY_VERIFY_WITH_TIMEOUT(notice(program) != nullptr, patience);
        QVERIFY(!program.generation().modelReady());
        const QString said = notice(program)->text();
        QVERIFY2(said.startsWith("The model cannot be opened on this device."), qPrintable(said));
        QVERIFY2(said.contains("There is no device cuda:0."), qPrintable(said));
        QPushButton *cpu = button(program, "Open on the CPU");
        QVERIFY(cpu);
        QTest::mouseClick(cpu, Qt::LeftButton);
        QVERIFY(program.waitForModel());
        QCOMPARE(program.generation().model().device, std::string(engine::cpuDevice));
        QVERIFY(notice(program) == nullptr);
    }

    void theModelBarTellsWhatTheDeviceDoes()
    {
        constexpr std::uint64_t gibi = 1ULL << 30;
        m_devices->setUsage(engine::DeviceUsage{FaultyDevices::gpu, 10 * gibi, 24 * gibi, 73});
        Program program(options(m_folder.freshData()));
        QVERIFY(program.waitForModel());
        auto *figures = program.application().window().findChild<ui::DeviceFigures *>();
        QTRY_COMPARE_WITH_TIMEOUT(figures->figures(), QString("10 GiB of 24 GiB · 73 %"), patience);
        m_devices->setUsage(engine::DeviceUsage{FaultyDevices::gpu, 11 * gibi, 24 * gibi, std::nullopt});
        QTRY_COMPARE_WITH_TIMEOUT(figures->figures(), QString("11 GiB of 24 GiB"), patience);
    }
};

QTEST_MAIN(DeviceFailureTest)
#include "tst_device_failure.moc"
