// What a request finds in the cache of earlier ones is computed once, and changes nothing in the reply.

#include "engine/model/transformer.h"
#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

#include <algorithm>

using engine::TokenId;

namespace {

/// About `bytes` tokens that hardly repeat, so that a prefix is common by intent only.
std::string longText(std::size_t bytes)
{
    std::string text;
    for (unsigned i = 1; text.size() < bytes; ++i)
        text += std::to_string(i * i) + (i % 3 == 0 ? " qz" : ",k");
    return text.substr(0, bytes);
}

std::vector<TokenId> promptIds(const Answer &answer)
{
    std::vector<TokenId> ids;
    for (const engine::PromptToken &token : answer.prompt->tokens)
        ids.push_back(token.token);
    return ids;
}

/// The sequence in the cache after a reply that ended with MaxTokens: its last token was not read.
std::vector<TokenId> cachedAfter(const Answer &answer)
{
    std::vector<TokenId> ids = promptIds(answer);
    const std::vector<TokenId> reply = answer.tokenIds();
    ids.insert(ids.end(), reply.begin(), reply.end() - 1);
    return ids;
}

int commonLength(const std::vector<TokenId> &a, const std::vector<TokenId> &b)
{
    return static_cast<int>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

bool sameRoutes(const engine::RoutingTrace &a, const engine::RoutingTrace &b)
{
    bool same = a.tokens() == b.tokens();
    for (std::size_t token = 0; same && token < a.tokens(); ++token) {
        same = std::equal(a.ids(token).begin(), a.ids(token).end(), b.ids(token).begin()) &&
               std::equal(a.gates(token).begin(), a.gates(token).end(), b.gates(token).begin());
    }
    return same;
}

} // namespace

class EngineCacheTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::TinyModelOptions options;
        options.maxPositions = 2048;
        support::writeTinyModel(options, m_model);
    }

    /// Long enough that the prompt is computed with the expanded form of attention and a single token is not, short
    /// enough for one chunk.
    void sameSeedSameTokensAlsoOnAWarmCache()
    {
        const std::string text = longText(180);
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto first = driver.generate(question(1, text));
        const auto again = driver.generate(question(2, text));
        EngineDriver fresh;
        QVERIFY(fresh.load(m_model));
        const auto elsewhere = fresh.generate(question(1, text));
        QVERIFY(first.prompt->promptTokens > 100 && first.prompt->promptTokens < engine::model::defaultPrefillChunk);
        QCOMPARE(again.prompt->cachedTokens, again.prompt->promptTokens - 1);
        QVERIFY(first.tokens.size() > 16);
        QCOMPARE(again.tokenIds(), first.tokenIds());
        QCOMPARE(elsewhere.tokenIds(), first.tokenIds());
        QVERIFY(again.probabilities() == first.probabilities());
        QVERIFY(elsewhere.probabilities() == first.probabilities());
        auto other = question(3, text);
        other.sampler.seed = 8;
        QVERIFY(driver.generate(other).tokenIds() != first.tokenIds());
    }

    void aSecondTurnReusesTheCommonPrefix()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto first = driver.generate(question(1, "A longer first question, please."));
        QCOMPARE(first.prompt->cachedTokens, 0);
        auto second = question(2, "A longer first question, please.");
        second.messages.push_back({engine::Role::Assistant, "An answer.", "A thought.", true});
        second.messages.push_back({engine::Role::User, "And now?", {}, true});
        const auto reply = driver.generate(second);
        // All of the first prompt but its generation prompt (<think> and a newline) is common.
        QVERIFY(reply.prompt->cachedTokens >= first.prompt->promptTokens - 2);
        QCOMPARE(reply.prompt->cachedTokens, commonLength(promptIds(reply), cachedAfter(first)));
        EngineDriver fresh;
        QVERIFY(fresh.load(m_model));
        QCOMPARE(fresh.generate(second).tokenIds(), reply.tokenIds());
    }

    void anEditedTurnReusesWhatIsInFrontOfTheEdit()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const std::string text = longText(400);
        driver.generate(question(1, text));
        auto second = question(2, text);
        second.messages.push_back({engine::Role::Assistant, "An answer.", "A thought.", true});
        second.messages.push_back({engine::Role::User, "And now?", {}, true});
        const auto before = driver.generate(second);
        const auto edited = question(3, text.substr(0, 250) + "EDIT" + text.substr(250));
        const auto reply = driver.generate(edited);
        const int common = commonLength(promptIds(reply), cachedAfter(before));
        QVERIFY(common > 150 && common < reply.prompt->promptTokens - 150);
        QCOMPARE(reply.prompt->cachedTokens, common);
        EngineDriver fresh;
        QVERIFY(fresh.load(m_model));
        QCOMPARE(fresh.generate(edited).tokenIds(), reply.tokenIds());
    }

    void routesCoverThePromptAndEveryTokenFed()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto cold = driver.generate(question(1, "Trace me"));
        const auto warm = driver.generate(question(2, "Trace me"));
        QCOMPARE(cold.prompt->promptRoutes.tokens(), std::size_t(cold.prompt->promptTokens));
        // A cached prefix shows the same routes as a cold run.
        QVERIFY(sameRoutes(warm.prompt->promptRoutes, cold.prompt->promptRoutes));
        QVERIFY(cold.tokens.front().expertIds.empty());
        for (std::size_t i = 1; i < cold.tokens.size(); ++i)
            QCOMPARE(cold.tokens[i].expertIds.size(), std::size_t(2 * 3)); // layers × experts per token
    }

    void routesAreWholeAlsoAfterARequestWithoutThem()
    {
        const std::string text = longText(150);
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        auto silent = question(1, text);
        silent.captureRouting = false;
        const auto first = driver.generate(silent);
        QVERIFY(first.prompt->promptRoutes.empty() && first.tokens[1].expertIds.empty());
        const auto traced = driver.generate(question(2, text));
        QCOMPARE(traced.prompt->cachedTokens, 0);
        EngineDriver fresh;
        QVERIFY(fresh.load(m_model));
        QVERIFY(sameRoutes(traced.prompt->promptRoutes, fresh.generate(question(1, text)).prompt->promptRoutes));
        // The other way round nothing is computed again.
        silent.id = 3;
        QCOMPARE(driver.generate(silent).prompt->cachedTokens, first.prompt->promptTokens - 1);
    }
};

QTEST_GUILESS_MAIN(EngineCacheTest)
#include "tst_engine_cache.moc"
