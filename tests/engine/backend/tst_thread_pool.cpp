#include "engine/backend/cpu/thread_pool.h"

#include <QTest>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using engine::backend::cpu::ThreadPool;

class ThreadPoolTest : public QObject {
    Q_OBJECT

private slots:
    void everyTaskRunsOnce_data()
    {
        QTest::addColumn<int>("threads");
        for (const int threads : {1, 2, 3, 8})
            QTest::newRow(qPrintable(QString("%1 threads").arg(threads))) << threads;
    }
    void everyTaskRunsOnce()
    {
        QFETCH(int, threads);
        ThreadPool pool(threads);
        QCOMPARE(pool.threads(), threads);
        for (int round = 0; round < 300; ++round) {
            const int tasks = round % 40;
            std::vector<int> runs(static_cast<std::size_t>(tasks), 0); // not atomic: each is touched by one thread
            std::atomic<bool> threadsInRange{true};
            pool.run(tasks, [&](int task, int thread) {
                ++runs[static_cast<std::size_t>(task)];
                if (thread < 0 || thread >= threads)
                    threadsInRange = false;
            });
            QCOMPARE(runs, std::vector<int>(static_cast<std::size_t>(tasks), 1));
            QVERIFY(threadsInRange);
        }
    }

    void resultsOfOneJobAreSeenByTheNext()
    {
        ThreadPool pool(4);
        std::vector<std::uint64_t> values(64, 1);
        for (int round = 0; round < 50; ++round) {
            std::vector<std::uint64_t> next(values.size());
            pool.run(64, [&](int task, int) {
                const auto i = static_cast<std::size_t>(task);
                next[i] = values[i] + values[(i + 1) % 64];
            });
            values = next;
        }
        QCOMPARE(values, std::vector<std::uint64_t>(64, std::uint64_t{1} << 50));
    }

    void parkedThreadsComeBack()
    {
        ThreadPool pool(3);
        std::atomic<int> runs{0};
        for (int round = 0; round < 5; ++round) {
            pool.run(10, [&](int, int) { ++runs; });
            std::this_thread::sleep_for(std::chrono::milliseconds(20)); // long enough to park
        }
        QCOMPARE(runs.load(), 50);
    }

    void aSlowTaskIsWaitedFor()
    {
        ThreadPool pool(2);
        std::atomic<int> finished{0};
        pool.run(2, [&](int, int) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            ++finished;
        });
        QCOMPARE(finished.load(), 2);
    }

    void poolsThatNeverWorkedEnd()
    {
        for (int round = 0; round < 50; ++round)
            ThreadPool pool(4);
    }
};

QTEST_GUILESS_MAIN(ThreadPoolTest)
#include "tst_thread_pool.moc"
