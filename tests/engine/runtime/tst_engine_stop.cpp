// Whatever the engine is doing, it can be stopped, and exactly the request that was meant.

#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

using engine::FinishReason;

class EngineStopTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;

    /// Greedy: the random model then repeats itself and never ends by itself.
    static engine::GenerationRequest endless(engine::RequestId id, int maxTokens = 400)
    {
        auto request = question(id, "Go on", maxTokens);
        request.sampler.temperature = 0.0F;
        return request;
    }

    static void spin(std::chrono::nanoseconds time)
    {
        const auto end = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < end) {
        }
    }

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::writeTinyModel(support::TinyModelOptions{}, m_model);
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        QVERIFY(driver.generate(endless(1)).finished->reason == FinishReason::MaxTokens);
    }

    void stopsWithinOneToken()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto answer = driver.generate(endless(5), atToken(3, [&] { driver.engine().cancel(5); }));
        QVERIFY(answer.stopped());
        QVERIFY(answer.tokens.size() <= 4);
        // And the next request is unharmed.
        QCOMPARE(driver.generate(endless(6, 8)).tokens.size(), std::size_t(8));
    }

    void aQueuedRequestCanBeCancelled()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        driver.send(endless(1, 8), atToken(1, [&] {
                        driver.send(endless(2, 8));
                        driver.send(endless(3, 8));
                        driver.engine().cancel(2);
                    }));
        QCOMPARE(driver.answer(1).tokens.size(), std::size_t(8));
        const auto third = driver.answer(3);
        const auto second = driver.answer(2);
        QVERIFY(second.stopped());
        QVERIFY(second.tokens.empty() && !second.prompt);
        QVERIFY(third.finished->reason == FinishReason::MaxTokens);
        QCOMPARE(third.tokens.size(), std::size_t(8));
    }

    /// A request that leaves the queue must be found among the queued or as the running one, at every moment.
    void noCancelIsLostWhileARequestIsTakenUp()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        std::minstd_rand random(1);
        int inTime = 0;
        for (engine::RequestId id = 2; id <= 4000; id += 2) {
            std::atomic<bool> firstEnded = false;
            std::atomic<bool> secondEnded = false;
            const auto noteEnd = [](std::atomic<bool> &ended) {
                return [&ended](const engine::GenerationEvent &event) {
                    ended = ended || std::holds_alternative<engine::GenerationFinished>(event);
                };
            };
            driver.send(endless(id, 1), noteEnd(firstEnded));
            driver.send(endless(id + 1), noteEnd(secondEnded));
            while (!firstEnded) {
            }
            spin(std::chrono::nanoseconds(random() % 4000));
            driver.engine().cancel(id + 1);
            // On a busy computer this thread may wait for its turn until everything has been said.
            const bool tooLate = secondEnded;
            QVERIFY2(driver.answer(id + 1).stopped() || tooLate, std::to_string(id).c_str());
            inTime += tooLate ? 0 : 1;
        }
        QVERIFY2(inTime > 1000, std::to_string(inTime).c_str()); // of 2,000
    }

    void aStopDuringThePromptKeepsWhatWasComputed()
    {
        // Slow enough that progress, which is told ten times a second, is told before the end.
        support::TinyModelOptions slow;
        slow.hidden = 256;
        slow.expertWidth = 256;
        slow.layers = 4;
        slow.maxPositions = 4096;
        const std::string folder = (m_folder.path() / "slow").string();
        support::writeTinyModel(slow, folder);
        engine::EngineOptions options;
        options.threads = 1;
        EngineDriver driver(options);
        QVERIFY(driver.load(folder));

        std::string text;
        for (int i = 0; text.size() < 3800; ++i)
            text += "qzkx"[i * i % 31 % 4];
        const auto stopped = driver.generate(question(1, text, 8), [&](const engine::GenerationEvent &event) {
            if (std::holds_alternative<engine::PromptProgress>(event))
                driver.engine().cancel(1);
        });
        QVERIFY(stopped.stopped());
        QCOMPARE(stopped.progress.size(), std::size_t(1));
        QVERIFY(!stopped.prompt && stopped.tokens.empty());
        QCOMPARE(stopped.finished->statistics.contextUsed, stopped.progress[0].done);

        const auto resumed = driver.generate(question(2, text, 8));
        QCOMPARE(resumed.prompt->cachedTokens, stopped.progress[0].done);
        EngineDriver fresh(options);
        QVERIFY(fresh.load(folder));
        const auto whole = fresh.generate(question(1, text, 8));
        QCOMPARE(resumed.tokenIds(), whole.tokenIds());
    }

    /// The time of a layer of a large model is far above what a stop may take. Here the only layer is such a one.
    void aStopEndsALayerToo()
    {
        support::TinyModelOptions wide;
        wide.layers = 1;
        wide.hidden = 512;
        wide.denseWidth = 8192;
        const std::string folder = (m_folder.path() / "wide").string();
        support::writeTinyModel(wide, folder);
        support::ModelUnderTest model(folder, {}, 2);
        auto cache = model.transformer.makeCache();
        const std::vector<engine::TokenId> tokens(256, 5);
        std::stop_source stop;
        engine::model::ForwardCall call;
        call.tokens = tokens;
        call.stop = stop.get_token();
        std::thread stopping([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            stop.request_stop();
        });
        const int done = model.transformer.forward(call, cache);
        stopping.join();
        QCOMPARE(done, 0);
        QCOMPARE(cache.length(), 0);
        // The next call computes everything.
        auto fresh = model.transformer.makeCache();
        const auto expected = model.lastLogits(std::span(tokens).first(3), fresh);
        QCOMPARE(model.lastLogits(std::span(tokens).first(3), cache), expected);
    }

    void destroyingABusyEngineReturns()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        for (engine::RequestId id = 1; id < 5; ++id)
            driver.send(endless(id));
    }
};

QTEST_GUILESS_MAIN(EngineStopTest)
#include "tst_engine_stop.moc"
