#include "engine/backend/cuda/detail/cuda_backend.h"

#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/cache_ops.h"
#include "engine/backend/cuda/detail/device_memory.h"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/ops.h"
#include "engine/backend/cuda/detail/page_table.h"
#include "engine/backend/cuda/detail/recorder.h"
#include "engine/backend/cuda/detail/route.h"
#include "engine/backend/cuda/detail/sample.h"
#include "engine/error.h"

#include <string>

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
        require(cudaDeviceGetAttribute(&m_units, cudaDevAttrMultiProcessorCount, device), "to be asked for its size");
        int major = 0;
        require(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "to be asked for its kind");
        m_queue.overlaps = major >= 9 && !isSwitchedOff("BATHYSCOPE_CUDA_PDL");
        m_pages.reserve(m_memory, maxPages);
    }
    ~CudaBackend() override { cudaStreamSynchronize(m_queue.stream); }

    memory::MemorySpace &memory() override { return m_memory; }
    bool runs(memory::DType weight) const override
    {
        return withFormat(weight, [](auto) {});
    }
    void prepareExperts(std::span<const Mlp> experts, const Mlp * /*shared*/) override
    {
        m_experts.add(experts, m_memory);
    }
    void reserve(const WorkspaceShape &shape) override
    {
        m_recorder.forgetAll();
        m_attention.reserve(shape, m_memory);
        m_expertScratch.reserve(shape, m_memory);
        m_sampleScratch.reserve(shape.vocab, m_memory);
        const std::size_t affinities =
            static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.experts) * sizeof(float);
        if (affinities > m_affinities.size())
            m_affinities = m_memory.allocate(affinities);
    }
    std::uint64_t reservedBytes() const override
    {
        return m_attention.bytes() + m_expertScratch.bytes() + m_sampleScratch.bytes() + m_affinities.size();
    }
    void synchronize() override
    {
        m_queue.note(cudaStreamSynchronize(m_queue.stream));
        require(m_queue.error, "while it computed");
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
        cuda::rmsNorm(m_queue, x, weight, eps, out);
    }
    void linear(const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate) override
    {
        cuda::linear(m_queue, x, weight, out, accumulate);
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
            cuda::mlaAttention(m_queue, args, table, m_units, m_attention);
    }
    void storeKeyValue(const KeyValueArgs &args) override
    {
        if (auto *const *table = tableOf(args.cache.pages))
            cuda::storeKeyValue(m_queue, args, table);
    }
    void gqaAttention(const GqaArgs &args) override
    {
        if (auto *const *table = tableOf(args.cache.pages))
            cuda::gqaAttention(m_queue, args, table, m_units, m_attention);
    }
    void route(const RouteArgs &args) override { cuda::route(m_queue, args, m_affinities.as<float>().data()); }
    void expertFfn(const ExpertArgs &args) override
    {
        cuda::expertFfn(m_queue, args, m_experts.find(args.experts), m_expertScratch);
    }
    void sample(const SampleArgs &args) override { cuda::sample(m_queue, args, m_sampleScratch); }

private:
    std::byte *const *tableOf(std::span<std::byte *const> pages)
    {
        const bool fixed = m_recorder.isRecording() && !m_pages.shows(pages); // a recorded list would be an old one
        auto *const *table = fixed ? nullptr : m_pages.show(m_memory, pages);
        if (table == nullptr)
            m_queue.note(cudaErrorInvalidValue);
        return table;
    }

    OwnedQueue m_queue;
    DeviceMemory m_memory;
    Recorder m_recorder;
    int m_units = 1;
    PageTable m_pages;
    AttentionScratch m_attention;
    ExpertScratch m_expertScratch;
    ExpertTables m_experts;
    SampleScratch m_sampleScratch;
    memory::Buffer m_affinities; ///< [tokens, experts]
};

} // namespace

std::unique_ptr<Backend> makeCudaBackend(int device)
{
    return std::make_unique<CudaBackend>(device);
}

} // namespace engine::backend::cuda
