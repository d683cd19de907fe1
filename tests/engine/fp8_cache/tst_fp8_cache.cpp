// The FP8 cache on the CPU, against torch and transformers (tests/golden/fp8-cache.json, made by
// tests/golden/regenerate_fp8_cache.py), and what it costs the bundled model.

#include "engine/memory/fp8_latents.h"
#include "engine/memory_plan.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>

using engine::CacheFormat;
using engine::TokenId;
using engine::memory::Fp8Latents;
using engine::memory::KvCache;
using support::ModelUnderTest;

namespace {

constexpr double logitTolerance = 1e-4;
constexpr double leastAgreement = 0.99; ///< of the most likely tokens, nano-r1
const std::string source = BATHYSCOPE_SOURCE_DIR;
const std::string nano = source + "/resources/models/nano-r1";

engine::model::TransformerOptions optionsFor(CacheFormat format)
{
    engine::model::TransformerOptions options;
    options.cacheType = format;
    return options;
}

QByteArray bytesOf(const nlohmann::json &hex)
{
    return QByteArray::fromHex(QByteArray::fromStdString(hex.get<std::string>()));
}

QByteArray part(const std::vector<std::byte> &layer, std::size_t offset, std::size_t size)
{
    return {reinterpret_cast<const char *>(layer.data() + offset), static_cast<qsizetype>(size)};
}

std::vector<TokenId> mostLikely(const std::vector<float> &logits, int vocab)
{
    std::vector<TokenId> tokens;
    for (auto row = logits.begin(); row != logits.end(); row += vocab)
        tokens.push_back(static_cast<TokenId>(std::max_element(row, row + vocab) - row));
    return tokens;
}

/// Prompts of the bundled model with the replies it gives to them.
std::vector<std::vector<TokenId>> conversations()
{
    const auto golden = nlohmann::json::parse(support::readFile(source + "/tests/golden/nano-r1.json"));
    std::vector<std::vector<TokenId>> sequences;
    for (const auto &prompt : golden["prompts"]) {
        auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
        const auto reply = prompt["greedy"].get<std::vector<TokenId>>();
        tokens.insert(tokens.end(), reply.begin(), reply.end());
        sequences.push_back(tokens);
    }
    return sequences;
}

} // namespace

class Fp8CacheTest : public QObject {
    Q_OBJECT

    nlohmann::json m_golden;
    support::TemporaryFolder m_folder;
    support::TemporaryFolder m_groupedFolder;
    std::string m_tiny;
    std::string m_grouped;

private slots:
    void initTestCase()
    {
        m_golden = nlohmann::json::parse(support::readFile(source + "/tests/golden/fp8-cache.json"));
        m_tiny = (m_folder.path() / "tiny").string();
        support::writeTinyModel({}, m_tiny);
        m_grouped = m_groupedFolder.text();
        support::writeGoldenModel(support::readGoldenCase("llama-gqa-llama3"), m_grouped);
    }

    void rowsAreThoseOfTorch()
    {
        QVERIFY(m_golden["rows"].size() >= 3);
        for (const auto &rows : m_golden["rows"]) {
            const Fp8Latents layout{rows["latent"].get<int>(), rows["rope"].get<int>(), KvCache::pageTokens};
            const auto numbers = support::floatsOf(rows["x"]);
            const auto width = static_cast<std::size_t>(layout.latentWidth + layout.ropeWidth);
            const int count = static_cast<int>(numbers.size() / width);
            const int first = 17;
            std::vector<std::byte> layer(layout.bytesPerToken() * KvCache::pageTokens);
            for (int row = 0; row < count; ++row)
                engine::memory::putFp8Row(numbers.data() + static_cast<std::size_t>(row) * width, layout, layer.data(),
                                          first + row);
            const auto all = static_cast<std::size_t>(count);
            QCOMPARE(part(layer, layout.latentOffset(first), all * static_cast<std::size_t>(layout.latentWidth)),
                     bytesOf(rows["codes"]));
            QCOMPARE(part(layer, layout.ropeOffset(first), 2 * all * static_cast<std::size_t>(layout.ropeWidth)),
                     bytesOf(rows["keys"]));
            QCOMPARE(part(layer, layout.scaleOffset(first), 4 * all * static_cast<std::size_t>(layout.groups())),
                     bytesOf(rows["scales"]));
        }
    }

