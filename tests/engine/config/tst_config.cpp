// Reading config.json and generation_config.json.

#include "engine/model/json_reader.h"
#include "engine/model/model_config.h"
#include "engine/model/model_summary.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <functional>

using engine::ErrorCode;
using engine::model::ModelConfig;
using engine::model::RopeScaling;
using support::complaint;
using support::failureOf;
using Json = nlohmann::ordered_json;

namespace {

/// config.json of DeepSeek-V3 and R1 with the fields that mean something here.
Json deepseekV3()
{
    return Json::parse(R"({
        "architectures": ["DeepseekV3ForCausalLM"], "attention_bias": false, "bos_token_id": 0, "eos_token_id": 1,
        "first_k_dense_replace": 3, "hidden_act": "silu", "hidden_size": 7168, "intermediate_size": 18432,
        "kv_lora_rank": 512, "max_position_embeddings": 163840, "model_type": "deepseek_v3",
        "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256,
        "n_shared_experts": 1, "norm_topk_prob": true, "num_attention_heads": 128, "num_experts_per_tok": 8,
        "num_hidden_layers": 61, "num_key_value_heads": 128, "num_nextn_predict_layers": 1, "q_lora_rank": 1536,
        "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
        "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8",
                                "weight_block_size": [128, 128]},
        "rms_norm_eps": 1e-06,
        "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
                         "original_max_position_embeddings": 4096, "type": "yarn"},
        "rope_theta": 10000, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "tie_word_embeddings": false,
        "topk_group": 4, "topk_method": "noaux_tc", "torch_dtype": "bfloat16", "v_head_dim": 128,
        "vocab_size": 129280})");
}

ModelConfig read(const std::string &text)
{
    const support::TemporaryFolder folder;
    support::writeFile(folder.path() / "config.json", text);
    return engine::model::readModelConfig(folder.text());
}

ModelConfig read(const Json &config)
{
    return read(config.dump());
}

/// The sentence about `edit` applied to the config of V3, or what is wrong with it.
std::string refusal(ErrorCode code, const std::string &part, const std::function<void(Json &)> &edit)
{
    Json config = deepseekV3();
    edit(config);
    return complaint(failureOf([&] { read(config); }), code, part);
}

} // namespace

class TestConfig : public QObject {
    Q_OBJECT

private slots:
    void readsEveryFieldOfV3();
    void countsTheParametersOfV3Exactly();
    void countsTheCacheOfV3Exactly();
    void readsTheSpellingsOfRopeAlike();
    void takesAbsentFieldsAsTheFamilyDoes();
    void refusesOtherArchitecturesByName_data();
    void refusesOtherArchitecturesByName();
    void refusesUnsupportedValuesByName_data();
    void refusesUnsupportedValuesByName();
    void refusesContradictions();
    void refusesBadJson_data();
    void refusesBadJson();
    void readsGenerationDefaults();
    void generationConfigIsOptionalButMustBeRight();
};

void TestConfig::readsEveryFieldOfV3()
{
    const ModelConfig config = read(deepseekV3());
    QCOMPARE(config.model_type, std::string("deepseek_v3"));
    QCOMPARE(config.vocab_size, 129280);
    QCOMPARE(config.hidden_size, 7168);
    QCOMPARE(config.num_hidden_layers, 61);
    QCOMPARE(config.num_attention_heads, 128);
    QCOMPARE(config.max_position_embeddings, 163840);
    QCOMPARE(config.q_lora_rank, 1536);
    QCOMPARE(config.kv_lora_rank, 512);
    QCOMPARE(config.qkHeadDim(), 192);
    QCOMPARE(config.v_head_dim, 128);
    QCOMPARE(config.cacheWidth(), 576);
    QCOMPARE(config.intermediate_size, 18432);
    QCOMPARE(config.moe_intermediate_size, 2048);
    QCOMPARE(config.n_routed_experts, 256);
    QCOMPARE(config.n_shared_experts, 1);
    QCOMPARE(config.num_experts_per_tok, 8);
    QCOMPARE(config.n_group, 8);
    QCOMPARE(config.topk_group, 4);
    QCOMPARE(config.routed_scaling_factor, 2.5);
    QVERIFY(config.norm_topk_prob);
    QCOMPARE(config.rms_norm_eps, 1e-6);
    QCOMPARE(config.rope_theta, 10000.0);
    QVERIFY(config.rope_scaling.type == RopeScaling::Type::Yarn);
    QCOMPARE(config.rope_scaling.factor, 40.0);
    QCOMPARE(config.rope_scaling.original_max_position_embeddings, 4096);
    QCOMPARE(config.rope_scaling.beta_fast, 32.0);
    QCOMPARE(config.rope_scaling.mscale_all_dim, 1.0);
    QCOMPARE(config.num_nextn_predict_layers, 1);
    QVERIFY(config.quantization.quant_method == engine::model::QuantizationConfig::Method::Fp8);
    QCOMPARE(config.bos_token_id, 0);
    QCOMPARE(config.eos_token_id, std::vector<int>{1});
    QVERIFY(!config.isMoeLayer(2));
    QVERIFY(config.isMoeLayer(3));
}

