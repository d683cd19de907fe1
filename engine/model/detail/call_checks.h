#pragma once
// What a forward pass refuses before it starts, and what it checks at the end.

#include "engine/generation.h"
#include "engine/memory/kv_cache.h"

#include <cstddef>
#include <span>
#include <string>

namespace engine::model {

/// At least one token, every id in [0, vocabSize); else Error RequestInvalid.
void requireKnownTokens(std::span<const TokenId> tokens, int vocabSize);

/// The cache has room for `tokens` more; else Error RequestInvalid.
void requireRoom(const memory::KvCache &cache, std::size_t tokens);

/// An output span has the stated size; else Error RequestInvalid naming `field`.
void requireSize(const std::string &field, std::size_t found, std::size_t wanted);

/// From 1 to vocabSize; else Error RequestInvalid.
void requireDefinedTokens(int defined, int vocabSize);

/// Error NonFinite for the logit of a token.
[[noreturn]] void throwNotFinite(std::ptrdiff_t token, float logit);

/// No NaN or infinity; else Error NonFinite.
void requireFinite(std::span<const float> logits);

} // namespace engine::model
