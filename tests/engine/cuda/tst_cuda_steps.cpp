// Decode steps that are recorded once and replayed, against steps that are enqueued every time, which must give the
// very same numbers, and against the CPU's.

#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <cmath>
#include <cstring>

using engine::TokenId;
using engine::memory::KvCache;
using engine::sampling::SampledToken;
using support::ModelUnderTest;

namespace {

engine::sampling::ChoiceSettings settingsFor(int step, int vocab)
{
    engine::sampling::ChoiceSettings settings;
    settings.temperature = step % 4 == 0 ? 0.0F : 0.8F;
    settings.random = std::fmod(step * 0.6180339887, 1.0);
    settings.topP = 0.95F;
    settings.repetitionPenalty = step % 3 == 0 ? 1.2F : 1.0F;
    settings.definedTokens = vocab;
    return settings;
}

/// What each of some steps gave.
struct Steps {
    std::vector<SampledToken> tokens;
    engine::RoutingTrace routes;
};

std::unique_ptr<engine::backend::Backend> makeBackend(bool graphs)
{
    qputenv("BATHYSCOPE_CUDA_GRAPH", graphs ? "1" : "0");
    return support::makeBackendUnderTest();
}

std::vector<TokenId> someTokens(int count, int vocab)
{
    std::vector<TokenId> tokens;
    for (int i = 0; i < count; ++i)
        tokens.push_back((i * 37 + 11) % vocab);
    return tokens;
}

SampledToken stepOnce(ModelUnderTest &model, TokenId token, KvCache &cache, engine::RoutingTrace *routes = nullptr)
{
    engine::model::StepCall call;
    call.token = token;
    call.settings = settingsFor(cache.length(), model.config.vocab_size);
    call.routes = routes;
    const auto sampled = model.transformer.step(call, cache);
    return sampled.value_or(SampledToken{});
}

Steps stepThrough(ModelUnderTest &model, const std::vector<TokenId> &tokens, KvCache &cache)
{
    Steps steps{{}, model.transformer.emptyTrace()};
    model.transformer.beginSteps(std::vector<std::uint8_t>(static_cast<std::size_t>(model.config.vocab_size)));
    for (const TokenId token : tokens)
        steps.tokens.push_back(stepOnce(model, token, cache, &steps.routes));
    return steps;
}

bool isSame(const SampledToken &a, const SampledToken &b)
{
    bool same = a.token == b.token && a.token >= 0 && a.probability == b.probability;
    for (std::size_t i = 0; i < a.alternatives.size(); ++i)
        same = same && a.alternatives[i].token == b.alternatives[i].token &&
               a.alternatives[i].probability == b.alternatives[i].probability;
    return same;
}

QString differenceOf(const Steps &a, const Steps &b)
{
    if (a.tokens.size() != b.tokens.size() || a.routes.tokens() != b.routes.tokens())
        return "another number of steps";
    for (std::size_t i = 0; i < a.tokens.size(); ++i) {
        if (!isSame(a.tokens[i], b.tokens[i]))
            return QString("step %1 chose another token").arg(i);
    }
    for (std::size_t i = 0; i < a.routes.tokens(); ++i) {
        const auto equal = [](auto x, auto y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
        if (!equal(a.routes.ids(i), b.routes.ids(i)) || !equal(a.routes.gates(i), b.routes.gates(i)))
            return QString("step %1 was routed otherwise").arg(i);
    }
    return {};
}

/// Largest difference of probabilities that belong to the same token.
double probabilityError(const Steps &a, const Steps &b)
{
    double largest = 0.0;
    for (std::size_t i = 0; i < a.tokens.size(); ++i) {
        const float mine = a.tokens[i].alternatives[0].probability;
        const float other = b.tokens[i].alternatives[0].probability;
        largest = std::max(largest, static_cast<double>(std::abs(mine - other)));
    }
    return largest;
}

/// A model of the golden cases in a folder of its own.
struct GoldenModel {
    explicit GoldenModel(const char *name) { support::writeGoldenModel(support::readGoldenCase(name), folder.path()); }
    support::TemporaryFolder folder;
};

} // namespace

class CudaSteps : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
    }

    void replayedStepsAreThoseThatAreEnqueued_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("length"); // 70 crosses the border of a page and of what is recorded together
        int number = 0;
        for (const char *name : support::goldenCases)
            QTest::addRow("%s", name) << name << (number++ % 4 == 0 ? 70 : 12);
    }
    void replayedStepsAreThoseThatAreEnqueued()
    {
        QFETCH(QString, name);
        QFETCH(int, length);
        const GoldenModel golden(qPrintable(name));
        ModelUnderTest recorded(golden.folder.text(), makeBackend(true));
        ModelUnderTest enqueued(golden.folder.text(), makeBackend(false));
        ModelUnderTest onCpu(golden.folder.text());
        const auto tokens = someTokens(length, recorded.config.vocab_size);
        auto recordedCache = recorded.transformer.makeCache();
        auto enqueuedCache = enqueued.transformer.makeCache();
        auto cpuCache = onCpu.transformer.makeCache();
        const support::Counts before = support::countsSoFar();
        const Steps replay = stepThrough(recorded, tokens, recordedCache);
        const support::Counts after = support::countsSoFar();
        QVERIFY2(recorded.backend->whyNotRecording().empty(), recorded.backend->whyNotRecording().c_str());
        QCOMPARE(after.unwaited, 0);
        if (after.launches > 0) {
            const int plain = length > 64 ? 2 : 1; // the first of each kind
            QCOMPARE(after.graphLaunches - before.graphLaunches, length - plain);
            qInfo("%lld launches a step of %d layers; where attention is split, one more a layer",
                  (after.launches - before.launches) / length, recorded.config.num_hidden_layers);
        }
        const QString difference = differenceOf(replay, stepThrough(enqueued, tokens, enqueuedCache));
        QVERIFY2(difference.isEmpty(), qPrintable(difference));
        QVERIFY(!enqueued.backend->whyNotRecording().empty());
        const double error = probabilityError(replay, stepThrough(onCpu, tokens, cpuCache));
        QVERIFY2(error <= 1e-3, qPrintable(QString::number(error)));
    }

    void oneRecordingServesEveryCache()
    {
        const GoldenModel golden(support::goldenCases[0]);
        ModelUnderTest recorded(golden.folder.text(), makeBackend(true));
        ModelUnderTest enqueued(golden.folder.text(), makeBackend(false));
        const auto run = [&](ModelUnderTest &model) {
            std::vector<SampledToken> chosen;
            auto first = model.transformer.makeCache();
            auto second = model.transformer.makeCache();
            model.transformer.beginSteps(std::vector<std::uint8_t>(static_cast<std::size_t>(model.config.vocab_size)));
            for (const TokenId token : someTokens(6, model.config.vocab_size)) {
                chosen.push_back(stepOnce(model, token, first));
                chosen.push_back(stepOnce(model, (token + 1) % model.config.vocab_size, second));
            }
            auto fork = first.fork(3);
            second.truncate(1);
            (void)model.lastLogits(someTokens(9, model.config.vocab_size), second); // no step
            for (const TokenId token : {1, 2, 3}) {
                chosen.push_back(stepOnce(model, token, fork));
                chosen.push_back(stepOnce(model, token, second));
                chosen.push_back(stepOnce(model, token, first));
            }
            return chosen;
        };
        const auto replay = run(recorded);
        const auto plain = run(enqueued);
        QCOMPARE(replay.size(), plain.size());
        for (std::size_t i = 0; i < replay.size(); ++i)
            QVERIFY2(isSame(replay[i], plain[i]), qPrintable(QString::number(i)));
    }

    void whatCannotBeRecordedIsEnqueued()
    {
        if (!support::failGraphs(true))
            QSKIP("a real GPU does not fail on demand");
        const GoldenModel golden(support::goldenCases[0]);
        ModelUnderTest failing(golden.folder.text(), makeBackend(true));
        ModelUnderTest enqueued(golden.folder.text(), makeBackend(false));
        const auto tokens = someTokens(5, failing.config.vocab_size);
        auto failingCache = failing.transformer.makeCache();
        auto enqueuedCache = enqueued.transformer.makeCache();
        const Steps steps = stepThrough(failing, tokens, failingCache);
        support::failGraphs(false);
        const QString difference = differenceOf(steps, stepThrough(enqueued, tokens, enqueuedCache));
        QVERIFY2(difference.isEmpty(), qPrintable(difference));
        QCOMPARE(failing.backend->whyNotRecording(),
                 std::string("A step could not be recorded as a CUDA graph: out of memory."));
    }

    void aFailedKernelIsToldAlsoInAReplay()
    {
        const GoldenModel golden(support::goldenCases[0]);
        ModelUnderTest model(golden.folder.text(), makeBackend(true));
        auto cache = model.transformer.makeCache();
        stepThrough(model, someTokens(3, model.config.vocab_size), cache);
        if (!support::failLaunchAfter(5))
            QSKIP("a real GPU does not fail on demand");
        bool failed = false;
        try {
            stepOnce(model, 1, cache);
            // The emulator tells a failure at once, where a step is then enqueued instead.
            QVERIFY(!model.backend->whyNotRecording().empty());
        } catch (const engine::Error &error) {
            failed = error.code() == engine::ErrorCode::DeviceFailed;
            QVERIFY(failed);
        }
    }

    void aStopBeforeAStepLeavesTheCacheAlone()
    {
        const GoldenModel golden(support::goldenCases[0]);
        ModelUnderTest model(golden.folder.text(), makeBackend(true));
        auto cache = model.transformer.makeCache();
        std::stop_source stop;
        stop.request_stop();
        for (int i = 0; i < 3; ++i) { // also in the step that would be recorded
            engine::model::StepCall call;
            call.token = 1;
            call.settings = settingsFor(i, model.config.vocab_size);
            call.stop = stop.get_token();
            QVERIFY(!model.transformer.step(call, cache).has_value());
            QCOMPARE(cache.length(), 0);
        }
        const Steps after = stepThrough(model, someTokens(4, model.config.vocab_size), cache);
        QVERIFY(after.tokens.back().token >= 0);
        QVERIFY(model.backend->whyNotRecording().empty());
    }
};

QTEST_GUILESS_MAIN(CudaSteps)
#include "tst_cuda_steps.moc"
