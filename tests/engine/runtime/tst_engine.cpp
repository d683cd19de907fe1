#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/runtime/scripted_model.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/engine/support/tiny_tokenizer.h"

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

    void maxTokensIsAFinishReason()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(question(1, "Hi", 3));
        QCOMPARE(answer.tokens.size(), std::size_t(3));
        QVERIFY(answer.finished->reason == FinishReason::MaxTokens);
        QVERIFY(answer.finished->endedIn == TextPart::Thinking);
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

    void aFullContextIsAFinishReasonNotASilentCut()
    {
        engine::EngineOptions options;
        options.contextLength = 48;
        EngineDriver driver(options);
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(question(1, "Hi", 400));
        QVERIFY(answer.finished->reason == FinishReason::ContextFull);
        QCOMPARE(answer.prompt->promptTokens + static_cast<int>(answer.tokens.size()), 49);
        // The last token was sampled, but there is no place where it could be read.
        QCOMPARE(answer.tokens[answer.tokens.size() - 2].contextUsed, 48);
        QCOMPARE(answer.tokens.back().contextUsed, 48);
        QCOMPARE(answer.finished->statistics.contextUsed, 48);
    }

    void aPromptThatDoesNotFitIsRefusedWithTheNumbers()
    {
        engine::EngineOptions options;
        options.contextLength = 16;
        EngineDriver driver(options);
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(question(1, std::string(200, 'x')));
        QVERIFY(answer.failed->failure.code == engine::ErrorCode::PromptTooLong);
        QVERIFY(answer.failed->failure.sentence.find(" 16 tokens") != std::string::npos);
        QVERIFY(answer.failed->failure.sentence.find("at least") == std::string::npos);
    }

    void aTextFarBeyondTheContextIsRefusedBeforeItIsEncoded()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(question(1, std::string(1 << 20, 'x')));
        QVERIFY(answer.failed->failure.code == engine::ErrorCode::PromptTooLong);
        QVERIFY(answer.failed->failure.sentence.find("at least") != std::string::npos);
    }

    void whiteSpaceInFrontOfAThoughtIsCountedWithIt()
    {
        const support::TinyTokenizer tiny = support::makeTinyTokenizer();
        const auto byte = [&](char c) { return tiny.firstByte + c; };
        const auto folder = m_folder.path() / "scripted";
        support::writeScriptedModel({byte(' '), tiny.thinkStart, byte('h'), tiny.thinkEnd, byte('i'), tiny.eos},
                                    folder);
        EngineDriver driver;
        QVERIFY(driver.load(folder.string()));
        auto request = question(1, "Hi");
        request.sampler.temperature = 0.0F;
        const auto answer = driver.generate(request);
        QVERIFY(answer.finished->reason == FinishReason::EndOfSequence);
        QCOMPARE(answer.text(TextPart::Thinking), std::string("h"));
        QCOMPARE(answer.text(TextPart::Answer), std::string("i"));
        const engine::GenerationStatistics &statistics = answer.finished->statistics;
        QCOMPARE(statistics.thinkingTokens, 4);
        QCOMPARE(statistics.answerTokens, 1);
        const auto &tokens = answer.tokens;
        QCOMPARE(statistics.answerSeconds, tokens[4].seconds - tokens[3].seconds);
    }

    void aWeightFileThatShrinksEndsTheReplyNotTheProcess()
    {
        const auto folder = m_folder.path() / "shrinking";
        support::writeTinyModel(support::TinyModelOptions{}, folder);
        EngineDriver driver;
        QVERIFY(driver.load(folder.string()));
        driver.send(question(1, "Hi", 40),
                    atToken(3, [&] { std::filesystem::resize_file(folder / "model.safetensors", 4096); }));
        driver.send(question(2, "Hi"));
        const auto next = driver.answer(2);
        QVERIFY(next.failed && next.failed->failure.code == engine::ErrorCode::FileChanged);
        const auto answer = driver.answer(1);
        QVERIFY(answer.failed && answer.failed->failure.code == engine::ErrorCode::FileChanged);
        QVERIFY(!answer.finished);
        QCOMPARE(answer.tokens.size(), std::size_t(3));
        QCOMPARE(answer.eventsAfterTheEnd, 0);
    }
};

QTEST_GUILESS_MAIN(EngineTest)
#include "tst_engine.moc"
