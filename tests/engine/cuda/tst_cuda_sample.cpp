// The choice of a token on a device against the CPU's: the same token for the same settings and random number.
//
// The device adds weights in units of 2^−44 of the highest one, the CPU in double precision; they may disagree where a
// sum is within 1e-8 of a limit, which none of these cases is.

#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <optional>

using namespace engine::backend;
using engine::sampling::ChoiceSettings;
using engine::sampling::TokenChoice;
using support::Placed;
using Logits = std::vector<float>;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float highest = std::numeric_limits<float>::max();

/// Roughly normal with standard deviation `spread`, as the logits of a model are; `digits` of them make ties.
Logits normalLogits(int count, float spread, unsigned seed, float digits = 0.0F)
{
    Logits sum(static_cast<std::size_t>(count));
    for (unsigned part = 0; part < 6; ++part) {
        const auto more = support::randomFloats(sum.size(), seed * 6 + part, spread);
        for (std::size_t i = 0; i < sum.size(); ++i)
            sum[i] += more[i];
    }
    for (float &logit : sum)
        logit = digits > 0.0F ? std::round(logit * digits) / digits : logit;
    return sum;
}

struct Setting {
    float temperature;
    int topK;
    float topP;
    float minP;
    float penalty;
};

ChoiceSettings choiceOf(const Setting &setting, double random, int defined)
{
    return {random, setting.temperature, setting.topP, setting.minP, setting.penalty, setting.topK, defined};
}

struct Outcome {
    TokenChoice choice;
    std::vector<std::uint8_t> seen;
};

/// One backend, with logits where it has its memory.
class Chooser {
public:
    Chooser(Backend &backend, const Logits &logits) : m_backend(backend), m_placed(backend)
    {
        WorkspaceShape shape;
        shape.vocab = static_cast<int>(logits.size());
        backend.reserve(shape);
        m_logits = m_placed.copy(logits);
        m_vocab = shape.vocab;
        std::vector<std::uint8_t> seen(logits.size());
        for (std::size_t i = 0; i < seen.size(); i += 3)
            seen[i] = 1;
        m_seen = m_placed.copy(seen);
        m_out = m_placed.copy(std::vector<TokenChoice>(1));
        m_settings = m_placed.copy(std::vector<ChoiceSettings>(1));
    }
    Outcome choose(const ChoiceSettings &settings)
    {
        m_backend.memory().upload(m_settings, &settings, sizeof settings);
        m_backend.sample({{m_logits, 1, m_vocab, static_cast<std::size_t>(m_vocab)}, m_settings, m_seen, m_out});
        return {m_placed.read(m_out, 1).front(), m_placed.read(m_seen, static_cast<std::size_t>(m_vocab))};
    }

private:
    Backend &m_backend;
    Placed m_placed;
    int m_vocab = 0;
    const float *m_logits = nullptr;
    std::uint8_t *m_seen = nullptr;
    TokenChoice *m_out = nullptr;
    ChoiceSettings *m_settings = nullptr;
};

QString differenceOf(const Outcome &found, const Outcome &wanted)
{
    const TokenChoice &a = found.choice;
    const TokenChoice &b = wanted.choice;
    if (a.token != b.token || a.notFinite != b.notFinite)
        return QString("token %1 (not finite %2), not %3 (%4)")
            .arg(a.token)
            .arg(a.notFinite)
            .arg(b.token)
            .arg(b.notFinite);
    if (found.seen != wanted.seen)
        return "other tokens count as seen";
    const auto near = [](float x, float y) { return std::abs(x - y) <= 1e-6F * y; };
    for (int i = 0; b.token >= 0 && i < engine::sampling::choiceAlternatives; ++i) {
        if (a.alternatives[i] != b.alternatives[i] || !near(a.probabilities[i], b.probabilities[i]))
            return QString("alternative %1: %2 %3, not %4 %5")
                .arg(i)
                .arg(a.alternatives[i])
                .arg(static_cast<double>(a.probabilities[i]))
                .arg(b.alternatives[i])
                .arg(static_cast<double>(b.probabilities[i]));
    }
    return b.token < 0 || near(a.probability, b.probability) ? QString() : "another probability";
}

const std::vector<Setting> allSettings{
    {0.0F, 0, 1.0F, 0.0F, 1.0F},   {0.0F, 0, 1.0F, 0.0F, 1.3F},   {1.0F, 0, 1.0F, 0.0F, 1.0F},
    {0.6F, 0, 0.95F, 0.0F, 1.0F},  {0.6F, 0, 0.95F, 0.0F, 1.2F},  {1.0F, 1, 1.0F, 0.0F, 1.0F},
    {0.7F, 40, 1.0F, 0.0F, 1.0F},  {0.7F, 40, 0.9F, 0.05F, 1.1F}, {1.0F, 0, 1.0F, 0.02F, 1.0F},
    {10.0F, 0, 1.0F, 0.0F, 1.0F},  {10.0F, 0, 0.99F, 0.0F, 1.0F}, {10.0F, 2000, 0.5F, 0.3F, 1e-3F},
    {1e-3F, 0, 0.9F, 0.0F, 1.0F},  {1e-40F, 0, 0.5F, 0.0F, 1.0F}, {1.0F, 1000000, 1.0F, 0.0F, 1.0F},
    {1.0F, 0, 1e-30F, 0.0F, 1.0F}, {1.0F, 5, 1.0F, 1.0F, 1.0F},   {0.8F, 3000, 0.9999F, 0.0F, 10.0F},
};

} // namespace

