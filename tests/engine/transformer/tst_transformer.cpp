#include "engine/measurement/op_meter.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using engine::ErrorCode;
using engine::TokenId;
using engine::memory::CacheType;
using engine::memory::KvCache;
using engine::model::ForwardCall;
using engine::model::TransformerOptions;
using support::largestDifference;
using support::ModelUnderTest;
using support::TinyModelOptions;
using Storage = support::TinyModelOptions::Storage;

namespace {

std::vector<TokenId> randomTokens(std::size_t count, int vocab, unsigned seed = 1)
{
    std::mt19937 random(seed);
    std::vector<TokenId> tokens(count);
    for (TokenId &token : tokens)
        token = static_cast<TokenId>(random() % static_cast<unsigned>(vocab));
    return tokens;
}

/// A tiny model in a folder of its own.
struct Tiny {
    explicit Tiny(const TinyModelOptions &tiny = {}, TransformerOptions options = {}, int threads = 1)
    {
        support::writeTinyModel(tiny, folder.path());
        model.emplace(folder.text(), options, threads);
    }
    ModelUnderTest *operator->() { return &*model; }
    std::vector<TokenId> tokens(std::size_t count, unsigned seed = 1) const
    {
        return randomTokens(count, model->config.vocab_size, seed);
    }

    support::TemporaryFolder folder;
    std::optional<ModelUnderTest> model;
};

/// Does what a device that is behind does: a stop comes while it is waited for.
class BackendBehind final : public engine::measurement::OpMeter {
public:
    explicit BackendBehind(std::unique_ptr<engine::backend::Backend> cpu)
        : OpMeter(*cpu, engine::measurement::Choices::Read), m_cpu(std::move(cpu))
    {
    }
    void keepPace() override
    {
        if (++waits == stopAt)
            stop.request_stop();
    }
    std::uint64_t calls(const std::string &op) const
    {
        std::uint64_t count = 0;
        for (const engine::OpFigure &figure : figures())
            count += figure.op == op ? figure.calls : 0;
        return count;
    }

    std::stop_source stop;
    int waits = 0;
    int stopAt = 0;

private:
    std::unique_ptr<engine::backend::Backend> m_cpu;
};

bool failedWith(const std::optional<engine::Failure> &failure, ErrorCode code, const std::string &part)
{
    return failure && failure->code == code && failure->sentence.find(part) != std::string::npos;
}

} // namespace

