#include "engine/backend/cuda/detail/cuda_backend.h"

#include "engine/backend/cuda/detail/blocks.cuh"
#include "engine/backend/cuda/detail/cache_ops.h"
#include "engine/backend/cuda/detail/device_memory.h"
#include "engine/backend/cuda/detail/marks.h"
#include "engine/backend/cuda/detail/ops.h"
#include "engine/backend/cuda/detail/pace.h"
#include "engine/backend/cuda/detail/page_table.h"
#include "engine/backend/cuda/detail/recorder.h"
#include "engine/backend/cuda/detail/route.h"
#include "engine/backend/cuda/detail/workspace.h"
#include "engine/error.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace engine::backend::cuda {

namespace {

constexpr std::size_t maxPages = 8192; ///< of 64 tokens: half a million

void require(cudaError_t error, const char *what)
{
    if (error != cudaSuccess)
        throw Error(ErrorCode::DeviceFailed, {}, {},
                    std::string("The GPU failed ") + what + ": " + cudaGetErrorString(error) +
                        ". Restart the program, or use the CPU.");
}

/// The stream, made on the device it belongs to.
struct OwnedQueue : Queue {
    explicit OwnedQueue(int device)
    {
        require(cudaSetDevice(device), "to be chosen");
        require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "to make a stream");
    }
    ~OwnedQueue() { cudaStreamDestroy(stream); }
    OwnedQueue(const OwnedQueue &) = delete;
    OwnedQueue &operator=(const OwnedQueue &) = delete;
};

class CudaBackend final : public Backend {
public:
    explicit CudaBackend(int device) : m_queue(device), m_memory(m_queue), m_recorder(m_queue)
    {
        int shared = 0;
        require(cudaDeviceGetAttribute(&m_device.units, cudaDevAttrMultiProcessorCount, device), "to tell its size");
        require(cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "to tell its size");
        m_device.sharedBytes = static_cast<std::size_t>(shared);
        int major = 0;
        int minor = 0;
        require(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "to be asked for its kind");
        require(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device), "to be asked for its kind");
        m_device.multipliesE4m3 = major == 8 && minor == 9;
        m_queue.overlaps = major >= 9 && !isSwitchedOff("BATHYSCOPE_CUDA_PDL");
        m_pages.reserve(m_memory, maxPages);
        m_workspace.linear.reserve(m_memory, m_device);
        m_workspace.linear.library.open();
        m_fp8 = findFp8Device(device);
    }
    ~CudaBackend() override { cudaStreamSynchronize(m_queue.stream); }

    memory::MemorySpace &memory() override { return m_memory; }
    bool runs(memory::DType weight) const override
    {
        return withAnyFormat(weight, [](auto) {});
    }
    void prepareExperts(std::span<const Mlp> experts, const Mlp * /*shared*/) override
    {
        m_experts.add(experts, m_memory);
        if (experts.front().gate.inputs != InputRounding::None)
            prepareFp8(experts);
    }
    void reserve(const WorkspaceShape &shape) override
    {
        m_recorder.forgetAll();
        m_workspace.reserve(shape, m_device, m_memory);
    }
    std::uint64_t reservedBytes() const override { return m_workspace.bytes(); }
    void synchronize() override
    {
        m_queue.note(cudaStreamSynchronize(m_queue.stream));
        require(m_queue.error, "while it computed");
    }
    void keepPace() override { m_pace.keep(m_queue); }
    void mark(std::size_t slot) override { m_marks.set(m_queue, slot); }
    double millisecondsBetween(std::size_t first, std::size_t second) override
    {
        return m_marks.milliseconds(m_queue, first, second);
    }

    bool records() const override { return true; }
    bool repeat(std::unique_ptr<Recording> &recording, std::span<std::byte *const> pages,
                const std::function<bool()> &ops) override
    {
        tableOf(pages); // what was recorded only reads it
        return m_recorder.repeat(recording, ops);
    }
    std::string whyNotRecording() const override { return m_recorder.whyNot(); }

    void embed(std::span<const std::int32_t> ids, const Matrix &table, const Rows &out) override
    {
        cuda::embed(m_queue, ids, table, out);
    }
    void rmsNorm(const ConstRows &x, const Vector &weight, float eps, const Rows &out) override
    {
        m_workspace.quantised.forget();
        cuda::rmsNorm(m_queue, x, weight, eps, out);
    }
    void rmsNormForProducts(const ConstRows &x, const Vector &weight, float eps, const Rows &out,
                            InputRounding inputs) override
    {
        if (inputs == InputRounding::None)
            rmsNorm(x, weight, eps, out);
        else
            m_workspace.quantised.norm(m_queue, x, weight, eps, out, inputs);
    }
    void linear(const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate) override
    {
        const Product product{&weight, out};
        if (weight.inputs != InputRounding::None)
            linearQuantised(m_queue, m_fp8, m_workspace.quantised.of(m_queue, x, weight.inputs), {&product, 1},
                            accumulate, m_workspace.linear);
        else
            cuda::linear(m_queue, x, weight, out, accumulate, m_workspace.linear);
    }
    void linearGroup(const ConstRows &x, std::span<const Product> products) override
    {
        const InputRounding inputs = products.empty() ? InputRounding::None : products.front().weight->inputs;
        const bool alike =
            std::ranges::all_of(products, [&](const Product &product) { return product.weight->inputs == inputs; });
        if (!alike)
            Backend::linearGroup(x, products);
        else if (inputs != InputRounding::None)
            linearQuantised(m_queue, m_fp8, m_workspace.quantised.of(m_queue, x, inputs), products, false,
                            m_workspace.linear);
        else
            cuda::linearGroup(m_queue, x, products, m_workspace.linear);
    }
    void rope(const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope) override
    {
        cuda::rope(m_queue, x, headWidth, ropeWidth, rope);
    }
    void storeLatent(const LatentArgs &args) override
    {
        if (auto *const *table = tableOf(args.cache.pages))
            cuda::storeLatent(m_queue, args, table);
    }
    void mlaAttention(const MlaArgs &args) override
    {
        if (auto *const *table = tableOf(args.cache.pages))
            cuda::mlaAttention(m_queue, args, table, m_device, m_workspace.attention);
    }
    void storeKeyValue(const KeyValueArgs &args) override
    {
        if (auto *const *table = tableOf(args.cache.pages))
            cuda::storeKeyValue(m_queue, args, table);
    }
    void gqaAttention(const GqaArgs &args) override
    {
        if (auto *const *table = tableOf(args.cache.pages))
            cuda::gqaAttention(m_queue, args, table, m_device, m_workspace.attention);
    }
    void route(const RouteArgs &args) override
    {
        cuda::route(m_queue, args, m_workspace.affinities.as<float>().data(), m_workspace.linear);
    }
    void expertFfn(const ExpertArgs &args) override
    {
        ExpertArgs exact = args;
        if (args.topK > 0 && args.experts.front().gate.inputs != InputRounding::None) {
            exact.topK = 0;
            const ExpertTable *table = m_experts.find(args.experts);
            QuantisedExperts call = quantised(args, args.experts.front());
            if (const auto found = m_fp8Experts.find(args.experts.data()); found != m_fp8Experts.end())
                call.fp8Experts = &found->second;
            if (table != nullptr)
                routedQuantised(m_queue, call, *table);
            else
                m_queue.note(cudaErrorInvalidValue); // prepareExperts() was not called
        }
        if (args.shared != nullptr && args.shared->gate.inputs != InputRounding::None) {
            exact.shared = nullptr;
            sharedQuantised(m_queue, quantised(args, *args.shared), *args.shared);
        }
        if (exact.topK > 0 || exact.shared != nullptr)
            cuda::expertFfn(m_queue, exact, m_experts.find(args.experts), m_workspace.experts, m_workspace.linear);
    }
    void sample(const SampleArgs &args) override { cuda::sample(m_queue, args, m_workspace.sample); }

