#include "tests/gpu/kernels/operands.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace gpu_kernels {

using engine::memory::DType;
namespace backend = engine::backend;

namespace {

constexpr std::size_t patternBytes = std::size_t{1} << 20;

/// Of small finite numbers.
std::vector<std::uint8_t> patternOf(DType dtype)
{
    std::mt19937 random(7);
    std::vector<std::uint8_t> pattern(patternBytes);
    if (dtype == DType::F8_E4M3) {
        for (std::uint8_t &code : pattern)
            code = static_cast<std::uint8_t>(random() & 0xBFU); // up to 1.875
    } else if (dtype == DType::BF16) {
        for (std::size_t i = 0; i < pattern.size(); i += 2) {
            pattern[i] = static_cast<std::uint8_t>(random());
            pattern[i + 1] = static_cast<std::uint8_t>(0x3CU | (random() & 0x81U)); // ±2^-7 to 2^-5
        }
    } else {
        for (std::size_t i = 0; i < pattern.size(); i += sizeof(float)) {
            const float value = static_cast<float>(random() % 2048U) / 1024.0F - 1.0F;
            std::memcpy(&pattern[i], &value, sizeof value);
        }
    }
    return pattern;
}

} // namespace

std::size_t area(int rows, int cols)
{
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
}

std::byte *Operands::take(std::size_t bytes)
{
    m_buffers.push_back(m_backend.memory().allocate(bytes));
    return m_buffers.back().data();
}

void Operands::fill(std::byte *to, std::size_t bytes, std::span<const std::uint8_t> pattern)
{
    const std::size_t first = std::min(bytes, pattern.size());
    m_backend.memory().upload(to, pattern.data(), first);
    for (std::size_t done = first; done < bytes; done *= 2) // what is there is copied behind itself
        m_backend.memory().copy(to + done, to, std::min(done, bytes - done));
    m_backend.synchronize();
}

backend::Matrix Operands::matrix(DType dtype, int rows, int cols)
{
    backend::Matrix matrix{take(area(rows, cols) * engine::memory::dtypeBytes(dtype)), dtype, rows, cols};
    fill(static_cast<std::byte *>(const_cast<void *>(matrix.data)),
         area(rows, cols) * engine::memory::dtypeBytes(dtype), patternOf(dtype));
    if (dtype == DType::F8_E4M3)
        matrix.scale = copy(std::vector<float>(area((rows + 127) / 128, (cols + 127) / 128), 0.01F));
    return matrix;
}

backend::Vector Operands::vector(int size)
{
    return {copy(std::vector<float>(static_cast<std::size_t>(size), 1.0F)), DType::F32, size};
}

backend::Rows Operands::rows(int rows, int width)
{
    std::byte *const data = take(area(rows, width) * sizeof(float));
    fill(data, area(rows, width) * sizeof(float), patternOf(DType::F32));
    return {reinterpret_cast<float *>(data), rows, width, static_cast<std::size_t>(width)};
}

backend::RopeRows Operands::rope(int tokens, int width, backend::RopePairs pairs)
{
    const std::size_t count = area(tokens, width / 2);
    return {copy(std::vector<float>(count, 0.6F)), copy(std::vector<float>(count, 0.8F)), pairs};
}

backend::Mlp Operands::mlp(DType dtype, int hidden, int width)
{
    return {matrix(dtype, width, hidden), matrix(dtype, width, hidden), matrix(dtype, hidden, width)};
}

const engine::memory::KvCache &Operands::cache(const engine::memory::KvCacheShape &shape, int tokens)
{
    m_caches.emplace_back(shape, m_backend.memory());
    engine::memory::KvCache &cache = m_caches.back();
    cache.reserve(tokens);
    const auto pattern = patternOf(DType::BF16);
    const std::size_t pageBytes = cache.layerOffset(shape.layers);
    for (std::byte *const page : cache.pages())
        fill(page, pageBytes, pattern);
    return cache;
}

} // namespace gpu_kernels
