// The sampler draws from exactly the distribution the settings describe, and the same tokens for the same seed.

#include "engine/sampling/sampler.h"
#include "tests/engine/support/expect_error.h"

#include <QtTest>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <new>
#include <numeric>

using engine::ErrorCode;
using engine::SamplerSettings;
using engine::TokenId;
using engine::sampling::SampledToken;
using engine::sampling::Sampler;
using Logits = std::vector<float>;

namespace {
std::atomic<long> allocations = 0;
}

// Counts what the sampler takes from the heap.
void *operator new(std::size_t size)
{
    ++allocations;
    if (void *memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void *memory) noexcept
{
    std::free(memory);
}
void operator delete(void *memory, std::size_t) noexcept
{
    std::free(memory);
}

namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

SamplerSettings settings(float temperature, int topK = 0, float topP = 1.0F, float minP = 0.0F, float penalty = 1.0F,
                         std::uint64_t seed = 1)
{
    return {temperature, topK, topP, minP, penalty, seed};
}

/// 64 values from −4 to 3.875, each exact in a float.
Logits goldenLogits()
{
    Logits logits;
    for (int i = 0; i < 64; ++i)
        logits.push_back(static_cast<float>(i * 37 % 64) / 8.0F - 4.0F);
    return logits;
}

std::vector<TokenId> draws(const SamplerSettings &with, const Logits &logits, int count,
                           const std::vector<TokenId> &prompt = {})
{
    Sampler sampler(with, static_cast<int>(logits.size()));
    sampler.observe(prompt);
    std::vector<TokenId> tokens;
    for (int i = 0; i < count; ++i)
        tokens.push_back(sampler.sample(logits).token);
    return tokens;
}

/// Shares of many draws against the expected probabilities; 5 standard deviations, so a fixed seed passes for good.
void compareShares(const SamplerSettings &with, const Logits &logits, const std::vector<double> &expected)
{
    constexpr int count = 40'000;
    std::vector<int> seen(logits.size());
    for (const TokenId token : draws(with, logits, count))
        ++seen[static_cast<std::size_t>(token)];
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const double share = static_cast<double>(seen[i]) / count;
        const double deviation = std::sqrt(expected[i] * (1 - expected[i]) / count);
        QVERIFY2(std::abs(share - expected[i]) <= 5 * deviation,
                 QString("token %1: %2, expected %3").arg(i).arg(share).arg(expected[i]).toUtf8().constData());
    }
}

std::vector<double> normalized(std::vector<double> weights)
{
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double &weight : weights)
        weight /= sum;
    return weights;
}

/// Logits with these probabilities.
Logits logitsOf(const std::vector<double> &probabilities)
{
    Logits logits;
    for (const double p : probabilities)
        logits.push_back(static_cast<float>(std::log(p)));
    return logits;
}

} // namespace

class SamplerTest : public QObject {
    Q_OBJECT

private slots:
    void zeroTemperatureTakesTheHighest()
    {
        QCOMPARE(draws(settings(0), {1, 5, 3}, 3), (std::vector<TokenId>{1, 1, 1}));
        QCOMPARE(draws(settings(0), {2, 5, 5, 5}, 2), (std::vector<TokenId>{1, 1})); // the lowest id on a tie
        QCOMPARE(draws(settings(0), {-3, -2, -1e30F}, 1), (std::vector<TokenId>{1}));
    }

    void paddingRowsAreNeverSampled()
    {
        const Logits logits = {0, 0, 100, notANumber, infinite}; // the last three have no token
        Sampler greedy(settings(0), 2);
        QCOMPARE(greedy.sample(logits).token, 0);
        Sampler hot(settings(10), 2);
        for (int i = 0; i < 200; ++i) {
            const SampledToken sampled = hot.sample(logits);
            QVERIFY(sampled.token < 2);
            QCOMPARE(sampled.probability, 0.5F);
            QCOMPARE(sampled.alternatives[2].token, -1);
        }
    }

