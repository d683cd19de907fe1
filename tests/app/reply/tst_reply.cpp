#include "app/reply.h"

#include <QTest>

using engine::TextPart;

namespace {

engine::TokenGenerated token(TextPart part, double seconds)
{
    engine::TokenGenerated event;
    event.part = part;
    event.seconds = seconds;
    return event;
}

engine::PromptProcessed prompt(double seconds)
{
    engine::PromptProcessed event;
    event.promptTokens = 10;
    event.cachedTokens = 4;
    event.seconds = seconds;
    return event;
}

} // namespace

class ReplyTest : public QObject {
    Q_OBJECT

private slots:
    void timesExcludePrefill()
    {
        app::Reply reply({1, 2}, 3, {});
        reply.take(prompt(5.0), {});
        reply.take(token(TextPart::Thinking, 5.5));
        reply.take(token(TextPart::Thinking, 6.0));
        reply.take(token(TextPart::Answer, 6.25));
        QCOMPARE(reply.live().thinkingSeconds, 1.0);
        QCOMPARE(reply.live().answerSeconds, 0.25);
        QCOMPARE(reply.live().firstTokenSeconds, 5.5);
        QCOMPARE(reply.live().thinkingTokens, 2);
        QCOMPARE(reply.live().cachedTokens, 4);
        QVERIFY(!reply.live().prefilling);
    }

    void speedIsThatOfTheLastSecond_data()
    {
        QTest::addColumn<double>("interval");
        QTest::newRow("slow") << 2.5;
        QTest::newRow("usual") << 0.05;
        QTest::newRow("fast") << 0.0002;
    }
    void speedIsThatOfTheLastSecond()
    {
        QFETCH(double, interval);
        app::Reply reply({1, 2}, 3, {});
        reply.take(prompt(0.0), {});
        double now = 0.0;
        for (int i = 0; i < 50; ++i)
            reply.take(token(TextPart::Answer, now += 10.0 * interval)); // slower before
        for (int i = 0; i < 20000 && i * interval < 6.0; ++i)
            reply.take(token(TextPart::Answer, now += interval));
        QVERIFY(qAbs(reply.live().tokensPerSecond * interval - 1.0) < 0.02);
    }

    void aContinuedReplyAddsUp()
    {
        storage::StatisticsRecord earlier;
        earlier.thinkingTokens = 7;
        earlier.thinkingSeconds = 2.0;
        earlier.firstTokenSeconds = 0.3;
        const app::Reply reply({1, 2}, 3, earlier);
        engine::GenerationFinished finished;
        finished.statistics.thinkingTokens = 5;
        finished.statistics.thinkingSeconds = 1.0;
        finished.statistics.firstTokenSeconds = 9.0;
        const auto end = reply.end(finished);
        QCOMPARE(end.statistics.thinkingTokens, 12);
        QCOMPARE(end.statistics.thinkingSeconds, 3.0);
        QCOMPARE(end.statistics.firstTokenSeconds, 0.3);
    }

    void everyReasonBecomesItsState()
    {
        const app::Reply reply({1, 2}, 3, {});
        const std::pair<engine::FinishReason, storage::MessageState> states[] = {
            {engine::FinishReason::EndOfSequence, storage::MessageState::Complete},
            {engine::FinishReason::MaxTokens, storage::MessageState::LengthLimit},
            {engine::FinishReason::ContextFull, storage::MessageState::ContextFull},
            {engine::FinishReason::Stopped, storage::MessageState::Stopped},
        };
        for (const auto &[reason, state] : states) {
            engine::GenerationFinished finished;
            finished.reason = reason;
            QVERIFY(reply.end(finished).state == state);
        }
        QVERIFY(reply.end(engine::GenerationFailed{}).state == storage::MessageState::Failed);
    }

    void stoppedInMidThoughtIsNotClosed()
    {
        const app::Reply reply({1, 2}, 3, {});
        engine::GenerationFinished finished;
        finished.reason = engine::FinishReason::Stopped;
        finished.endedIn = TextPart::Thinking;
        QVERIFY(!reply.end(finished).thinkingClosed);
    }
};

QTEST_GUILESS_MAIN(ReplyTest)
#include "tst_reply.moc"
