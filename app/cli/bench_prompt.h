#pragma once
// Prompts of a wanted length for any tokenizer.

#include <functional>
#include <string>

namespace app::cli {

/// `words` plain words. Prompts of different runs differ at the beginning, so that none is in the cache of another.
std::string benchPrompt(int run, int words);

/// How many words make a prompt of at most, and nearly, `tokens` tokens (at least one word). `promptTokens` tells the
/// length of the prompt with so many words.
int wordsForTokens(int tokens, const std::function<int(int words)> &promptTokens);

} // namespace app::cli
