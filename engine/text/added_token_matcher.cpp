#include "engine/text/detail/added_token_matcher.h"

#include <algorithm>

namespace engine::text::detail {

AddedTokenMatcher::AddedTokenMatcher(std::vector<std::pair<std::string, TokenId>> tokens) : m_tokens(std::move(tokens))
{
    std::sort(m_tokens.begin(), m_tokens.end());
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        auto &range = m_byFirstByte[static_cast<unsigned char>(m_tokens[i].first.front())];
        if (range.second == 0)
            range.first = i;
        range.second = i + 1;
    }
}

std::size_t AddedTokenMatcher::longestAt(std::string_view text) const
{
    // [low, high) are the tokens that agree with the text in the first `depth` bytes; of these the one that
    // is no longer than that, if there is one, sorts first.
    auto [low, high] = m_byFirstByte[static_cast<unsigned char>(text.front())];
    std::size_t longest = none;
    for (std::size_t depth = 1; low < high; ++depth) {
        if (m_tokens[low].first.size() == depth)
            longest = low++;
        if (depth == text.size())
            break;
        const auto before = [depth](const auto &token, char byte) {
            return static_cast<unsigned char>(token.first[depth]) < static_cast<unsigned char>(byte);
        };
        const auto after = [depth](char byte, const auto &token) {
            return static_cast<unsigned char>(byte) < static_cast<unsigned char>(token.first[depth]);
        };
        const auto first = m_tokens.begin() + static_cast<std::ptrdiff_t>(low);
        const auto last = m_tokens.begin() + static_cast<std::ptrdiff_t>(high);
        const auto from = std::lower_bound(first, last, text[depth], before);
        high = static_cast<std::size_t>(std::upper_bound(from, last, text[depth], after) - m_tokens.begin());
        low = static_cast<std::size_t>(from - m_tokens.begin());
    }
    return longest;
}

AddedTokenMatcher::Match AddedTokenMatcher::find(std::string_view text, std::size_t start) const
{
    for (std::size_t begin = start; begin < text.size() && !m_tokens.empty(); ++begin) {
        const std::size_t token = longestAt(text.substr(begin));
        if (token != none)
            return {begin, m_tokens[token].first.size(), m_tokens[token].second};
    }
    return {text.size(), 0, -1};
}

} // namespace engine::text::detail
