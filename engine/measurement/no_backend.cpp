#include "engine/measurement/no_backend.h"

namespace engine::measurement {

namespace {

class NoMemory final : public memory::MemorySpace {
public:
    memory::Buffer allocate(std::size_t bytes) override
    {
        return {&m_address, bytes, {[](void *, std::byte *) {}, nullptr}};
    }
    void upload(void *, const void *, std::size_t) override {}
    void download(void *, const void *, std::size_t) override {}
    void copy(void *, const void *, std::size_t) override {}
    bool isHost() const override { return true; } // weights stay where they are, or are not

private:
    std::byte m_address{};
};

class NoBackend final : public backend::Backend {
public:
    memory::MemorySpace &memory() override { return m_memory; }
    bool runs(memory::DType) const override { return true; }
    void reserve(const backend::WorkspaceShape &) override {}
    std::uint64_t reservedBytes() const override { return 0; }
    void synchronize() override {}
    void embed(std::span<const std::int32_t>, const backend::Matrix &, const backend::Rows &) override {}
    void rmsNorm(const backend::ConstRows &, const backend::Vector &, float, const backend::Rows &) override {}
    void linear(const backend::ConstRows &, const backend::Matrix &, const backend::Rows &, bool) override {}
    void rope(const backend::Rows &, int, int, const backend::RopeRows &) override {}
    void storeLatent(const backend::LatentArgs &) override {}
    void mlaAttention(const backend::MlaArgs &) override {}
    void storeKeyValue(const backend::KeyValueArgs &) override {}
    void gqaAttention(const backend::GqaArgs &) override {}
    void route(const backend::RouteArgs &) override {}
    void expertFfn(const backend::ExpertArgs &) override {}
    void sample(const backend::SampleArgs &) override {}

private:
    NoMemory m_memory;
};

} // namespace

std::unique_ptr<backend::Backend> makeNoBackend()
{
    return std::make_unique<NoBackend>();
}

} // namespace engine::measurement
