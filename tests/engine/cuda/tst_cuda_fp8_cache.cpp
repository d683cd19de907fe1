// The FP8 cache on the CUDA backend: attention at the widths of real models against the CPU's, and whole steps.

#include "tests/engine/cuda/attention_cases.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <cmath>
#include <optional>

using namespace engine::backend;
using engine::TokenId;
using engine::memory::CacheType;
using engine::memory::DType;
using engine::memory::KvCache;
using support::LatentCase;
using support::ModelUnderTest;
using support::Placed;

namespace {

/// Queries and weights in F16, rotary queries in BF16; and a code may be another where the sums of the norm differ in
/// their last bit.
constexpr double decodeTolerance = 2e-3;
/// Weights, keys, values and latents in BF16.
constexpr double expandTolerance = 1e-2;

LatentCase fp8(LatentCase latentCase)
{
    latentCase.cache = CacheType::Fp8;
    return latentCase;
}

struct Pair {
    std::unique_ptr<Backend> cpu = makeCpuBackend(1);
    std::unique_ptr<Backend> gpu = support::makeBackendUnderTest();

    double errorOf(const LatentCase &onGpu, const LatentCase &onCpu) const
    {
        Placed host(*cpu);
        Placed device(*gpu);
        return support::relativeError(onGpu.run(*gpu, device), onCpu.run(*cpu, host));
    }
    double errorOf(const LatentCase &both) const { return errorOf(both, both); }
};

std::unique_ptr<Backend> makeBackend(bool graphs)
{
    qputenv("BATHYSCOPE_CUDA_GRAPH", graphs ? "1" : "0");
    return support::makeBackendUnderTest();
}

struct GoldenModel {
    explicit GoldenModel(const char *name) { support::writeGoldenModel(support::readGoldenCase(name), folder.path()); }
    support::TemporaryFolder folder;
};

engine::model::TransformerOptions fp8Options()
{
    engine::model::TransformerOptions options;
    options.cacheType = CacheType::Fp8;
    return options;
}

struct Step {
    engine::sampling::SampledToken sampled;
    engine::RoutingTrace routes;
};

Step stepOnce(ModelUnderTest &model, TokenId token, KvCache &cache)
{
    Step step{{}, model.transformer.emptyTrace()};
    engine::model::StepCall call;
    call.token = token;
    call.settings.temperature = cache.length() % 3 == 0 ? 0.0F : 0.8F;
    call.settings.random = std::fmod(cache.length() * 0.6180339887, 1.0);
    call.settings.topP = 0.95F;
    call.settings.definedTokens = model.config.vocab_size;
    call.routes = &step.routes;
    step.sampled = model.transformer.step(call, cache).value_or(engine::sampling::SampledToken{});
    return step;
}

bool isSame(const Step &a, const Step &b)
{
    const auto equal = [](auto x, auto y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
    return a.sampled.token == b.sampled.token && a.sampled.token >= 0 &&
           a.sampled.probability == b.sampled.probability && a.routes.tokens() == 1 && b.routes.tokens() == 1 &&
           equal(a.routes.ids(0), b.routes.ids(0)) && equal(a.routes.gates(0), b.routes.gates(0));
}

} // namespace

class CudaFp8Cache : public QObject {
    Q_OBJECT

private:
    std::optional<Pair> m_pair;
    double m_largest = 0.0;

    void check(const LatentCase &latentCase, double tolerance)
    {
        const double error = m_pair->errorOf(latentCase);
        m_largest = std::max(m_largest, error);
        QVERIFY2(error <= tolerance, qPrintable(QString("start %1, %2 tokens, %3 heads: %4")
                                                    .arg(latentCase.start)
                                                    .arg(latentCase.tokens)
                                                    .arg(latentCase.heads)
                                                    .arg(error)));
    }

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_pair.emplace();
    }
    void cleanup() { support::useThreadOrder(false); }

    /// Of one token, with borders of tiles, pages and splits everywhere.
    void decodesEveryLengthTo300()
    {
        for (int start = 0; start < 300; ++start) {
            support::useThreadOrder(start % 2 == 1);
            LatentCase latentCase = fp8({.start = start, .heads = start % 5 == 0 ? 16 : 3});
            latentCase.nope = 8; // what is not tested here is kept small
            latentCase.value = 8;
            check(latentCase, decodeTolerance);
        }
        qInfo("relative error at most %.1e", m_largest);
    }