    void aTokenTakes656BytesOfALayerOfV3()
    {
        const engine::memory::KvCacheShape shape{61, 576, 163840, CacheFormat::Fp8, 512};
        QCOMPARE(quint64{shape.rowBytes()}, quint64{656});
        QCOMPARE(quint64{shape.bytesPerToken()}, quint64{61 * 656});
        const Fp8Latents layout{512, 64, KvCache::pageTokens};
        for (const std::size_t plane : {layout.ropeOffset(0), layout.scaleOffset(0), layout.bytesPerToken() * 64})
            QCOMPARE(plane % 128, 0U);
        const Fp8Latents narrow{200, 6, KvCache::pageTokens}; // a last group of 72
        QCOMPARE(narrow.groups(), 2);
        QCOMPARE(narrow.scaleOffset(KvCache::pageTokens), narrow.bytesPerToken() * 64);
        QCOMPARE(narrow.bytesPerToken(), 200U + 12U + 8U);
    }

    void whatIsNotANumberStaysSo()
    {
        const Fp8Latents layout{130, 2, KvCache::pageTokens};
        std::vector<float> row(132, 1.0F);
        row[3] = std::numeric_limits<float>::quiet_NaN();
        row[129] = std::numeric_limits<float>::infinity();
        std::vector<std::byte> layer(layout.bytesPerToken() * KvCache::pageTokens);
        engine::memory::putFp8Row(row.data(), layout, layer.data(), 0);
        const auto scale = [&](std::size_t group) {
            return engine::memory::loadUnaligned<float>(layer.data() + layout.scaleOffset(0) + 4 * group);
        };
        QVERIFY(std::isnan(scale(0)));
        QVERIFY(std::isinf(scale(1)));
    }

    /// In one call, in pieces and token by token: both forms of attention.
    void logitsEqualTheReference()
    {
        QVERIFY(m_golden["prompts"].size() >= 6);
        for (const auto &prompt : m_golden["prompts"]) {
            const auto name = prompt["case"].get<std::string>();
            support::TemporaryFolder folder;
            support::writeGoldenModel(support::readGoldenCase(name), folder.path());
            ModelUnderTest model(folder.text(), optionsFor(CacheFormat::Fp8));
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            const auto wanted = support::floatsOf(prompt["logits"]);
            for (const std::size_t step : {tokens.size(), std::size_t{13}, std::size_t{1}}) {
                auto cache = model.transformer.makeCache();
                std::vector<float> logits;
                for (std::size_t done = 0; done < tokens.size(); done += step)
                    logits =
                        model.lastLogits(std::span(tokens).subspan(done, std::min(step, tokens.size() - done)), cache);
                const double difference = support::largestDifference(logits, wanted);
                qInfo("%s, %zu tokens in steps of %zu: logits differ by %.2e", name.c_str(), tokens.size(), step,
                      difference);
                QVERIFY(difference <= logitTolerance);
            }
        }
    }

    void theBundledModelChoosesTheSameTokens()
    {
        ModelUnderTest exact(nano);
        ModelUnderTest rounded(nano, optionsFor(CacheFormat::Fp8));
        std::size_t positions = 0;
        std::size_t same = 0;
        double largest = 0.0;
        for (const auto &tokens : conversations()) {
            auto exactCache = exact.transformer.makeCache();
            auto roundedCache = rounded.transformer.makeCache();
            const auto wanted = exact.allLogits(tokens, exactCache);
            const auto found = rounded.allLogits(tokens, roundedCache);
            largest = std::max(largest, support::largestDifference(found, wanted));
            const auto a = mostLikely(wanted, exact.config.vocab_size);
            const auto b = mostLikely(found, exact.config.vocab_size);
            for (std::size_t i = 0; i < a.size(); ++i)
                same += a[i] == b[i] ? 1 : 0;
            positions += a.size();
        }
        const double agreement = static_cast<double>(same) / static_cast<double>(positions);
        qInfo("%zu of %zu positions agree, %.2f %%; logits differ by up to %.2e", same, positions, 100.0 * agreement,
              largest);
        QVERIFY(positions >= 2000);
        QVERIFY(agreement >= leastAgreement);
        QVERIFY(largest > 0.0); // it was rounded at all
    }

