// Every op of the CUDA backend against the CPU's, which is the oracle, at shapes that fit no tile.

#include "engine/memory/kv_cache.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

#include <cmath>
#include <optional>

using namespace engine::backend;
using engine::memory::DType;
using support::Placed;
using support::RandomMatrix;

namespace {

constexpr double exact = 2e-5;   ///< F32 throughout, sums in another order
constexpr double rounded = 1e-2; ///< inputs rounded to BF16 for the tensor cores

/// |a − b| / |b|, as vectors.
double errorOf(const std::vector<float> &a, const std::vector<float> &b)
{
    double difference = 0.0;
    double size = 1e-30;
    for (std::size_t i = 0; i < b.size(); ++i) {
        difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        size += std::pow(static_cast<double>(b[i]), 2);
    }
    return a.size() == b.size() ? std::sqrt(difference / size) : INFINITY;
}

Rows rowsOf(float *data, int rows, int width)
{
    return {data, rows, width, static_cast<std::size_t>(width)};
}

std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// Both backends, and a body that is run on each with its own copies.
struct Pair {
    Pair() : cpu(makeCpuBackend(1)), gpu(support::makeBackendUnderTest()) {}

    /// `body(backend, placed)` returns the result; what is returned is the error between the two.
    template <typename Body>
    double compare(const Body &body) const
    {
        Placed onCpu(*cpu);
        Placed onGpu(*gpu);
        return errorOf(body(*gpu, onGpu), body(*cpu, onCpu));
    }

    std::unique_ptr<Backend> cpu;
    std::unique_ptr<Backend> gpu;
};

} // namespace