    void probabilitiesAreThoseOfTheRawLogits()
    {
        const Logits logits = goldenLogits();
        double sum = 0;
        for (const float logit : logits)
            sum += std::exp(static_cast<double>(logit));
        Sampler sampler(settings(0.3F, 5, 0.5F, 0.1F, 3.0F), 64);
        for (int i = 0; i < 20; ++i) {
            const SampledToken sampled = sampler.sample(logits);
            const double expected =
                std::exp(static_cast<double>(logits[static_cast<std::size_t>(sampled.token)])) / sum;
            QVERIFY(std::abs(sampled.probability - expected) < 1e-7);
            for (std::size_t k = 0; k < engine::alternativeCount; ++k) {
                const engine::TokenAlternative &alternative = sampled.alternatives[k];
                const float logit = logits[static_cast<std::size_t>(alternative.token)];
                QCOMPARE(logit, 3.875F - static_cast<float>(k) / 8.0F); // the eight highest, in order
                QVERIFY(std::abs(alternative.probability - std::exp(static_cast<double>(logit)) / sum) < 1e-7);
            }
        }
    }

    void equalAlternativesAreInTheOrderOfTheirIds()
    {
        Sampler sampler(settings(0), 12);
        const auto alternatives = sampler.sample(Logits{1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1}).alternatives;
        const std::vector<TokenId> expected = {5, 10, 0, 1, 2, 3, 4, 6};
        for (std::size_t k = 0; k < expected.size(); ++k)
            QCOMPARE(alternatives[k].token, expected[k]);
    }

    void hugeLogitsDoNotOverflow()
    {
        Sampler sampler(settings(1), 3);
        const SampledToken sampled = sampler.sample(Logits{3e38F, -3e38F, 3e38F});
        QVERIFY(sampled.token == 0 || sampled.token == 2);
        QCOMPARE(sampled.probability, 0.5F);
        QCOMPARE(sampled.alternatives[2].probability, 0.0F);
        Sampler penalized(settings(1, 0, 1, 0, 1e-30F), 2);
        penalized.observe(std::vector<TokenId>{0});
        QCOMPARE(penalized.sample(Logits{1e20F, 0}).token, 0);
    }

    void temperatureScalesTheLogits()
    {
        const std::vector<double> p = {0.5, 0.3, 0.15, 0.05};
        for (const float temperature : {0.25F, 1.0F, 2.0F, 10.0F}) {
            std::vector<double> weights;
            for (const double x : p)
                weights.push_back(std::pow(x, 1.0 / static_cast<double>(temperature)));
            compareShares(settings(temperature), logitsOf(p), normalized(weights));
        }
    }

    void topKKeepsTheFirstK()
    {
        const Logits logits = logitsOf({0.1, 0.4, 0.2, 0.3});
        compareShares(settings(1, 2), logits, normalized({0, 0.4, 0, 0.3}));
        compareShares(settings(1, 3), logits, normalized({0, 0.4, 0.2, 0.3}));
        compareShares(settings(1, 4), logits, {0.1, 0.4, 0.2, 0.3});
        compareShares(settings(1, 9), logits, {0.1, 0.4, 0.2, 0.3});
        compareShares(settings(1, 2), {1, 1, 1, 1}, {0.5, 0.5, 0, 0}); // the lowest ids on a tie
    }

    void topPKeepsTheSmallestSetThatReachesP()
    {
        const Logits logits = logitsOf({0.1, 0.4, 0.2, 0.3});
        compareShares(settings(1, 0, 0.39F), logits, {0, 1, 0, 0});
        compareShares(settings(1, 0, 0.41F), logits, normalized({0, 0.4, 0, 0.3}));
        compareShares(settings(1, 0, 0.69F), logits, normalized({0, 0.4, 0, 0.3}));
        compareShares(settings(1, 0, 0.71F), logits, normalized({0, 0.4, 0.2, 0.3}));
        compareShares(settings(1, 0, 1e-6F), logits, {0, 1, 0, 0}); // one always remains
    }

    void topPLooksAtWhatTemperatureAndTopKLeave()
    {
        // At temperature 2 the shares are proportional to the roots: 0.14, 0.29, 0.36, 0.21.
        const Logits logits = logitsOf({0.04, 0.16, 0.2401, 0.09});
        compareShares(settings(2, 0, 0.6F), logits, normalized({0, 0.4, 0.49, 0}));
        // Of the two highest the first alone has 0.55.
        compareShares(settings(2, 2, 0.54F), logits, {0, 0, 1, 0});
        compareShares(settings(2, 2, 0.56F), logits, normalized({0, 0.4, 0.49, 0}));
    }

