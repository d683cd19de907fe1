#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>
#include <filesystem>

using engine::FinishReason;
using engine::TextPart;

class EngineTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::writeTinyModel(support::TinyModelOptions{}, m_model);
    }

    void tellsWhatItLoaded()
    {
        EngineDriver driver;
        const auto loaded = driver.load(m_model);
        QVERIFY(loaded.has_value());
        QCOMPARE(loaded->info.name, std::string("tiny"));
        QCOMPARE(loaded->info.architecture, std::string("deepseek_v3"));
        QCOMPARE(loaded->info.routedExperts, 8);
        QCOMPARE(loaded->info.moeLayers, (std::vector<int>{1, 2}));
        QVERIFY(loaded->info.reasons);
        QVERIFY(!loaded->info.fingerprint.empty());
        // 3 layers of 32 + 8 numbers in F32: a cache this small stays exact.
        QCOMPARE(loaded->info.kvBytesPerToken, std::uint64_t(3 * (32 + 8) * 4));
    }

    void aMissingFolderIsAFailureThatNamesIt()
    {
        EngineDriver driver;
        engine::Failure failure;
        QVERIFY(!driver.load(m_model + "-gone", &failure));
        QVERIFY(failure.code == engine::ErrorCode::FileMissing);
        QVERIFY(failure.sentence.find("tiny-gone") != std::string::npos);
    }

    void generatingWithoutAModelSaysSo()
    {
        EngineDriver driver;
        const auto answer = driver.generate(question(1, "Hi"));
        QVERIFY(answer.failed.has_value());
        QCOMPARE(answer.failed->failure.field, std::string("model"));
    }

    void sameSeedSameTokensAlsoOnAWarmCache()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto first = driver.generate(question(1, "What is 1+1?"));
        const auto again = driver.generate(question(2, "What is 1+1?"));
        EngineDriver fresh;
        QVERIFY(fresh.load(m_model));
        const auto elsewhere = fresh.generate(question(1, "What is 1+1?"));
        QVERIFY(!first.tokens.empty());
        QCOMPARE(again.tokenIds(), first.tokenIds());
        QCOMPARE(elsewhere.tokenIds(), first.tokenIds());
        auto other = question(3, "What is 1+1?");
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
        QVERIFY(reply.prompt->cachedTokens < reply.prompt->promptTokens);
        EngineDriver fresh;
        QVERIFY(fresh.load(m_model));
        QCOMPARE(fresh.generate(second).tokenIds(), reply.tokenIds());
    }

    void regenerateComputesOneTokenOfThePrompt()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        driver.generate(question(1, "Once more"));
        const auto again = driver.generate(question(2, "Once more"));
        QCOMPARE(again.prompt->cachedTokens, again.prompt->promptTokens - 1);
    }

    void routesCoverThePromptAndEveryTokenFed()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto cold = driver.generate(question(1, "Trace me"));
        const auto warm = driver.generate(question(2, "Trace me"));
        QCOMPARE(cold.prompt->promptRoutes.tokens(), std::size_t(cold.prompt->promptTokens));
        // A cached prefix shows the same routes as a cold run.
        QCOMPARE(warm.prompt->promptRoutes.tokens(), cold.prompt->promptRoutes.tokens());
        for (std::size_t t = 0; t < cold.prompt->promptRoutes.tokens(); ++t) {
            const auto a = cold.prompt->promptRoutes.ids(t);
            const auto b = warm.prompt->promptRoutes.ids(t);
            QVERIFY(std::equal(a.begin(), a.end(), b.begin(), b.end()));
        }
        QVERIFY(cold.tokens.front().expertIds.empty());
        for (std::size_t i = 1; i < cold.tokens.size(); ++i)
            QCOMPARE(cold.tokens[i].expertIds.size(), std::size_t(2 * 3)); // layers × experts per token
    }

    void stopsWithinOneToken()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        int after = 0;
        bool cancelled = false;
        const auto answer = driver.generate(question(5, "Go on", 400), [&](const engine::TokenGenerated &) {
            after += cancelled ? 1 : 0;
            if (!cancelled)
                driver.engine().cancel(5);
            cancelled = true;
        });
        QVERIFY(answer.finished->reason == FinishReason::Stopped);
        QVERIFY(answer.tokens.size() < 400);
        // And the next request is unharmed.
        const auto next = driver.generate(question(6, "Go on", 8));
        QVERIFY(next.finished.has_value());
    }

    void aQueuedRequestCanBeCancelled()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        driver.engine().generate(question(1, "First", 200));
        driver.engine().generate(question(2, "Second", 200));
        driver.engine().cancel(2);
        driver.engine().cancel(1);
        const auto third = driver.generate(question(3, "Third", 4));
        QVERIFY(third.tokens.size() <= 4 || third.finished.has_value());
    }

    void maxTokensIsAFinishReason()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(question(1, "Hi", 3));
        QCOMPARE(answer.tokens.size(), std::size_t(3));
        QVERIFY(answer.finished->reason == FinishReason::MaxTokens);
        QVERIFY(answer.finished->endedIn == TextPart::Thinking);
    }

    void aFullContextIsAFinishReasonNotASilentCut()
    {
        engine::EngineOptions options;
        options.contextLength = 48;
        EngineDriver driver(options);
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(question(1, "Hi", 400));
        QVERIFY(answer.finished->reason == FinishReason::ContextFull);
        QCOMPARE(answer.prompt->promptTokens + static_cast<int>(answer.tokens.size()), 49);
    }

    void aPromptThatDoesNotFitIsRefusedWithTheNumbers()
    {
        engine::EngineOptions options;
        options.contextLength = 16;
        EngineDriver driver(options);
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(question(1, std::string(200, 'x')));
        QVERIFY(answer.failed->failure.code == engine::ErrorCode::PromptTooLong);
        QVERIFY(answer.failed->failure.sentence.find("16") != std::string::npos);
    }

    void wrongSettingsNameTheirField()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        auto request = question(1, "Hi");
        request.sampler.topP = 7.0F;
        const auto answer = driver.generate(request);
        QVERIFY(answer.failed->failure.code == engine::ErrorCode::RequestInvalid);
        QVERIFY(!answer.failed->failure.field.empty());
    }

    void alternativesAreSortedProbabilities()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        for (const auto &token : driver.generate(question(1, "Hi")).tokens) {
            double sum = 0.0;
            for (std::size_t i = 0; i < token.alternatives.size(); ++i) {
                sum += token.alternatives[i].probability;
                QVERIFY(i == 0 || token.alternatives[i].probability <= token.alternatives[i - 1].probability);
            }
            QVERIFY(sum <= 1.0001);
            QVERIFY(token.probability > 0.0F && token.probability <= token.alternatives[0].probability);
        }
    }

    void continuingGoesOnWhereTheReplyStopped()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        auto request = question(1, "Hi", 4);
        const auto begun = driver.generate(request);
        request.id = 2;
        request.continueLast = true;
        request.messages.push_back({engine::Role::Assistant, {}, begun.text(TextPart::Thinking), false});
        const auto rest = driver.generate(request);
        QVERIFY(rest.prompt->startsIn == TextPart::Thinking);
        QVERIFY(rest.prompt->promptTokens > begun.prompt->promptTokens);
    }

    void aWeightFileThatShrinksEndsTheReplyNotTheProcess()
    {
        const auto folder = m_folder.path() / "shrinking";
        support::writeTinyModel(support::TinyModelOptions{}, folder);
        EngineDriver driver;
        QVERIFY(driver.load(folder.string()));
        std::filesystem::resize_file(folder / "model.safetensors", 4096);
        const auto answer = driver.generate(question(1, "Hi"));
        QVERIFY(answer.failed.has_value());
        QVERIFY(answer.failed->failure.code == engine::ErrorCode::FileChanged);
    }

    void destroyingABusyEngineReturns()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        for (engine::RequestId id = 1; id < 5; ++id)
            driver.engine().generate(question(id, "Go on", 400));
    }
};

QTEST_GUILESS_MAIN(EngineTest)
#include "tst_engine.moc"