class TransformerTest : public QObject {
    Q_OBJECT

private slots:
    void everyStorageAndShapeRuns_data()
    {
        QTest::addColumn<int>("variant");
        const char *names[] = {"BF16",
                               "F32",
                               "F16",
                               "FP8",
                               "no query latent",
                               "one group",
                               "YaRN",
                               "tied head",
                               "unaligned tensors",
                               "no shared experts",
                               "every second layer has experts"};
        for (int i = 0; i < 11; ++i)
            QTest::newRow(names[i]) << i;
    }
    void everyStorageAndShapeRuns()
    {
        QFETCH(int, variant);
        TinyModelOptions options;
        switch (variant) {
        case 1:
            options.storage = Storage::F32;
            break;
        case 2:
            options.storage = Storage::F16;
            break;
        case 3:
            options.storage = Storage::Fp8;
            break;
        case 4:
            options.qLoraRank = 0;
            break;
        case 5:
            options.groups = 1;
            options.groupsPerToken = 1;
            break;
        case 6:
            options.yarn = true;
            break;
        case 7:
            options.tied = true;
            break;
        case 8:
            options.alignment = 1;
            break;
        case 9:
            options.sharedExperts = 0;
            break;
        case 10:
            options.moeLayerFreq = 2;
            break;
        default:
            break;
        }
        Tiny tiny(options);
        const auto tokens = tiny.tokens(90);
        auto whole = tiny->transformer.makeCache();
        const auto all = tiny->allLogits(tokens, whole);
        auto stepwise = tiny->transformer.makeCache();
        const auto vocab = static_cast<std::size_t>(tiny->config.vocab_size);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const auto logits = tiny->lastLogits(std::span(tokens).subspan(i, 1), stepwise);
            QVERIFY(largestDifference(logits, std::span(all).subspan(i * vocab, vocab)) < 1e-4);
        }
    }

    void aPrefixDoesNotSeeWhatFollows()
    {
        Tiny tiny;
        const auto tokens = tiny.tokens(100);
        const auto vocab = static_cast<std::size_t>(tiny->config.vocab_size);
        auto whole = tiny->transformer.makeCache();
        const auto all = tiny->allLogits(tokens, whole);
        auto cache = tiny->transformer.makeCache();
        const auto prefix = tiny->lastLogits(std::span(tokens).first(70), cache);
        QVERIFY(largestDifference(prefix, std::span(all).subspan(69 * vocab, vocab)) < 1e-4);
    }

    void smallAndLargeChunksAgree()
    {
        Tiny large({}, {.prefillChunk = 256});
        Tiny small({}, {.prefillChunk = 5});
        const auto tokens = large.tokens(130);
        auto largeCache = large->transformer.makeCache();
        auto smallCache = small->transformer.makeCache();
        QVERIFY(largestDifference(large->lastLogits(tokens, largeCache), small->lastLogits(tokens, smallCache)) < 1e-4);
    }

    void threadsDoNotChangeTheResult()
    {
        TinyModelOptions wide;
        wide.hidden = 256;
        wide.denseWidth = 1024;
        Tiny one(wide, {}, 1);
        Tiny four(wide, {}, 4);
        const auto tokens = one.tokens(60);
        auto oneCache = one->transformer.makeCache();
        auto fourCache = four->transformer.makeCache();
        QCOMPARE(four->lastLogits(tokens, fourCache), one->lastLogits(tokens, oneCache));
    }

    void aForkContinuesOnItsOwn()
    {
        Tiny tiny;
        const auto prompt = tiny.tokens(70);
        const auto left = tiny.tokens(10, 2);
        const auto right = tiny.tokens(10, 3);
        auto cache = tiny->transformer.makeCache();
        tiny->lastLogits(prompt, cache);
        KvCache branch = cache.fork();
        // In turns, so that each would read what the other has written, were the page still shared.
        tiny->lastLogits(std::span(left).first(5), cache);
        tiny->lastLogits(std::span(right).first(5), branch);
        const auto leftLogits = tiny->lastLogits(std::span(left).subspan(5), cache);
        const auto rightLogits = tiny->lastLogits(std::span(right).subspan(5), branch);

        for (const auto &[ending, branched] : {std::pair(left, leftLogits), std::pair(right, rightLogits)}) {
            auto fresh = tiny->transformer.makeCache();
            tiny->lastLogits(prompt, fresh);
            QCOMPARE(tiny->lastLogits(ending, fresh), branched);
        }
    }

    void aTruncatedCacheGoesOnFromThere()
    {
        Tiny tiny;
        const auto tokens = tiny.tokens(80);
        auto cache = tiny->transformer.makeCache();
        const auto before = tiny->lastLogits(std::span(tokens).first(66), cache);
        tiny->lastLogits(std::span(tokens).subspan(66), cache);
        cache.truncate(65);
        QCOMPARE(tiny->lastLogits(std::span(tokens).subspan(65, 1), cache).size(), before.size());
        cache.truncate(65);
        const auto again = tiny->lastLogits(std::span(tokens).subspan(65, 1), cache);
        QVERIFY(largestDifference(again, before) < 1e-4);
    }

    void aBf16CacheStaysClose()
    {
        Tiny exact({}, {.cacheType = CacheType::F32});
        Tiny narrow({}, {.cacheType = CacheType::BF16});
        QCOMPARE(exact->transformer.kvBytesPerToken(), 3U * 40 * 4);
        QCOMPARE(narrow->transformer.kvBytesPerToken(), 3U * 40 * 2);
        const auto tokens = exact.tokens(100);
        auto exactCache = exact->transformer.makeCache();
        auto narrowCache = narrow->transformer.makeCache();
        const auto wanted = exact->lastLogits(tokens, exactCache);
        const auto found = narrow->lastLogits(tokens, narrowCache);
        const double difference = largestDifference(found, wanted);
        QVERIFY(difference > 0.0);
        QVERIFY(difference < 0.05);
    }

    void routesHaveOneRowPerToken()
    {
        Tiny tiny({}, {.prefillChunk = 7});
        const auto tokens = tiny.tokens(20);
        auto cache = tiny->transformer.makeCache();
        auto trace = tiny->transformer.emptyTrace();
        QCOMPARE(trace.layers(), 2);
        QCOMPARE(trace.expertsPerToken(), 3);
        QCOMPARE(trace.routedExperts(), 8);
        ForwardCall call;
        call.tokens = tokens;
        call.routes = &trace;
        QCOMPARE(tiny->transformer.forward(call, cache), 20);
        QCOMPARE(trace.tokens(), 20U);
        for (std::size_t token = 0; token < 20; ++token) {
            const auto gates = trace.gates(token);
            for (std::size_t layer = 0; layer < 2; ++layer) {
                const float sum = gates[3 * layer] + gates[3 * layer + 1] + gates[3 * layer + 2];
                QVERIFY(std::abs(sum - 2.5F) < 1e-5F);
                QVERIFY(trace.ids(token)[3 * layer] != trace.ids(token)[3 * layer + 1]);
            }
        }
    }

    void modelsWithoutExpertsHaveNoRoutes()
    {
        TinyModelOptions options;
        options.firstDense = options.layers;
        Tiny tiny(options);
        auto cache = tiny->transformer.makeCache();
        auto trace = tiny->transformer.emptyTrace();
        const auto tokens = tiny.tokens(3);
        ForwardCall call;
        call.tokens = tokens;
        call.routes = &trace;
        QCOMPARE(tiny->transformer.forward(call, cache), 3);
        QVERIFY(trace.empty());
    }

    void progressIsToldAfterEveryChunk()
    {
        Tiny tiny({}, {.prefillChunk = 8});
        const auto tokens = tiny.tokens(20);
        auto cache = tiny->transformer.makeCache();
        std::vector<int> told;
        ForwardCall call;
        call.tokens = tokens;
        call.progress = [&](int done) { told.push_back(done); };
        tiny->transformer.forward(call, cache);
        QCOMPARE(told, (std::vector<int>{8, 16, 20}));
    }

    void aStopEndsBetweenChunksWithWhatIsDone()
    {
        Tiny tiny({}, {.prefillChunk = 8});
        const auto tokens = tiny.tokens(40);
        auto cache = tiny->transformer.makeCache();
        auto trace = tiny->transformer.emptyTrace();
        std::stop_source stop;
        std::vector<float> logits(static_cast<std::size_t>(tiny->config.vocab_size), -7.0F);
        ForwardCall call;
        call.tokens = tokens;
        call.logits = logits;
        call.routes = &trace;
        call.stop = stop.get_token();
        call.progress = [&](int done) {
            if (done == 16)
                stop.request_stop();
        };
        QCOMPARE(tiny->transformer.forward(call, cache), 16);
        QCOMPARE(cache.length(), 16);
        QCOMPARE(trace.tokens(), 16U);
        QCOMPARE(logits, std::vector<float>(logits.size(), -7.0F));

        // Continuing gives what an undisturbed run gives.
        const auto rest = tiny->lastLogits(std::span(tokens).subspan(16), cache);
        auto fresh = tiny->transformer.makeCache();
        QCOMPARE(tiny->lastLogits(tokens, fresh), rest);
    }

    void aStopIsHeardBetweenLayers()
    {
        support::TemporaryFolder folder;
        TinyModelOptions tiny;
        support::writeTinyModel(tiny, folder.path());
        auto own = std::make_unique<BackendBehind>(engine::backend::makeCpuBackend(1));
        BackendBehind &backend = *own;
        ModelUnderTest model(folder.text(), std::move(own));
        const auto tokens = randomTokens(20, model.config.vocab_size);
        auto cache = model.transformer.makeCache();
        ForwardCall call;
        call.tokens = tokens;
        call.stop = backend.stop.get_token();
        QCOMPARE(model.transformer.forward(call, cache), 20);
        QCOMPARE(backend.waits, model.config.num_hidden_layers);

        backend.reset();
        backend.waits = 0;
        backend.stopAt = 2;
        QCOMPARE(model.transformer.forward(call, cache), 0);
        QCOMPARE(cache.length(), 20);
        backend.synchronize();
        QCOMPARE(backend.calls("mlaAttention"), 1U);
    }

    void wrongCallsAreRefusedByName()
    {
        Tiny tiny({}, {.contextLength = 30});
        QCOMPARE(tiny->transformer.contextLength(), 30);
        auto cache = tiny->transformer.makeCache();
        const int vocab = tiny->config.vocab_size;
        const auto refused = [&](const std::vector<TokenId> &tokens, std::size_t logits, std::size_t states,
                                 const std::string &part) {
            std::vector<float> logitRow(logits);
            std::vector<float> stateRow(states);
            ForwardCall call;
            call.tokens = tokens;
            call.logits = logitRow;
            call.hiddenStates = stateRow;
            return failedWith(support::failureOf([&] { tiny->transformer.forward(call, cache); }),
                              ErrorCode::RequestInvalid, part);
        };
        QVERIFY(refused({}, 0, 0, "at least one token"));
        QVERIFY(refused({vocab}, 0, 0, std::to_string(vocab)));
        QVERIFY(refused({-1}, 0, 0, "-1"));
        QVERIFY(refused({1, 2}, 5, 0, "logits"));
        QVERIFY(refused({1, 2}, 0, 64, "hiddenStates"));
        QVERIFY(refused(std::vector<TokenId>(31, 1), 0, 0, "30 of 30"));
        QCOMPARE(cache.length(), 0);
    }

    void aStepIsAForwardPassAndAChoice()
    {
        Tiny tiny;
        const int vocab = tiny->config.vocab_size;
        const engine::SamplerSettings settings{0.9F, 0, 0.9F, 0.0F, 1.3F, 7};
        engine::sampling::Sampler inStep(settings, vocab - 1);
        engine::sampling::Sampler afterwards(settings, vocab - 1);
        inStep.observe(std::vector<TokenId>{1, 2});
        afterwards.observe(std::vector<TokenId>{1, 2});
        tiny->transformer.beginSteps(inStep.seen());
        auto stepped = tiny->transformer.makeCache();
        auto passed = tiny->transformer.makeCache();
        auto stepRoutes = tiny->transformer.emptyTrace();
        auto passRoutes = tiny->transformer.emptyTrace();
        std::vector<float> logits(static_cast<std::size_t>(vocab));
        TokenId token = 1;
        for (int i = 0; i < 70; ++i) {
            const auto found = tiny->transformer.step({token, inStep.next(), &stepRoutes, {}}, stepped);
            ForwardCall call;
            call.tokens = {&token, 1};
            call.logits = logits;
            call.routes = &passRoutes;
            tiny->transformer.forward(call, passed);
            const auto wanted = afterwards.sample(logits);
            QVERIFY(found.has_value());
            QCOMPARE(found->token, wanted.token);
            QCOMPARE(found->probability, wanted.probability);
            QCOMPARE(found->alternatives[7].token, wanted.alternatives[7].token);
            token = wanted.token;
        }
        QCOMPARE(stepped.length(), 70);
        QCOMPARE(stepRoutes.tokens(), 70);
        const auto ids = stepRoutes.ids(69);
        QVERIFY(std::equal(ids.begin(), ids.end(), passRoutes.ids(69).begin()));
        const auto gates = stepRoutes.gates(69);
        QVERIFY(std::equal(gates.begin(), gates.end(), passRoutes.gates(69).begin()));
    }

    void aStepRefusesWhatItCannotDo()
    {
        Tiny tiny({}, {.contextLength = 1});
        const int vocab = tiny->config.vocab_size;
        auto cache = tiny->transformer.makeCache();
        const auto refused = [&](TokenId token, int defined, const std::string &part) {
            engine::model::StepCall call;
            call.token = token;
            call.settings.definedTokens = defined;
            return failedWith(support::failureOf([&] { tiny->transformer.step(call, cache); }),
                              ErrorCode::RequestInvalid, part);
        };
        QVERIFY(refused(vocab, vocab, std::to_string(vocab)));
        QVERIFY(refused(1, vocab + 1, "logits"));
        QVERIFY(refused(1, 0, "logits"));
        QCOMPARE(cache.length(), 0);
        QVERIFY(support::failureOf([&] {
                    tiny->transformer.beginSteps(std::vector<std::uint8_t>(static_cast<std::size_t>(vocab) + 1));
                }).has_value());
        engine::model::StepCall call;
        call.token = 1;
        call.settings.definedTokens = vocab;
        QVERIFY(tiny->transformer.step(call, cache).has_value());
        QVERIFY(refused(1, vocab, "0 of 1"));
    }

    void contextIsAtMostTheModels()
    {
        Tiny tiny({}, {.contextLength = 1 << 20});
        QCOMPARE(tiny->transformer.contextLength(), 512);
        auto cache = tiny->transformer.makeCache();
        const auto tokens = tiny.tokens(512);
        tiny->lastLogits(tokens, cache);
        QCOMPARE(cache.length(), cache.capacity());
    }

    void damagedWeightsAreReportedAsSuch()
    {
        // Finite weights whose product is not.
        TinyModelOptions options;
        options.storage = Storage::F32;
        auto written = support::makeTinyModel(options);
        support::NamedTensor &norm = written.tensor("model.norm.weight");
        norm = support::makeTensor(norm.name, norm.dtype, norm.shape, std::vector<float>(64, 3e38F));
        support::NamedTensor &head = written.tensor("lm_head.weight");
        head = support::makeTensor(head.name, head.dtype, head.shape,
                                   std::vector<float>(head.shape[0] * head.shape[1], 3e38F));
        const support::TemporaryFolder folder;
        support::writeTinyModel(written, options, folder.path());
        ModelUnderTest model(folder.text());
        auto cache = model.transformer.makeCache();
        const std::vector<TokenId> tokens{5};
        QVERIFY(
            failedWith(support::failureOf([&] { model.lastLogits(tokens, cache); }), ErrorCode::NonFinite, "weights"));
        engine::model::StepCall call;
        call.token = 5;
        call.settings.definedTokens = model.config.vocab_size;
        QVERIFY(failedWith(support::failureOf([&] { model.transformer.step(call, cache); }), ErrorCode::NonFinite,
                           "weights"));
    }

    void draftsDoNotDependOnHowTheyAreSplit()
    {
        TinyModelOptions options;
        options.mtpModules = 1;
        Tiny tiny(options, {.prefillChunk = 9});
        QVERIFY(tiny->transformer.hasDraft());
        const auto tokens = tiny.tokens(31);
        const auto hiddenSize = static_cast<std::size_t>(tiny->transformer.hiddenSize());
        std::vector<float> states(30 * hiddenSize);
        auto cache = tiny->transformer.makeCache();
        ForwardCall call;
        call.tokens = std::span(tokens).first(30);
        call.hiddenStates = states;
        tiny->transformer.forward(call, cache);

        const auto vocab = static_cast<std::size_t>(tiny->config.vocab_size);
        std::vector<float> whole(vocab);
        std::vector<float> wholeStates(30 * hiddenSize);
        auto wholeCache = tiny->transformer.makeDraftCache();
        tiny->transformer.draft(std::span(tokens).subspan(1), states, wholeCache, whole, wholeStates);
        QCOMPARE(wholeCache.length(), 30);

        std::vector<float> stepwise(vocab);
        std::vector<float> state(hiddenSize);
        auto stepCache = tiny->transformer.makeDraftCache();
        for (std::size_t i = 0; i < 30; ++i) {
            tiny->transformer.draft(std::span(tokens).subspan(i + 1, 1),
                                    std::span(states).subspan(i * hiddenSize, hiddenSize), stepCache, stepwise, state);
            QVERIFY(largestDifference(state, std::span(wholeStates).subspan(i * hiddenSize, hiddenSize)) < 1e-4);
        }
        QVERIFY(largestDifference(stepwise, whole) < 1e-4);
    }

    void aModelWithoutTheModuleDoesNotDraft()
    {
        Tiny tiny;
        QVERIFY(!tiny->transformer.hasDraft());
        auto cache = tiny->transformer.makeDraftCache();
        std::vector<float> states(64);
        std::vector<float> logits(static_cast<std::size_t>(tiny->config.vocab_size));
        const std::vector<TokenId> tokens{1};
        QVERIFY(failedWith(support::failureOf([&] { tiny->transformer.draft(tokens, states, cache, logits); }),
                           ErrorCode::UnsupportedFeature, "multi-token"));
    }

    void hiddenStatesGiveTheLogits()
    {
        // One call with both outputs equals two calls with one each.
        Tiny tiny({}, {.prefillChunk = 16});
        const auto tokens = tiny.tokens(40);
        const auto hiddenSize = static_cast<std::size_t>(tiny->transformer.hiddenSize());
        std::vector<float> both(static_cast<std::size_t>(tiny->config.vocab_size));
        std::vector<float> states(tokens.size() * hiddenSize);
        std::vector<float> alone(states.size());
        ForwardCall call;
        call.tokens = tokens;
        call.logits = both;
        call.hiddenStates = states;
        auto cache = tiny->transformer.makeCache();
        tiny->transformer.forward(call, cache);
        auto second = tiny->transformer.makeCache();
        QCOMPARE(tiny->lastLogits(tokens, second), both);
        call.logits = {};
        call.hiddenStates = alone;
        auto third = tiny->transformer.makeCache();
        tiny->transformer.forward(call, third);
        QCOMPARE(alone, states);
    }
};

QTEST_GUILESS_MAIN(TransformerTest)
#include "tst_transformer.moc"