    void thePlanIsWhatIsTaken()
    {
        const engine::MemoryPlan plan =
            engine::planMemory(m_tiny, 100, 1, 0, "cpu", engine::Activations::Exact, CacheFormat::Fp8);
        QCOMPARE(quint64{plan.kvBytesPerToken}, quint64{3 * (32 + 2 * 8 + 4)});
        QVERIFY(plan.cacheFormat == CacheFormat::Fp8);
        ModelUnderTest model(m_tiny, optionsFor(CacheFormat::Fp8));
        auto cache = model.transformer.makeCache();
        cache.reserve(100);
        QCOMPARE(quint64{cache.bytes()}, quint64{plan.kvBytes});
        QCOMPARE(quint64{model.transformer.kvBytesPerToken()}, quint64{plan.kvBytesPerToken});
        QVERIFY(engine::planMemory(m_tiny).cacheFormat == CacheFormat::F32); // as it was
        QCOMPARE(quint64{engine::planMemory(m_tiny, 100, 1).bufferBytes}, quint64{plan.bufferBytes});
    }

    void aModelWithoutLatentsIsRefusedByName()
    {
        const auto refused = support::failureOf(
            [&] { (void)engine::planMemory(m_grouped, 0, 1, 0, "cpu", engine::Activations::Exact, CacheFormat::Fp8); });
        QVERIFY(refused && refused->code == engine::ErrorCode::UnsupportedFeature);
        QCOMPARE(refused->field, std::string("cache"));
        QCOMPARE(refused->file, m_grouped);
        QVERIFY(refused->sentence.find("model_type llama") != std::string::npos);
        QVERIFY(refused->sentence.find("Choose auto, f32 or bf16.") != std::string::npos);
        QVERIFY(
            engine::planMemory(m_grouped, 0, 1, 0, "cpu", engine::Activations::Exact, CacheFormat::BF16).cacheFormat ==
            CacheFormat::BF16);
    }

    /// The cached prefix, a second turn and the routes, through the engine.
    void conversationsGoOnInIt()
    {
        const auto load = [&](EngineDriver &driver) {
            engine::LoadOptions options;
            options.cache = CacheFormat::Fp8;
            return driver.load(m_tiny, nullptr, options);
        };
        EngineDriver driver;
        const auto loaded = load(driver);
        QVERIFY(loaded && loaded->info.cacheFormat == CacheFormat::Fp8);
        QCOMPARE(quint64{loaded->info.kvBytesPerToken}, quint64{3 * (32 + 2 * 8 + 4)});
        const auto first = driver.generate(question(1, "A longer first question, please."));
        const auto again = driver.generate(question(2, "A longer first question, please."));
        QCOMPARE(again.prompt->cachedTokens, again.prompt->promptTokens - 1);
        QCOMPARE(again.tokenIds(), first.tokenIds());
        QVERIFY(again.probabilities() == first.probabilities());
        auto second = question(3, "A longer first question, please.");
        second.messages.push_back({engine::Role::Assistant, "An answer.", "A thought.", true});
        second.messages.push_back({engine::Role::User, "And now?", {}, true});
        const auto reply = driver.generate(second);
        QVERIFY(reply.prompt->cachedTokens > 10 && reply.finished);
        EngineDriver fresh;
        QVERIFY(load(fresh));
        const auto elsewhere = fresh.generate(second);
        QCOMPARE(elsewhere.tokenIds(), reply.tokenIds());
    }
};

QTEST_GUILESS_MAIN(Fp8CacheTest)
#include "tst_fp8_cache.moc"
