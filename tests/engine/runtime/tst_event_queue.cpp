#include "engine/runtime/event_queue.h"

#include <QTest>
#include <atomic>
#include <thread>

using engine::PromptProgress;
using engine::runtime::EventQueue;

class EventQueueTest : public QObject {
    Q_OBJECT

private slots:
    void wakesOnlyWhenItStopsBeingEmpty()
    {
        int wakes = 0;
        EventQueue queue([&wakes] { ++wakes; });
        queue.push(PromptProgress{});
        queue.push(PromptProgress{});
        QCOMPARE(wakes, 1);
        QCOMPARE(queue.takeAll().size(), std::size_t(2));
        QVERIFY(queue.takeAll().empty());
        queue.push(PromptProgress{});
        QCOMPARE(wakes, 2);
    }

    void losesAndReordersNothingBetweenThreads()
    {
        constexpr int count = 20000;
        std::atomic<bool> woken = false;
        EventQueue queue([&woken] { woken = true; });
        std::jthread producer([&queue] {
            for (int i = 0; i < count; ++i)
                queue.push(PromptProgress{0, i, count});
        });
        int next = 0;
        while (next < count) {
            if (!woken.exchange(false))
                continue;
            for (const auto &event : queue.takeAll())
                QCOMPARE(std::get<PromptProgress>(event).done, next++);
        }
    }
};

QTEST_GUILESS_MAIN(EventQueueTest)
#include "tst_event_queue.moc"
