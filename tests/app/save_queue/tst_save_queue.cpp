#include "app/save_queue.h"

#include <QTest>

using storage::Completion;
using storage::Done;
using storage::ErrorCode;
using storage::Failure;
using storage::Result;

class SaveQueueTest : public QObject {
    Q_OBJECT

    /// A store whose answers the test gives by hand.
    std::vector<std::string> m_started;
    std::vector<Completion<Done>> m_waiting;
    std::vector<Failure> m_failures;

    app::SaveQueue::Job job(const char *name)
    {
        return [this, name](Completion<Done> done) {
            m_started.emplace_back(name);
            if (done) // none waits when the program ends
                m_waiting.push_back(std::move(done));
        };
    }
    void succeed() { answer({Done{}, {}}); }
    void fail(ErrorCode code) { answer({{}, Failure{code, "file", "sentence"}}); }
    void answer(Result<Done> result)
    {
        const auto done = std::move(m_waiting.front());
        m_waiting.erase(m_waiting.begin());
        done(std::move(result));
    }

private slots:
    void init()
    {
        m_started.clear();
        m_waiting.clear();
        m_failures.clear();
    }

    void runsOneAfterTheOther()
    {
        app::SaveQueue queue([this](const Failure &failure) { m_failures.push_back(failure); });
        queue.push({1, 1}, job("a"));
        queue.push({1, 1}, job("b"));
        QCOMPARE(m_started.size(), std::size_t(1));
        succeed();
        QCOMPARE(m_started, (std::vector<std::string>{"a", "b"}));
        succeed();
        QVERIFY(queue.idle());
    }

    void aFailedWriteIsKeptAndTriedAgainBeforeLaterOnes()
    {
        app::SaveQueue queue([this](const Failure &failure) { m_failures.push_back(failure); });
        queue.push({1, 1}, job("a"));
        queue.push({1, 1}, job("b"));
        fail(ErrorCode::DiskFull);
        QCOMPARE(m_failures.size(), std::size_t(1));
        QVERIFY(queue.failed());
        queue.push({1, 1}, job("c"));
        QCOMPARE(m_started, (std::vector<std::string>{"a"}));
        queue.retry();
        succeed();
        succeed();
        succeed();
        QCOMPARE(m_started, (std::vector<std::string>{"a", "a", "b", "c"}));
        QVERIFY(queue.idle());
    }

    void aWriteToADeletedMessageDoesNotBlockTheOthers()
    {
        app::SaveQueue queue([this](const Failure &failure) { m_failures.push_back(failure); });
        queue.push({1, 1}, job("a"));
        queue.push({1, 1}, job("b"));
        fail(ErrorCode::NotFound);
        QVERIFY(m_failures.empty());
        QCOMPARE(m_started, (std::vector<std::string>{"a", "b"}));
    }

    void recoveryIsToldOnceEverythingIsWritten()
    {
        int recovered = 0;
        app::SaveQueue queue([this](const Failure &failure) { m_failures.push_back(failure); }, [&] { ++recovered; });
        queue.push({1, 1}, job("a"));
        queue.push({1, 1}, job("b"));
        fail(ErrorCode::DiskFull);
        queue.retry();
        fail(ErrorCode::DiskFull);
        QCOMPARE(m_failures.size(), std::size_t(2));
        queue.retry();
        succeed();
        QCOMPARE(recovered, 0);
        succeed();
        QCOMPARE(recovered, 1);
        queue.push({1, 1}, job("c"));
        succeed();
        QCOMPARE(recovered, 1);
    }

    void knowsWhoseWritesAreLeft()
    {
        app::SaveQueue queue([](const Failure &) {});
        queue.push({1, 10}, job("a"));
        queue.push({1, 10}, job("b"));
        queue.push({2, 20}, job("c"));
        QCOMPARE(queue.replies(), 2);
        succeed();
        succeed();
        QVERIFY(!queue.contains(1));
        QVERIFY(queue.contains(2));
        QCOMPARE(queue.replies(), 1);
    }

    void flushHandsOverEverythingInOrder()
    {
        app::SaveQueue queue([this](const Failure &failure) { m_failures.push_back(failure); });
        for (const char *name : {"a", "b", "c"})
            queue.push({1, 1}, job(name));
        queue.flush();
        QCOMPARE(m_started, (std::vector<std::string>{"a", "b", "c"}));
        QVERIFY(queue.idle());
        succeed(); // the answer to "a", too late
        QCOMPARE(m_started.size(), std::size_t(3));
    }

    void flushLeavesNoGapAfterAFailure()
    {
        app::SaveQueue queue([this](const Failure &failure) { m_failures.push_back(failure); });
        queue.push({1, 1}, job("a"));
        queue.push({1, 1}, job("b"));
        fail(ErrorCode::DiskFull);
        queue.flush();
        QCOMPARE(m_started, (std::vector<std::string>{"a"}));
    }
};

QTEST_GUILESS_MAIN(SaveQueueTest)
#include "tst_save_queue.moc"
