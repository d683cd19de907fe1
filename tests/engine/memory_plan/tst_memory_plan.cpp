// The plan against published cache sizes, and what it says when memory is short.

#include "engine/memory_plan.h"
#include "engine/model/detail/message.h"
#include "engine/model/memory_plan.h"
#include "engine/model/model_buffers.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

using engine::ErrorCode;
using engine::MemoryPlan;
using engine::model::fittingPlan;
using engine::model::ModelConfig;
using engine::model::PlanRequest;

namespace {

/// As much of DeepSeek-V3's config as sizes depend on.
ModelConfig deepseekV3()
{
    ModelConfig config;
    config.vocab_size = 129280;
    config.hidden_size = 7168;
    config.num_hidden_layers = 61;
    config.num_attention_heads = 128;
    config.max_position_embeddings = 163840;
    config.q_lora_rank = 1536;
    config.kv_lora_rank = 512;
    config.qk_nope_head_dim = 128;
    config.qk_rope_head_dim = 64;
    config.v_head_dim = 128;
    config.intermediate_size = 18432;
    config.moe_intermediate_size = 2048;
    config.first_k_dense_replace = 3;
    config.n_routed_experts = 256;
    config.n_shared_experts = 1;
    config.num_experts_per_tok = 8;
    return config;
}

constexpr std::uint64_t weights = 700'000'000'000;

} // namespace

