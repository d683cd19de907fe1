// gpu_kernels [--tiny] [GROUP]: what each kernel takes with operands of a real model's size, against the bandwidth of a
// copy in the same run and against cuBLASLt, as a table. Without GPU: says so, exit status 77.

#include "tests/engine/cuda/backend_under_test.h"
#include "tests/gpu/kernels/kernel_case.h"
#include "tests/gpu/kernels/measure.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace {

using gpu_kernels::KernelCase;
using gpu_kernels::Limit;
using gpu_kernels::Sizes;

constexpr int skipped = 77;

struct Result {
    double milliseconds = 0.0;
    double peerMilliseconds = 0.0; ///< 0: there is no peer
    engine::OpFigure cost;
};

/// Products by this project's own kernels alone, or by cuBLASLt wherever it can.
enum class Products { Own, Library };

std::unique_ptr<engine::backend::Backend> makeBackend(Products products)
{
    const char *from = products == Products::Own ? "0" : "1";
    setenv("BATHYSCOPE_CUBLASLT_FROM", from, 1);
    setenv("BATHYSCOPE_CUBLASLT_FP8_FROM", from, 1);
    return support::makeBackendUnderTest();
}

double timeOf(const KernelCase &kernelCase, Products products, Sizes sizes, engine::OpFigure *cost)
{
    const auto backend = makeBackend(products);
    const gpu_kernels::Prepared prepared = kernelCase.prepare(*backend);
    if (cost != nullptr)
        *cost = prepared.cost;
    const double milliseconds = gpu_kernels::millisecondsOfACall(*backend, prepared, sizes);
    backend->synchronize(); // tells an error that came last
    return milliseconds;
}

Result run(const KernelCase &kernelCase, Sizes sizes)
{
    Result result;
    result.milliseconds = timeOf(kernelCase, Products::Own, sizes, &result.cost);
    if (kernelCase.hasPeer && support::hasCublasLt())
        result.peerMilliseconds = timeOf(kernelCase, Products::Library, sizes, nullptr);
    return result;
}

std::string verdict(const KernelCase &kernelCase, Sizes sizes, double share, double teraflops, double microseconds)
{
    char text[64];
    if (kernelCase.target <= 0.0 || sizes.tiny)
        return "";
    switch (kernelCase.limit) {
    case Limit::Bandwidth:
        std::snprintf(text, sizeof text, "%.0f %%: %s", 100.0 * kernelCase.target,
                      share >= kernelCase.target ? "met" : "**missed**");
        break;
    case Limit::Products:
        std::snprintf(text, sizeof text, "%.0f TFLOPS: %s", kernelCase.target,
                      teraflops >= kernelCase.target ? "met" : "**missed**");
        break;
    case Limit::Time:
        std::snprintf(text, sizeof text, "%.0f us: %s", kernelCase.target,
                      microseconds <= kernelCase.target ? "met" : "**missed**");
        break;
    }
    return text;
}

void print(const KernelCase &kernelCase, const Result &result, Sizes sizes, double bandwidth)
{
    const double seconds = 1e-3 * result.milliseconds;
    const double share = result.cost.bytes() / seconds / bandwidth;
    const double teraflops = 1e-12 * result.cost.flops / seconds;
    std::printf("| %s | %s | %.2f | %.0f | %.1f %% | %.1f | ", kernelCase.group.c_str(), kernelCase.name.c_str(),
                1e6 * seconds, 1e-9 * result.cost.bytes() / seconds, 100.0 * share, teraflops);
    if (result.peerMilliseconds > 0.0)
        std::printf("%.2f us, %.2f x", 1e3 * result.peerMilliseconds, result.peerMilliseconds / result.milliseconds);
    std::printf(" | %s |\n", verdict(kernelCase, sizes, share, teraflops, 1e6 * seconds).c_str());
    std::fflush(stdout);
}

int runAll(const std::string &group, Sizes sizes)
{
    gpu_kernels::KernelCases cases;
    gpu_kernels::addLinearCases(cases, sizes);
    gpu_kernels::addExpertCases(cases, sizes);
    gpu_kernels::addAttentionCases(cases, sizes);
    gpu_kernels::addSmallCases(cases, sizes);
    const double bandwidth = gpu_kernels::copyBandwidth(*makeBackend(Products::Own), sizes);
    std::printf("Copy bandwidth: %.0f GB/s, read and written. Bytes are those an op must move; shares are of it.\n\n",
                1e-9 * bandwidth);
    std::printf(
        "| group | case | us | GB/s | of the copy | TFLOPS | cuBLASLt | target |\n|---|---|---|---|---|---|---|---|\n");
    int failed = 0;
    for (const KernelCase &kernelCase : cases) {
        if (!group.empty() && kernelCase.group.find(group) == std::string::npos)
            continue;
        try {
            const Result result = run(kernelCase, sizes);
            print(kernelCase, result, sizes, bandwidth);
            failed += std::isfinite(result.milliseconds) && result.milliseconds > 0.0 ? 0 : 1;
        } catch (const std::exception &error) {
            std::printf("| %s | %s | **%s** |\n", kernelCase.group.c_str(), kernelCase.name.c_str(), error.what());
            ++failed;
        }
    }
    std::printf("\n%d failed\n", failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace

int main(int count, char **arguments)
{
    Sizes sizes;
    std::string group;
    for (int i = 1; i < count; ++i) {
        if (std::strcmp(arguments[i], "--tiny") == 0)
            sizes.tiny = true;
        else
            group = arguments[i];
    }
    const std::string why = support::whyNoBackend();
    if (!why.empty()) {
        std::printf("SKIP   : %s\n", why.c_str());
        return skipped;
    }
    return runAll(group, sizes);
}
