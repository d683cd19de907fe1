// A GPU that fails: at opening, while it is loaded, in the prompt, in mid-answer. What was written stays, nobody hangs,
// the device is not used again, and the CPU goes on.

#include "engine/backend/backend.h"
#include "engine/memory_plan.h"
#include "engine/model/model_files.h"
#include "engine/model/placed_weights.h"
#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/faulty_devices.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

#include <algorithm>

using engine::ErrorCode;
using engine::LoadStage;
using support::FaultyDevices;

class DeviceFaultsTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;
    std::shared_ptr<FaultyDevices> m_devices;

    engine::EngineOptions options() const
    {
        engine::EngineOptions options;
        options.threads = 1;
        options.device = FaultyDevices::gpu;
        options.devices = m_devices;
        return options;
    }
    static engine::GenerationRequest greedy(engine::RequestId id, int maxTokens = 24)
    {
        auto request = question(id, "Go on", maxTokens);
        request.sampler.temperature = 0.0F;
        return request;
    }

    std::string wideModel() const
    {
        support::TinyModelOptions wide;
        wide.layers = 2;
        wide.hidden = 512;
        wide.denseWidth = 16384; // 16 MiB each
        const std::string folder = (m_folder.path() / "wide").string();
        support::writeTinyModel(wide, folder);
        return folder;
    }

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::TinyModelOptions model;
        model.seed = 8; // goes on for long
        support::writeTinyModel(model, m_model);
    }
    void init() { m_devices = std::make_shared<FaultyDevices>(); }

    void aModelOnAGpuAnswersLikeOnTheCpu()
    {
        EngineDriver driver(options());
        const auto onGpu = driver.load(m_model);
        QVERIFY(onGpu);
        QCOMPARE(onGpu->info.device, std::string(FaultyDevices::gpu));
        QCOMPARE(onGpu->info.deviceName, std::string(FaultyDevices::gpuName));
        QVERIFY(m_devices->taken > 0);
        const auto there = driver.generate(greedy(1));
        const auto onCpu = driver.load(m_model, nullptr, {0, engine::cpuDevice});
        QVERIFY(onCpu);
        QCOMPARE(onCpu->info.device, std::string(engine::cpuDevice));
        QCOMPARE(onCpu->info.deviceUnits, 1);
        QCOMPARE(quint64{m_devices->taken}, quint64{0}); // everything was given back
        QCOMPARE(driver.generate(greedy(2)).tokenIds(), there.tokenIds());
    }

    void weightsAreCopiedInOneBlockThatIsTold()
    {
        const auto files = engine::model::openModelFiles(wideModel());
        const auto weights = files->resolveWeights();
        const auto backend = m_devices->open(FaultyDevices::gpu, 1);
        std::vector<std::uint64_t> told;
        std::uint64_t all = 0;
        const engine::model::LoadWatch watch({}, [&](LoadStage stage, std::uint64_t done, std::uint64_t total) {
            QVERIFY(stage == LoadStage::Buffers);
            told.push_back(done);
            all = total;
        });
        const auto placed = engine::model::placeWeights(weights, *backend, watch, "wide");
        QVERIFY(all >= files->weightBytes() && all < files->weightBytes() + 100 * 256);
        QCOMPARE(quint64{m_devices->taken}, quint64{all});
        QVERIFY(told.size() > 4 && std::is_sorted(told.begin(), told.end()) && told.back() < all);
        const auto &expert = weights.layers.front().post_attention_layernorm;
        const auto &copy = placed.weights.layers.front().post_attention_layernorm;
        QVERIFY(copy.data != expert.data);
        QCOMPARE(copy.at(7), expert.at(7)); // the memory of this device can be looked at
    }

    void aLoadIsCancelledWhileWeightsAreCopied()
    {
        const auto files = engine::model::openModelFiles(wideModel());
        const auto weights = files->resolveWeights();
        const auto backend = m_devices->open(FaultyDevices::gpu, 1);
        std::stop_source stop;
        std::uint64_t last = 0;
        const engine::model::LoadWatch watch(stop.get_token(), [&](LoadStage, std::uint64_t done, std::uint64_t total) {
            last = done;
            if (done > total / 2)
                stop.request_stop();
        });
        const auto failure = support::failureOf([&] { engine::model::placeWeights(weights, *backend, watch, "wide"); });
        QCOMPARE(support::complaint(failure, ErrorCode::Cancelled, "Loading wide was cancelled"), std::string());
        QVERIFY(last < files->weightBytes());
        QCOMPARE(quint64{m_devices->taken}, quint64{0});
    }

    void inMidAnswerWhatWasWrittenStays()
    {
        EngineDriver driver(options());
        QVERIFY(driver.load(m_model));
        const auto whole = driver.generate(greedy(1)).tokenIds();
        const auto answer = driver.generate(greedy(2), atToken(5, [&] { m_devices->faults.synchronizations = 0; }));
        QVERIFY(answer.failed);
        QVERIFY(answer.failed->failure.code == ErrorCode::DeviceFailed);
        QCOMPARE(answer.failed->failure.field, std::string(FaultyDevices::gpu));
        const QString sentence = QString::fromStdString(answer.failed->failure.sentence);
        QVERIFY2(sentence.startsWith("NVIDIA Test 24 GB (cuda:0): The GPU failed while it computed"),
                 qPrintable(sentence));
        QCOMPARE(answer.tokenIds(), std::vector(whole.begin(), whole.begin() + 5));
        QCOMPARE(answer.failed->statistics.thinkingTokens + answer.failed->statistics.answerTokens, 5);
        QCOMPARE(answer.eventsAfterTheEnd, 0);
    }

    void inThePromptTheReplyFails()
    {
        EngineDriver driver(options());
        QVERIFY(driver.load(m_model));
        m_devices->faults.synchronizations = 0;
        const auto answer = driver.generate(greedy(1));
        QVERIFY(answer.failed && answer.tokens.empty() && !answer.prompt);
        QVERIFY(answer.failed->failure.code == ErrorCode::DeviceFailed);
    }

    void atEveryWaitOfAShortAnswer()
    {
        for (int wait = 0; wait < 8; ++wait) {
            init();
            EngineDriver driver(options());
            QVERIFY(driver.load(m_model));
            m_devices->faults.synchronizations = wait;
            const auto answer = driver.generate(greedy(1, 12));
            QVERIFY2(answer.failed, std::to_string(wait).c_str());
            QVERIFY(driver.load(m_model, nullptr, {0, engine::cpuDevice}));
            QVERIFY(driver.generate(greedy(2, 12)).finished);
        }
    }

    void laterRequestsFailWithTheSameSentenceAndComputeNothing()
    {
        EngineDriver driver(options());
        QVERIFY(driver.load(m_model));
        m_devices->faults.synchronizations = 0;
        driver.send(greedy(1));
        driver.send(greedy(2)); // of another conversation
        const auto first = driver.answer(1);
        m_devices->faults.synchronizations = -1; // as if it came back: it is not trusted
        const auto second = driver.answer(2);
        QVERIFY(first.failed && second.failed);
        QCOMPARE(second.failed->failure.sentence, first.failed->failure.sentence);
        QVERIFY(driver.generate(greedy(3)).failed);
        QVERIFY(driver.showPrompt(greedy(4)).shown); // needs no device
    }

    void theDeviceIsNotUsedAgain()
    {
        EngineDriver driver(options());
        QVERIFY(driver.load(m_model));
        m_devices->faults.synchronizations = 0;
        const auto answer = driver.generate(greedy(1));
        QVERIFY(answer.failed);
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QVERIFY(failure.code == ErrorCode::DeviceFailed);
        QCOMPARE(failure.sentence, answer.failed->failure.sentence);
        const auto list = m_devices->list();
        QVERIFY(list.devices.back().problem.kind == engine::DeviceProblem::Kind::FailedBefore);
        QVERIFY(!list.devices.back().runsModels());
        m_devices->hasGpu = false; // the driver does not list it any more
        QCOMPARE(m_devices->list().devices.size(), std::size_t{2});
        QVERIFY(driver.load(m_model, nullptr, {0, engine::cpuDevice}));
        QVERIFY(driver.generate(greedy(2)).finished);
    }

    void aReplyIsContinuedOnTheCpuWhereItStopped()
    {
        EngineDriver driver(options());
        QVERIFY(driver.load(m_model));
        const auto whole = driver.generate(greedy(1));
        const auto part = driver.generate(greedy(2), atToken(7, [&] { m_devices->faults.synchronizations = 0; }));
        QVERIFY(part.failed);
        QVERIFY(driver.load(m_model, nullptr, {0, engine::cpuDevice}));
        auto rest = greedy(3);
        const std::string thought = part.text(engine::TextPart::Thinking);
        const std::string text = part.text(engine::TextPart::Answer);
        rest.messages.push_back({engine::Role::Assistant, text, thought, !text.empty()});
        rest.continueLast = true;
        const auto answer = driver.generate(rest);
        QVERIFY(answer.finished);
        QVERIFY(!answer.tokens.empty());
    }

    void whileItIsLoadedTheEarlierModelStays()
    {
        EngineDriver driver(options());
        QVERIFY(driver.load(m_model, nullptr, {0, engine::cpuDevice}));
        m_devices->faults.synchronizations = 0;
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QVERIFY(failure.code == ErrorCode::DeviceFailed);
        QVERIFY(driver.earlierKept());
        QVERIFY(driver.generate(greedy(1)).finished);
        QCOMPARE(quint64{m_devices->taken}, quint64{0});
        QVERIFY(m_devices->failureOf(FaultyDevices::gpu)); // it had begun to compute
    }

    void aDeviceThatDoesNotOpenMayBeTriedAgain()
    {
        EngineDriver driver(options());
        m_devices->faults.opensNot = true; // another program has it alone
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QVERIFY(failure.code == ErrorCode::DeviceFailed);
        m_devices->faults.opensNot = false;
        QVERIFY(driver.load(m_model));
    }

    void memoryTakenBetweenPlanAndLoadIsToldInBytes_data()
    {
        QTest::addColumn<bool>("atReserve");
        QTest::newRow("weights") << false;
        QTest::newRow("scratch") << true;
    }

    void memoryTakenBetweenPlanAndLoadIsToldInBytes()
    {
        QFETCH(bool, atReserve);
        EngineDriver driver(options());
        const engine::MemoryPlan plan = engine::planMemory(m_model, 0, 1);
        m_devices->faults.reserveFails = atReserve;
        m_devices->faults.takenAfterPlan = atReserve ? 0 : m_devices->freeBytes - 1000;
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QVERIFY(failure.code == ErrorCode::OutOfMemory);
        QCOMPARE(failure.field, std::string("device"));
        const QString sentence = QString::fromStdString(failure.sentence);
        for (const QString part : {"the model needs", "of the memory of NVIDIA Test 24 GB (cuda:0)",
                                   "were free when it was planned", "The GPU has no memory for another"})
            QVERIFY2(sentence.contains(part), qPrintable(sentence));
        QVERIFY(plan.totalBytes() > 0);
        QCOMPARE(quint64{m_devices->taken}, quint64{0});
        QVERIFY(!m_devices->failureOf(FaultyDevices::gpu));
        m_devices->faults.reserveFails = false;
        m_devices->faults.takenAfterPlan = 0;
        QVERIFY(driver.load(m_model)); // as soon as there is room
    }

    void whatDoesNotFitIsRefusedWithTheMissingBytes()
    {
        EngineDriver driver(options());
        m_devices->freeBytes = 1000;
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QVERIFY(failure.code == ErrorCode::OutOfMemory);
        const QString sentence = QString::fromStdString(failure.sentence);
        QVERIFY2(sentence.contains("of the memory of NVIDIA Test 24 GB (cuda:0)"), qPrintable(sentence));
        QVERIFY2(sentence.contains("are missing. Close other programs, open it on the CPU, or"), qPrintable(sentence));
        QCOMPARE(quint64{m_devices->taken}, quint64{0});
    }

    /// A GPU with room for one model changes to another one without being asked to close the first.
    void aGpuWithRoomForOneModelChangesModels()
    {
        EngineDriver driver(options());
        QVERIFY(driver.load(m_model, nullptr, {64, {}}));
        const std::uint64_t one = m_devices->taken;
        m_devices->freeBytes = one + one / 2;
        QVERIFY(driver.load(m_model, nullptr, {64, {}}));
        QCOMPARE(quint64{m_devices->taken}, quint64{one});
        QVERIFY(driver.generate(greedy(1, 4)).finished);

        m_devices->faults.reserveFails = true; // and if that fails after all, none is loaded
        QVERIFY(!driver.load(m_model, nullptr, {64, {}}));
        QVERIFY(!driver.earlierKept());
        QCOMPARE(quint64{m_devices->taken}, quint64{0});
        const auto answer = driver.generate(greedy(2, 4));
        QVERIFY(answer.failed && answer.failed->failure.field == "model");
    }

    void whatTheDeviceDoesIsToldWhileItHasAModel()
    {
        EngineDriver driver(options());
        m_devices->setUsage(engine::DeviceUsage{FaultyDevices::gpu, 5, 24, 42});
        QTest::qWait(20);
        QVERIFY(driver.usages().empty());
        QVERIFY(driver.load(m_model));
        QTRY_COMPARE(driver.usages().size(), std::size_t{1});
        QCOMPARE(driver.usages().front().busyPercent, std::optional(42));
        m_devices->setUsage(engine::DeviceUsage{FaultyDevices::gpu, 6, 24, std::nullopt});
        QTRY_COMPARE(driver.usages().size(), std::size_t{2});
        QVERIFY(!driver.usages().back().busyPercent);
        QVERIFY(driver.load(m_model, nullptr, {0, engine::cpuDevice}));
        const std::size_t before = driver.usages().size();
        m_devices->setUsage(engine::DeviceUsage{FaultyDevices::gpu, 7, 24, 1});
        QTest::qWait(1300);
        QCOMPARE(driver.usages().size(), before);
    }

    void anUnusableDeviceSaysWhy()
    {
        m_devices->setProblem({engine::DeviceProblem::Kind::OldHardware, "7.5", "8.0", "It is too old."});
        EngineDriver driver(options());
        engine::Failure failure;
        QVERIFY(!driver.load(m_model, &failure));
        QVERIFY(failure.code == ErrorCode::RequestInvalid);
        QCOMPARE(failure.field, std::string("device"));
        QCOMPARE(failure.sentence, std::string("It is too old."));
    }
};

QTEST_GUILESS_MAIN(DeviceFaultsTest)
#include "tst_device_faults.moc"
