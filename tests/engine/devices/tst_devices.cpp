// What the program says of its machine, and of a CUDA plugin that is missing, foreign or finds nothing.

#include "engine/backend/cuda_plugin.h"
#include "engine/devices.h"
#include "engine/error.h"

#include <QTest>

using engine::DeviceList;

namespace {

DeviceList askPlugin(const std::string &name)
{
    DeviceList list;
    engine::backend::addCudaDevices(std::string(PLUGINS "/") + name + ".so", list);
    return list;
}

} // namespace

class DevicesTest : public QObject {
    Q_OBJECT

private slots:
    void theProcessorComesFirst()
    {
        const DeviceList list = engine::listDevices();
        QVERIFY(!list.devices.empty());
        const engine::DeviceInfo &cpu = list.devices.front();
        QCOMPARE(cpu.id, std::string("cpu"));
        QVERIFY(cpu.runsModels());
        QVERIFY(!cpu.name.empty() && !cpu.architecture.empty());
        QVERIFY(cpu.units >= 1);
        QVERIFY(cpu.memoryFree > 0 && cpu.memoryFree <= cpu.memoryTotal);
    }

    void cudaIsListedOrItsAbsenceExplained()
    {
        const DeviceList list = engine::listDevices();
        QVERIFY(list.devices.size() > 1 || list.absent.size() == 1);
        for (const auto &absence : list.absent)
            QVERIFY(!absence.problem.sentence.empty());
    }

    void devicesOfThePluginAreListed()
    {
        const DeviceList list = askPlugin("fake_two_devices");
        QVERIFY(list.absent.empty());
        QCOMPARE(list.devices.size(), std::size_t{2});
        QCOMPARE(list.devices[1].id, std::string("cuda:1"));
        QCOMPARE(list.devices[1].name, std::string("NVIDIA Test"));
        QCOMPARE(list.devices[1].architecture, std::string("sm_90"));
        QCOMPARE(list.devices[1].units, 132);
        QCOMPARE(list.devices[1].memoryFree, std::uint64_t{79'000'000'000 - (256 << 20)}); // the driver's own
        QVERIFY(list.devices[1].runsModels());
    }

    void absenceIsASentence_data()
    {
        QTest::addColumn<std::string>("plugin");
        QTest::addColumn<QString>("words");
        QTest::newRow("no driver") << std::string("fake_no_driver") << "No NVIDIA driver is installed";
        QTest::newRow("old driver") << std::string("fake_old_driver")
                                    << "serves CUDA 12.4, this program needs CUDA 13.0";
        QTest::newRow("no device") << std::string("fake_no_device") << "reports no GPU";
        QTest::newRow("failed") << std::string("fake_failed") << "something went wrong";
        QTest::newRow("other version") << std::string("fake_other_version") << "is not the CUDA plugin of this version";
        QTest::newRow("missing file") << std::string("missing") << "could not be opened";
    }

    void absenceIsASentence()
    {
        QFETCH(std::string, plugin);
        QFETCH(QString, words);
        const DeviceList list = askPlugin(plugin);
        QVERIFY(list.devices.empty());
        QCOMPARE(list.absent.size(), std::size_t{1});
        const QString sentence = QString::fromStdString(list.absent.front().problem.sentence);
        QVERIFY2(sentence.contains(words), qPrintable(sentence));
    }

    void aDeviceThatIsTooOldIsListedWithTheReason()
    {
        const DeviceList list = askPlugin("fake_old_device");
        QCOMPARE(list.devices.size(), std::size_t{1});
        QVERIFY(!list.devices.front().runsModels());
        QVERIFY(list.devices.front().problem.kind == engine::DeviceProblem::Kind::OldHardware);
        QCOMPARE(
            QString::fromStdString(list.devices.front().problem.sentence),
            QString("NVIDIA Test has compute capability 7.5, this program needs 8.0 (Ampere) or newer. Use another "
                    "GPU or the CPU."));
    }

    void whatADeviceIsDoingIsAsked()
    {
        const std::string plugin = PLUGINS "/fake_two_devices.so";
        const auto first = engine::backend::cudaUsage(plugin, "cuda:0");
        QVERIFY(first.has_value());
        QCOMPARE(first->id, std::string("cuda:0"));
        QCOMPARE(first->memoryUsed, std::uint64_t{30'000'000'000});
        QCOMPARE(first->busyPercent, std::optional(97));
        const auto second = engine::backend::cudaUsage(plugin, "cuda:1");
        QVERIFY(second.has_value() && !second->busyPercent); // not told is not zero
        QVERIFY(!engine::backend::cudaUsage(plugin, "cuda:2"));
        QVERIFY(!engine::backend::cudaUsage(PLUGINS "/missing.so", "cuda:0"));
        engine::backend::WorkspaceShape shape;
        shape.tokens = 10;
        QCOMPARE(engine::backend::cudaWorkspaceBytes(plugin, shape, 132), std::optional(std::uint64_t{1320}));
    }

    void whatThePluginThrowsArrives()
    {
        try {
            (void)engine::backend::makeCudaBackend(PLUGINS "/fake_two_devices.so", "cuda:1");
            QFAIL("the made-up GPU was opened");
        } catch (const engine::Error &error) {
            QCOMPARE(error.code(), engine::ErrorCode::DeviceFailed);
            QCOMPARE(QString(error.what()), QString("GPU 1 is made up."));
        }
    }

    void anUnknownDeviceIsRefusedWithTheOnesThereAre()
    {
        try {
            (void)engine::machineDevices()->open("cuda:77", 1);
            QFAIL("there is no such device");
        } catch (const engine::Error &error) {
            QCOMPARE(error.field(), std::string("device"));
            QVERIFY(QString(error.what()).startsWith("There is no device cuda:77. This machine has cpu"));
        }
    }
};

QTEST_GUILESS_MAIN(DevicesTest)
#include "tst_devices.moc"
