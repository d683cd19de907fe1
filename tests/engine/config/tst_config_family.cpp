// config.json of every generation: sizes as published, and what the files of each leave out or say differently.

#include "engine/model/model_config.h"
#include "engine/model/model_summary.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"

#include <QTest>

#include <functional>
#include <nlohmann/json.hpp>

using engine::ErrorCode;
using engine::model::ModelConfig;
using engine::model::RopeScaling;
using support::complaint;
using support::failureOf;
using Json = nlohmann::json;

namespace {

struct Dense {
    const char *type;
    int layers, hidden, heads, kvHeads, intermediate, vocabulary;
};

Json denseConfig(const Dense &size)
{
    return {{"model_type", size.type},
            {"num_hidden_layers", size.layers},
            {"hidden_size", size.hidden},
            {"num_attention_heads", size.heads},
            {"num_key_value_heads", size.kvHeads},
            {"intermediate_size", size.intermediate},
            {"vocab_size", size.vocabulary},
            {"max_position_embeddings", 4096},
            {"rms_norm_eps", 1e-6},
            {"rope_theta", 10000.0}};
}

const Dense llm7b{"llama", 30, 4096, 32, 32, 11008, 102400};

Json moe16b()
{
    Json config = denseConfig({"deepseek", 28, 2048, 16, 16, 10944, 102400});
    config.update({{"moe_intermediate_size", 1408},
                   {"n_routed_experts", 64},
                   {"n_shared_experts", 2},
                   {"num_experts_per_tok", 6},
                   {"first_k_dense_replace", 1},
                   {"norm_topk_prob", false}});
    return config;
}

/// V2-Lite; V2 with `whole`.
Json v2(bool whole)
{
    Json config = denseConfig(whole ? Dense{"deepseek_v2", 60, 5120, 128, 128, 12288, 102400}
                                    : Dense{"deepseek_v2", 27, 2048, 16, 16, 10944, 102400});
    config.update({{"q_lora_rank", whole ? Json(1536) : Json(nullptr)},
                   {"kv_lora_rank", 512},
                   {"qk_nope_head_dim", 128},
                   {"qk_rope_head_dim", 64},
                   {"v_head_dim", 128},
                   {"moe_intermediate_size", whole ? 1536 : 1408},
                   {"n_routed_experts", whole ? 160 : 64},
                   {"n_shared_experts", 2},
                   {"num_experts_per_tok", 6},
                   {"first_k_dense_replace", 1},
                   {"moe_layer_freq", 1},
                   {"n_group", whole ? 8 : 1},
                   {"topk_group", whole ? 3 : 1},
                   {"topk_method", whole ? "group_limited_greedy" : "greedy"},
                   {"scoring_func", "softmax"},
                   {"norm_topk_prob", false},
                   {"routed_scaling_factor", whole ? 16.0 : 1.0},
                   {"rope_scaling",
                    {{"type", "yarn"},
                     {"factor", 40},
                     {"original_max_position_embeddings", 4096},
                     {"beta_fast", 32},
                     {"beta_slow", 1},
                     {"mscale", 0.707},
                     {"mscale_all_dim", 0.707}}}});
    return config;
}

Json qwen3(int layers = 36)
{
    Json config = denseConfig({"qwen3", layers, 4096, 32, 8, 12288, 151936});
    config["head_dim"] = 128;
    return config;
}

ModelConfig read(const Json &config)
{
    const support::TemporaryFolder folder;
    support::writeFile(folder.path() / "config.json", config.dump());
    return engine::model::readModelConfig(folder.text());
}

std::string refusal(ErrorCode code, const std::string &part, const Json &config)
{
    return complaint(failureOf([&] { read(config); }), code, part);
}

} // namespace

