#include "tests/engine/support/faulty_devices.h"

#include "engine/backend/backend.h"
#include "engine/error.h"

#include <algorithm>
#include <string>

namespace support {

namespace {

namespace backend = engine::backend;
using engine::Error;
using engine::ErrorCode;

/// The host's memory under another name: what is not copied there is not found there.
class OwnMemory final : public engine::memory::MemorySpace {
public:
    explicit OwnMemory(FaultyDevices &devices) : m_devices(devices) {}

    engine::memory::Buffer allocate(std::size_t bytes) override
    {
        if (bytes == 0)
            return {};
        const std::uint64_t free = m_devices.freeBytes - m_devices.faults.takenAfterPlan;
        if (m_devices.taken + bytes > free)
            throw Error(ErrorCode::OutOfMemory, {}, {},
                        "The GPU has no memory for another " + std::to_string(bytes) + " bytes; " +
                            std::to_string(free - std::min<std::uint64_t>(free, m_devices.taken)) + " bytes are free.");
        m_devices.taken += bytes;
        struct Block {
            FaultyDevices &devices;
            engine::memory::Buffer memory;
        };
        auto *const block = new Block{m_devices, engine::memory::Buffer(bytes)};
        const auto release = [](void *context, std::byte *) {
            auto *const gone = static_cast<Block *>(context);
            gone->devices.taken -= gone->memory.size();
            delete gone;
        };
        return {block->memory.data(), bytes, {release, block}};
    }
    void upload(void *to, const void *from, std::size_t bytes) override { copy(to, from, bytes); }
    void download(void *to, const void *from, std::size_t bytes) override { copy(to, from, bytes); }
    void copy(void *to, const void *from, std::size_t bytes) override
    {
        engine::memory::hostMemory().copy(to, from, bytes);
    }
    bool isHost() const override { return false; }

private:
    FaultyDevices &m_devices;
};

/// The CPU's ops, which fail when they are waited for.
class FaultyBackend final : public backend::Backend {
public:
    FaultyBackend(FaultyDevices &devices, int threads)
        : m_devices(devices), m_memory(devices), m_cpu(backend::makeCpuBackend(threads))
    {
    }

    engine::memory::MemorySpace &memory() override { return m_memory; }
    bool runs(engine::memory::DType weight) const override { return m_cpu->runs(weight); }
    void prepareExperts(std::span<const backend::Mlp> experts, const backend::Mlp *shared) override
    {
        m_cpu->prepareExperts(experts, shared);
    }
    void reserve(const backend::WorkspaceShape &shape) override
    {
        if (m_devices.faults.reserveFails)
            throw Error(ErrorCode::OutOfMemory, {}, {}, "The GPU has no memory for another 4096 bytes; 12 are free.");
        m_cpu->reserve(shape);
    }
    std::uint64_t reservedBytes() const override { return m_cpu->reservedBytes(); }
    void synchronize() override
    {
        std::atomic<int> &left = m_devices.faults.synchronizations;
        if (left == 0)
            throw Error(ErrorCode::DeviceFailed, {}, {},
                        "The GPU failed while it computed: unspecified launch failure. Restart the program, or use "
                        "the CPU.");
        if (left > 0)
            --left;
        m_cpu->synchronize();
    }
    void stopOn(std::stop_token stop) override { m_cpu->stopOn(std::move(stop)); }

    void embed(std::span<const std::int32_t> ids, const backend::Matrix &table, const backend::Rows &out) override
    {
        m_cpu->embed(ids, table, out);
    }
    void rmsNorm(const backend::ConstRows &x, const backend::Vector &weight, float eps,
                 const backend::Rows &out) override
    {
        m_cpu->rmsNorm(x, weight, eps, out);
    }
    void linear(const backend::ConstRows &x, const backend::Matrix &weight, const backend::Rows &out,
                bool accumulate) override
    {
        m_cpu->linear(x, weight, out, accumulate);
    }
    void rope(const backend::Rows &x, int headWidth, int ropeWidth, const backend::RopeRows &rope) override
    {
        m_cpu->rope(x, headWidth, ropeWidth, rope);
    }
    void storeLatent(const backend::LatentArgs &args) override { m_cpu->storeLatent(args); }
    void mlaAttention(const backend::MlaArgs &args) override { m_cpu->mlaAttention(args); }
    void storeKeyValue(const backend::KeyValueArgs &args) override { m_cpu->storeKeyValue(args); }
    void gqaAttention(const backend::GqaArgs &args) override { m_cpu->gqaAttention(args); }
    void route(const backend::RouteArgs &args) override { m_cpu->route(args); }
    void expertFfn(const backend::ExpertArgs &args) override { m_cpu->expertFfn(args); }
    void sample(const backend::SampleArgs &args) override { m_cpu->sample(args); }

private:
    FaultyDevices &m_devices;
    OwnMemory m_memory;
    std::unique_ptr<backend::Backend> m_cpu;
};

} // namespace

void FaultyDevices::setUsage(std::optional<engine::DeviceUsage> usage)
{
    const std::lock_guard lock(m_mutex);
    m_usage = std::move(usage);
}

void FaultyDevices::setProblem(engine::DeviceProblem problem)
{
    const std::lock_guard lock(m_mutex);
    m_problem = std::move(problem);
}

std::optional<engine::DeviceUsage> FaultyDevices::usage(const std::string &id)
{
    const std::lock_guard lock(m_mutex);
    return id == gpu ? m_usage : std::nullopt;
}

std::optional<std::uint64_t> FaultyDevices::workspaceBytes(const engine::DeviceInfo &device,
                                                           const backend::WorkspaceShape &shape, int threads)
{
    return engine::machineDevices()->workspaceBytes({.id = engine::cpuDevice}, shape,
                                                    device.id == engine::cpuDevice ? threads : 1);
}

engine::DeviceList FaultyDevices::ask()
{
    engine::DeviceList list;
    list.devices.push_back(engine::machineDevices()->find(engine::cpuDevice));
    const std::lock_guard lock(m_mutex);
    if (!hasGpu) {
        list.absent.push_back({"cuda", m_problem});
        return list;
    }
    const std::uint64_t free = freeBytes - std::min<std::uint64_t>(freeBytes, taken);
    list.devices.push_back({gpu, gpuName, "sm_90", 132, total, free, m_problem});
    return list;
}

std::unique_ptr<backend::Backend> FaultyDevices::make(const engine::DeviceInfo &device, int threads)
{
    if (device.id == engine::cpuDevice)
        return backend::makeCpuBackend(threads);
    if (faults.opensNot)
        throw Error(ErrorCode::DeviceFailed, {}, {}, "The GPU failed to be chosen: all CUDA-capable devices are busy.");
    return std::make_unique<FaultyBackend>(*this, threads);
}

} // namespace support