class CudaOps : public QObject {
    Q_OBJECT

private:
    static void eachOrder()
    {
        QTest::addColumn<bool>("descending");
        QTest::addColumn<int>("tokens");
        for (const bool descending : {false, true}) {
            for (const int tokens : {1, 2, 3, 7, 9, 40})
                QTest::addRow("%d tokens, %s", tokens, descending ? "last thread first" : "first thread first")
                    << descending << tokens;
        }
    }
    std::optional<Pair> m_pair;

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_pair.emplace();
    }
    void init()
    {
        if (const char *order = QTest::currentDataTag())
            support::useThreadOrder(QString(order).contains("last thread"));
    }

    void linear_data() { eachOrder(); }
    void linear()
    {
        QFETCH(int, tokens);
        unsigned seed = 1;
        for (const DType dtype : {DType::F32, DType::BF16, DType::F16, DType::F8_E4M3}) {
            for (const auto &[rows, cols] : {std::pair(7, 45), std::pair(70, 256), std::pair(130, 400)}) {
                const RandomMatrix weight(dtype, rows, cols, ++seed);
                const auto x = support::randomFloats(area(tokens, cols), ++seed);
                const auto before = support::randomFloats(area(tokens, rows), ++seed);
                const auto bias = support::randomFloats(static_cast<std::size_t>(rows), ++seed);
                for (const bool accumulate : {false, true}) {
                    const double error = m_pair->compare([&](Backend &backend, Placed &placed) {
                        Matrix matrix = weight.view();
                        matrix.bias = accumulate ? Vector{} : Vector{bias.data(), DType::F32, rows};
                        const Rows out = rowsOf(placed.copy(before), tokens, rows);
                        backend.linear(rowsOf(placed.copy(x), tokens, cols), placed.matrix(matrix), out, accumulate);
                        return placed.read(out.data, before.size());
                    });
                    QVERIFY2(error <= (tokens > 8 && dtype != DType::F32 ? rounded : exact),
                             qPrintable(QString::number(error)));
                }
            }
        }
    }

    void embedding()
    {
        const std::vector<std::int32_t> ids{3, 0, 8, 3};
        for (const DType dtype : {DType::F32, DType::BF16, DType::F16}) {
            const RandomMatrix table(dtype, 9, 301, 4);
            QVERIFY(m_pair->compare([&](Backend &backend, Placed &placed) {
                const Rows out = rowsOf(placed.copy(std::vector<float>(4 * 301)), 4, 301);
                backend.embed(std::span<const std::int32_t>(placed.copy(ids), ids.size()), placed.matrix(table.view()),
                              out);
                return placed.read(out.data, 4 * 301);
            }) == 0.0);
        }
    }

    void normAndRope_data()
    {
        QTest::addColumn<int>("width");
        for (const int width : {8, 64, 300, 1024})
            QTest::addRow("%d", width) << width;
    }
    void normAndRope()
    {
        QFETCH(int, width);
        constexpr int tokens = 3;
        const int rope = width / 4 * 2;
        const auto x = support::randomFloats(area(tokens, 2 * width), 5);
        const RandomMatrix norm(DType::BF16, 1, 2 * width, 6);
        const auto angles = support::randomFloats(area(tokens, rope / 2), 7, 3.0F);
        std::vector<float> cosines(angles.size());
        std::vector<float> sines(angles.size());
        for (std::size_t i = 0; i < angles.size(); ++i) {
            cosines[i] = std::cos(angles[i]);
            sines[i] = std::sin(angles[i]);
        }
        for (const RopePairs pairs : {RopePairs::Adjacent, RopePairs::Halves}) {
            const double error = m_pair->compare([&](Backend &backend, Placed &placed) {
                const Rows rows = rowsOf(placed.copy(x), tokens, 2 * width);
                const Vector weight = placed.vector({norm.view().data, DType::BF16, 2 * width});
                backend.rmsNorm(rows, weight, 1e-5F, rows);
                backend.rope(rows, width, rope, {placed.copy(cosines), placed.copy(sines), pairs});
                return placed.read(rows.data, x.size());
            });
            QVERIFY2(error <= exact, qPrintable(QString::number(error)));
        }
    }

    void latentAttention_data() { eachOrder(); }
    void latentAttention()
    {
        QFETCH(int, tokens);
        for (const int start : {0, 61, 200}) {
            for (const auto type : {engine::memory::CacheType::F32, engine::memory::CacheType::BF16}) {
                const double error = m_pair->compare([&](Backend &backend, Placed &placed) {
                    return latentResult(backend, placed, tokens, start, type);
                });
                QVERIFY2(error <= 5e-5, qPrintable(QString("start %1: %2").arg(start).arg(error)));
            }
        }
    }

    void groupedAttention_data() { eachOrder(); }
    void groupedAttention()
    {
        QFETCH(int, tokens);
        for (const auto &[heads, kvHeads, width] :
             {std::tuple(3, 1, 24), std::tuple(8, 2, 64), std::tuple(4, 4, 128), std::tuple(4, 1, 200)}) {
            for (const int start : {0, 61, 200}) {
                const double error = m_pair->compare([&](Backend &backend, Placed &placed) {
                    return groupedResult(backend, placed, tokens, start, heads, kvHeads, width);
                });
                QVERIFY2(error <= 5e-5, qPrintable(QString("width %1: %2").arg(width).arg(error)));
            }
        }
    }

    void routing_data() { eachOrder(); }
    void routing()
    {
        QFETCH(int, tokens);
        for (const bool sigmoid : {true, false}) {
            for (const auto &[experts, groups, kept, topK] : {std::tuple(64, 1, 1, 6), std::tuple(256, 8, 4, 8),
                                                              std::tuple(160, 8, 3, 6), std::tuple(12, 3, 2, 4)}) {
                const double error = m_pair->compare([&](Backend &backend, Placed &placed) {
                    return routedResult(backend, placed, tokens, experts, groups, kept, topK, sigmoid);
                });
                QVERIFY2(error <= exact, qPrintable(QString("%1 experts: %2").arg(experts).arg(error)));
            }
        }
    }

    void experts_data() { eachOrder(); }
    void experts()
    {
        QFETCH(int, tokens);
        for (const DType dtype : {DType::F32, DType::BF16, DType::F8_E4M3}) {
            for (const auto &[hidden, width, shared] : {std::tuple(72, 40, 136), std::tuple(256, 144, 272)}) {
                const double error = m_pair->compare([&](Backend &backend, Placed &placed) {
                    return expertResult(backend, placed, tokens, dtype, hidden, width, shared);
                });
                QVERIFY2(error <= (tokens > 8 && dtype != DType::F32 ? 2 * rounded : 5e-5),
                         qPrintable(QString::number(error)));
            }
        }
    }

    void aFailedLaunchIsToldOnceAndForAll()
    {
        const auto backend = support::makeBackendUnderTest();
        Placed placed(*backend);
        const std::vector<float> x(64, 1.0F);
        const RandomMatrix weight(DType::F32, 8, 64, 1);
        const Matrix matrix = placed.matrix(weight.view());
        const Rows in = rowsOf(placed.copy(x), 1, 64);
        const Rows out = rowsOf(placed.copy(std::vector<float>(8)), 1, 8);
        if (!support::failLaunchAfter(1))
            QSKIP("a real GPU does not fail on demand");
        backend->linear(in, matrix, out, false);
        backend->linear(in, matrix, out, false);
        for (int time = 0; time < 2; ++time) {
            try {
                backend->synchronize();
                QFAIL("the failure was not told");
            } catch (const engine::Error &error) {
                QCOMPARE(error.code(), engine::ErrorCode::DeviceFailed);
                QVERIFY(QString(error.what()).contains("unspecified launch failure"));
                QVERIFY(QString(error.what()).contains("use the CPU"));
            }
        }
    }

    void missingMemoryIsToldInBytes()
    {
        const auto backend = support::makeBackendUnderTest();
        try {
            (void)backend->memory().allocate(std::size_t{1} << 60);
            QFAIL("there is no such memory");
        } catch (const engine::Error &error) {
            QCOMPARE(error.code(), engine::ErrorCode::OutOfMemory);
            QVERIFY(QString(error.what()).contains("1152921504606846976 bytes"));
            QVERIFY(QString(error.what()).contains("are free"));
        }
    }

