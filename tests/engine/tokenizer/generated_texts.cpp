#include "tests/engine/tokenizer/generated_texts.h"

#include <iomanip>
#include <sstream>

namespace support {

namespace {

/// SplitMix64, one stream for each text.
class Draws {
public:
    explicit Draws(std::uint64_t text) : m_state(text * 0xD1342543DE82EF95U) {}
    std::uint64_t below(std::uint64_t bound)
    {
        std::uint64_t x = m_state += 0x9E3779B97F4A7C15U;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
        return (x ^ (x >> 31)) % bound;
    }

private:
    std::uint64_t m_state;
};

} // namespace

std::string generatedText(std::uint64_t index, const std::vector<std::string> &pieces)
{
    Draws draws(index);
    std::string text;
    for (std::uint64_t left = 1 + draws.below(14); left > 0; --left) {
        const std::string &piece = pieces[draws.below(pieces.size())];
        for (std::uint64_t times = draws.below(12) == 0 ? 1 + draws.below(40) : 1; times > 0; --times)
            text += piece;
    }
    return text;
}

void IdHash::addWord(std::uint32_t word)
{
    for (int byte = 0; byte < 4; ++byte)
        m_value = (m_value ^ (word >> (8 * byte) & 0xFFU)) * 0x100000001B3U;
}

void IdHash::add(const std::vector<engine::TokenId> &tokensOfOneText)
{
    for (const engine::TokenId token : tokensOfOneText)
        addWord(static_cast<std::uint32_t>(token));
    addWord(0xFFFFFFFFU);
}

std::string IdHash::hex() const
{
    std::ostringstream text;
    text << std::hex << std::setfill('0') << std::setw(16) << m_value;
    return text.str();
}

} // namespace support
