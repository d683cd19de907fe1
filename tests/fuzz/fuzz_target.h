#pragma once
// What a fuzz target is made of. Each fuzz_*.cpp defines the three functions; libFuzzer runs them through
// libfuzzer_entry.cpp, every other build through tst_fuzz_target.cpp.

#include "engine/error.h"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// Gives `bytes`, which may be anything, to the code under test. True when that read them, false when it refused them
/// with an engine::Error; whatever else leaves this function is a finding.
bool runInput(std::string_view bytes);

struct Seed {
    std::string bytes;
    bool good = true; ///< what runInput says to it
};

std::vector<Seed> seeds();             ///< inputs to start from
std::vector<std::string> dictionary(); ///< words worth inserting

/// A finding that the sanitizers cannot see.
inline void require(bool holds, const std::string &promise)
{
    if (!holds) {
        throw std::logic_error("broken promise: " + promise);
    }
}

inline std::string lastRefusal; ///< for messages

/// Runs `action`. False when it was refused; the sentence must then be one.
template <typename Action>
bool accepted(Action &&action)
{
    try {
        action();
        return true;
    } catch (const engine::Error &error) {
        const std::string sentence = error.what();
        lastRefusal = sentence;
        require(sentence.size() > 10 && sentence.ends_with('.'), "an error is a whole sentence: " + sentence);
        require(sentence.find(error.file()) != std::string::npos, "the sentence names the file: " + sentence);
        return false;
    }
}

/// Several files in one input: a byte that neither JSON nor a template needs stands between them.
inline constexpr char separator = '\x1e';
std::vector<std::string_view> sectionsOf(std::string_view bytes, std::size_t most);
std::string joinSections(const std::vector<std::string> &sections);

} // namespace fuzz
