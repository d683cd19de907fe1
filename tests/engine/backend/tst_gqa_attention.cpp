// Grouped-query attention against the definition in double precision.

#include "engine/memory/kv_cache.h"
#include "tests/engine/backend/naive.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using engine::memory::CacheType;
using engine::memory::DType;
using engine::memory::KvCache;

namespace {

struct Shape {
    int heads = 6;
    int kvHeads = 2;
    int width = 24;

    int queryWidth() const { return heads * width; }
    int keyWidth() const { return kvHeads * width; }
};

/// A sequence of random queries, keys and values that is fed in steps.
class Sequence {
public:
    Sequence(Shape shape, int tokens, CacheType type)
        : m_shape(shape), m_tokens(tokens), m_type(type),
          m_cache({.layers = 2, .width = 2 * shape.keyWidth(), .capacity = tokens, .type = type}),
          m_query(support::randomFloats(count(tokens, shape.queryWidth()), 1, 2.0F)),
          m_key(support::randomFloats(count(tokens, shape.keyWidth()), 2, 2.0F)),
          m_value(support::randomFloats(count(tokens, shape.keyWidth()), 3))
    {
    }

    /// The output of all tokens, [tokens, heads · width], computed `step` tokens at a time.
    std::vector<float> run(engine::backend::Backend &backend, int step)
    {
        engine::backend::WorkspaceShape workspace;
        workspace.tokens = step;
        workspace.heads = m_shape.heads;
        workspace.kvHeads = m_shape.kvHeads;
        workspace.headWidth = m_shape.width;
        backend.reserve(workspace);
        std::vector<float> out(m_query.size(), 1e9F);
        m_cache.truncate(0);
        for (int done = 0; done < m_tokens; done += step)
            runStep(backend, done, std::min(step, m_tokens - done), out);
        return out;
    }

    double definition(int token, int head, int column) const
    {
        const int kvHead = head / (m_shape.heads / m_shape.kvHeads);
        double sum = 0.0;
        double result = 0.0;
        for (int position = 0; position <= token; ++position) {
            double score = 0.0;
            for (int i = 0; i < m_shape.width; ++i)
                score += query(token, head, i) * stored(m_key, position, kvHead, i);
            const double weight = std::exp(score * 0.2);
            sum += weight;
            result += weight * stored(m_value, position, kvHead, column);
        }
        return result / sum;
    }

private:
    static std::size_t count(int rows, int width)
    {
        return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    }
    double query(int token, int head, int column) const
    {
        return static_cast<double>(m_query[count(token, m_shape.queryWidth()) + count(head, m_shape.width) +
                                           static_cast<std::size_t>(column)]);
    }
    /// As the cache holds it.
    double stored(const std::vector<float> &rows, int token, int head, int column) const
    {
        const float value =
            rows[count(token, m_shape.keyWidth()) + count(head, m_shape.width) + static_cast<std::size_t>(column)];
        return static_cast<double>(
            m_type == CacheType::F32 ? value : engine::memory::bf16ToFloat(engine::memory::floatToBf16(value)));
    }
    engine::backend::ConstRows rowsOf(const std::vector<float> &values, int first, int tokens, int width) const
    {
        return {values.data() + count(first, width), tokens, width, static_cast<std::size_t>(width)};
    }

    void runStep(engine::backend::Backend &backend, int first, int tokens, std::vector<float> &out)
    {
        m_cache.reserve(tokens);
        engine::backend::KeyValueArgs store;
        store.key = rowsOf(m_key, first, tokens, m_shape.keyWidth());
        store.value = rowsOf(m_value, first, tokens, m_shape.keyWidth());
        store.cache.pages = m_cache.pages();
        store.cache.layerOffset = m_cache.layerOffset(1);
        store.cache.pageTokens = KvCache::pageTokens;
        store.cache.dtype = m_type == CacheType::F32 ? DType::F32 : DType::BF16;
        store.cache.width = 2 * m_shape.keyWidth();
        store.cache.start = first;
        store.cache.kvHeads = m_shape.kvHeads;
        store.cache.headWidth = m_shape.width;
        backend.storeKeyValue(store);
        engine::backend::GqaArgs attention;
        attention.heads = m_shape.heads;
        attention.softmaxScale = 0.2F;
        attention.q = rowsOf(m_query, first, tokens, m_shape.queryWidth());
        attention.cache = store.cache;
        attention.out = {out.data() + count(first, m_shape.queryWidth()), tokens, m_shape.queryWidth(),
                         static_cast<std::size_t>(m_shape.queryWidth())};
        backend.gqaAttention(attention);
        m_cache.commit(tokens);
    }

    Shape m_shape;
    int m_tokens;
    CacheType m_type;
    KvCache m_cache;
    std::vector<float> m_query, m_key, m_value;
};

} // namespace

class GqaAttentionTest : public QObject {
    Q_OBJECT

private slots:
    void everyGroupingFollowsTheDefinition_data()
    {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("bf16");
        QTest::newRow("grouped") << 6 << 2 << 24 << false;
        QTest::newRow("one head for all") << 4 << 1 << 40 << false;
        QTest::newRow("a head each") << 3 << 3 << 16 << false;
        QTest::newRow("grouped, BF16 cache") << 8 << 4 << 20 << true;
    }
    void everyGroupingFollowsTheDefinition()
    {
        QFETCH(int, heads);
        QFETCH(int, kvHeads);
        QFETCH(int, width);
        QFETCH(bool, bf16);
        const Shape shape{heads, kvHeads, width};
        constexpr int tokens = 150; // two and a third pages
        support::forEachInstructionSet([&] {
            Sequence sequence(shape, tokens, bf16 ? CacheType::BF16 : CacheType::F32);
            const auto backend = engine::backend::makeCpuBackend(2);
            const auto out = sequence.run(*backend, 64);
            for (const int token : {0, 1, 63, 64, 100, 149}) {
                for (int head = 0; head < heads; ++head) {
                    for (const int column : {0, width - 1}) {
                        const auto index = static_cast<std::size_t>((token * heads + head) * width + column);
                        const double expected = sequence.definition(token, head, column);
                        QVERIFY2(std::abs(static_cast<double>(out[index]) - expected) < 2e-5,
                                 qPrintable(QString("token %1 head %2").arg(token).arg(head)));
                    }
                }
            }
        });
    }

    void stepsAndThreadsDoNotChangeABit()
    {
        Sequence sequence({8, 2, 32}, 200, CacheType::BF16);
        const auto one = engine::backend::makeCpuBackend(1);
        const auto three = engine::backend::makeCpuBackend(3);
        const auto whole = sequence.run(*one, 200);
        for (const int step : {1, 7, 64}) {
            QCOMPARE(sequence.run(*one, step), whole);
            QCOMPARE(sequence.run(*three, step), whole);
        }
    }
};

QTEST_GUILESS_MAIN(GqaAttentionTest)
#include "tst_gqa_attention.moc"