class FamilyConfig : public QObject {
    Q_OBJECT

private slots:
    // Counts and cache sizes of the reports; 2 bytes a number in the cache.
    void sizesAreThoseOfTheReports_data()
    {
        QTest::addColumn<QByteArray>("config");
        QTest::addColumn<quint64>("total");
        QTest::addColumn<quint64>("active");
        QTest::addColumn<quint64>("kvBytes");
        const auto row = [](const char *name, const Json &config, quint64 total, quint64 active, quint64 kvBytes) {
            QTest::newRow(name) << QByteArray::fromStdString(config.dump()) << total << active << kvBytes;
        };
        const auto dense = [&](const char *name, const Json &config, quint64 total, quint64 kvBytes) {
            row(name, config, total, total, kvBytes);
        };
        dense("LLM 7B", denseConfig(llm7b), 6'910'365'696, 491'520);
        dense("LLM 67B", denseConfig({"llama", 95, 8192, 64, 8, 22016, 102400}), 67'425'001'472, 389'120);
        row("MoE 16B", moe16b(), 16'375'728'128, 2'828'650'496, 229'376);
        row("V2-Lite", v2(false), 15'706'484'224, 2'661'150'208, 31'104);
        row("V2", v2(true), 235'741'434'880, 21'375'800'320, 69'120);
        dense("Distill-Qwen 1.5B", denseConfig({"qwen2", 28, 1536, 12, 2, 8960, 151936}), 1'777'088'000, 28'672);
        dense("Distill-Qwen 7B", denseConfig({"qwen2", 28, 3584, 28, 4, 18944, 152064}), 7'615'616'512, 57'344);
        dense("Distill-Qwen 14B", denseConfig({"qwen2", 48, 5120, 40, 8, 13824, 152064}), 14'770'033'664, 196'608);
        dense("Distill-Qwen 32B", denseConfig({"qwen2", 64, 5120, 40, 8, 27648, 152064}), 32'763'876'352, 262'144);
        dense("Distill-Llama 8B", denseConfig({"llama", 32, 4096, 32, 8, 14336, 128256}), 8'030'261'248, 131'072);
        dense("Distill-Llama 70B", denseConfig({"llama", 80, 8192, 64, 8, 28672, 128256}), 70'553'706'496, 327'680);
        dense("R1-0528-Qwen3-8B", qwen3(), 8'190'735'360, 147'456);
    }
    void sizesAreThoseOfTheReports()
    {
        QFETCH(QByteArray, config);
        QFETCH(quint64, total);
        QFETCH(quint64, active);
        QFETCH(quint64, kvBytes);
        const ModelConfig model = read(Json::parse(config.toStdString()));
        const auto counts = engine::model::countParameters(model);
        QCOMPARE(quint64{counts.total}, total);
        QCOMPARE(quint64{counts.active}, active);
        QCOMPARE(quint64{engine::model::kvBytesPerToken(model, 2)}, kvBytes);
    }

    void routersDifferByGeneration()
    {
        const ModelConfig moe = read(moe16b());
        QCOMPARE(moe.scoring_func, std::string("softmax"));
        QCOMPARE(moe.topk_method, std::string("greedy"));
        QCOMPARE(moe.n_group, 1);
        QVERIFY(!moe.isMoeLayer(0) && moe.isMoeLayer(1));
        const ModelConfig whole = read(v2(true));
        QCOMPARE(whole.topk_method, std::string("group_limited_greedy"));
        QCOMPARE(whole.n_group, 8);
        QCOMPARE(whole.topk_group, 3);
        QCOMPARE(whole.routed_scaling_factor, 16.0);
        QVERIFY(!whole.norm_topk_prob);
        Json denseLayersOnly = moe16b();
        denseLayersOnly["n_routed_experts"] = nullptr;
        QVERIFY(!read(denseLayersOnly).isMoeLayer(27));
    }

    void attentionDiffersByArchitecture()
    {
        const ModelConfig llama = read(denseConfig(llm7b));
        QVERIFY(!llama.isMla() && !llama.qkv_bias && !llama.output_bias && !llama.query_key_norm);
        QCOMPARE(llama.head_dim, 128);
        const ModelConfig qwen2 = read(denseConfig({"qwen2", 28, 1536, 12, 2, 8960, 151936}));
        QVERIFY(qwen2.qkv_bias && !qwen2.output_bias);
        const ModelConfig newest = read(qwen3());
        QVERIFY(newest.query_key_norm && !newest.qkv_bias);
        QVERIFY(read(v2(false)).isMla());
        QCOMPARE(read(v2(false)).q_lora_rank, 0);
    }

    void slidingWindowsThatAreOffDoNotMatter()
    {
        Json config = denseConfig({"qwen2", 28, 1536, 12, 2, 8960, 151936});
        config.update({{"sliding_window", 4096}, {"use_sliding_window", false}, {"max_window_layers", 21}});
        QVERIFY(read(config).qkv_bias);
        config["use_sliding_window"] = true;
        QCOMPARE(refusal(ErrorCode::UnsupportedFeature, "use_sliding_window", config), std::string());
    }

    void ropeScalingsAreRead()
    {
        Json config = denseConfig(llm7b);
        config["rope_scaling"] = {{"type", "linear"}, {"factor", 4.0}};
        QVERIFY(read(config).rope_scaling.type == RopeScaling::Type::Linear);
        config["rope_scaling"] = {{"rope_type", "llama3"},
                                  {"factor", 8.0},
                                  {"low_freq_factor", 1.0},
                                  {"high_freq_factor", 4.0},
                                  {"original_max_position_embeddings", 8192}};
        QVERIFY(read(config).rope_scaling.type == RopeScaling::Type::Llama3);
        config["rope_scaling"]["high_freq_factor"] = 1.0;
        QCOMPARE(refusal(ErrorCode::ConfigInvalid, "high_freq_factor must be larger", config), std::string());
        config["rope_scaling"] = {{"type", "dynamic"}, {"factor", 2.0}};
        QCOMPARE(refusal(ErrorCode::UnsupportedFeature, "\"dynamic\" is not supported", config), std::string());
        Json newest = qwen3();
        newest["rope_scaling"] = {{"rope_type", "yarn"},
                                  {"factor", 4.0},
                                  {"original_max_position_embeddings", 32768},
                                  {"attn_factor", 0.8782488562869419}};
        QVERIFY(read(newest).rope_scaling.type == RopeScaling::Type::Yarn);
    }

    void variantsNobodyReleasedAreRefused_data()
    {
        QTest::addColumn<QByteArray>("change");
        QTest::addColumn<QString>("field");
        const auto row = [](const char *change, const char *field) {
            QTest::newRow(change) << QByteArray(change) << field;
        };
        row(R"({"mlp_bias": true})", "mlp_bias");
        row(R"({"partial_rotary_factor": 0.5})", "partial_rotary_factor");
        row(R"({"layer_types": ["full_attention", "sliding_attention"]})", "layer_types");
        row(R"({"num_key_value_heads": 5})", "num_key_value_heads");
        row(R"({"num_key_value_heads": 64})", "num_key_value_heads");
        row(R"({"head_dim": 127})", "head_dim");
        row(R"({"num_attention_heads": 30, "num_key_value_heads": 30})", "head_dim");
        row(R"({"hidden_act": "gelu"})", "hidden_act");
    }
    void variantsNobodyReleasedAreRefused()
    {
        QFETCH(QByteArray, change);
        QFETCH(QString, field);
        Json config = denseConfig(llm7b);
        config.update(Json::parse(change.toStdString()));
        const auto failure = failureOf([&] { read(config); });
        QVERIFY(failure.has_value());
        QCOMPARE(QString::fromStdString(failure->field), field);
    }

    void routersOfOtherGenerationsAreRefused()
    {
        Json config = v2(true);
        config["topk_method"] = "noaux_tc";
        QCOMPARE(refusal(ErrorCode::UnsupportedFeature, "\"noaux_tc\" is not supported", config), std::string());
        config = v2(true);
        config["scoring_func"] = "sigmoid";
        QCOMPARE(refusal(ErrorCode::UnsupportedFeature, "\"sigmoid\" is not supported", config), std::string());
        config = v2(true);
        config["n_group"] = 7;
        QCOMPARE(refusal(ErrorCode::ConfigInvalid, "n_group = 7 does not divide", config), std::string());
    }
};

QTEST_GUILESS_MAIN(FamilyConfig)
#include "tst_config_family.moc"
