#include "engine/routing_trace.h"
#include "tests/engine/support/expect_error.h"

#include <QTest>

#include <numeric>

using engine::ErrorCode;
using engine::RoutingTrace;
using Plane = engine::RoutingTrace::Plane;
using Bytes = std::vector<std::uint8_t>;

namespace {

/// `tokens` rows whose ids and gates differ everywhere.
RoutingTrace sampleTrace(int layers, int k, int experts, std::size_t tokens)
{
    RoutingTrace trace(layers, k, experts);
    const auto width = static_cast<std::size_t>(layers * k);
    for (std::size_t token = 0; token < tokens; ++token) {
        std::vector<std::uint16_t> ids(width);
        std::vector<float> gates(width);
        for (std::size_t i = 0; i < width; ++i) {
            ids[i] = static_cast<std::uint16_t>((token * 31 + i * 7) % static_cast<std::size_t>(experts));
            gates[i] = 0.1F + static_cast<float>((token + 3 * i) % 11);
        }
        trace.append(ids, gates);
    }
    return trace;
}

std::vector<std::uint16_t> idsOf(const RoutingTrace &trace, std::size_t token)
{
    return {trace.ids(token).begin(), trace.ids(token).end()};
}

/// The field that decodeChunk complains about.
std::string complaintAbout(const Bytes &ids, const Bytes &gates, int experts = 16)
{
    const auto failure = support::failureOf([&] { RoutingTrace::decodeChunk(ids, gates, experts); });
    const bool named = failure && failure->code == ErrorCode::FileMalformed &&
                       failure->sentence.find(failure->field) != std::string::npos;
    return named ? failure->field : "nothing";
}

} // namespace

class RoutingTraceTest : public QObject {
    Q_OBJECT

private slots:
    void rowsComeBackAsTheyWereAppended()
    {
        RoutingTrace trace(2, 2, 16);
        trace.append(std::vector<std::uint16_t>{1, 2, 3, 4}, std::vector<float>{0.1F, 0.2F, 0.3F, 0.4F});
        trace.append(std::vector<std::uint16_t>{5, 6, 7, 15}, std::vector<float>{1, 2, 3, 4});
        QCOMPARE(trace.tokens(), 2U);
        QCOMPARE(idsOf(trace, 1), (std::vector<std::uint16_t>{5, 6, 7, 15}));
        QCOMPARE(trace.gates(0)[3], 0.4F);
    }

    void wrongRowsAreRefused()
    {
        RoutingTrace trace(2, 2, 16);
        const std::vector<float> gates{1, 2, 3, 4};
        QVERIFY(support::failureOf([&] { trace.append(std::vector<std::uint16_t>{1, 2, 3}, gates); }));
        QVERIFY(support::failureOf([&] { trace.append(std::vector<std::uint16_t>{1, 2, 3, 16}, gates); }));
        QVERIFY(support::failureOf([&] { RoutingTrace().append(std::vector<std::uint16_t>{}, std::vector<float>{}); }));
        QCOMPARE(trace.tokens(), 0U);
    }

    void impossibleGeometriesAreRefused()
    {
        for (const auto &[layers, k, experts] :
             {std::array{0, 1, 2}, {1, 0, 2}, {1, 3, 2}, {65536, 1, 2}, {1, 256, 300}})
            QVERIFY(support::failureOf([&] { RoutingTrace(layers, k, experts); }));
    }

    void tracesOfOneModelAreJoined()
    {
        RoutingTrace trace;
        trace.append(sampleTrace(2, 2, 16, 3));
        trace.append(sampleTrace(2, 2, 16, 2));
        QCOMPARE(trace.tokens(), 5U);
        QCOMPARE(idsOf(trace, 4), idsOf(trace, 1));
        trace.append(trace);
        QCOMPARE(trace.tokens(), 10U);
        QCOMPARE(idsOf(trace, 9), idsOf(trace, 4));
        trace.append(RoutingTrace());
        QCOMPARE(trace.tokens(), 10U);
        QVERIFY(support::failureOf([&] { trace.append(sampleTrace(2, 2, 17, 1)); }));
    }

    void truncateKeepsTheFirstTokens()
    {
        RoutingTrace trace = sampleTrace(2, 2, 16, 5);
        trace.truncate(9);
        QCOMPARE(trace.tokens(), 5U);
        trace.truncate(2);
        QCOMPARE(trace.tokens(), 2U);
        trace.append(sampleTrace(2, 2, 16, 1));
        QCOMPARE(idsOf(trace, 2), idsOf(trace, 0));
    }