private:
    static std::vector<float> latentResult(Backend &backend, Placed &placed, int tokens, int start,
                                           engine::memory::CacheType type);
    static std::vector<float> groupedResult(Backend &backend, Placed &placed, int tokens, int start, int heads,
                                            int kvHeads, int width);
    static std::vector<float> routedResult(Backend &backend, Placed &placed, int tokens, int experts, int groups,
                                           int kept, int topK, bool sigmoid);
    static std::vector<float> expertResult(Backend &backend, Placed &placed, int tokens, DType dtype, int hidden,
                                           int width, int shared);
};

namespace {

CachePages viewOf(const engine::memory::KvCache &cache, int width, int start)
{
    CachePages view;
    view.pages = cache.pages();
    view.layerOffset = cache.layerOffset(1);
    view.pageTokens = engine::memory::KvCache::pageTokens;
    view.dtype = cache.shape().type == engine::memory::CacheType::F32 ? DType::F32 : DType::BF16;
    view.width = width;
    view.start = start;
    return view;
}

} // namespace

/// What is attended to is stored by the op under test too, in two calls.
std::vector<float> CudaOps::latentResult(Backend &backend, Placed &placed, int tokens, int start,
                                         engine::memory::CacheType type)
{
    constexpr int heads = 5;
    constexpr int nope = 24;
    constexpr int rope = 16;
    constexpr int value = 20;
    constexpr int latent = 48;
    constexpr int width = latent + rope;
    const int total = start + tokens;
    WorkspaceShape shape;
    shape.tokens = total;
    shape.heads = heads;
    shape.nopeWidth = nope;
    shape.ropeWidth = rope;
    shape.valueWidth = value;
    shape.latentWidth = latent;
    backend.reserve(shape);
    engine::memory::KvCache cache({.layers = 2, .width = width, .capacity = total, .type = type}, backend.memory());
    cache.reserve(total);
    const auto kv = support::randomFloats(area(total, width), 11);
    const std::vector<float> ones(area(total, rope / 2), 1.0F);
    const std::vector<float> zeros(ones.size(), 0.0F);
    const RandomMatrix norm(DType::F32, 1, latent, 12);
    LatentArgs stored;
    stored.norm = placed.vector({norm.view().data, DType::F32, latent});
    stored.eps = 1e-6F;
    stored.rope = {placed.copy(zeros), placed.copy(ones), RopePairs::Adjacent};
    static_cast<CachePages &>(stored.cache) = viewOf(cache, width, 0);
    stored.cache.latentWidth = latent;
    stored.cache.ropeWidth = rope;
    stored.kv = rowsOf(placed.copy(kv), total, width);
    backend.storeLatent(stored);
    const RandomMatrix kvB(DType::BF16, heads * (nope + value), latent, 13);
    const int qWidth = heads * (nope + rope);
    const auto q = support::randomFloats(area(tokens, qWidth), 14, 2.0F);
    MlaArgs args;
    args.heads = heads;
    args.nopeWidth = nope;
    args.valueWidth = value;
    args.softmaxScale = 0.2F;
    args.q = rowsOf(placed.copy(q), tokens, qWidth);
    args.kvB = placed.matrix(kvB.view());
    args.cache = stored.cache;
    args.cache.start = start;
    args.out = rowsOf(placed.copy(std::vector<float>(area(tokens, heads * value))), tokens, heads * value);
    backend.mlaAttention(args);
    return placed.read(args.out.data, area(tokens, heads * value));
}

