#include "engine/devices.h"
#include "engine/error.h"
#include "engine/verification/op_case.h"
#include "engine/verification/verify.h"

#include <algorithm>
#include <iterator>

namespace engine {

namespace {

std::unique_ptr<backend::Backend> testedBackend(const std::string &device)
{
    if (device == "cpu")
        throw Error(ErrorCode::RequestInvalid, {}, "device",
                    "The CPU is what other devices are verified with; its own kernels are compared with plain "
                    "double-precision code by the tests. Choose a GPU.");
    return machineDevices()->open(device, 0);
}

} // namespace

void verification::verifyOps(backend::Backend &tested, backend::Backend &oracle, const OnVerified &done, OpSizes sizes)
{
    std::vector<OpCase> cases = opCases();
    if (sizes == OpSizes::SmallAndV3)
        std::ranges::move(v3Cases(), std::back_inserter(cases));
    for (const OpCase &opCase : cases) {
        const Deviation deviation = compare(opCase, tested, oracle);
        if (!done({opCase.op,
                   opCase.shape,
                   deviation.largest,
                   deviation.relative,
                   opCase.tolerance,
                   {},
                   deviation.relative <= opCase.tolerance}))
            return;
    }
}

void verifyOps(const std::string &device, const OnVerified &done, OpSizes sizes)
{
    const auto tested = testedBackend(device);
    verification::verifyOps(*tested, *backend::makeCpuBackend(0), done, sizes);
}

void verifyModel(const std::string &path, const std::string &device, const OnVerified &done, Activations activations,
                 CacheFormat cache)
{
    const auto tested = testedBackend(device);
    verification::verifyModel(path, *tested, *backend::makeCpuBackend(0), done, activations, cache);
}

} // namespace engine