    void copiesShareFullPages()
    {
        const std::size_t page = RoutingTrace::pageTokens;
        const RoutingTrace trace = sampleTrace(2, 2, 16, 2 * page + 3);
        const RoutingTrace copy = trace;
        RoutingTrace joined(2, 2, 16);
        joined.append(trace);
        QCOMPARE(copy.ids(0).data(), trace.ids(0).data());
        QCOMPARE(joined.gates(2 * page - 1).data(), trace.gates(2 * page - 1).data());
        QVERIFY(copy.ids(2 * page).data() != trace.ids(2 * page).data());
    }

    void aCopyKeepsItsRowsWhateverBecomesOfTheOther()
    {
        const std::size_t page = RoutingTrace::pageTokens;
        const RoutingTrace rows = sampleTrace(2, 2, 256, 3 * page);
        for (const std::size_t kept : {std::size_t{0}, page - 1, page, page + 1, 2 * page, 2 * page + 2}) {
            RoutingTrace trace = sampleTrace(2, 2, 256, 2 * page + 3);
            const RoutingTrace copy = trace;
            trace.truncate(kept);
            trace.append(rows);
            QCOMPARE(trace.tokens(), kept + rows.tokens());
            for (std::size_t token = 0; token < trace.tokens(); ++token)
                QCOMPARE(idsOf(trace, token), idsOf(rows, token < kept ? token : token - kept));
            QCOMPARE(copy.tokens(), 2 * page + 3);
            for (std::size_t token = 0; token < copy.tokens(); ++token)
                QCOMPARE(idsOf(copy, token), idsOf(rows, token));
        }
    }

    void headerHasTheDocumentedLayout()
    {
        const RoutingTrace trace = sampleTrace(3, 2, 16, 300);
        const Bytes chunk = trace.encodeChunk(Plane::Ids, 258, 4);
        const Bytes start{'M', 'O', 'E', 'T', 1, 0, 0, 0, 2, 1, 0, 0, 4, 0, 0, 0, 3, 0, 2, 0, 6, 0, 0, 0};
        QCOMPARE(Bytes(chunk.begin(), chunk.begin() + 24), start);
        QCOMPARE(chunk.size(), 32U + 4 * 3 * 2);
        // Byte of (token, layer, rank): 32 + ((token − first) · layers + layer) · k + rank
        QCOMPARE(chunk[32 + (2 * 3 + 1) * 2 + 1], static_cast<std::uint8_t>(trace.ids(260)[3]));
    }

    void checksumIsTheOneOfZlib()
    {
        RoutingTrace trace(1, 1, 256);
        for (const char digit : std::string("123456789"))
            trace.append(std::vector{static_cast<std::uint16_t>(digit)}, std::vector{1.0F});
        const Bytes chunk = trace.encodeChunk(Plane::Ids, 0, 9);
        const Bytes wanted{0x26, 0x39, 0xF4, 0xCB}; // the published check value CBF43926
        QCOMPARE(Bytes(chunk.begin() + 24, chunk.begin() + 28), wanted);
    }

    void chunksSurviveStoring_data()
    {
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("experts");
        QTest::newRow("nano") << 3 << 2 << 16;
        QTest::newRow("last expert of one byte") << 2 << 4 << 256;
        QTest::newRow("two-byte ids") << 2 << 8 << 257;
        QTest::newRow("V3") << 58 << 8 << 256;
    }
    void chunksSurviveStoring()
    {
        QFETCH(int, layers);
        QFETCH(int, k);
        QFETCH(int, experts);
        const RoutingTrace trace = sampleTrace(layers, k, experts, 40);
        const Bytes ids = trace.encodeChunk(Plane::Ids, 10, 25);
        const Bytes gates = trace.encodeChunk(Plane::Gates, 10, 25);
        QCOMPARE(ids.size(), 32 + 25 * static_cast<std::size_t>(layers * k * (experts > 256 ? 2 : 1)));
        const RoutingTrace back = RoutingTrace::decodeChunk(ids, gates, experts);
        QCOMPARE(back.tokens(), 25U);
        QCOMPARE(back.routedExperts(), experts);
        for (std::size_t token = 0; token < 25; ++token) {
            QCOMPARE(idsOf(back, token), idsOf(trace, token + 10));
            const auto width = static_cast<std::size_t>(k);
            for (std::size_t first = 0; first < back.gates(token).size(); first += width) {
                const auto stored = back.gates(token).subspan(first, width);
                const auto gatesBefore = trace.gates(token + 10).subspan(first, width);
                const float sum = std::accumulate(gatesBefore.begin(), gatesBefore.end(), 0.0F);
                QVERIFY(std::abs(std::accumulate(stored.begin(), stored.end(), 0.0F) - 1.0F) < 1e-5F);
                for (std::size_t rank = 0; rank < width; ++rank)
                    QVERIFY(std::abs(stored[rank] - gatesBefore[rank] / sum) < 0.01F);
            }
        }
    }

