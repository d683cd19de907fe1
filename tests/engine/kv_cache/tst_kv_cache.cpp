#include "engine/memory/kv_cache.h"
#include "tests/engine/support/expect_error.h"

#include <QTest>

#include <cstring>

using engine::ErrorCode;
using engine::memory::CacheType;
using engine::memory::KvCache;
using engine::memory::KvCacheShape;

namespace {

constexpr int page = KvCache::pageTokens;

KvCacheShape smallShape(int capacity = 4 * page)
{
    return {.layers = 2, .width = 3, .capacity = capacity, .type = CacheType::F32};
}

/// First number of a position in a layer.
float *at(const KvCache &cache, int layer, int position)
{
    std::byte *start = cache.pages()[static_cast<std::size_t>(position / page)] + cache.layerOffset(layer);
    return reinterpret_cast<float *>(start) + position % page * cache.shape().width;
}

/// Appends `tokens` positions whose numbers are `mark` + position.
void append(KvCache &cache, int tokens, float mark)
{
    cache.reserve(tokens);
    for (int position = cache.length(); position < cache.length() + tokens; ++position) {
        for (int layer = 0; layer < cache.shape().layers; ++layer)
            *at(cache, layer, position) = mark + static_cast<float>(position) + 0.5F * static_cast<float>(layer);
    }
    cache.commit(tokens);
}

bool holds(const KvCache &cache, int position, float mark)
{
    return *at(cache, 0, position) == mark + static_cast<float>(position) &&
           *at(cache, 1, position) == mark + static_cast<float>(position) + 0.5F;
}

bool failedWith(const std::optional<engine::Failure> &failure, ErrorCode code, const std::string &part)
{
    return failure && failure->code == code && failure->sentence.find(part) != std::string::npos;
}

} // namespace

class KvCacheTest : public QObject {
    Q_OBJECT

private slots:
    void deepSeekV3TakesSeventyThousandBytesPerToken()
    {
        const KvCacheShape shape{.layers = 61, .width = 576, .capacity = 163840};
        QVERIFY(shape.resolvedType() == CacheType::BF16);
        QCOMPARE(shape.bytesPerToken(), 70272U);
    }

    void smallModelsAreCachedInF32()
    {
        const KvCacheShape nano{.layers = 4, .width = 80, .capacity = 2048};
        QVERIFY(nano.resolvedType() == CacheType::F32);
        QCOMPARE(nano.bytesPerToken(), 1280U);
        const KvCacheShape onePastTheLimit{.layers = 1, .width = 2049, .capacity = 1};
        QVERIFY(onePastTheLimit.resolvedType() == CacheType::BF16);
    }

    void memoryIsTakenPageByPage()
    {
        KvCache cache(smallShape(1000 * page));
        QCOMPARE(cache.bytes(), 0U);
        append(cache, 1, 0);
        QCOMPARE(cache.bytes(), std::uint64_t{page} * 24);
        append(cache, page, 0);
        QCOMPARE(cache.bytes(), std::uint64_t{2 * page} * 24);
        QCOMPARE(cache.length(), page + 1);
    }

    void layersAndPositionsDoNotOverlap()
    {
        KvCache cache(smallShape());
        append(cache, 3 * page, 1000);
        for (int position = 0; position < 3 * page; ++position)
            QVERIFY(holds(cache, position, 1000));
    }

    void forkSharesPagesUntilOneSideWrites()
    {
        KvCache original(smallShape());
        append(original, page + 10, 0);
        KvCache fork = original.fork();
        QCOMPARE(fork.length(), page + 10);
        QCOMPARE(fork.pages()[0], original.pages()[0]);
        QCOMPARE(fork.pages()[1], original.pages()[1]);

        append(fork, 5, 5000);
        QCOMPARE(fork.pages()[0], original.pages()[0]);
        QVERIFY(fork.pages()[1] != original.pages()[1]);
        append(original, 5, 9000);
        for (int position = 0; position < page + 10; ++position) {
            QVERIFY(holds(fork, position, 0));
            QVERIFY(holds(original, position, 0));
        }
        QVERIFY(holds(fork, page + 12, 5000));
        QVERIFY(holds(original, page + 12, 9000));
    }

    void theLastOwnerWritesInPlace()
    {
        KvCache cache(smallShape());
        append(cache, 10, 0);
        {
            const KvCache fork = cache.fork();
        }
        const std::byte *before = cache.pages()[0];
        append(cache, 1, 0);
        QCOMPARE(static_cast<const std::byte *>(cache.pages()[0]), before);
    }

    void forkOfAPrefixEndsThere()
    {
        KvCache cache(smallShape());
        append(cache, 2 * page + 1, 0);
        KvCache prefix = cache.fork(page / 2);
        QCOMPARE(prefix.length(), page / 2);
        QCOMPARE(prefix.pages().size(), 1U);
        append(prefix, page, 7000);
        QVERIFY(holds(prefix, page / 2 - 1, 0));
        QVERIFY(holds(prefix, page / 2, 7000));
        QVERIFY(holds(cache, page / 2, 0));
        QCOMPARE(cache.fork(1 << 20).length(), 2 * page + 1);
    }

    void truncateGivesPagesBack()
    {
        KvCache cache(smallShape());
        append(cache, 3 * page, 0);
        cache.truncate(page + 1);
        QCOMPARE(cache.length(), page + 1);
        QCOMPARE(cache.pages().size(), 2U);
        cache.truncate(2 * page);
        QCOMPARE(cache.length(), page + 1);
        append(cache, 1, 300);
        QVERIFY(holds(cache, page, 0));
        QVERIFY(holds(cache, page + 1, 300));
        cache.truncate(-5);
        QCOMPARE(cache.length(), 0);
        QCOMPARE(cache.bytes(), 0U);
    }

    void moreThanTheCapacityIsRefused()
    {
        KvCache cache(smallShape(page + 1));
        append(cache, page + 1, 0);
        const auto failure = support::failureOf([&] { cache.reserve(1); });
        QVERIFY(failedWith(failure, ErrorCode::RequestInvalid, "65"));
        QVERIFY(support::failureOf([&] { cache.reserve(-1); }).has_value());
        QCOMPARE(cache.length(), page + 1);
    }

    void missingMemoryIsReportedInBytesAndLeavesTheCacheAsItWas()
    {
        // 2^25 layers of 2^20 numbers: a page has 2^53 bytes, which no machine gives.
        KvCache cache({.layers = 1 << 25, .width = 1 << 20, .capacity = page, .type = CacheType::F32});
        const auto failure = support::failureOf([&] { cache.reserve(1); });
        QVERIFY(failedWith(failure, ErrorCode::OutOfMemory, "9007199254740992"));
        QCOMPARE(cache.length(), 0);
        QCOMPARE(cache.bytes(), 0U);
    }
};

QTEST_GUILESS_MAIN(KvCacheTest)
#include "tst_kv_cache.moc"
