#pragma once
// How long each frame of a widget keeps the event loop: from waking up to going to sleep, painting included. Wake-ups
// that paint nothing do not count: there are many of them, and they would hide the slow frames in the percentiles.
// Given as wall-clock and as processor time of the thread, which tell a slow program from a busy machine.

#include <QAbstractEventDispatcher>
#include <QApplication>
#include <QEvent>
#include <QWidget>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

namespace bench {

inline double milliseconds(clockid_t clock)
{
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

inline double wallMilliseconds()
{
    return milliseconds(CLOCK_MONOTONIC);
}

inline double processorMilliseconds()
{
    return milliseconds(CLOCK_THREAD_CPUTIME_ID);
}

inline void print(const char *name, std::vector<double> values)
{
    if (values.empty())
        return;
    std::sort(values.begin(), values.end());
    const auto at = [&](double part) {
        return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
    };
    std::printf("  %-10s p50 %6.2f ms   p99 %6.2f ms   max %6.2f ms   (%zu frames)\n", name, at(0.5), at(0.99),
                values.back(), values.size());
}

class StallWatch : public QObject {
public:
    explicit StallWatch(QWidget *widget) : m_widget(widget)
    {
        qApp->installEventFilter(this);
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, this, &StallWatch::end);
    }

    void report() const
    {
        print("wall", m_wallTimes);
        print("processor", m_processorTimes);
    }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (m_wall < 0) // the first event after sleep; some dispatchers send timers before they say that they are awake
            begin();
        m_painted = m_painted || (watched == m_widget && event->type() == QEvent::Paint);
        return false;
    }

private:
    void begin()
    {
        m_wall = wallMilliseconds();
        m_processor = processorMilliseconds();
    }

    void end()
    {
        if (m_painted && m_wall >= 0) {
            m_wallTimes.push_back(wallMilliseconds() - m_wall);
            m_processorTimes.push_back(processorMilliseconds() - m_processor);
        }
        m_painted = false;
        m_wall = -1;
    }

    QWidget *m_widget;
    std::vector<double> m_wallTimes;
    std::vector<double> m_processorTimes;
    double m_wall = -1;
    double m_processor = 0;
    bool m_painted = false;
};

} // namespace bench
