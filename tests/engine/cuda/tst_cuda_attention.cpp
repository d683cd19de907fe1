// Attention of the CUDA backend at the widths of real models, which have kernels of their own, against the CPU's.

#include "tests/engine/cuda/attention_cases.h"
#include "tests/engine/cuda/backend_under_test.h"

#include <QTest>

#include <optional>

using namespace engine::backend;
using engine::memory::CacheType;
using engine::memory::DType;
using support::LatentCase;
using support::Placed;

namespace {

/// Queries and softmax weights are rounded to BF16 (2^-9 each) for the tensor cores.
constexpr double rounded = 8e-3;

struct Pair {
    std::unique_ptr<Backend> cpu = makeCpuBackend(1);
    std::unique_ptr<Backend> gpu = support::makeBackendUnderTest();

    template <typename Case>
    double errorOf(const Case &onGpu, const Case &onCpu) const
    {
        Placed host(*cpu);
        Placed device(*gpu);
        return support::relativeError(onGpu.run(*gpu, device), onCpu.run(*cpu, host));
    }
    template <typename Case>
    double errorOf(const Case &both) const
    {
        return errorOf(both, both);
    }
};

} // namespace

Q_DECLARE_METATYPE(engine::memory::DType)

class CudaAttention : public QObject {
    Q_OBJECT

private:
    std::optional<Pair> m_pair;

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_pair.emplace();
    }
    void cleanup() { support::useThreadOrder(false); }

    void decodesLatents_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("start");
        QTest::addColumn<int>("heads");
        QTest::addColumn<bool>("descending");
        QTest::newRow("the first token") << 1 << 0 << 16 << false;
        QTest::newRow("the last position of a tile") << 1 << 31 << 16 << true;
        QTest::newRow("the first position of a tile") << 1 << 64 << 16 << false;
        QTest::newRow("several splits, the last tile is not full") << 1 << 300 << 16 << true;
        QTest::newRow("fewer heads than a tile") << 1 << 100 << 5 << false;
        QTest::newRow("more heads than a block") << 1 << 70 << 40 << true;
        QTest::newRow("three tokens in two blocks") << 3 << 63 << 16 << false;
    }
    void decodesLatents()
    {
        QFETCH(int, tokens);
        QFETCH(int, start);
        QFETCH(int, heads);
        QFETCH(bool, descending);
        support::useThreadOrder(descending);
        const double error = m_pair->errorOf(LatentCase{.tokens = tokens, .start = start, .heads = heads});
        QVERIFY2(error <= rounded, qPrintable(QString::number(error)));
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
        const double error = fresh.errorOf(LatentCase{
            .tokens = tokens, .start = start, .heads = 2, .kvB = kvB, .form = AttentionForm::Expanded, .reserved = 64});
        QVERIFY2(error <= rounded, qPrintable(QString::number(error)));
    }

    /// With a cache in F32 nothing is rounded, so this shows the products with kv_b_proj.
    void productsWithTheWeightsAreExact()
    {
        for (const DType kvB : {DType::F32, DType::BF16, DType::F16, DType::F8_E4M3}) {
            for (const int tokens : {1, 5}) {
                LatentCase narrow{.tokens = tokens, .start = 2, .heads = 3, .kvB = kvB, .cache = CacheType::F32};
                narrow.nope = 40;
                narrow.value = 22; // no multiple of what a warp or a block takes
                narrow.latent = 128;
                const double error = m_pair->errorOf(narrow);
                QVERIFY2(error <= 2e-5, qPrintable(QString("type %1: %2").arg(int(kvB)).arg(error)));
            }
        }
    }

    /// A step that is replayed has the grid of the longest sequence it may meet: most splits then see nothing.
    void splitsWithoutPositionsHaveNoWeight()
    {
        for (const int start : {0, 40}) {
            for (const CacheType cache : {CacheType::F32, CacheType::BF16}) {
                const LatentCase real{.start = start, .cache = cache};
                LatentCase replayed = real;
                replayed.largestStart = 1000;
                const double error = m_pair->errorOf(replayed, real);
                QVERIFY2(error <= rounded, qPrintable(QString("start %1: %2").arg(start).arg(error)));
            }
        }
    }
};

QTEST_GUILESS_MAIN(CudaAttention)
#include "tst_cuda_attention.moc"
