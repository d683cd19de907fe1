// Few tokens through routed experts and a shared MLP of other width, which take the same launches where their types are
// alike, against the CPU's.

#include "tests/engine/cuda/attention_cases.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

using namespace engine::backend;
using engine::memory::DType;
using support::Placed;
using support::RandomMatrix;

namespace {

constexpr int experts = 5;
constexpr int topK = 3;

struct Layer {
    DType type = DType::BF16;
    int hidden = 256;
    int width = 144;
    int sharedWidth = 144;
    DType sharedType = DType::BF16;
};

std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

struct Result {
    std::vector<float> out;
    long long launches = 0;
};

Mlp placedMlp(DType type, int hidden, int width, unsigned seed, Placed &placed)
{
    const RandomMatrix gate(type, width, hidden, seed);
    const RandomMatrix up(type, width, hidden, seed + 1);
    const RandomMatrix down(type, hidden, width, seed + 2);
    return placed.mlp({gate.view(), up.view(), down.view()});
}

void reserve(const Layer &layer, int tokens, Backend &backend)
{
    WorkspaceShape shape;
    shape.tokens = tokens;
    shape.hidden = layer.hidden;
    shape.experts = experts;
    shape.topK = topK;
    shape.expertWidth = layer.width;
    shape.mlpWidth = layer.sharedWidth;
    backend.reserve(shape);
}

/// Tokens `first` to first + tokens − 1.
Result run(const Layer &layer, int tokens, Backend &backend, int first = 0)
{
    constexpr int most = 8;
    reserve(layer, tokens, backend);
    Placed placed(backend);
    std::vector<Mlp> routed;
    for (unsigned expert = 0; expert < experts; ++expert)
        routed.push_back(placedMlp(layer.type, layer.hidden, layer.width, 10 * expert, placed));
    const Mlp shared = placedMlp(layer.sharedType, layer.hidden, layer.sharedWidth, 90, placed);
    backend.prepareExperts(routed, &shared);
    std::vector<std::uint16_t> ids;
    for (int slot = 0; slot < most * topK; ++slot)
        ids.push_back(static_cast<std::uint16_t>((slot * 2 + slot / topK) % experts));
    const auto rows = [&](unsigned seed, int width) {
        const auto all = support::randomFloats(area(most, width), seed);
        return std::vector(all.begin() + first * width, all.begin() + (first + tokens) * width);
    };
    ExpertArgs args;
    args.x = placed.rows(rows(41, layer.hidden), tokens, layer.hidden);
    args.experts = routed;
    args.shared = &shared;
    args.topK = topK;
    args.ids = placed.copy(ids) + first * topK;
    args.weights = placed.copy(rows(42, topK));
    args.routeStride = topK;
    args.out = placed.rows(rows(43, layer.hidden), tokens, layer.hidden);
    const long long before = support::countsSoFar().launches;
    backend.expertFfn(args);
    return {placed.read(args.out), support::countsSoFar().launches - before};
}

} // namespace

class CudaExperts : public QObject {
    Q_OBJECT

    std::unique_ptr<Backend> m_cpu;
    std::unique_ptr<Backend> m_gpu;

    void verify(const Layer &layer, int launches) const
    {
        for (const int tokens : {1, 3, 8}) {
            support::useThreadOrder(false);
            const Result found = run(layer, tokens, *m_gpu);
            const double error = support::relativeError(found.out, run(layer, tokens, *m_cpu).out);
            QVERIFY2(error <= 5e-6, qPrintable(QString("%1 tokens: %2").arg(tokens).arg(error)));
            if (found.launches > 0)
                QCOMPARE(found.launches, launches);
            support::useThreadOrder(true);
            QVERIFY(run(layer, tokens, *m_gpu).out == found.out);
            const Result last = run(layer, 1, *m_gpu, tokens - 1); // as if it were alone
            QVERIFY(std::equal(last.out.begin(), last.out.end(), found.out.end() - layer.hidden));
        }
    }

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_cpu = makeCpuBackend(1);
        m_gpu = support::makeBackendUnderTest();
    }
    void cleanup() { support::useThreadOrder(false); }

    void together_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("sharedWidth");
        QTest::addRow("F16") << static_cast<int>(DType::F16) << 48 << 80;
        for (const DType type : {DType::F8_E4M3, DType::BF16}) {
            const char *name = engine::memory::dtypeName(type).data();
            QTest::addRow("%s, as wide", name) << static_cast<int>(type) << 144 << 144;
            QTest::addRow("%s, narrower", name) << static_cast<int>(type) << 272 << 48;
            QTest::addRow("%s, wider", name) << static_cast<int>(type) << 144 << 400;
            QTest::addRow("%s, twice as wide", name) << static_cast<int>(type) << 128 << 256;
        }
    }
    void together()
    {
        QFETCH(int, type);
        QFETCH(int, width);
        QFETCH(int, sharedWidth);
        const auto dtype = static_cast<DType>(type);
        verify({dtype, 208, width, sharedWidth, dtype}, 2);
    }

    void othersOneAfterTheOther()
    {
        verify({.type = DType::F8_E4M3, .sharedType = DType::BF16}, 4);
        verify({.hidden = 2048, .width = 32, .sharedWidth = 64}, 4); // results that the scratch memory has no room for
    }
};

QTEST_GUILESS_MAIN(CudaExperts)
#include "tst_cuda_experts.moc"
