#pragma once
// Texts that tests/golden/tokenizer/generated_texts.py generates as well, and the hash both sides make of the ids.

#include "engine/generation.h"

#include <cstdint>
#include <string>
#include <vector>

namespace support {

/// Text number `index` of those drawn from `pieces`.
std::string generatedText(std::uint64_t index, const std::vector<std::string> &pieces);

/// FNV-1a, 64 bit, of ids as four bytes each, low byte first, and of FFFFFFFF after every text.
class IdHash {
public:
    void add(const std::vector<engine::TokenId> &tokensOfOneText);
    std::string hex() const; ///< 16 digits

private:
    void addWord(std::uint32_t word);
    std::uint64_t m_value = 0xCBF29CE484222325U;
};

} // namespace support
