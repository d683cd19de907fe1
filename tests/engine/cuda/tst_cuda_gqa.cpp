// Grouped-query attention of the CUDA backend at the head widths of real models, which have kernels of their own,
// against the CPU's. Both attend to the same cache in BF16.

#include "engine/memory/kv_cache.h"
#include "tests/engine/cuda/attention_cases.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

using namespace engine::backend;
using engine::memory::CacheType;
using engine::memory::DType;
using engine::memory::KvCache;
using support::Placed;

namespace {

/// One or two queries a key-value head are computed in F32, more with queries and softmax weights in BF16 (2^-9 each).
constexpr double exact = 5e-5;
constexpr double rounded = 8e-3;

struct GroupedCase {
    int tokens = 1;
    int start = 0; ///< position of the first of them
    int group = 1; ///< query heads of a key-value head
    int width = 128;
    int kvHeads = 2;
    int largestStart = -1; ///< if given, start is told in memory and this is the bound

    int heads() const { return group * kvHeads; }
    double tolerance() const { return tokens * group <= 2 ? exact : rounded; }
    QString text() const
    {
        return QString("%1 tokens after %2, %3 heads on %4 of %5")
            .arg(tokens)
            .arg(start)
            .arg(heads())
            .arg(kvHeads)
            .arg(width);
    }
};

std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

void reserve(const GroupedCase &c, Backend &backend)
{
    WorkspaceShape shape;
    shape.tokens = c.tokens;
    shape.heads = c.heads();
    shape.kvHeads = c.kvHeads;
    shape.headWidth = c.width;
    backend.reserve(shape);
}

/// Random keys and values of every position; what is not stored must not be looked at.
KeyValueCache store(const GroupedCase &c, Backend &backend, Placed &placed, const KvCache &cache)
{
    const std::vector<std::byte> nan(cache.shape().bytesPerToken() * KvCache::pageTokens, std::byte{0xFF});
    for (std::byte *page : cache.pages())
        backend.memory().upload(page, nan.data(), nan.size());
    backend.synchronize();
    const int total = c.start + c.tokens;
    const int width = c.kvHeads * c.width;
    KeyValueArgs args;
    args.key = placed.rows(support::randomFloats(area(total, width), 21), total, width);
    args.value = placed.rows(support::randomFloats(area(total, width), 22), total, width);
    args.cache.pages = cache.pages();
    args.cache.layerOffset = cache.layerOffset(1);
    args.cache.pageTokens = KvCache::pageTokens;
    args.cache.dtype = DType::BF16;
    args.cache.width = 2 * width;
    args.cache.kvHeads = c.kvHeads;
    args.cache.headWidth = c.width;
    backend.storeKeyValue(args);
    return args.cache;
}

std::vector<float> run(const GroupedCase &c, Backend &backend)
{
    Placed placed(backend);
    reserve(c, backend);
    KvCache cache({.layers = 2,
                   .width = 2 * c.kvHeads * c.width,
                   .capacity = std::max(c.start, c.largestStart) + c.tokens,
                   .type = CacheType::BF16},
                  backend.memory());
    cache.reserve(cache.capacity());
    const int width = c.heads() * c.width;
    GqaArgs args;
    args.heads = c.heads();
    args.softmaxScale = 0.15F;
    args.q = placed.rows(support::randomFloats(area(c.tokens, width), 23, 2.0F), c.tokens, width);
    args.cache = store(c, backend, placed, cache);
    args.cache.start = c.start;
    if (c.largestStart >= 0) {
        args.cache.start = c.largestStart;
        args.cache.replayedStart = placed.copy(std::vector<std::int32_t>{c.start});
    }
    args.out = placed.rows(std::vector<float>(area(c.tokens, width)), c.tokens, width);
    backend.gqaAttention(args);
    return placed.read(args.out);
}

} // namespace

class CudaGqa : public QObject {
    Q_OBJECT

