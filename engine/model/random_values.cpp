#include "engine/model/detail/random_values.h"

#include <algorithm>
#include <cstring>

namespace engine::model {

namespace {

constexpr std::uint64_t blockValues = 1'048'573; // a prime

/// SplitMix64 (Steele, Lea, Flood 2014), started from a name.
class Words {
public:
    Words(const std::string &name, std::uint64_t seed) : m_state(seed * 0xD1342543DE82EF95U)
    {
        std::uint64_t hash = 0xCBF29CE484222325U; // FNV-1a
        for (const char character : name)
            hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001B3U;
        m_state ^= hash;
    }
    std::uint64_t next()
    {
        std::uint64_t x = m_state += 0x9E3779B97F4A7C15U;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
        return x ^ (x >> 31);
    }
    /// [−1, 1)
    float uniform() { return static_cast<float>(next() >> 40) / 8388608.0F - 1.0F; }

private:
    std::uint64_t m_state;
};

template <typename T>
void put(std::vector<std::byte> &block, std::size_t index, T value)
{
    std::memcpy(block.data() + index * sizeof value, &value, sizeof value);
}

std::uint8_t e4m3Code(std::uint64_t word)
{
    const auto code = static_cast<std::uint8_t>(word >> 56);
    return (code & 0x7FU) == 0x7FU ? static_cast<std::uint8_t>(code ^ 1U) : code;
}

} // namespace

RandomValues::RandomValues(const std::string &name, std::uint64_t seed, memory::DType dtype, float center, float spread,
                           std::uint64_t count)
    : m_block(static_cast<std::size_t>(std::min(count, blockValues)) * memory::dtypeBytes(dtype))
{
    Words words(name, seed);
    const std::size_t values = m_block.size() / memory::dtypeBytes(dtype);
    for (std::size_t i = 0; i < values; ++i) {
        if (dtype == memory::DType::F8_E4M3)
            put(m_block, i, e4m3Code(words.next()));
        else if (dtype == memory::DType::BF16)
            put(m_block, i, memory::floatToBf16(center + spread * words.uniform()));
        else
            put(m_block, i, center + spread * words.uniform());
    }
}

void RandomValues::fill(std::span<std::byte> out)
{
    while (!out.empty()) {
        const std::size_t count = std::min(out.size(), m_block.size() - m_at);
        std::memcpy(out.data(), m_block.data() + m_at, count);
        m_at = (m_at + count) % m_block.size();
        out = out.subspan(count);
    }
}

} // namespace engine::model
