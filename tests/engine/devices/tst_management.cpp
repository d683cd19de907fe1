// What the driver's management library says of a device, and what is made of its silence.

#include "engine/backend/cuda/detail/management.h"

#include <QTest>

using engine::backend::cuda::Management;

class ManagementTest : public QObject {
    Q_OBJECT

private slots:
    void memoryAndBusinessAreTold()
    {
        BathyscopeCudaUsage usage{};
        QVERIFY(Management(PLUGINS "/fake_management.so").usage("0000:65:00.0", usage));
        QCOMPARE(quint64{usage.memoryUsed}, quint64{10000});
        QCOMPARE(quint64{usage.memoryTotal}, quint64{24000});
        QCOMPARE(usage.busyPercent, 73);
    }

    void notToldIsNotZero()
    {
        BathyscopeCudaUsage usage{};
        QVERIFY(Management(PLUGINS "/fake_silent_management.so").usage("0000:65:00.0", usage));
        QCOMPARE(usage.busyPercent, -1);
    }

    void anUnknownDeviceOrNoLibraryIsNothing()
    {
        BathyscopeCudaUsage usage{};
        QVERIFY(!Management(PLUGINS "/fake_management.so").usage("0000:01:00.0", usage));
        QVERIFY(!Management(PLUGINS "/missing.so").usage("0000:65:00.0", usage));
        QVERIFY(!Management(PLUGINS "/fake_two_devices.so").usage("0000:65:00.0", usage)); // another library
    }
};

QTEST_GUILESS_MAIN(ManagementTest)
#include "tst_management.moc"
