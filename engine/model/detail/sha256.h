#pragma once
// SHA-256 (FIPS 180-4).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace engine::model {

class Sha256 {
public:
    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    void update(std::uint64_t number); ///< as 8 bytes, little endian
    std::string hex();                 ///< 64 digits; ends the computation

private:
    void compress(const std::byte *block);

    std::array<std::uint32_t, 8> m_state = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                            0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
    std::array<std::byte, 64> m_block{};
    std::size_t m_filled = 0;
    std::uint64_t m_length = 0; ///< bytes
};

} // namespace engine::model