    void topPOrdersAsManyTokensAsItNeeds()
    {
        // The first 1,000 of 5,000 equal tokens: more than are sorted at once.
        const std::vector<TokenId> tokens = draws(settings(1, 0, 0.2F), Logits(5000, 0.0F), 4000);
        const auto [lowest, highest] = std::minmax_element(tokens.begin(), tokens.end());
        QVERIFY(*lowest < 10);
        QVERIFY(*highest > 990 && *highest < 1000 + 1);
    }

    void minPDropsWhatIsFarBelowTheHighest()
    {
        const Logits logits = logitsOf({0.1, 0.4, 0.2, 0.3});
        compareShares(settings(1, 0, 1, 0.74F), logits, normalized({0, 0.4, 0, 0.3}));
        compareShares(settings(1, 0, 1, 0.76F), logits, {0, 1, 0, 0});
        compareShares(settings(1, 0, 1, 1.0F), logits, {0, 1, 0, 0});
        compareShares(settings(1, 0, 0.75F, 0.3F), logits, normalized({0, 0.4, 0.2, 0.3}));
    }

    void thePenaltyDividesPositiveAndMultipliesNegativeLogits()
    {
        // Seen: 0 and 2. Penalty 2 makes {2, 1.5, −1, −1.5} into {1, 1.5, −2, −1.5}.
        QCOMPARE(draws(settings(0, 0, 1, 0, 2), {2, 1.5F, -1, -1.5F}, 1, {0, 2}), (std::vector<TokenId>{1}));
        QCOMPARE(draws(settings(0, 0, 1, 0, 2), {-1, -1.5F, -1.9F}, 1, {0}), (std::vector<TokenId>{1}));
        QCOMPARE(draws(settings(0, 0, 1, 0, 1.2F), {2, 1.5F}, 1, {0}), (std::vector<TokenId>{0}));
    }

    void thePenaltySeesWhatWasSampled()
    {
        // Each token drops out of the lead once it was taken.
        QCOMPARE(draws(settings(0, 0, 1, 0, 10), {5, 4, 3}, 4), (std::vector<TokenId>{0, 1, 2, 0}));
    }

    void thePenaltyIgnoresIdsThatAreNoTokens()
    {
        QCOMPARE(draws(settings(0, 0, 1, 0, 2), {2, 1}, 1, {-1, 2, 1'000'000}), (std::vector<TokenId>{0}));
    }

    /// The first outputs of xoshiro256** for these seeds (splitmix64 as published with it), as a share of 1,024.
    void theGeneratorIsThePublishedOne()
    {
        const Logits logits(1024, 0.0F);
        const std::map<std::uint64_t, std::vector<TokenId>> expected = {
            {0, {615, 765, 105, 426, 750, 1023, 432, 548}},
            {1, {719, 532, 587, 400, 713, 147, 72, 390}},
            {42, {85, 388, 696, 946, 1015, 788, 736, 870}},
            {~std::uint64_t{0}, {573, 785, 519, 765, 580, 749, 379, 786}}};
        for (const auto &[seed, tokens] : expected)
            QCOMPARE(draws(settings(1, 0, 1, 0, 1, seed), logits, 8), tokens);
    }

    /// Computed from the definition of each filter in double precision by a separate program.
    void settingsGiveTheExpectedTokens()
    {
        struct Case {
            SamplerSettings with;
            std::vector<TokenId> prompt;
            std::vector<TokenId> expected;
        };
        const std::vector<Case> cases = {
            {settings(1.0F, 0, 1.0F, 0.0F, 1.0F, 7),
             {},
             {43, 19, 55, 62, 62, 57, 5, 10, 24, 12, 36, 46, 57, 57, 30, 36}}, // plain
            {settings(0.6F, 0, 0.95F, 0.0F, 1.0F, 7),
             {},
             {50, 38, 24, 10, 29, 43, 19, 19, 57, 19, 12, 50, 17, 43, 57, 12}}, // top-p
            {settings(0.8F, 10, 1.0F, 0.0F, 1.0F, 7),
             {},
             {50, 38, 5, 62, 62, 24, 19, 19, 57, 19, 12, 50, 43, 24, 57, 12}}, // top-k
            {settings(1.5F, 20, 0.9F, 0.05F, 1.0F, 7),
             {},
             {43, 57, 36, 48, 48, 55, 19, 19, 31, 38, 5, 62, 29, 55, 31, 5}}, // all filters
            {settings(1.0F, 0, 1.0F, 0.2F, 1.3F, 7),
             {},
             {43, 19, 57, 62, 57, 50, 5, 12, 31, 12, 36, 38, 57, 57, 24, 36}}, // min-p and penalty
            {settings(0.6F, 0, 0.95F, 0.0F, 1.0F, ~std::uint64_t{0}),
             {},
             {12, 5, 12, 5, 12, 50, 57, 5, 31, 31, 38, 19, 57, 57, 19, 5}}, // highest seed
            {settings(0.7F, 0, 1.0F, 0.0F, 2.0F, 3),
             {1, 2, 3},
             {38, 38, 17, 31, 19, 24, 12, 57, 62, 10, 55, 48, 43, 50, 36, 5}}, // penalty with a prompt
        };
        for (const Case &entry : cases)
            QCOMPARE(draws(entry.with, goldenLogits(), 16, entry.prompt), entry.expected);
    }

