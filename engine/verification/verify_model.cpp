#include "engine/model/activation_choice.h"
#include "engine/model/model_files.h"
#include "engine/model/transformer.h"
#include "engine/verification/op_case.h"
#include "engine/verification/verify.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace engine::verification {

namespace {

constexpr int tokenCount = 48;
constexpr int largestExactCall = 8; ///< tokens a backend computes in F32 throughout

/// What a way of calling must keep to.
struct Limits {
    double relative;
    double divergence;  ///< nats
    double sameTop;     ///< share of positions
    double sameExperts; ///< share of choices
};
constexpr Limits exactLimits{1e-3, 1e-6, 0.999, 0.999};
constexpr Limits roundedLimits{3e-2, 1e-3, 0.95, 0.95};
/// Where the last bits of a latent decide between two codes of a cache in FP8, and these now and then the experts.
constexpr Limits fp8CacheLimits{0.5, 5e-3, 0.95, 0.95};

Limits limitsOf(int step, CacheFormat cache)
{
    if (cache == CacheFormat::Fp8)
        return fp8CacheLimits;
    return step > largestExactCall ? roundedLimits : exactLimits;
}

struct Answers {
    std::vector<float> logits; ///< [tokens, vocab]
    RoutingTrace routes;
};

struct Agreement {
    Deviation worst;
    double divergence = 0.0; ///< mean Kullback-Leibler divergence from the reference
    double sameTop = 0.0;
    double sameExperts = 1.0;
};

std::vector<TokenId> tokensFor(int count, int vocabulary)
{
    std::vector<TokenId> tokens;
    for (int i = 0; i < count; ++i)
        tokens.push_back(static_cast<TokenId>((static_cast<long long>(i) * 7919 + 13) % vocabulary));
    return tokens;
}

/// `step` tokens to a call.
Answers ask(model::Transformer &transformer, std::span<const TokenId> tokens, int step)
{
    const auto vocabulary = static_cast<std::size_t>(transformer.vocabSize());
    Answers answers;
    answers.logits.resize(tokens.size() * vocabulary);
    answers.routes = transformer.emptyTrace();
    memory::KvCache cache = transformer.makeCache();
    for (std::size_t done = 0; done < tokens.size();) {
        const std::size_t count = std::min(tokens.size() - done, static_cast<std::size_t>(step));
        model::ForwardCall call;
        call.tokens = tokens.subspan(done, count);
        call.logits = std::span(answers.logits).subspan(done * vocabulary, count * vocabulary);
        call.routes = answers.routes.layers() > 0 ? &answers.routes : nullptr;
        transformer.forward(call, cache);
        done += count;
    }
    return answers;
}

double logSumOfExponentials(std::span<const float> logits, float highest)
{
    double sum = 0.0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit) - static_cast<double>(highest));
    return static_cast<double>(highest) + std::log(sum);
}

double divergenceOf(std::span<const float> wanted, std::span<const float> found)
{
    const double wantedNorm = logSumOfExponentials(wanted, *std::max_element(wanted.begin(), wanted.end()));
    const double foundNorm = logSumOfExponentials(found, *std::max_element(found.begin(), found.end()));
    double sum = 0.0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double logProbability = static_cast<double>(wanted[i]) - wantedNorm;
        sum += std::exp(logProbability) * (logProbability - (static_cast<double>(found[i]) - foundNorm));
    }
    return sum;
}

double sharedExperts(const RoutingTrace &wanted, const RoutingTrace &found)
{
    std::size_t same = 0;
    std::size_t all = 0;
    for (std::size_t token = 0; token < wanted.tokens(); ++token) {
        for (int layer = 0; layer < wanted.layers(); ++layer) {
            const auto k = static_cast<std::size_t>(wanted.expertsPerToken());
            const auto reference = wanted.ids(token).subspan(static_cast<std::size_t>(layer) * k, k);
            for (const auto expert : found.ids(token).subspan(static_cast<std::size_t>(layer) * k, k))
                same += std::find(reference.begin(), reference.end(), expert) != reference.end() ? 1 : 0;
            all += k;
        }
    }
    return all == 0 ? 1.0 : static_cast<double>(same) / static_cast<double>(all);
}

Agreement agreementOf(const Answers &wanted, const Answers &found, std::size_t vocabulary)
{
    Agreement agreement;
    const std::size_t positions = wanted.logits.size() / vocabulary;
    for (std::size_t i = 0; i < positions; ++i) {
        const auto reference = std::span(wanted.logits).subspan(i * vocabulary, vocabulary);
        const auto logits = std::span(found.logits).subspan(i * vocabulary, vocabulary);
        const Deviation deviation = deviationOf({logits.begin(), logits.end()}, {reference.begin(), reference.end()});
        agreement.worst.largest = std::max(agreement.worst.largest, deviation.largest);
        agreement.worst.relative = std::max(agreement.worst.relative, deviation.relative);
        agreement.divergence += divergenceOf(reference, logits) / static_cast<double>(positions);
        const auto topOf = [](auto row) { return std::max_element(row.begin(), row.end()) - row.begin(); };
        agreement.sameTop += (topOf(reference) == topOf(logits) ? 1.0 : 0.0) / static_cast<double>(positions);
    }
    agreement.sameExperts = sharedExperts(wanted.routes, found.routes);
    return agreement;
}

VerifiedCase judge(const std::string &way, const Agreement &agreement, const Limits &limits)
{
    char note[160];
    std::snprintf(note, sizeof note, "KL %.1e, top-1 %.1f %%, experts %.1f %%", agreement.divergence,
                  100.0 * agreement.sameTop, 100.0 * agreement.sameExperts);
    const bool passed = agreement.worst.relative <= limits.relative && agreement.divergence <= limits.divergence &&
                        agreement.sameTop >= limits.sameTop && agreement.sameExperts >= limits.sameExperts;
    return {"model", way, agreement.worst.largest, agreement.worst.relative, limits.relative, note, passed};
}

} // namespace

void verifyModel(const std::string &path, backend::Backend &tested, backend::Backend &oracle, const OnVerified &done,
                 Activations activations, CacheFormat cache)
{
    const auto files = model::openModelFiles(path);
    const model::Weights weights = files->resolveWeights();
    const model::ModelConfig config = model::configFor(*files, activations);
    model::TransformerOptions options;
    options.cacheType = cache;
    options.contextLength = std::min(tokenCount, config.max_position_embeddings);
    const auto tokens = tokensFor(options.contextLength, config.vocab_size);
    model::Transformer reference(config, weights, oracle, options);
    const Answers wanted = ask(reference, tokens, 1);
    model::Transformer transformer(config, weights, tested, options);
    for (const auto &[way, step] : {std::pair("all tokens at once", options.contextLength),
                                    std::pair("in calls of 7 tokens", 7), std::pair("token by token", 1)}) {
        const Agreement agreement =
            agreementOf(wanted, ask(transformer, tokens, step), static_cast<std::size_t>(config.vocab_size));
        if (!done(judge(way, agreement, limitsOf(step, cache))))
            return;
    }
}

} // namespace engine::verification
