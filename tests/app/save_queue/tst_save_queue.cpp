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
        queue.push(job("a"));
        queue.push(job("b"));
        QCOMPARE(m_started.size(), std::size_t(1));
        succeed();
        QCOMPARE(m_started, (std::vector<std::string>{"a", "b"}));
        succeed();
        QVERIFY(queue.idle());
    }

    void aFailedWriteIsKeptAndTriedAgainBeforeLaterOnes()
    {
        app::SaveQueue queue([this](const Failure &failure) { m_failures.push_back(failure); });
        queue.push(job("a"));
        queue.push(job("b"));
        fail(ErrorCode::DiskFull);
        QCOMPARE(m_failures.size(), std::size_t(1));
        QVERIFY(queue.failed());
        queue.push(job("c"));
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
        queue.push(job("a"));
        queue.push(job("b"));
        fail(ErrorCode::NotFound);
        QVERIFY(m_failures.empty());
        QCOMPARE(m_started, (std::vector<std::string>{"a", "b"}));
    }
};

QTEST_GUILESS_MAIN(SaveQueueTest)
#include "tst_save_queue.moc"