    void theSameSeedGivesTheSameTokens()
    {
        const SamplerSettings with = settings(0.9F, 0, 0.95F, 0.01F, 1.1F, 99);
        QCOMPARE(draws(with, goldenLogits(), 200), draws(with, goldenLogits(), 200));
        SamplerSettings other = with;
        other.seed = 100;
        QVERIFY(draws(with, goldenLogits(), 200) != draws(other, goldenLogits(), 200));
    }

    void settingsOutOfRangeAreNamed_data()
    {
        QTest::addColumn<QString>("field");
        QTest::addColumn<float>("value");
        const auto rows = [](const char *field, std::initializer_list<float> values) {
            for (const float value : values)
                QTest::addRow("%s %g", field, static_cast<double>(value)) << QString(field) << value;
        };
        rows("temperature", {-0.1F, 10.1F, notANumber, infinite});
        rows("topK", {-1.0F});
        rows("topP", {0.0F, -0.5F, 1.1F, notANumber});
        rows("minP", {-0.1F, 1.1F, notANumber});
        rows("repetitionPenalty", {0.0F, -1.0F, 11.0F, notANumber, infinite});
    }

    void settingsOutOfRangeAreNamed()
    {
        QFETCH(QString, field);
        QFETCH(float, value);
        SamplerSettings wrong;
        if (field == "temperature")
            wrong.temperature = value;
        else if (field == "topK")
            wrong.topK = static_cast<int>(value);
        else if (field == "topP")
            wrong.topP = value;
        else if (field == "minP")
            wrong.minP = value;
        else
            wrong.repetitionPenalty = value;
        const auto failure = support::failureOf([&] { Sampler(wrong, 10); });
        QVERIFY(failure && failure->code == ErrorCode::RequestInvalid);
        QCOMPARE(failure->field, "sampler." + field.toStdString());
        QVERIFY(failure->sentence.find(field.toStdString()) != std::string::npos);
    }

    void theDefaultSettingsAreValid() { Sampler::validate(SamplerSettings{}); }

    void nonFiniteLogitsAreAnError()
    {
        for (const float bad : {notANumber, infinite, -infinite}) {
            for (const float temperature : {0.0F, 1.0F}) {
                Sampler sampler(settings(temperature), 3);
                const auto failure = support::failureOf([&] { sampler.sample(Logits{0, bad, 0, 0}); });
                QVERIFY(failure && failure->code == ErrorCode::NonFinite);
                QCOMPARE(failure->field, std::string("logits[1]"));
            }
        }
    }

    void tooFewLogitsAreAnError()
    {
        Sampler sampler(settings(1), 3);
        const auto failure = support::failureOf([&] { sampler.sample(Logits{0, 0}); });
        QVERIFY(failure && failure->code == ErrorCode::RequestInvalid && failure->field == "logits");
        QVERIFY(support::failureOf([] { Sampler(SamplerSettings{}, 0); }).has_value());
    }

    void nothingIsAllocatedPerToken()
    {
        const Logits logits = goldenLogits();
        Sampler sampler(settings(0.7F, 20, 0.9F, 0.05F, 1.1F), 64);
        sampler.sample(logits);
        const long before = allocations;
        for (int i = 0; i < 100; ++i)
            sampler.sample(logits);
        QCOMPARE(allocations.load(), before);
    }
};

QTEST_APPLESS_MAIN(SamplerTest)
#include "tst_sampler.moc"
