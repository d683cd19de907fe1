// Both forms of MLA against the definition in double precision, and against each other.

#include "engine/memory/kv_cache.h"
#include "tests/engine/backend/naive.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using engine::backend::AttentionForm;
using engine::backend::MlaArgs;
using engine::memory::CacheType;
using engine::memory::DType;
using engine::memory::KvCache;
using support::RandomMatrix;

namespace {

struct Shape {
    int heads = 3;
    int nope = 24;
    int rope = 16;
    int value = 20;
    int latent = 40;
};

/// A filled cache and queries for its last `tokens` positions.
struct Setting {
    Setting(Shape s, int cached, int queryTokens, CacheType type, DType kvType)
        : shape(s), tokens(queryTokens), start(cached - queryTokens),
          cache({.layers = 2, .width = s.latent + s.rope, .capacity = cached, .type = type}),
          kvB(kvType, s.heads * (s.nope + s.value), s.latent, 7, 1),
          q(support::randomFloats(static_cast<std::size_t>(queryTokens * s.heads * (s.nope + s.rope)), 8, 2.0F)),
          out(static_cast<std::size_t>(queryTokens * s.heads * s.value))
    {
        cache.reserve(cached);
        const int width = s.latent + s.rope;
        rows = support::randomFloats(static_cast<std::size_t>(cached * width), 9);
        for (int position = 0; position < cached; ++position) {
            std::byte *at = cache.pages()[static_cast<std::size_t>(position / KvCache::pageTokens)] +
                            cache.layerOffset(1) +
                            static_cast<std::size_t>(position % KvCache::pageTokens) * cache.shape().rowBytes();
            for (int i = 0; i < width; ++i) {
                float &value = rows[static_cast<std::size_t>(position * width + i)];
                if (type == CacheType::F32) {
                    reinterpret_cast<float *>(at)[i] = value;
                } else {
                    const std::uint16_t bits = engine::memory::floatToBf16(value);
                    reinterpret_cast<std::uint16_t *>(at)[i] = bits;
                    value = engine::memory::bf16ToFloat(bits);
                }
            }
        }
        cache.commit(start);
    }

    std::vector<float> run(engine::backend::Backend &backend, AttentionForm form)
    {
        engine::backend::WorkspaceShape workspace;
        workspace.tokens = tokens;
        workspace.heads = shape.heads;
        workspace.nopeWidth = shape.nope;
        workspace.ropeWidth = shape.rope;
        workspace.valueWidth = shape.value;
        workspace.latentWidth = shape.latent;
        backend.reserve(workspace);
        MlaArgs args;
        args.form = form;
        args.heads = shape.heads;
        args.nopeWidth = shape.nope;
        args.valueWidth = shape.value;
        args.softmaxScale = 0.2F;
        const auto qWidth = static_cast<std::size_t>(shape.heads * (shape.nope + shape.rope));
        args.q = {q.data(), tokens, static_cast<int>(qWidth), qWidth};
        args.kvB = kvB.view();
        args.cache.pages = cache.pages();
        args.cache.layerOffset = cache.layerOffset(1);
        args.cache.pageTokens = KvCache::pageTokens;
        args.cache.dtype = cache.shape().elementType();
        args.cache.width = shape.latent + shape.rope;
        args.cache.start = start;
        args.cache.latentWidth = shape.latent;
        args.cache.ropeWidth = shape.rope;
        args.out = {out.data(), tokens, shape.heads * shape.value, static_cast<std::size_t>(shape.heads * shape.value)};
        std::fill(out.begin(), out.end(), 1e9F);
        backend.mlaAttention(args);
        return out;
    }

    /// Output of one token and head by the definition: keys and values from kv_b_proj, softmax, sum.
    std::vector<double> definition(int token, int head) const
    {
        const int width = shape.latent + shape.rope;
        const int firstRow = head * (shape.nope + shape.value);
        const float *query = q.data() + (token * shape.heads + head) * (shape.nope + shape.rope);
        std::vector<double> scores;
        std::vector<std::vector<double>> values;
        for (int position = 0; position <= start + token; ++position) {
            const float *row = rows.data() + position * width;
            const auto expanded = support::product(kvB, std::vector<double>(row, row + shape.latent));
            double score = 0.0;
            for (int i = 0; i < shape.nope; ++i)
                score += static_cast<double>(query[i]) * expanded[static_cast<std::size_t>(firstRow + i)];
            for (int i = 0; i < shape.rope; ++i)
                score += static_cast<double>(query[shape.nope + i]) * static_cast<double>(row[shape.latent + i]);
            scores.push_back(score * 0.2);
            const auto first = expanded.begin() + firstRow + shape.nope;
            values.emplace_back(first, first + shape.value);
        }
        const double largest = *std::max_element(scores.begin(), scores.end());
        double sum = 0.0;
        std::vector<double> result(static_cast<std::size_t>(shape.value), 0.0);
        for (std::size_t s = 0; s < scores.size(); ++s) {
            const double weight = std::exp(scores[s] - largest);
            sum += weight;
            for (std::size_t i = 0; i < result.size(); ++i)
                result[i] += weight * values[s][i];
        }
        for (double &value : result)
            value /= sum;
        return result;
    }

