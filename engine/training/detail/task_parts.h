#pragma once
// What the task generators share. Internal to engine/training.

#include "../tasks.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::training::detail {

/// A problem before the split is known; `key` names its numbers or words, not its wording.
struct Draft {
    Problem problem;
    std::string key;
};

// Random choices. Written out because the standard distributions differ between libraries.
std::size_t below(std::mt19937_64 &rng, std::size_t bound);
int between(std::mt19937_64 &rng, int low, int high); ///< both ends included
bool chance(std::mt19937_64 &rng, double probability);
int numberOfDigits(std::mt19937_64 &rng, int digits); ///< uniform among the numbers of that length

template <typename T>
const T &pick(std::mt19937_64 &rng, const std::vector<T> &from)
{
    return from[below(rng, from.size())];
}

// Wording.
using Fields = std::initializer_list<std::pair<char, std::string>>;
std::string fill(std::string_view pattern, Fields fields); ///< replaces {x} by the field x
/// The ways people type the same request: letter case at the start, missing or other
/// closing punctuation, a courtesy in front.
std::string asTyped(std::string text, Language language, std::mt19937_64 &rng);
std::string bold(std::string_view text);

// Worked steps. Every block ends in a line "→ result" and has no trailing newline.
std::string padded(long long number, int width);
int digitCount(long long number);
std::string workAddition(int a, int b);
std::string workSubtraction(int a, int b);    ///< the result may be negative
std::string workMultiplication(int a, int b); ///< at least one factor below 100
/// Digit pairs from the left up to the first difference, one line each; same-length texts.
std::string workDigitComparison(std::string_view a, std::string_view b);

std::string sampleWord(std::mt19937_64 &rng, std::size_t shortest, std::size_t longest);

Draft draftAddition(Language language, std::mt19937_64 &rng);
Draft draftSubtraction(Language language, std::mt19937_64 &rng);
Draft draftMultiplication(Language language, std::mt19937_64 &rng);
Draft draftComparing(Language language, std::mt19937_64 &rng);
Draft draftSorting(Language language, std::mt19937_64 &rng);
Draft draftCounting(Language language, std::mt19937_64 &rng);
Draft draftReversing(Language language, std::mt19937_64 &rng);
Draft draftWordProblem(Language language, std::mt19937_64 &rng);
Draft draftSmallTalk(Language language, std::mt19937_64 &rng);

} // namespace engine::training::detail