class MemoryPlanTest : public QObject {
    Q_OBJECT

private slots:
    // ggml-org/llama.cpp pull request 11446 logs 2196.0 MiB for this.
    void theLatentCacheOfV3IsExact()
    {
        const MemoryPlan plan = engine::model::planMemory(deepseekV3(), {weights, 32768, 1, 0});
        QCOMPARE(quint64{plan.kvBytesPerToken}, quint64{70'272});
        QCOMPARE(quint64{plan.kvBytes}, quint64{2196} << 20);
    }

    void aContextCountsInWholePages()
    {
        const MemoryPlan plan = engine::model::planMemory(deepseekV3(), {weights, 65, 1, 0});
        QCOMPARE(plan.contextLength, 65);
        QCOMPARE(quint64{plan.kvBytes}, quint64{128} * 70'272);
    }

    void theContextIsAtMostTheModels()
    {
        QCOMPARE(engine::model::planMemory(deepseekV3(), {weights, 0, 1, 0}).contextLength, 163840);
        QCOMPARE(engine::model::planMemory(deepseekV3(), {weights, 1 << 20, 1, 0}).contextLength, 163840);
    }

    void whatIsMissingIsCounted()
    {
        PlanRequest request{weights, 32768, 1, weights};
        MemoryPlan plan = engine::model::planMemory(deepseekV3(), request);
        QVERIFY(!plan.fits());
        QCOMPARE(quint64{plan.missingBytes()}, quint64{plan.kvBytes + plan.bufferBytes});
        QCOMPARE(plan.largestContext, 0);
        request.availableBytes = plan.totalBytes();
        plan = engine::model::planMemory(deepseekV3(), request);
        QVERIFY(plan.fits());
        QCOMPARE(quint64{plan.missingBytes()}, quint64{0});
        QCOMPARE(plan.largestContext, 32768);
        request.availableBytes -= 1;
        plan = engine::model::planMemory(deepseekV3(), request);
        QCOMPARE(quint64{plan.missingBytes()}, quint64{1});
        QCOMPARE(plan.largestContext, 32768 - 64);
    }

    void theLargestContextIsTheModelsWhereMemoryAbounds()
    {
        const MemoryPlan plan = engine::model::planMemory(deepseekV3(), {weights, 1024, 1, 2 * weights});
        QCOMPARE(plan.largestContext, 163840);
    }

    void anotherContextIsPlannedWithoutTheFiles()
    {
        const MemoryPlan plan = engine::model::planMemory(deepseekV3(), {weights, 0, 1, weights});
        for (const int context : {1, 64, 65, 32'768, 163'840, 1 << 20}) {
            const MemoryPlan fresh = engine::model::planMemory(deepseekV3(), {weights, context, 1, 2 * weights});
            const MemoryPlan again = plan.with(context, 2 * weights);
            QCOMPARE(again.contextLength, fresh.contextLength);
            QCOMPARE(quint64{again.kvBytes}, quint64{fresh.kvBytes});
            QCOMPARE(quint64{again.totalBytes()}, quint64{fresh.totalBytes()});
            QCOMPARE(again.largestContext, fresh.largestContext);
        }
    }

    void buffersGrowWithTheModelAndStayFarBelowIt()
    {
        const std::uint64_t large = engine::model::bufferBytes(deepseekV3(), 2);
        ModelConfig narrow = deepseekV3();
        narrow.hidden_size = 1024;
        QVERIFY(engine::model::bufferBytes(narrow, 2) < large);
        // 256 tokens of 128 heads of 192 numbers alone are 24 MiB.
        QVERIFY(large > std::uint64_t{24} << 20);
        QVERIFY(large < std::uint64_t{2} << 30);
    }

    void whatFitsIsLoadedAsItIs()
    {
        const MemoryPlan plan = fittingPlan(deepseekV3(), {weights, 0, 1, 2 * weights}, "V3");
        QCOMPARE(plan.contextLength, 163840);
    }

    void aContextNobodyChoseIsCutToWhatFits()
    {
        const std::uint64_t buffers = engine::model::bufferBytes(deepseekV3(), 1);
        const std::uint64_t page = std::uint64_t{64} * 70'272;
        // One byte less than 100 pages.
        const MemoryPlan plan = fittingPlan(deepseekV3(), {weights, 0, 1, weights + buffers + 100 * page - 1}, "V3");
        QCOMPARE(plan.contextLength, 99 * 64);
        QVERIFY(plan.fits());
        QCOMPARE(plan.maxContextLength, 163840);
    }

    void itIsNotCutToNothing()
    {
        const std::uint64_t least = weights + engine::model::bufferBytes(deepseekV3(), 1) + std::uint64_t{512} * 70'272;
        QCOMPARE(fittingPlan(deepseekV3(), {weights, 0, 1, least}, "V3").contextLength, 512);
        const auto failure = support::failureOf([&] {
            fittingPlan(deepseekV3(), {weights, 0, 1, least - 1}, "models/V3");
        });
        QCOMPARE(support::complaint(failure, ErrorCode::OutOfMemory, "even with a context of 512 tokens"),
                 std::string());
        QCOMPARE(failure->file, std::string("models/V3"));
        QCOMPARE(failure->field, std::string("weights"));
        QVERIFY(failure->sentence.find("; 1 bytes are missing.") != std::string::npos);
    }

    /// Less than 512 tokens is no reason to refuse a model that can do no more.
    void aModelOfFewTokensNeedsNoMore()
    {
        ModelConfig small = deepseekV3();
        small.max_position_embeddings = 100;
        const std::uint64_t all = weights + engine::model::bufferBytes(small, 1) + std::uint64_t{128} * 70'272;
        QCOMPARE(fittingPlan(small, {weights, 0, 1, all}, "V3").contextLength, 100);
        QVERIFY(support::failureOf([&] { fittingPlan(small, {weights, 0, 1, all - 1}, "V3"); }));
    }

    void aChosenContextIsRefusedWithNumbers()
    {
        const std::uint64_t buffers = engine::model::bufferBytes(deepseekV3(), 1);
        const std::uint64_t cache = std::uint64_t{32'768} * 70'272;
        const std::uint64_t available = weights + buffers + cache / 2;
        const auto failure = support::failureOf([&] {
            fittingPlan(deepseekV3(), {weights, 32768, 1, available}, "models/V3");
        });
        QCOMPARE(support::complaint(failure, ErrorCode::OutOfMemory, "with a context of 32,768 tokens the model needs"),
                 std::string());
        QCOMPARE(failure->field, std::string("context"));
        for (const std::string &part :
             {engine::model::exactSize(weights + buffers + cache), engine::model::exactSize(available),
              std::string("; 1.15 GB (1,151,336,448 bytes) are missing."),
              std::string("Choose a context of at most 16,384 tokens, close other programs,")})
            QVERIFY2(failure->sentence.find(part) != std::string::npos, failure->sentence.c_str());
    }

    void sizesAreRoundAndExact()
    {
        QCOMPARE(engine::model::exactSize(999), std::string("999 bytes"));
        QCOMPARE(engine::model::exactSize(16'023'456'789), std::string("16.0 GB (16,023,456,789 bytes)"));
        QCOMPARE(engine::model::roundSize(999'500), std::string("1.00 MB"));
    }

    void aFolderIsPlannedFromItsHeaders()
    {
        const support::TemporaryFolder folder;
        const support::TinyModelOptions options;
        const auto model = support::makeTinyModel(options);
        support::writeTinyModel(model, options, folder.path() / "tiny");
        std::uint64_t bytes = 0;
        for (const auto &tensor : model.tensors)
            bytes += tensor.bytes.size();
        const MemoryPlan plan = engine::planMemory((folder.path() / "tiny").string(), 0, 1);
        QCOMPARE(quint64{plan.weightBytes}, quint64{bytes});
        QCOMPARE(plan.contextLength, options.maxPositions);
        // Small caches are F32: 3 layers of 32 + 8 numbers.
        QCOMPARE(quint64{plan.kvBytesPerToken}, quint64{3 * 40 * 4});
        QVERIFY(plan.fits());
    }
};

QTEST_GUILESS_MAIN(MemoryPlanTest)
#include "tst_memory_plan.moc"