    Shape shape;
    int tokens;
    int start;
    KvCache cache;
    RandomMatrix kvB;
    std::vector<float> q;
    std::vector<float> rows; ///< what the cache holds
    std::vector<float> out;
};

double largestDifference(const std::vector<float> &a, const std::vector<float> &b)
{
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return largest;
}

} // namespace

class MlaAttentionTest : public QObject {
    Q_OBJECT

private slots:
    void bothFormsEqualTheDefinition_data()
    {
        QTest::addColumn<int>("cached");
        QTest::addColumn<int>("tokens");
        QTest::newRow("the first token") << 1 << 1;
        QTest::newRow("a prompt") << 20 << 20;
        QTest::newRow("a token after a full page") << 65 << 1;
        QTest::newRow("a chunk that starts within a page") << 150 << 40;
        QTest::newRow("a prompt over three pages") << 130 << 130;
        QTest::newRow("a token far on, in several runs of pages") << 1500 << 1;
        QTest::newRow("tokens far on") << 1400 << 3;
    }
    void bothFormsEqualTheDefinition()
    {
        QFETCH(int, cached);
        QFETCH(int, tokens);
        const auto backend = engine::backend::makeCpuBackend(1);
        for (const CacheType type : {CacheType::F32, CacheType::BF16}) {
            for (const DType kvType : {DType::F32, DType::F8_E4M3}) {
                Setting setting({}, cached, tokens, type, kvType);
                const auto absorbed = setting.run(*backend, AttentionForm::Absorbed);
                const auto expanded = setting.run(*backend, AttentionForm::Expanded);
                for (const int token : std::set{0, tokens / 2, tokens - 1}) {
                    for (int head = 0; head < setting.shape.heads; ++head) {
                        const auto wanted = setting.definition(token, head);
                        const auto first =
                            static_cast<std::size_t>((token * setting.shape.heads + head) * setting.shape.value);
                        for (std::size_t i = 0; i < wanted.size(); ++i) {
                            QVERIFY(std::abs(absorbed[first + i] - wanted[i]) < 2e-5);
                            QVERIFY(std::abs(expanded[first + i] - wanted[i]) < 2e-5);
                        }
                    }
                }
            }
        }
    }

    void weightsMayLieInBlocks_data()
    {
        QTest::addColumn<int>("kvType");
        for (const DType dtype : {DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q5_K, DType::Q6_K})
            QTest::newRow(engine::memory::dtypeName(dtype).data()) << static_cast<int>(dtype);
    }
    void weightsMayLieInBlocks()
    {
        QFETCH(int, kvType);
        const auto backend = engine::backend::makeCpuBackend(2);
        // Rows of a head start and end anywhere; a row is two blocks of 256 or sixteen of 32.
        Setting setting({.heads = 3, .nope = 17, .rope = 6, .value = 33, .latent = 512}, 70, 9, CacheType::F32,
                        static_cast<DType>(kvType));
        support::forEachInstructionSet([&] {
            for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
                const auto out = setting.run(*backend, form);
                for (const int head : {0, 2}) {
                    const auto wanted = setting.definition(8, head);
                    const auto first = static_cast<std::size_t>((8 * setting.shape.heads + head) * setting.shape.value);
                    for (std::size_t i = 0; i < wanted.size(); ++i)
                        QVERIFY(std::abs(out[first + i] - wanted[i]) < 5e-5);
                }
            }
        });
    }

    void formsAgreeOnEveryInstructionSet()
    {
        const auto backend = engine::backend::makeCpuBackend(1);
        support::forEachInstructionSet([&] {
            for (const CacheType type : {CacheType::F32, CacheType::BF16}) {
                Setting setting({.heads = 5, .nope = 17, .rope = 6, .value = 33, .latent = 51}, 200, 70, type,
                                DType::BF16);
                const auto absorbed = setting.run(*backend, AttentionForm::Absorbed);
                const auto expanded = setting.run(*backend, AttentionForm::Expanded);
                QVERIFY(largestDifference(absorbed, expanded) < 1e-4);
            }
        });
    }

    void threadsDoNotChangeTheResult()
    {
        const auto one = engine::backend::makeCpuBackend(1);
        const auto four = engine::backend::makeCpuBackend(4);
        for (const int tokens : {1, 5, 80}) {
            Setting setting({.heads = 16, .nope = 32, .rope = 16, .value = 32, .latent = 64}, 1100, tokens,
                            CacheType::F32, DType::BF16);
            for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded})
                QCOMPARE(setting.run(*one, form), setting.run(*four, form));
        }
    }

    void largeScoresDoNotOverflow()
    {
        const auto backend = engine::backend::makeCpuBackend(1);
        Setting setting({}, 100, 2, CacheType::F32, DType::F32);
        for (float &value : setting.q)
            value *= 1000.0F;
        for (const AttentionForm form : {AttentionForm::Absorbed, AttentionForm::Expanded}) {
            for (const float value : setting.run(*backend, form))
                QVERIFY(std::isfinite(value) && std::abs(value) < 100.0F);
        }
    }
};

QTEST_GUILESS_MAIN(MlaAttentionTest)
#include "tst_mla_attention.moc"
