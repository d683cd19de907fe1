#pragma once
// Finds added tokens in text: leftmost first, the longest of those that start at the same place.

#include "engine/generation.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::text::detail {

class AddedTokenMatcher {
public:
    AddedTokenMatcher() = default;
    explicit AddedTokenMatcher(std::vector<std::pair<std::string, TokenId>> tokens);

    struct Match {
        std::size_t begin;
        std::size_t length;
        TokenId token;
    };

    /// The first match at or after `start`; length 0 if there is none.
    Match find(std::string_view text, std::size_t start) const;

private:
    static constexpr std::size_t none = ~std::size_t{0};

    std::vector<std::pair<std::string, TokenId>> m_tokens; ///< sorted by bytes
    std::array<std::pair<std::size_t, std::size_t>, 256> m_byFirstByte{};

    /// Index of the longest token the text begins with.
    std::size_t longestAt(std::string_view text) const;
};

} // namespace engine::text::detail
