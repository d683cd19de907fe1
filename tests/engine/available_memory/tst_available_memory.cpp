// What can be had, of machines and control groups made of files.

#include "engine/memory/available_memory.h"
#include "tests/engine/support/temporary_folder.h"

#include <QTest>

#include <limits>
#include <memory>

using engine::memory::availableMemory;

class AvailableMemoryTest : public QObject {
    Q_OBJECT

    std::unique_ptr<support::TemporaryFolder> m_root;

    void write(const std::string &file, const std::string &text)
    {
        const std::filesystem::path path = m_root->text() + file;
        std::filesystem::create_directories(path.parent_path());
        support::writeFile(path, text);
    }

    quint64 available() { return availableMemory(m_root->text()); }

    /// A group of version 2 below /sys/fs/cgroup.
    void writeGroup(const std::string &group, const std::string &max, const std::string &current,
                    const std::string &stat, const std::string &high = "max\n")
    {
        const std::string folder = "/sys/fs/cgroup" + group;
        write(folder + "/memory.max", max);
        write(folder + "/memory.high", high);
        write(folder + "/memory.current", current);
        write(folder + "/memory.stat", stat);
    }

    void writeGroupV1(const std::string &group, const std::string &limit, const std::string &usage,
                      const std::string &stat)
    {
        const std::string folder = "/sys/fs/cgroup/memory" + group;
        write(folder + "/memory.limit_in_bytes", limit);
        write(folder + "/memory.usage_in_bytes", usage);
        write(folder + "/memory.stat", stat);
    }

    void mountV2(const std::string &top = "/")
    {
        write("/proc/self/mountinfo", "22 1 0:21 / /proc rw,nosuid - proc proc rw\n"
                                      "29 23 0:25 " +
                                          top + " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    }

    void mountV1(const std::string &top = "/")
    {
        write("/proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                                      "31 24 0:27 " +
                                          top +
                                          " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                                          "32 24 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    }

private slots:
    void init()
    {
        m_root = std::make_unique<support::TemporaryFolder>();
        write("/proc/meminfo", "MemTotal:       24117248 kB\n"
                               "MemFree:         1000000 kB\n"
                               "MemAvailable:   20000000 kB\n"
                               "Cached:          3000000 kB\n");
    }

    void aMachineWithoutGroupsHasWhatTheKernelSays() { QCOMPARE(available(), quint64{20'480'000'000}); }

    void anOldKernelIsEstimated()
    {
        write("/proc/meminfo", "MemTotal: 24117248 kB\nMemFree: 1000000 kB\nCached: 3000000 kB\n");
        QCOMPARE(available(), quint64{4'096'000'000});
    }

    void whereNothingIsToldNothingIsRefused()
    {
        const support::TemporaryFolder empty;
        QCOMPARE(quint64{availableMemory(empty.text())}, std::numeric_limits<quint64>::max());
    }

    void aLimitLeavesWhatIsNotUsed()
    {
        mountV2();
        write("/proc/self/cgroup", "0::/user.slice/app.scope\n");
        writeGroup("/user.slice/app.scope", "8000000000\n", "3000000000\n",
                   "anon 2000000000\nfile 900000000\ninactive_file 600000000\nactive_file 150000000\n");
        // File cache goes when somebody needs the room.
        QCOMPARE(available(), quint64{5'750'000'000});
    }

    void theNarrowestGroupAboveCounts()
    {
        mountV2();
        write("/proc/self/cgroup", "0::/user.slice/app.scope\n");
        writeGroup("/user.slice/app.scope", "max\n", "1000\n", "inactive_file 0\n");
        writeGroup("/user.slice", "4000000000\n", "1500000000\n", "inactive_file 500000000\nactive_file 0\n");
        QCOMPARE(available(), quint64{3'000'000'000});
    }

    void aGroupIsSlowedDownAboveItsHighMark()
    {
        mountV2();
        write("/proc/self/cgroup", "0::/app\n");
        writeGroup("/app", "8000000000\n", "1000000000\n", "inactive_file 0\n", "2500000000\n");
        QCOMPARE(available(), quint64{1'500'000'000});
    }

    void aFullGroupHasNothing()
    {
        mountV2();
        write("/proc/self/cgroup", "0::/app\n");
        writeGroup("/app", "1000000000\n", "1000004096\n", "inactive_file 0\nactive_file 0\n");
        QCOMPARE(available(), quint64{0});
    }

    void aLimitAboveTheMachineIsNone()
    {
        mountV2();
        write("/proc/self/cgroup", "0::/app\n");
        writeGroup("/app", "64000000000\n", "1000\n", "inactive_file 0\n");
        QCOMPARE(available(), quint64{20'480'000'000});
    }

    void versionOneIsUnderstood()
    {
        mountV1();
        write("/proc/self/cgroup", "5:cpu,cpuacct:/other\n4:memory:/jobs/one\n0::/\n");
        writeGroupV1("/jobs/one", "6000000000\n", "2000000000\n",
                     "cache 1\ninactive_file 1\ntotal_inactive_file 300000000\ntotal_active_file 200000000\n");
        writeGroupV1("/jobs", "9223372036854771712\n", "2000000000\n", "total_inactive_file 0\n");
        QCOMPARE(available(), quint64{4'500'000'000});
    }

    /// The path is told from the top of the machine, but the container's own group is what is mounted.
    void aContainerSeesItsOwnGroupAtTheTop_data()
    {
        QTest::addColumn<QString>("top");
        QTest::newRow("its own") << "/docker/0123";
        QTest::newRow("one above") << "/docker";
    }

    void aContainerSeesItsOwnGroupAtTheTop()
    {
        QFETCH(QString, top);
        mountV1(top.toStdString());
        write("/proc/self/cgroup", "4:memory:/docker/0123\n");
        writeGroupV1(top == "/docker" ? "/0123" : "", "2000000000\n", "500000000\n", "total_inactive_file 0\n");
        QCOMPARE(available(), quint64{1'500'000'000});
    }

    void aGroupOutOfSightIsNotGuessed()
    {
        mountV2();
        write("/proc/self/cgroup", "0::/../../elsewhere\n");
        writeGroup("", "7000000000\n", "1000000000\n", "inactive_file 0\n");
        QCOMPARE(available(), quint64{6'000'000'000}); // of the group at the top of the mount, which is one above
    }

    void damagedFilesDoNotHarm()
    {
        mountV2();
        write("/proc/self/cgroup", "nonsense\n0::/app\n::\n");
        write("/sys/fs/cgroup/app/memory.max", "12abc\n");
        write("/sys/fs/cgroup/app/memory.current", "");
        QCOMPARE(available(), quint64{20'480'000'000});
    }

    void thisMachineHasMemory()
    {
        QVERIFY(availableMemory() > 0);
        QVERIFY(availableMemory() < std::numeric_limits<std::uint64_t>::max());
    }
};

QTEST_GUILESS_MAIN(AvailableMemoryTest)
#include "tst_available_memory.moc"