    std::unique_ptr<Backend> m_cpu;
    std::unique_ptr<Backend> m_gpu;

    void verify(const GroupedCase &onGpu, const GroupedCase &onCpu) const
    {
        const double error = support::relativeError(run(onGpu, *m_gpu), run(onCpu, *m_cpu));
        QVERIFY2(error <= onGpu.tolerance(), qPrintable(QString("%1: %2").arg(onGpu.text()).arg(error)));
    }
    void verify(const GroupedCase &both) const { verify(both, both); }

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_cpu = makeCpuBackend(1);
        m_gpu = support::makeBackendUnderTest();
    }
    void cleanup() { support::useThreadOrder(false); }

    void everyLength_data()
    {
        QTest::addColumn<int>("group");
        QTest::addColumn<int>("width");
        QTest::addRow("one query") << 1 << 128;
        QTest::addRow("one narrow query") << 1 << 64;
        QTest::addRow("tensor cores") << 4 << 128;
        QTest::addRow("tensor cores, narrow") << 5 << 64;
    }
    /// 1 to 300 positions, of which those near the borders of pages and of what a warp takes.
    void everyLength()
    {
        QFETCH(int, group);
        QFETCH(int, width);
        for (int length = 1; length <= 300; length += length % 64 < 3 || length % 64 > 60 ? 1 : 7)
            verify({.start = length - 1, .group = group, .width = width});
    }

    void shapes_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("width");
        for (const int tokens : {1, 3, 17, 65}) {
            for (const int width : {64, 128})
                QTest::addRow("%d tokens, %d wide", tokens, width) << tokens << width;
        }
    }
    /// Every size of group, from starts that are and are not on the border of a page, with both orders of the threads,
    /// between which no bit may differ.
    void shapes()
    {
        QFETCH(int, tokens);
        QFETCH(int, width);
        int start = 0;
        for (const int group : {1, 2, 4, 5, 7, 8}) {
            const GroupedCase shape{.tokens = tokens, .start = start, .group = group, .width = width};
            const auto wanted = run(shape, *m_cpu);
            support::useThreadOrder(false);
            const auto found = run(shape, *m_gpu);
            support::useThreadOrder(true);
            QVERIFY2(run(shape, *m_gpu) == found, qPrintable(shape.text()));
            const double error = support::relativeError(found, wanted);
            QVERIFY2(error <= shape.tolerance(), qPrintable(QString("%1: %2").arg(shape.text()).arg(error)));
            start = (start * 5 + 61) % 200; // 61, 166, 91, 116, 41
        }
    }

    /// A step that is replayed has the grid of the longest sequence it may meet: most splits then see nothing.
    void replayedStepsTakeTheStartFromMemory()
    {
        for (const int start : {0, 40, 130}) {
            for (const int group : {1, 2, 8}) {
                const GroupedCase real{.start = start, .group = group, .kvHeads = 1};
                GroupedCase replayed = real;
                replayed.largestStart = 1000;
                verify(replayed, real);
            }
        }
    }

    /// So many rows that a block takes 128 of them, and few that are split over the positions.
    void manyRows()
    {
        verify({.tokens = 40, .start = 70, .group = 10, .width = 64, .kvHeads = 1});
        verify({.tokens = 9, .start = 300, .group = 4, .width = 64, .kvHeads = 1});
    }

    /// Every stage of the pipelines is used more than once.
    void longSequences()
    {
        for (const int width : {64, 128}) {
            for (const int group : {1, 2, 4})
                verify({.start = 1000, .group = group, .width = width});
            verify({.tokens = 5, .start = 700, .group = 8, .width = width});
        }
    }

    void otherCachesHaveTheGenericKernel()
    {
        for (const int width : {24, 200})
            verify({.tokens = 2, .start = 70, .group = 4, .width = width});
    }
};

QTEST_GUILESS_MAIN(CudaGqa)
#include "tst_cuda_gqa.moc"