private:
    QuantisedExperts quantised(const ExpertArgs &args, const Mlp &mlp)
    {
        const InputRounding inputs = mlp.gate.inputs;
        return {args,
                m_workspace.quantised.of(m_queue, args.x, inputs),
                inputs,
                m_workspace.experts,
                m_workspace.quantisedExperts,
                m_workspace.linear,
                &m_fp8,
                nullptr};
    }
    void prepareFp8(std::span<const Mlp> experts)
    {
        const auto tableOfAll = [&](Matrix Mlp::*part) {
            std::vector<Matrix> weights;
            for (const Mlp &expert : experts)
                weights.push_back(expert.*part);
            return prepareFp8Experts(m_fp8, weights, m_memory);
        };
        m_fp8Experts.insert_or_assign(
            experts.data(), Fp8ExpertTables{tableOfAll(&Mlp::gate), tableOfAll(&Mlp::up), tableOfAll(&Mlp::down)});
    }
    std::byte *const *tableOf(std::span<std::byte *const> pages)
    {
        const bool fixed = m_recorder.isRecording() && !m_pages.shows(pages); // a recorded list would be an old one
        auto *const *table = fixed ? nullptr : m_pages.show(m_memory, pages);
        if (table == nullptr)
            m_queue.note(cudaErrorInvalidValue);
        return table;
    }

    OwnedQueue m_queue;
    Marks m_marks;
    Pace m_pace;
    DeviceMemory m_memory;
    Recorder m_recorder;
    DeviceLimits m_device;
    PageTable m_pages;
    Workspace m_workspace;
    ExpertTables m_experts;
    Fp8Device m_fp8;
    std::map<const Mlp *, Fp8ExpertTables> m_fp8Experts;
};

} // namespace

std::unique_ptr<Backend> makeCudaBackend(int device)
{
    return std::make_unique<CudaBackend>(device);
}

} // namespace engine::backend::cuda