void TestConfig::countsTheParametersOfV3Exactly()
{
    const auto counts = engine::model::countParameters(read(deepseekV3()));
    QCOMPARE(counts.total, std::uint64_t{671'026'419'200});
    QCOMPARE(counts.active, std::uint64_t{37'552'297'472});
    QCOMPARE(counts.mtp, std::uint64_t{11'610'068'224});
}

void TestConfig::countsTheCacheOfV3Exactly()
{
    QCOMPARE(engine::model::kvBytesPerToken(read(deepseekV3()), 2), std::uint64_t{70'272});
}

void TestConfig::readsTheSpellingsOfRopeAlike()
{
    Json oldType = deepseekV3();
    Json newType = deepseekV3();
    newType["rope_scaling"].erase("type");
    newType["rope_scaling"]["rope_type"] = "yarn";
    Json parameters = newType;
    parameters["rope_parameters"] = parameters["rope_scaling"];
    parameters["rope_parameters"]["rope_theta"] = 50000;
    parameters["rope_parameters"]["type"] = "yarn"; // transformers 5 writes both
    parameters.erase("rope_scaling");
    parameters.erase("rope_theta");
    for (const Json &config : {oldType, newType, parameters}) {
        const RopeScaling rope = read(config).rope_scaling;
        QVERIFY(rope.type == RopeScaling::Type::Yarn);
        QCOMPARE(rope.factor, 40.0);
    }
    QCOMPARE(read(parameters).rope_theta, 50000.0);

    Json plain = deepseekV3();
    plain["rope_scaling"] = nullptr;
    QVERIFY(read(plain).rope_scaling.type == RopeScaling::Type::None);
    plain.erase("rope_scaling");
    plain["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 10000.0}};
    QVERIFY(read(plain).rope_scaling.type == RopeScaling::Type::None);
}

void TestConfig::takesAbsentFieldsAsTheFamilyDoes()
{
    Json config = deepseekV3();
    // transformers 5 leaves these out of what it saves.
    for (const char *key : {"scoring_func", "topk_method", "moe_layer_freq", "num_nextn_predict_layers", "hidden_act",
                            "attention_bias", "tie_word_embeddings", "architectures", "quantization_config"}) {
        config.erase(key);
    }
    config["q_lora_rank"] = nullptr;
    config["rope_scaling"].erase("mscale");
    config["rope_scaling"].erase("mscale_all_dim");
    config["eos_token_id"] = {1, 128805};
    const ModelConfig read1 = read(config);
    QCOMPARE(read1.q_lora_rank, 0);
    QCOMPARE(read1.num_nextn_predict_layers, 0);
    QCOMPARE(read1.topk_method, std::string("noaux_tc"));
    QCOMPARE(read1.rope_scaling.mscale, 1.0);
    QCOMPARE(read1.rope_scaling.mscale_all_dim, 0.0);
    QCOMPARE(read1.eos_token_id, (std::vector<int>{1, 128805}));
    QVERIFY(read1.quantization.quant_method == engine::model::QuantizationConfig::Method::None);
}

void TestConfig::refusesOtherArchitecturesByName_data()
{
    QTest::addColumn<QString>("type");
    for (const char *type : {"deepseek_v32", "deepseek_v4", "mistral", "qwen2_moe", "", "DeepSeek_V3"}) {
        QTest::newRow(*type == '\0' ? "empty" : type) << type;
    }
}

void TestConfig::refusesOtherArchitecturesByName()
{
    QFETCH(QString, type);
    const std::string name = type.toStdString();
    const auto sentence = refusal(ErrorCode::UnsupportedArchitecture,
                                  "\"" + name +
                                      "\" is not supported (supported: \"llama\", \"qwen2\", \"qwen3\", \"deepseek\", "
                                      "\"deepseek_v2\", \"deepseek_v3\")",
                                  [&](Json &config) { config["model_type"] = name; });
    QCOMPARE(sentence, std::string());
}

void TestConfig::refusesUnsupportedValuesByName_data()
{
    QTest::addColumn<QString>("pointer");
    QTest::addColumn<QString>("value");
    const auto add = [](const char *pointer, const char *value) {
        QTest::addRow("%s = %s", pointer, value) << pointer << value;
    };
    add("/hidden_act", R"("gelu")");
    add("/attention_bias", "true");
    add("/rope_interleave", "false");
    add("/topk_method", R"("greedy")");
    add("/topk_method", R"("group_limited_greedy")");
    add("/scoring_func", R"("softmax")");
    add("/scoring_func", R"("sqrtsoftplus")");
    add("/rope_scaling/type", R"("linear")");
    add("/rope_scaling/type", R"("dynamic")");
    add("/rope_scaling/type", R"("llama3")");
    add("/rope_scaling/attention_factor", "1.0");
    add("/rope_scaling/truncate", "false");
    add("/quantization_config/quant_method", R"("awq")");
    add("/quantization_config/fmt", R"("e5m2")");
    add("/quantization_config/activation_scheme", R"("static")");
    add("/quantization_config/weight_block_size", "[64, 128]");
    add("/quantization_config/weight_block_size", "null");
    add("/quantization_config/scale_fmt", R"("e5m10")");
}

void TestConfig::refusesUnsupportedValuesByName()
{
    QFETCH(QString, pointer);
    QFETCH(QString, value);
    const std::string path = pointer.toStdString();
    const std::string field = path.substr(path.rfind('/') + 1);
    const auto sentence = refusal(ErrorCode::UnsupportedFeature, field + " ", [&](Json &config) {
        config[Json::json_pointer(path)] = Json::parse(value.toStdString());
    });
    QCOMPARE(sentence, std::string());
}

void TestConfig::refusesContradictions()
{
    const auto invalid = [](const std::string &part, const std::function<void(Json &)> &edit) {
        return refusal(ErrorCode::ConfigInvalid, part, edit);
    };
    const std::string none;
    QCOMPARE(invalid("n_group = 7 does not divide", [](Json &c) { c["n_group"] = 7; }), none);
    QCOMPARE(invalid("n_group = 256 does not divide", [](Json &c) { c["n_group"] = 256; }), none);
    QCOMPARE(invalid("topk_group = 9 is outside 1–8", [](Json &c) { c["topk_group"] = 9; }), none);
    QCOMPARE(invalid("num_experts_per_tok = 129 is outside 1–128", [](Json &c) { c["num_experts_per_tok"] = 129; }),
             none);
    QCOMPARE(invalid("first_k_dense_replace = 62 is outside 0–61", [](Json &c) { c["first_k_dense_replace"] = 62; }),
             none);
    QCOMPARE(invalid("num_key_value_heads = 8 differs", [](Json &c) { c["num_key_value_heads"] = 8; }), none);
    QCOMPARE(invalid("qk_rope_head_dim = 63 is odd", [](Json &c) { c["qk_rope_head_dim"] = 63; }), none);
    QCOMPARE(invalid("eos_token_id = 129280 is outside 0–129279",
                     [](Json &c) {
                         c["eos_token_id"] = {1, 129280};
                     }),
             none);
    QCOMPARE(invalid("bos_token_id = -1 is outside", [](Json &c) { c["bos_token_id"] = -1; }), none);
    QCOMPARE(invalid("mscale_all_dim is missing", [](Json &c) { c["rope_scaling"].erase("mscale_all_dim"); }), none);
    QCOMPARE(invalid("beta_fast must be larger", [](Json &c) { c["rope_scaling"]["beta_fast"] = 1; }), none);
    QCOMPARE(invalid("rope_scaling.factor = 0.5 is outside", [](Json &c) { c["rope_scaling"]["factor"] = 0.5; }), none);
    QCOMPARE(invalid("contradicts", [](Json &c) { c["rope_scaling"]["rope_type"] = "default"; }), none);
    QCOMPARE(invalid("contradicts rope_scaling.rope_theta", [](Json &c) { c["rope_scaling"]["rope_theta"] = 5; }),
             none);
    QCOMPARE(invalid("both given", [](Json &c) { c["rope_parameters"] = c["rope_scaling"]; }), none);
    QCOMPARE(invalid("model_type is missing", [](Json &c) { c.erase("model_type"); }), none);
    QCOMPARE(refusal(ErrorCode::UnsupportedArchitecture, "DeepseekV3ForSequenceClassification",
                     [](Json &c) { c["architectures"] = {"DeepseekV3ForSequenceClassification"}; }),
             none);
}

void TestConfig::refusesBadJson_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("part");
    const auto row = [](const char *name, const QByteArray &text, const char *part) {
        QTest::newRow(name) << text << part;
    };
    row("empty", "", "byte");
    row("not an object", "[1]", "not a JSON object");
    row("cut off", R"({"model_type": "deepse)", "byte");
    row("text after the end", R"({} {})", "byte");
    row("duplicate key", R"({"hidden_size": 1, "hidden_size": 2})", "hidden_size: this key stands there twice");
    row("duplicate key inside", R"({"rope_scaling": {"factor": 1, "factor": 2}})", "rope_scaling.factor");
    row("duplicate by escape", R"({"a": 1, "\u0061": 2})", "twice");
    row("nested 65 deep", QByteArray(65, '[') + QByteArray(65, ']'), "nested deeper than 64");
    row("nested in objects", R"({"a":)" + QByteArray(100'000, '['), "nested deeper than 64");
    row("NUL hides the rest", QByteArray("{}\0{}", 5), "NUL");
    row("invalid UTF-8", "{\"a\": \"\xff\"}", "byte");
    row("lone surrogate", R"({"a": "\ud800"})", "byte");
    row("comment", R"({/* 1 */})", "byte");
    row("number overflow", R"({"a": 1e999})", "a");
    row("NaN", R"({"rms_norm_eps": NaN})", "byte");
}

void TestConfig::refusesBadJson()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, part);
    const auto failure = failureOf([&] { read(text.toStdString()); });
    QCOMPARE(complaint(failure, ErrorCode::FileMalformed, part.toStdString()), std::string());
}

void TestConfig::readsGenerationDefaults()
{
    const support::TemporaryFolder folder;
    support::writeFile(folder.path() / "generation_config.json",
                       R"({"temperature": 0.6, "top_p": 0.95, "max_new_tokens": 32768, "eos_token_id": [1, 5]})");
    const auto defaults = engine::model::readGenerationConfig(folder.text());
    QCOMPARE(defaults.temperature, 0.6F);
    QCOMPARE(defaults.top_p, 0.95F);
    QCOMPARE(defaults.max_new_tokens, 32768);
    QCOMPARE(defaults.eos_token_id, (std::vector<int>{1, 5}));
}

void TestConfig::generationConfigIsOptionalButMustBeRight()
{
    const support::TemporaryFolder folder;
    const auto absent = engine::model::readGenerationConfig(folder.text());
    QVERIFY(absent.temperature < 0.0F && absent.top_p < 0.0F && absent.max_new_tokens < 0);

    const auto refused = [&](const std::string &text, const std::string &part) {
        support::writeFile(folder.path() / "generation_config.json", text);
        return complaint(failureOf([&] { engine::model::readGenerationConfig(folder.text()); }),
                         ErrorCode::ConfigInvalid, part);
    };
    QCOMPARE(refused(R"({"temperature": -1})", "temperature = -1 is outside"), std::string());
    QCOMPARE(refused(R"({"top_p": 1.5})", "top_p = 1.5 is outside"), std::string());
    QCOMPARE(refused(R"({"top_p": 0})", "top_p = 0 is outside"), std::string());
    QCOMPARE(refused(R"({"max_new_tokens": 0})", "max_new_tokens = 0 is outside"), std::string());
    QCOMPARE(refused(R"({"max_new_tokens": 1e3})", "max_new_tokens = 1000.0 is not an integer"), std::string());
}

QTEST_GUILESS_MAIN(TestConfig)
#include "tst_config.moc"
