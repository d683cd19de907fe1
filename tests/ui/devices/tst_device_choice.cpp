// The devices to choose from, those that cannot be used with the reason, and the figures of the one in use.

#include "tests/ui/library/library_samples.h"
#include "tests/ui/main_window/samples.h"
#include "ui/device_text.h"
#include "ui/library/device_choice.h"
#include "ui/library/library_list.h"
#include "ui/library/library_page.h"
#include "ui/library/model_details.h"
#include "ui/library/plan_view.h"
#include "ui/theme/theme.h"
#include "ui/window/device_figures.h"

#include <QComboBox>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTest>

using namespace ui;
using Kind = engine::DeviceProblem::Kind;

namespace {

constexpr std::uint64_t gibi = 1ULL << 30;

engine::DeviceList devices(engine::DeviceProblem ofSecondGpu = {})
{
    engine::DeviceList list;
    list.devices = {{"cpu", "AMD EPYC", "AVX2", 8, 32 * gibi, 20 * gibi, {}},
                    {"cuda:0", "NVIDIA L4", "sm_89", 58, 24 * gibi, 22 * gibi, {}},
                    {"cuda:1", "NVIDIA T4", "sm_75", 40, 16 * gibi, 15 * gibi, std::move(ofSecondGpu)}};
    return list;
}

} // namespace

class DeviceChoiceTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { theme::apply(UiSettings()); }

    void everyDeviceIsThereWithItsMemory()
    {
        DeviceChoice choice;
        choice.setDevices(devices());
        QCOMPARE(choice.box()->count(), 3);
        QCOMPARE(choice.box()->itemText(0), QString("CPU · 20 GiB free"));
        QCOMPARE(choice.box()->itemText(1), QString("NVIDIA L4 (cuda:0) · 22 GiB free"));
        QCOMPARE(choice.chosen(), QString("cpu"));
        QSignalSpy changed(&choice, &DeviceChoice::changed);
        choice.box()->setCurrentIndex(1);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(choice.chosen(), QString("cuda:0"));
        choice.setDevices(devices()); // listed anew: stays chosen
        QCOMPARE(choice.chosen(), QString("cuda:0"));
        QCOMPARE(choice.box()->currentIndex(), 1);
    }

    void whatCannotBeUsedIsGreyedWithTheReason_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char *name, Kind kind, const char *reason) {
            QTest::newRow(name) << static_cast<int>(kind) << QString(reason);
        };
        row("not built", Kind::NotBuilt, "This build of Bathyscope has no part for NVIDIA GPUs.");
        row("no driver", Kind::NoDriver, "Install one that serves CUDA 13.0.");
        row("old driver", Kind::OldDriver, "serves CUDA 12.4, but CUDA 13.0 is needed");
        row("no device", Kind::NoDevice, "reports no GPU");
        row("bad plugin", Kind::BadPlugin, "does not belong to this version");
        row("unanswered", Kind::Unanswered, "nvidia-smi");
    }

    void whatCannotBeUsedIsGreyedWithTheReason()
    {
        QFETCH(int, kind);
        QFETCH(QString, reason);
        engine::DeviceList list = devices();
        list.devices.resize(1);
        list.absent.push_back({"cuda", {static_cast<Kind>(kind), "12.4", "13.0", "English."}});
        DeviceChoice choice;
        choice.setDevices(list);
        QCOMPARE(choice.box()->count(), 2);
        QCOMPARE(choice.box()->itemText(1), QString("NVIDIA GPU · cannot be used"));
        QVERIFY(!qobject_cast<QStandardItemModel *>(choice.box()->model())->item(1)->isEnabled());
        QVERIFY2(choice.reasons().contains(reason), qPrintable(choice.reasons()));
        QVERIFY(choice.usable());
    }

    void anOldGpuIsNamedWithBothVersions()
    {
        DeviceChoice choice;
        choice.setDevices(devices({Kind::OldHardware, "7.5", "8.0", "English."}));
        QCOMPARE(choice.box()->itemText(2), QString("NVIDIA T4 (cuda:1) · cannot be used"));
        QCOMPARE(choice.reasons(),
                 QString("NVIDIA T4 (cuda:1): This GPU has compute capability 7.5, but 8.0 or newer is "
                         "needed. Choose another device."));
    }

    void oneThatIsGoneIsSaidToBe()
    {
        DeviceChoice choice;
        choice.setChosen("cuda:3");
        choice.setDevices(devices());
        QVERIFY(!choice.usable());
        QCOMPARE(choice.box()->currentText(), QString("cuda:3 · not there"));
        QVERIFY(choice.reasons().startsWith("This computer does not have cuda:3 now."));
    }

    void thePlanIsTheDevices()
    {
        LibraryPage page;
        page.resize(1180, 780);
        page.show();
        page.beginScan(samples::places());
        std::vector<engine::ModelEntry> entries = samples::entries();
        for (engine::ModelEntry &entry : entries)
            entry.gpuBufferBytes = 77'777'777;
        page.add(entries);
        page.endScan(samples::reports());
        page.setDevices(devices());
        const auto openable = std::find_if(entries.begin(), entries.end(),
                                           [](const auto &entry) { return entry.plan && !entry.failure; });
        page.list()->selectKey(QString::fromStdString(openable->path));
        ModelDetails *details = page.details();
        QVERIFY(details->device()->isVisible());
        QCOMPARE(quint64{details->plan()->plan().availableBytes}, quint64{20 * gibi});
        details->device()->box()->setCurrentIndex(1);
        QCOMPARE(quint64{details->plan()->plan().availableBytes}, quint64{22 * gibi});
        QCOMPARE(quint64{details->plan()->plan().bufferBytes}, quint64{77'777'777});
        QSignalSpy opened(&page, &LibraryPage::openRequested);
        QTest::mouseClick(details->openButton(), Qt::LeftButton);
        QCOMPARE(opened.count(), 1);
        QCOMPARE(opened[0][2].toString(), QString("cuda:0"));
    }

    void figuresOfTheCpuAreCalm()
    {
        DeviceFigures figures;
        engine::ModelInfo info = samples::model();
        info.device = engine::cpuDevice;
        info.deviceName = "AMD EPYC";
        info.deviceUnits = 8;
        info.plannedBytes = 3 * gibi;
        figures.setModel(info);
        QCOMPARE(figures.name(), QString("CPU"));
        QCOMPARE(figures.figures(), QString("8 threads · up to 3.0 GiB"));
        QVERIFY(figures.toolTip().contains("AMD EPYC"));
    }

    void figuresOfAGpuLeaveOutWhatIsNotTold()
    {
        DeviceFigures figures;
        engine::ModelInfo info = samples::model();
        info.device = "cuda:0";
        info.deviceName = "NVIDIA L4";
        info.plannedBytes = 3 * gibi;
        figures.setModel(info);
        QCOMPARE(figures.name(), QString("NVIDIA L4"));
        QCOMPARE(figures.figures(), QString("up to 3.0 GiB"));
        figures.setUsage({"cuda:0", 5 * gibi, 24 * gibi, 0});
        QCOMPARE(figures.figures(), QString("5.0 GiB of 24 GiB · 0 %"));
        figures.setUsage({"cuda:0", 5 * gibi, 24 * gibi, std::nullopt});
        QCOMPARE(figures.figures(), QString("5.0 GiB of 24 GiB"));
        figures.setUsage({"cuda:1", 1 * gibi, 2 * gibi, 99}); // another one
        QCOMPARE(figures.figures(), QString("5.0 GiB of 24 GiB"));
    }
};

QTEST_MAIN(DeviceChoiceTest)
#include "tst_device_choice.moc"
