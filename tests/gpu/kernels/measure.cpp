#include "tests/gpu/kernels/measure.h"

#include <algorithm>

namespace gpu_kernels {

namespace {

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int callsBeyondCaches(double bytesOfACall, Sizes sizes)
{
    constexpr double beyond = 256e6; // five times the L2 of an H200
    constexpr double most = 128.0;
    return sizes.tiny ? 2 : static_cast<int>(std::clamp(beyond / bytesOfACall + 1.0, 1.0, most));
}

double millisecondsOfACall(engine::backend::Backend &backend, const Prepared &prepared, Sizes sizes)
{
    std::unique_ptr<engine::backend::Recording> recording;
    const auto all = [&] {
        for (int call = 0; call < prepared.calls; ++call)
            prepared.call(call);
        return true;
    };
    constexpr int untilRecorded = 3; // enqueued, recorded, enqueued from there
    for (int i = 0; i < untilRecorded; ++i)
        backend.repeat(recording, prepared.pages, all);
    backend.synchronize();
    const int rounds = sizes.tiny ? 1 : 9;
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
        backend.mark(0);
        backend.repeat(recording, prepared.pages, all);
        backend.mark(1);
        backend.synchronize();
        times.push_back(backend.millisecondsBetween(0, 1) / prepared.calls);
    }
    return median(times);
}

double copyBandwidth(engine::backend::Backend &backend, Sizes sizes)
{
    const std::size_t bytes = sizes.tiny ? std::size_t{1} << 20 : std::size_t{1} << 30;
    engine::memory::Buffer from = backend.memory().allocate(bytes);
    engine::memory::Buffer to = backend.memory().allocate(bytes);
    backend.memory().copy(to.data(), from.data(), bytes);
    std::vector<double> times;
    for (int round = 0; round < 9; ++round) {
        backend.mark(0);
        backend.memory().copy(to.data(), from.data(), bytes);
        backend.mark(1);
        backend.synchronize();
        times.push_back(1e-3 * backend.millisecondsBetween(0, 1));
    }
    return 2.0 * static_cast<double>(bytes) / median(times);
}

} // namespace gpu_kernels
