#include "engine/model/detail/call_checks.h"

#include "engine/error.h"

#include <algorithm>
#include <cmath>

namespace engine::model {

namespace {

[[noreturn]] void refuse(const std::string &field, const std::string &sentence)
{
    throw Error(ErrorCode::RequestInvalid, {}, field, sentence);
}

} // namespace

void requireKnownTokens(std::span<const TokenId> tokens, int vocabSize)
{
    if (tokens.empty())
        refuse("tokens", "A forward pass needs at least one token.");
    for (const TokenId token : tokens) {
        if (token < 0 || token >= vocabSize)
            refuse("tokens", "Token id " + std::to_string(token) + " is outside the model's vocabulary of " +
                                 std::to_string(vocabSize) + ".");
    }
}

void requireRoom(const memory::KvCache &cache, std::size_t tokens)
{
    const int room = cache.capacity() - cache.length();
    if (tokens > static_cast<std::size_t>(room))
        refuse("tokens", std::to_string(tokens) + " tokens do not fit into the context: " + std::to_string(room) +
                             " of " + std::to_string(cache.capacity()) + " positions are free.");
}

void requireSize(const std::string &field, std::size_t found, std::size_t wanted)
{
    if (found != wanted)
        refuse(field,
               field + " has room for " + std::to_string(found) + " numbers, not " + std::to_string(wanted) + ".");
}

void requireDefinedTokens(int defined, int vocabSize)
{
    if (defined < 1 || defined > vocabSize)
        refuse("definedTokens", "A token is to be chosen from " + std::to_string(defined) + ", but the model has " +
                                    std::to_string(vocabSize) + " logits.");
}

void throwNotFinite(std::ptrdiff_t token, float logit)
{
    throw Error(ErrorCode::NonFinite, {}, "logits",
                "The model computed " + std::string(std::isnan(logit) ? "NaN" : "infinity") + " for token " +
                    std::to_string(token) + "; its weights are damaged or not meant to run this way.");
}

void requireFinite(std::span<const float> logits)
{
    const auto bad = std::find_if(logits.begin(), logits.end(), [](float x) { return !std::isfinite(x); });
    if (bad != logits.end())
        throwNotFinite(bad - logits.begin(), *bad);
}

} // namespace engine::model
