#pragma once
// How an op spreads over the thread pool, or does not when it is too small.

#include "engine/backend/cpu/thread_pool.h"
#include "engine/memory/buffer.h"

#include <algorithm>
#include <cstddef>
#include <stop_token>
#include <utility>

namespace engine::backend::cpu {

/// Scratch memory of an op, kept between calls.
class Scratch {
public:
    void reserve(std::size_t floats)
    {
        if (m_buffer.size() < floats * sizeof(float))
            m_buffer = memory::Buffer(floats * sizeof(float));
    }
    std::size_t bytes() const { return m_buffer.size(); }
    float *data() { return m_buffer.as<float>().data(); }

private:
    memory::Buffer m_buffer;
};

class Parallel {
public:
    explicit Parallel(int threads) : m_pool(threads) {}

    int threads() const { return m_pool.threads(); }

    /// Once requested, bodies are no longer called. Not while an op runs.
    void stopOn(std::stop_token stop) { m_stop = std::move(stop); }

    /// Whether work of `cost` multiply-adds is worth more than one thread: it takes a core some 20 µs or longer,
    /// several times what starting and joining costs.
    bool worthwhile(double cost) const { return m_pool.threads() > 1 && cost >= 2 * pieceCost; }

    /// body(first, end, thread) over [0, count) in pieces that are multiples of `grain`.
    template <typename Body>
    void split(int count, int grain, double cost, const Body &body)
    {
        if (m_stop.stop_requested())
            return;
        if (!worthwhile(cost) || count <= grain) {
            body(0, count, 0);
            return;
        }
        // A few pieces per thread, so that a slow or late thread does not hold up the others.
        const int pieces = std::min(4 * threads(), static_cast<int>(std::min(cost / pieceCost, 1e6)));
        const int size = std::max(1, (count / pieces + grain - 1) / grain) * grain;
        m_pool.run((count + size - 1) / size, [&](int piece, int thread) {
            if (!m_stop.stop_requested())
                body(piece * size, std::min(count, (piece + 1) * size), thread);
        });
    }

    /// body(task, thread) for every task, in this thread when the cost is small.
    template <typename Body>
    void run(int tasks, double cost, const Body &body)
    {
        const auto unlessStopped = [&](int task, int thread) {
            if (!m_stop.stop_requested())
                body(task, thread);
        };
        if (worthwhile(cost)) {
            m_pool.run(tasks, unlessStopped);
            return;
        }
        for (int task = 0; task < tasks; ++task)
            unlessStopped(task, 0);
    }

private:
    static constexpr double pieceCost = 100'000;

    ThreadPool m_pool;
    std::stop_token m_stop;
};

} // namespace engine::backend::cpu