class CudaSample : public QObject {
    Q_OBJECT

private:
    std::optional<std::pair<std::unique_ptr<Backend>, std::unique_ptr<Backend>>> m_pair; ///< CPU, GPU

    void compare(const Logits &logits, int defined, const std::vector<double> &randoms)
    {
        Chooser cpu(*m_pair->first, logits);
        Chooser gpu(*m_pair->second, logits);
        for (std::size_t i = 0; i < allSettings.size(); ++i) {
            for (const double random : randoms) {
                const ChoiceSettings settings = choiceOf(allSettings[i], random, defined);
                const QString difference = differenceOf(gpu.choose(settings), cpu.choose(settings));
                QVERIFY2(difference.isEmpty(),
                         qPrintable(QString("setting %1, random %2: %3").arg(i).arg(random).arg(difference)));
            }
        }
    }

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_pair.emplace(makeCpuBackend(1), support::makeBackendUnderTest());
    }

    void choosesAsTheCpu_data()
    {
        QTest::addColumn<int>("vocab");
        QTest::addColumn<int>("defined");
        QTest::addColumn<float>("digits");
        QTest::addColumn<bool>("descending");
        QTest::addRow("7 tokens") << 7 << 7 << 0.0F << false;
        QTest::addRow("7 tokens, ties") << 7 << 5 << 1.0F << true;
        QTest::addRow("1 token") << 1 << 1 << 0.0F << false;
        QTest::addRow("1500 tokens") << 1500 << 1490 << 0.0F << true;
        QTest::addRow("5000 tokens, a slice of padding") << 5000 << 3000 << 0.0F << false;
        QTest::addRow("5000 tokens, ties") << 5000 << 5000 << 4.0F << true;
        QTest::addRow("129280 tokens") << 129280 << 128815 << 0.0F << false;
    }
    void choosesAsTheCpu()
    {
        QFETCH(int, vocab);
        QFETCH(int, defined);
        QFETCH(float, digits);
        QFETCH(bool, descending);
        support::useThreadOrder(descending);
        std::vector<double> randoms{0.0, 0.123, 0.5, 0.77, 0.999, 1.0 - 0x1.0p-53};
        if (vocab > 100'000)
            randoms = {0.61};
        compare(normalLogits(vocab, 2.5F, static_cast<unsigned>(vocab), digits), defined, randoms);
    }

    /// All in one bin of distances, which must be divided; by value, then by id.
    void manyTokensOfOneProbability()
    {
        compare(Logits(5000, 1.5F), 5000, {0.0, 0.4, 0.99});
        Logits close = normalLogits(4000, 1e-4F, 3, 1e5F);
        compare(close, 4000, {0.0, 0.4, 0.99});
    }

    void edges_data()
    {
        QTest::addColumn<Logits>("logits");
        QTest::newRow("both zeros are one number") << Logits{-0.0F, 0.0F, -0.0F, -1.0F, 0.0F};
        QTest::newRow("the largest numbers") << Logits{-highest, highest, 0.0F, highest, -highest};
        QTest::newRow("one far above") << Logits{0.0F, 1e6F, 1.0F, 2.0F};
        QTest::newRow("NaN") << Logits{0.0F, 1.0F, NAN, -infinite};
        QTest::newRow("minus infinity") << Logits{0.0F, 1.0F, -infinite, 3.0F};
        QTest::newRow("infinity in a padding row") << Logits{0.0F, 1.0F, 1.0F, infinite};
        QTest::newRow("NaN behind 4000 tokens") << [] {
            Logits logits(4001);
            logits.back() = NAN;
            return logits;
        }();
    }
    void edges()
    {
        QFETCH(Logits, logits);
        const int padding = std::isfinite(logits.back()) ? 0 : 1;
        compare(logits, static_cast<int>(logits.size()) - padding, {0.3, 0.9});
    }

    void theSharesAreThoseOfTheSoftmax()
    {
        const Logits logits{0.0F, 1.0F, 2.0F};
        Chooser gpu(*m_pair->second, logits);
        std::vector<int> counts(3);
        constexpr int draws = 200;
        for (int i = 0; i < draws; ++i) {
            const auto random = (static_cast<double>(i) + 0.5) / draws;
            ++counts[static_cast<std::size_t>(
                gpu.choose(choiceOf({1.0F, 0, 1.0F, 0.0F, 1.0F}, random, 3)).choice.token)];
        }
        const double sum = 1.0 + std::exp(1.0) + std::exp(2.0);
        for (std::size_t i = 0; i < 3; ++i)
            QVERIFY(std::abs(counts[i] - draws * std::exp(static_cast<double>(i)) / sum) <= 1.0);
    }

    void aVocabularyThatWasNotReservedIsRefused()
    {
        const auto backend = support::makeBackendUnderTest();
        Placed placed(*backend);
        auto *logits = placed.copy(Logits(10));
        auto *settings = placed.copy(std::vector<ChoiceSettings>(1));
        auto *out = placed.copy(std::vector<TokenChoice>(1));
        backend->sample({{logits, 1, 10, 10}, settings, nullptr, out});
        bool refused = false;
        try {
            backend->synchronize();
        } catch (const engine::Error &) {
            refused = true;
        }
        QVERIFY(refused);
    }
};

QTEST_GUILESS_MAIN(CudaSample)
#include "tst_cuda_sample.moc"