    void nothingToStoreIsAChunkToo()
    {
        const RoutingTrace trace = sampleTrace(3, 2, 16, 4);
        const RoutingTrace back =
            RoutingTrace::decodeChunk(trace.encodeChunk(Plane::Ids, 4, 0), trace.encodeChunk(Plane::Gates, 4, 0), 16);
        QVERIFY(back.empty());
        QCOMPARE(back.layers(), 3);
    }

    void tokensThatAreNotThereCannotBeStored()
    {
        const RoutingTrace trace = sampleTrace(3, 2, 16, 4);
        QVERIFY(support::failureOf([&] { trace.encodeChunk(Plane::Ids, 2, 3); }));
        QVERIFY(support::failureOf([&] { trace.encodeChunk(Plane::Ids, 5, 0); }));
        QVERIFY(support::failureOf([&] { trace.encodeChunk(Plane::Ids, 1, static_cast<std::size_t>(-1)); }));
        QVERIFY(support::failureOf([&] { RoutingTrace().encodeChunk(Plane::Ids, 0, 0); }));
    }

    void damagedHeadersAreNamed_data()
    {
        QTest::addColumn<int>("byte");
        QTest::addColumn<QString>("field");
        QTest::newRow("magic") << 0 << "magic";
        QTest::newRow("version") << 4 << "version";
        QTest::newRow("plane") << 5 << "plane";
        QTest::newRow("dtype") << 6 << "dtype";
        QTest::newRow("codec") << 7 << "codec";
        QTest::newRow("first token") << 8 << "first_tok";
        QTest::newRow("tokens") << 12 << "n_tok";
        QTest::newRow("layers") << 16 << "stride";
        QTest::newRow("flags") << 19 << "flags";
        QTest::newRow("stride") << 20 << "stride";
        QTest::newRow("checksum") << 24 << "crc32";
        QTest::newRow("payload") << 40 << "crc32";
    }
    void damagedHeadersAreNamed()
    {
        QFETCH(int, byte);
        QFETCH(QString, field);
        const RoutingTrace trace = sampleTrace(3, 2, 16, 4);
        Bytes ids = trace.encodeChunk(Plane::Ids, 0, 4);
        const Bytes gates = trace.encodeChunk(Plane::Gates, 0, 4);
        QVERIFY(!support::failureOf([&] { RoutingTrace::decodeChunk(ids, gates, 16); }));
        ids[static_cast<std::size_t>(byte)] ^= 0x04;
        QCOMPARE(complaintAbout(ids, gates), field.toStdString());
    }

    void cutOffChunksAreNamed()
    {
        const RoutingTrace trace = sampleTrace(3, 2, 16, 4);
        const Bytes ids = trace.encodeChunk(Plane::Ids, 0, 4);
        Bytes gates = trace.encodeChunk(Plane::Gates, 0, 4);
        for (std::size_t size = 0; size < gates.size(); ++size) {
            const Bytes cut(gates.begin(), gates.begin() + static_cast<std::ptrdiff_t>(size));
            QCOMPARE(complaintAbout(ids, cut), std::string(size < 32 ? "header" : "n_tok"));
        }
    }

    void planesOfDifferentChunksAreRefused()
    {
        const RoutingTrace trace = sampleTrace(3, 2, 16, 8);
        const Bytes ids = trace.encodeChunk(Plane::Ids, 0, 4);
        QCOMPARE(complaintAbout(ids, trace.encodeChunk(Plane::Gates, 1, 4)), std::string("first_tok"));
        QCOMPARE(complaintAbout(ids, trace.encodeChunk(Plane::Gates, 0, 5)), std::string("n_tok"));
        QCOMPARE(complaintAbout(ids, sampleTrace(2, 2, 16, 4).encodeChunk(Plane::Gates, 0, 4)),
                 std::string("n_layers"));
        QCOMPARE(complaintAbout(ids, sampleTrace(3, 1, 16, 4).encodeChunk(Plane::Gates, 0, 4)), std::string("k"));
        QCOMPARE(complaintAbout(ids, trace.encodeChunk(Plane::Gates, 0, 4), 3), std::string("ids"));
    }
};

QTEST_GUILESS_MAIN(RoutingTraceTest)
#include "tst_routing_trace.moc"
