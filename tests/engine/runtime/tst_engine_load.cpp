// Loading: what it tells on the way, how it is ended, and what a model that does not fit into memory leaves behind.

#include "engine/memory_plan.h"
#include "engine/model/checkpoint.h"
#include "engine/model/model_folder.h"
#include "engine/model/weights.h"
#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QElapsedTimer>
#include <QTest>

#include <stop_token>

using engine::ErrorCode;
using engine::LoadStage;

class EngineLoadTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;       ///< in four shards, context 4096
    std::uint64_t m_fixed = 0; ///< bytes of weights and buffers
    static constexpr std::uint64_t tokenBytes = 3 * (32 + 8) * 4;

    engine::EngineOptions limited(std::uint64_t bytes, int context = 0) const
    {
        engine::EngineOptions options;
        options.threads = 1;
        options.contextLength = context;
        options.memoryLimit = bytes;
        return options;
    }

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::TinyModelOptions options;
        options.maxPositions = 4096;
        options.shards = 4;
        support::writeTinyModel(options, m_model);
        const engine::MemoryPlan plan = engine::planMemory(m_model, 0, 1);
        m_fixed = plan.weightBytes + plan.bufferBytes;
        QCOMPARE(quint64{plan.kvBytesPerToken}, quint64{tokenBytes});
    }

    // --- memory -----------------------------------------------------------------------------------

    void aModelThatFitsHasItsWholeContext()
    {
        EngineDriver driver(limited(m_fixed + 4096 * tokenBytes));
        const auto loaded = driver.load(m_model);
        QVERIFY(loaded);
        QCOMPARE(loaded->info.contextLength, 4096);
        QCOMPARE(loaded->info.maxContextLength, 4096);
        QVERIFY(!loaded->info.contextCapped);
    }

    void aContextNobodyChoseIsCapped()
    {
        EngineDriver driver(limited(m_fixed + 1000 * tokenBytes));
        const auto loaded = driver.load(m_model);
        QVERIFY(loaded);
        QCOMPARE(loaded->info.contextLength, 960); // whole pages of 64
        QCOMPARE(loaded->info.maxContextLength, 4096);
        QVERIFY(loaded->info.contextCapped);
    }

    void aChosenContextIsNotCapped()
    {
        EngineDriver driver(limited(m_fixed + 1024 * tokenBytes, 1024));
        const auto loaded = driver.load(m_model);
        QVERIFY(loaded);
        QCOMPARE(loaded->info.contextLength, 1024);
        QVERIFY(!loaded->info.contextCapped);
    }

    void aChosenContextThatDoesNotFitIsRefusedWithNumbers()
    {
        const std::uint64_t limit = m_fixed + 1000 * tokenBytes;
        EngineDriver driver(limited(limit, 2048));
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QCOMPARE(support::complaint(failure, ErrorCode::OutOfMemory, "Choose a context of at most 960 tokens"),
                 std::string());
        QCOMPARE(failure.field, std::string("context"));
        // 2048 − 1000 tokens of 480 bytes
        QVERIFY2(failure.sentence.find("; 503 kB (503,040 bytes) are missing.") != std::string::npos,
                 failure.sentence.c_str());
    }

    void weightsThatDoNotFitAreNotLookedAt()
    {
        EngineDriver driver(limited(m_fixed));
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QVERIFY(failure.code == ErrorCode::OutOfMemory);
        QCOMPARE(failure.field, std::string("weights"));
        for (const auto &progress : driver.loading())
            QVERIFY(progress.stage == LoadStage::Headers);
    }

    void aRefusedModelLeavesTheOneBefore()
    {
        const std::string large = (m_folder.path() / "large").string();
        support::TinyModelOptions options;
        options.hidden = 256;
        support::writeTinyModel(options, large);
        EngineDriver driver(limited(m_fixed + 600 * tokenBytes));
        QVERIFY(driver.load(m_model));
        const auto before = driver.generate(question(1, "Hi", 8));
        engine::Failure failure;
        QVERIFY(!driver.load(large, &failure));
        QVERIFY(failure.code == ErrorCode::OutOfMemory);
        const auto after = driver.generate(question(2, "Hi", 8));
        QCOMPARE(after.tokenIds(), before.tokenIds());
        QVERIFY(after.prompt->cachedTokens > 0); // not even its cache is lost
    }

    void aFolderThatCannotBeOpenedLeavesTheOneBefore()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        QVERIFY(!driver.load(m_model + "-gone"));
        QCOMPARE(driver.generate(question(1, "Hi", 8)).tokens.size(), std::size_t{8});
    }

    // --- progress ---------------------------------------------------------------------------------

    void everyStageIsToldOnceInOrder()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        std::vector<LoadStage> stages;
        for (const auto &progress : driver.loading()) {
            QCOMPARE(progress.folder, m_model);
            QVERIFY(progress.done <= progress.total);
            if (stages.empty() || stages.back() != progress.stage)
                stages.push_back(progress.stage);
        }
        QCOMPARE(stages, (std::vector{LoadStage::Headers, LoadStage::Weights, LoadStage::Fingerprint,
                                      LoadStage::Tokenizer, LoadStage::Template, LoadStage::Buffers}));
        QCOMPARE(driver.loading().size(), stages.size()); // fast: within a tenth of a second nothing more is told
    }

    /// Everything that is said to be looked at is.
    void theCountsAddUp()
    {
        std::uint64_t files = 0;
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        const engine::model::LoadWatch watch({}, [&](LoadStage stage, std::uint64_t now, std::uint64_t all) {
            if (stage == LoadStage::Headers)
                QCOMPARE(quint64{now}, quint64{files++});
            if (stage == LoadStage::Headers)
                QCOMPARE(quint64{all}, quint64{4});
            if (stage != LoadStage::Weights)
                return;
            QVERIFY(now >= done && now <= all);
            done = now;
            total = all;
        });
        const auto config = engine::model::readModelConfig(m_model);
        const engine::model::Checkpoint checkpoint(m_model, watch);
        engine::model::resolveWeights(config, checkpoint);
        QCOMPARE(quint64{files}, quint64{4});
        QCOMPARE(quint64{total}, quint64{checkpoint.totalBytes()});
        QCOMPARE(quint64{done}, quint64{total});
    }

    // --- cancelling -------------------------------------------------------------------------------

    void aLoadIsCancelledInEveryStage_data()
    {
        QTest::addColumn<int>("stage");
        for (int stage = 0; stage <= static_cast<int>(LoadStage::Buffers); ++stage)
            QTest::newRow(std::to_string(stage).c_str()) << stage;
    }

    void aLoadIsCancelledInEveryStage()
    {
        QFETCH(int, stage);
        EngineDriver driver;
        QElapsedTimer since;
        driver.beginLoad(m_model, [&](const engine::ModelLoadProgress &progress) {
            if (progress.stage == static_cast<LoadStage>(stage)) {
                since.start();
                driver.engine().cancelLoad();
            }
        });
        engine::Failure failure;
        QVERIFY(!driver.endLoad(&failure));
        QVERIFY(since.elapsed() < 1000);
        QCOMPARE(support::complaint(failure, ErrorCode::Cancelled, "was cancelled"), std::string());
        QVERIFY(driver.loading().back().stage == static_cast<LoadStage>(stage));
        QVERIFY(driver.load(m_model)); // the next one is unharmed
    }

    /// One tensor may be gigabytes on a slow disk.
    void aStopEndsTheScanOfOneTensor()
    {
        support::TinyModelOptions wide;
        wide.layers = 1;
        wide.hidden = 512;
        wide.denseWidth = 16384; // 16 MiB each
        const std::string folder = (m_folder.path() / "wide").string();
        support::writeTinyModel(wide, folder);
        std::stop_source stop;
        std::uint64_t atStop = 0;
        std::uint64_t last = 0;
        const engine::model::LoadWatch watch(stop.get_token(), [&](LoadStage, std::uint64_t done, std::uint64_t total) {
            last = done;
            if (done > total / 2 && atStop == 0) {
                atStop = done;
                stop.request_stop();
            }
        });
        const auto config = engine::model::readModelConfig(folder);
        const engine::model::Checkpoint checkpoint(folder, watch);
        const auto failure = support::failureOf([&] { engine::model::resolveWeights(config, checkpoint); });
        QCOMPARE(support::complaint(failure, ErrorCode::Cancelled, "was cancelled"), std::string());
        QVERIFY(atStop > 0);
        QCOMPARE(quint64{last}, quint64{atStop});
        QVERIFY(atStop % (std::uint64_t{16} << 20) != 0);
    }

    void aStopEndsTheReadingOfALongFile()
    {
        std::stop_source stop;
        stop.request_stop();
        const auto failure = support::failureOf(
            [&] { engine::model::ModelFolder(m_model, stop.get_token()).readText("tokenizer.json", 1 << 20); });
        QCOMPARE(support::complaint(failure, ErrorCode::Cancelled, "tokenizer.json was cancelled"), std::string());
    }

    /// It does not wait for the reply in front of it.
    void aWaitingLoadIsAnsweredAtOnce()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        driver.send(question(1, "Go on", 200), atToken(3, [&] {
                        driver.beginLoad(m_model);
                        driver.engine().cancelLoad();
                    }));
        engine::Failure failure;
        QVERIFY(!driver.endLoad(&failure));
        QVERIFY(failure.code == ErrorCode::Cancelled);
        QVERIFY(driver.loading().empty());
        QVERIFY(driver.answer(1).finished); // the reply goes on
    }

    void aCancelThatComesTooLateDoesNothing()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        driver.engine().cancelLoad();
        QCOMPARE(driver.generate(question(1, "Hi", 8)).tokens.size(), std::size_t{8});
        QVERIFY(driver.load(m_model));
    }

    void aCancelledLoadLeavesTheModelBefore()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto before = driver.generate(question(1, "Hi", 8));
        driver.beginLoad(m_model, [&](const auto &) { driver.engine().cancelLoad(); });
        QVERIFY(!driver.endLoad());
        QCOMPARE(driver.generate(question(2, "Hi", 8)).tokenIds(), before.tokenIds());
    }
};

QTEST_GUILESS_MAIN(EngineLoadTest)
#include "tst_engine_load.moc"
