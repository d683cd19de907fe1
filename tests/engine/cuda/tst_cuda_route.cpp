// The router of the CUDA backend at the sizes of real models, which need more than one block, against the CPU's.

#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

#include <cmath>

using namespace engine::backend;
using engine::memory::DType;
using support::Placed;
using support::RandomMatrix;

namespace {

struct Router {
    int experts;
    int hidden;
    int groups;
    int keptGroups;
    int topK;
    bool sigmoid;
    DType type = DType::BF16;
    std::size_t offset = 0; ///< of the gate from an aligned address
};

constexpr Router v3{256, 7168, 8, 4, 8, true};
constexpr Router v2{160, 5120, 8, 3, 6, false};
constexpr Router v2Lite{64, 2048, 1, 1, 6, false};
constexpr Router small{8, 1040, 2, 1, 3, true}; ///< for which a block has fewer rows

struct Routes {
    std::vector<std::uint16_t> ids;
    std::vector<float> weights;

    Routes ofToken(int token, int topK) const
    {
        const auto part = [&](const auto &all) {
            return std::vector(all.begin() + token * topK, all.begin() + (token + 1) * topK);
        };
        return {part(ids), part(weights)};
    }
    bool operator==(const Routes &) const = default;
};

std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// The address of a copy of the gate that may lie anywhere.
Matrix placedGate(const Router &router, const RandomMatrix &gate, Placed &placed)
{
    Matrix matrix = gate.view();
    const auto *from = static_cast<const std::byte *>(matrix.data);
    std::vector<std::byte> bytes(router.offset);
    bytes.insert(bytes.end(), from,
                 from + area(router.experts, router.hidden) * engine::memory::blockBytes(router.type));
    matrix.data = placed.copy(bytes) + router.offset;
    return matrix;
}

Routes route(const Router &router, int tokens, Backend &backend, const std::vector<float> &x)
{
    WorkspaceShape shape;
    shape.tokens = tokens;
    shape.hidden = router.hidden;
    shape.experts = router.experts;
    shape.topK = router.topK;
    backend.reserve(shape);
    Placed placed(backend);
    const RandomMatrix gate(router.type, router.experts, router.hidden, 31);
    const auto bias = support::randomFloats(static_cast<std::size_t>(router.experts), 32, 0.3F);
    RouteArgs args;
    args.x = placed.rows(std::vector(x.begin(), x.begin() + tokens * router.hidden), tokens, router.hidden);
    args.gate = placedGate(router, gate, placed);
    args.affinity = router.sigmoid ? Affinity::Sigmoid : Affinity::Softmax;
    if (router.sigmoid)
        args.bias = placed.vector({bias.data(), DType::F32, router.experts});
    args.groupScore = router.sigmoid ? GroupScore::SumOfTwoLargest : GroupScore::Largest;
    args.groups = router.groups;
    args.keptGroups = router.keptGroups;
    args.topK = router.topK;
    args.normalise = router.sigmoid;
    args.scale = 2.5F;
    args.outStride = static_cast<std::size_t>(router.topK);
    args.ids = placed.copy(std::vector<std::uint16_t>(area(tokens, router.topK), 999));
    args.weights = placed.copy(std::vector<float>(area(tokens, router.topK)));
    backend.route(args);
    return {placed.read(args.ids, area(tokens, router.topK)), placed.read(args.weights, area(tokens, router.topK))};
}

std::vector<float> inputs(const Router &router, int tokens)
{
    return support::randomFloats(area(tokens, router.hidden), 33, 0.05F);
}

} // namespace

class CudaRoute : public QObject {
    Q_OBJECT

    std::unique_ptr<Backend> m_cpu;
    std::unique_ptr<Backend> m_gpu;

    void verify(const Router &router, int tokens) const
    {
        const auto x = inputs(router, tokens);
        const Routes found = route(router, tokens, *m_gpu, x);
        const Routes wanted = route(router, tokens, *m_cpu, x);
        QCOMPARE(found.ids, wanted.ids);
        for (std::size_t i = 0; i < found.weights.size(); ++i)
            QVERIFY2(std::abs(found.weights[i] - wanted.weights[i]) <= 2e-5F * std::abs(wanted.weights[i]),
                     qPrintable(QString("%1: %2 for %3").arg(i).arg(found.weights[i]).arg(wanted.weights[i])));
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

    void realRouters_data()
    {
        QTest::addColumn<int>("tokens");
        for (const int tokens : {1, 3, 8, 9})
            QTest::addRow("%d tokens", tokens) << tokens;
    }
    void realRouters()
    {
        QFETCH(int, tokens);
        for (Router router : {v3, v2, v2Lite, small}) {
            verify(router, tokens);
            router.type = DType::F32;
            support::useThreadOrder(true);
            verify(router, tokens);
        }
    }

    /// Not a bit of a token's result depends on how many there are, nor on the order of the threads.
    void tokensAreRoutedAsIfAlone()
    {
        constexpr int most = 40; // more than one launch of the emulated device has room for
        const auto x = inputs(v3, most);
        const Routes all = route(v3, most, *m_gpu, x);
        for (const int tokens : {1, 2, 5, 8}) {
            support::useThreadOrder(tokens % 2 == 1);
            const Routes some = route(v3, tokens, *m_gpu, x);
            QVERIFY(some.ofToken(tokens - 1, v3.topK) == all.ofToken(tokens - 1, v3.topK));
        }
        const std::vector<float> last(x.end() - v3.hidden, x.end());
        QVERIFY(route(v3, 1, *m_gpu, last) == all.ofToken(most - 1, v3.topK));
    }

    void equalScoresAreTakenInOrder()
    {
        for (const int tokens : {1, 2}) {
            const std::vector<float> zeros(area(tokens, v2.hidden)); // every expert and every group alike
            const Routes found = route(v2, tokens, *m_gpu, zeros);
            for (std::size_t i = 0; i < found.ids.size(); ++i)
                QCOMPARE(found.ids[i], i % 6);
        }
    }

    void otherGatesTakeTwoLaunches()
    {
        Router odd = v2Lite;
        odd.offset = 2;
        verify(odd, 3);
        odd.offset = 0;
        odd.type = DType::F16;
        verify(odd, 3);
        verify({96, 512, 48, 5, 4, true}, 2); // more groups than lanes
    }

    void fewTokensTakeOneLaunch()
    {
        for (const int tokens : {1, 8}) {
            const auto x = inputs(v3, tokens);
            const long long before = support::countsSoFar().launches;
            (void)route(v3, tokens, *m_gpu, x);
            const long long after = support::countsSoFar().launches;
            if (after == 0)
                QSKIP("a real GPU does not count launches");
            QCOMPARE(after - before, 1);
        }
    }
};

QTEST_GUILESS_MAIN(CudaRoute)
#include "tst_cuda_route.moc"
