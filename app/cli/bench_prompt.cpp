#include "app/cli/bench_prompt.h"

#include <algorithm>
#include <array>

namespace app::cli {

namespace {

constexpr std::array<const char *, 12> vocabulary{"river", "stone", "light", "seven",  "garden", "copper",
                                                  "north", "apple", "table", "winter", "paper",  "cloud"};

} // namespace

std::string benchPrompt(int run, int words)
{
    std::string text = std::to_string(run);
    for (int i = 0; i < words; ++i) {
        text += ' ';
        text += vocabulary[static_cast<std::size_t>(run + i) % vocabulary.size()];
    }
    return text;
}

int wordsForTokens(int tokens, const std::function<int(int)> &promptTokens)
{
    // The length grows evenly with the words, so two points of the line are enough for a first guess.
    const int low = std::min(4, std::max(1, tokens / 16));
    const int high = 2 * low;
    const int atLow = promptTokens(low);
    const double perWord = std::max(0.1, static_cast<double>(promptTokens(high) - atLow) / (high - low));
    int words = std::max(1, low + static_cast<int>((tokens - atLow) / perWord));
    for (int length = promptTokens(words); words > 1 && length > tokens; length = promptTokens(words))
        words = std::clamp(static_cast<int>(static_cast<double>(words) * tokens / length), 1, words - 1);
    return words;
}

} // namespace app::cli
