#include "engine/token_trace.h"

#include "engine/error.h"
#include "tests/engine/support/expect_error.h"

#include <QTest>

#include <cmath>

using engine::TokenPhase;
using engine::TokenRecord;

namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<TokenRecord> sample()
{
    return {{0x01020304, TokenPhase::Prompt, std::nullopt, std::nullopt, 0},
            {7, TokenPhase::Thinking, -0.5F, std::uint16_t{3}, 258},
            {129279, TokenPhase::Answer, -INFINITY, std::nullopt, 65535}};
}

std::string complaintAbout(const Bytes &chunk)
{
    const auto failure = support::failureOf([&] { engine::decodeTokens(chunk); });
    return failure && failure->code == engine::ErrorCode::FileMalformed ? failure->field : std::string();
}

} // namespace

class TokenTraceTest : public QObject {
    Q_OBJECT

private slots:
    void chunkHasTheDocumentedLayout()
    {
        const Bytes chunk = engine::encodeTokens(sample(), 256);
        const Bytes header{'M', 'O', 'E', 'T', 1, 7, 2, 0, 0, 1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0};
        QCOMPARE(Bytes(chunk.begin(), chunk.begin() + 24), header);
        const Bytes tokens{
            4,    3,    2, 1, 0, 0, 0,    0,    0, 0, 0, 0, 0,    0,    0, 0, // the prompt has no figures
            7,    0,    0, 0, 1, 3, 0x00, 0xB8, 0, 0, 3, 0, 2,    1,    0, 0, // -0.5 is B800
            0xFF, 0xF8, 1, 0, 2, 1, 0x00, 0xFC, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0};
        QCOMPARE(Bytes(chunk.begin() + 32, chunk.end()), tokens);
    }

    void recordsSurviveStoring()
    {
        const auto back = engine::decodeTokens(engine::encodeTokens(sample(), 0));
        QCOMPARE(back.size(), sample().size());
        for (std::size_t i = 0; i < back.size(); ++i) {
            QCOMPARE(back[i].token, sample()[i].token);
            QCOMPARE(back[i].phase, sample()[i].phase);
            QCOMPARE(back[i].logProbability, sample()[i].logProbability);
            QCOMPARE(back[i].rank, sample()[i].rank);
            QCOMPARE(back[i].milliseconds, sample()[i].milliseconds);
        }
        QVERIFY(engine::decodeTokens(engine::encodeTokens({}, 0)).empty());
    }

    void damageIsNamed_data()
    {
        QTest::addColumn<int>("byte");
        QTest::addColumn<QString>("field");
        QTest::newRow("plane") << 5 << "plane";
        QTest::newRow("type") << 6 << "dtype";
        QTest::newRow("tokens") << 12 << "n_tok";
        QTest::newRow("layers") << 16 << "n_layers";
        QTest::newRow("k") << 18 << "k";
        QTest::newRow("stride") << 20 << "stride";
        QTest::newRow("payload") << 33 << "crc32";
    }
    void damageIsNamed()
    {
        QFETCH(int, byte);
        QFETCH(QString, field);
        Bytes chunk = engine::encodeTokens(sample(), 0);
        chunk[static_cast<std::size_t>(byte)] ^= 0x04;
        QCOMPARE(complaintAbout(chunk), field.toStdString());
    }

    void unknownPhaseIsRefused()
    {
        std::vector<TokenRecord> tokens = sample();
        tokens[1].phase = static_cast<TokenPhase>(3);
        QCOMPARE(complaintAbout(engine::encodeTokens(tokens, 0)), std::string("phase"));
    }
};

QTEST_GUILESS_MAIN(TokenTraceTest)
#include "tst_token_trace.moc"