    void decodesLatents_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("start");
        QTest::addColumn<int>("heads");
        QTest::addColumn<bool>("descending");
        QTest::newRow("more heads than a block") << 1 << 70 << 40 << true;
        QTest::newRow("the last position of a tile") << 1 << 63 << 33 << false;
        QTest::newRow("three tokens in two blocks") << 3 << 63 << 16 << false;
        QTest::newRow("tokens on both sides of a page's border") << 5 << 125 << 16 << true;
        QTest::newRow("tokens from the middle of a page") << 2 << 230 << 10 << false;
    }
    void decodesLatents()
    {
        QFETCH(int, tokens);
        QFETCH(int, start);
        QFETCH(int, heads);
        QFETCH(bool, descending);
        support::useThreadOrder(descending);
        check(fp8({.tokens = tokens, .start = start, .heads = heads}), decodeTolerance);
    }

    void aDeviceWithLessSharedMemoryDecodesToo()
    {
        if (!support::limitSharedMemory(99 * 1024))
            QSKIP("a real GPU has what it has");
        const Pair small;
        for (const int start : {0, 31, 32, 64, 200}) {
            const double error = small.errorOf(fp8({.start = start}));
            QVERIFY2(error <= decodeTolerance, qPrintable(QString("start %1: %2").arg(start).arg(error)));
        }
        support::limitSharedMemory(0);
    }

    void expandsLatents_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("start");
        QTest::addColumn<DType>("kvB");
        QTest::addColumn<bool>("descending");
        QTest::newRow("one tile") << 40 << 0 << DType::BF16 << false;
        QTest::newRow("the last tile is not full") << 90 << 17 << DType::F8_E4M3 << true;
        QTest::newRow("positions in several runs") << 20 << 300 << DType::BF16 << false;
    }
    void expandsLatents()
    {
        QFETCH(int, tokens);
        QFETCH(int, start);
        QFETCH(DType, kvB);
        QFETCH(bool, descending);
        support::useThreadOrder(descending);
        const Pair fresh; // whose scratch memory is no larger than this call needs
        const double error = fresh.errorOf(fp8({.tokens = tokens,
                                                .start = start,
                                                .heads = 2,
                                                .kvB = kvB,
                                                .form = AttentionForm::Expanded,
                                                .reserved = 64}));
        qInfo("relative error %.1e", error);
        QVERIFY2(error <= expandTolerance, qPrintable(QString::number(error)));
    }

    /// A step that is replayed has the grid of the longest sequence it may meet: most splits then see nothing.
    void splitsWithoutPositionsHaveNoWeight()
    {
        for (const int start : {0, 40, 77}) {
            const LatentCase real = fp8({.start = start});
            LatentCase replayed = real;
            replayed.largestStart = 1000;
            const double error = m_pair->errorOf(replayed, real);
            QVERIFY2(error <= decodeTolerance, qPrintable(QString("start %1: %2").arg(start).arg(error)));
        }
    }

    /// With routes, forked caches and steps on both sides of a page's border.
    void replayedStepsAreThoseThatAreEnqueued()
    {
        const GoldenModel golden("f32-yarn");
        ModelUnderTest recorded(golden.folder.text(), makeBackend(true), fp8Options());
        ModelUnderTest enqueued(golden.folder.text(), makeBackend(false), fp8Options());
        std::vector<KvCache> caches;
        for (ModelUnderTest *model : {&recorded, &enqueued}) {
            caches.push_back(model->transformer.makeCache());
            QVERIFY(caches.back().shape().type == CacheType::Fp8);
            const std::vector<std::uint8_t> unseen(static_cast<std::size_t>(model->config.vocab_size));
            model->transformer.beginSteps(unseen);
        }
        const support::Counts before = support::countsSoFar();
        for (int i = 0; i < 70; ++i) {
            const TokenId token = (i * 37 + 11) % recorded.config.vocab_size;
            const Step replay = stepOnce(recorded, token, caches[0]);
            QVERIFY2(isSame(replay, stepOnce(enqueued, token, caches[1])), qPrintable(QString::number(i)));
            if (i != 40)
                continue;
            KvCache forks[2] = {caches[0].fork(33), caches[1].fork(33)};
            QVERIFY(isSame(stepOnce(recorded, 5, forks[0]), stepOnce(enqueued, 5, forks[1])));
        }
        QVERIFY2(recorded.backend->whyNotRecording().empty(), recorded.backend->whyNotRecording().c_str());
        const support::Counts after = support::countsSoFar();
        QCOMPARE(after.unwaited, 0);
        if (after.launches > 0)
            QVERIFY(after.graphLaunches - before.graphLaunches >= 68);
    }
};

QTEST_GUILESS_MAIN(CudaFp8Cache)
#include "tst_cuda_fp8_cache.moc"