std::vector<float> CudaOps::groupedResult(Backend &backend, Placed &placed, int tokens, int start, int heads,
                                          int kvHeads, int width)
{
    const int total = start + tokens;
    WorkspaceShape shape;
    shape.tokens = total;
    shape.heads = heads;
    shape.kvHeads = kvHeads;
    shape.headWidth = width;
    backend.reserve(shape);
    const int kvWidth = kvHeads * width;
    engine::memory::KvCache cache(
        {.layers = 2, .width = 2 * kvWidth, .capacity = total, .type = engine::memory::CacheType::BF16},
        backend.memory());
    cache.reserve(total);
    KeyValueArgs stored;
    stored.key = rowsOf(placed.copy(support::randomFloats(area(total, kvWidth), 21)), total, kvWidth);
    stored.value = rowsOf(placed.copy(support::randomFloats(area(total, kvWidth), 22)), total, kvWidth);
    static_cast<CachePages &>(stored.cache) = viewOf(cache, 2 * kvWidth, 0);
    stored.cache.kvHeads = kvHeads;
    stored.cache.headWidth = width;
    backend.storeKeyValue(stored);
    GqaArgs args;
    args.heads = heads;
    args.softmaxScale = 0.3F;
    args.q = rowsOf(placed.copy(support::randomFloats(area(tokens, heads * width), 23)), tokens, heads * width);
    args.cache = stored.cache;
    args.cache.start = start;
    args.out = rowsOf(placed.copy(std::vector<float>(area(tokens, heads * width))), tokens, heads * width);
    backend.gqaAttention(args);
    return placed.read(args.out.data, area(tokens, heads * width));
}

/// Ids, then weights.
std::vector<float> CudaOps::routedResult(Backend &backend, Placed &placed, int tokens, int experts, int groups,
                                         int kept, int topK, bool sigmoid)
{
    constexpr int hidden = 96;
    WorkspaceShape shape;
    shape.tokens = tokens;
    shape.experts = experts;
    shape.topK = topK;
    shape.hidden = hidden;
    backend.reserve(shape);
    const RandomMatrix gate(DType::BF16, experts, hidden, 31);
    const auto bias = support::randomFloats(static_cast<std::size_t>(experts), 32, 0.3F);
    RouteArgs args;
    args.x = rowsOf(placed.copy(support::randomFloats(area(tokens, hidden), 33)), tokens, hidden);
    args.gate = placed.matrix(gate.view());
    args.affinity = sigmoid ? Affinity::Sigmoid : Affinity::Softmax;
    if (sigmoid)
        args.bias = placed.vector({bias.data(), DType::F32, experts});
    args.groupScore = sigmoid ? GroupScore::SumOfTwoLargest : GroupScore::Largest;
    args.groups = groups;
    args.keptGroups = kept;
    args.topK = topK;
    args.normalise = sigmoid;
    args.scale = 2.5F;
    args.ids = placed.copy(std::vector<std::uint16_t>(area(tokens, topK), 999));
    args.weights = placed.copy(std::vector<float>(area(tokens, topK)));
    args.outStride = static_cast<std::size_t>(topK);
    backend.route(args);
    std::vector<float> result;
    for (const std::uint16_t id : placed.read(args.ids, area(tokens, topK)))
        result.push_back(id);
    const auto weights = placed.read(args.weights, area(tokens, topK));
    result.insert(result.end(), weights.begin(), weights.end());
    return result;
}

std::vector<float> CudaOps::expertResult(Backend &backend, Placed &placed, int tokens, DType dtype, int hidden,
                                         int width, int shared)
{
    constexpr int experts = 6;
    constexpr int topK = 2;
    WorkspaceShape shape;
    shape.tokens = tokens;
    shape.hidden = hidden;
    shape.experts = experts;
    shape.topK = topK;
    shape.expertWidth = width;
    shape.mlpWidth = shared;
    backend.reserve(shape);
    const auto mlpOf = [&](int mlpWidth, unsigned seed) {
        const RandomMatrix gate(dtype, mlpWidth, hidden, seed);
        const RandomMatrix up(dtype, mlpWidth, hidden, seed + 1);
        const RandomMatrix down(dtype, hidden, mlpWidth, seed + 2);
        return placed.mlp({gate.view(), up.view(), down.view()});
    };
    std::vector<Mlp> routed;
    for (unsigned expert = 0; expert < experts; ++expert)
        routed.push_back(mlpOf(width, 100 * expert));
    const Mlp sharedMlp = mlpOf(shared, 900);
    backend.prepareExperts(routed, &sharedMlp);
    std::vector<std::uint16_t> ids; // expert 3 is chosen by nobody
    for (int token = 0; token < tokens; ++token) {
        ids.push_back(static_cast<std::uint16_t>((token * 5) % 3));
        ids.push_back(static_cast<std::uint16_t>(4 + token % 2));
    }
    ExpertArgs args;
    args.x = rowsOf(placed.copy(support::randomFloats(area(tokens, hidden), 41)), tokens, hidden);
    args.experts = routed;
    args.shared = &sharedMlp;
    args.topK = topK;
    args.ids = placed.copy(ids);
    args.weights = placed.copy(support::randomFloats(area(tokens, topK), 42));
    args.routeStride = topK;
    args.out = rowsOf(placed.copy(support::randomFloats(area(tokens, hidden), 43)), tokens, hidden);
    backend.expertFfn(args);
    return placed.read(args.out.data, area(tokens, hidden));
}

QTEST_GUILESS_MAIN(CudaOps)
#include "tst_cuda_ops.moc"
