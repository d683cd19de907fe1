// What is stored of a trace: each chunk once, whole ones while the reply streams, and every token with its routes.

#include "app/reply_trace.h"

#include <QTest>

using app::ReplyTrace;
using engine::TokenPhase;

namespace {

constexpr int layers = 2;
constexpr int perToken = 2;

/// A reply to a prompt of some tokens: what the engine tells, and the routes as Reply collects them.
struct Stream {
    ReplyTrace trace;
    engine::RoutingTrace routes{layers, perToken, 16};
    double seconds = 1.0;

    void addRoutes()
    {
        routes.append(std::vector<std::uint16_t>{1, 2, 3, 4}, std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F});
    }
    explicit Stream(int promptTokens)
    {
        engine::PromptProcessed prompt;
        prompt.seconds = seconds;
        for (int i = 0; i < promptTokens; ++i) {
            prompt.tokens.push_back({1000 + i, {}});
            addRoutes();
        }
        trace.take(prompt);
    }
    void generate(engine::TokenId token, engine::TextPart part)
    {
        engine::TokenGenerated event;
        event.token = token;
        event.part = part;
        event.probability = 0.25F;
        event.alternatives[1].token = token;
        event.seconds = seconds += 0.02;
        if (m_generated++ > 0) // the row of the first one came with the prompt
            addRoutes();
        trace.take(event);
    }

private:
    int m_generated = 0;
};

/// "plane:sequence:first+tokens" of each.
QString outline(const std::vector<storage::TraceChunk> &chunks)
{
    QStringList all;
    for (const auto &chunk : chunks)
        all << QString("%1:%2:%3+%4").arg(chunk.plane).arg(chunk.sequence).arg(chunk.firstToken).arg(chunk.tokens);
    return all.join(' ');
}

} // namespace

class ReplyTraceTest : public QObject {
    Q_OBJECT

private slots:
    void wholeChunksComeWhileTheReplyStreamsAndTheRestAtItsEnd()
    {
        Stream stream(250);
        QVERIFY(stream.trace.takeChunks(stream.routes, false).empty());
        QVERIFY(!stream.trace.begun());
        for (int i = 0; i < 6; ++i)
            stream.generate(i, engine::TextPart::Answer);
        QCOMPARE(outline(stream.trace.takeChunks(stream.routes, false)), QString("7:0:0+256")); // 255 rows are no chunk
        QVERIFY(stream.trace.begun());
        stream.generate(6, engine::TextPart::Answer);
        QCOMPARE(outline(stream.trace.takeChunks(stream.routes, false)), QString("0:0:0+256 1:0:0+256"));
        QVERIFY(stream.trace.takeChunks(stream.routes, false).empty());
        stream.generate(7, engine::TextPart::Answer);
        QCOMPARE(outline(stream.trace.takeChunks(stream.routes, true)),
                 QString("0:1:256+1 1:1:256+1 7:1:256+2")); // the last token was never read by the model
        QVERIFY(stream.trace.takeChunks(stream.routes, true).empty());
    }

    void aLongPromptIsManyChunks()
    {
        Stream stream(600);
        QCOMPARE(outline(stream.trace.takeChunks(stream.routes, false)),
                 QString("0:0:0+256 1:0:0+256 0:1:256+256 1:1:256+256 7:0:0+256 7:1:256+256"));
    }

    void tokensTellWhatTheyWere()
    {
        Stream stream(2);
        stream.generate(5, engine::TextPart::Thinking);
        stream.generate(6, engine::TextPart::Answer);
        const auto chunks = stream.trace.takeChunks(stream.routes, true);
        QCOMPARE(outline(chunks), QString("0:0:0+3 1:0:0+3 7:0:0+4"));
        const auto tokens = engine::decodeTokens(chunks.back().data);
        QCOMPARE(tokens[1].token, 1001);
        QCOMPARE(tokens[1].phase, TokenPhase::Prompt);
        QVERIFY(!tokens[1].logProbability && !tokens[1].rank);
        QCOMPARE(tokens[2].token, 5);
        QCOMPARE(tokens[2].phase, TokenPhase::Thinking);
        QCOMPARE(tokens[3].phase, TokenPhase::Answer);
        QVERIFY(qAbs(*tokens[3].logProbability - std::log(0.25F)) < 0.001F);
        QCOMPARE(*tokens[3].rank, std::uint16_t(1));
        QCOMPARE(tokens[3].milliseconds, std::uint16_t(20));
    }

    void aReplyWithoutRoutesHasNoTrace()
    {
        Stream stream(300);
        QVERIFY(stream.trace.takeChunks({}, true).empty());
    }
};

QTEST_GUILESS_MAIN(ReplyTraceTest)
#include "tst_reply_trace.moc"
