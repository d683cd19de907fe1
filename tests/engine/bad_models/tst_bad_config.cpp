// Every field of config.json with every kind of wrong value, and with values that are right but not for these weights.

#include "engine/model/weights.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/peak_memory.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <set>

using engine::ErrorCode;
using support::complaint;
using support::failureOf;
using support::TinyModelOptions;
using Json = nlohmann::ordered_json;

namespace {

enum class Kind { Integer, Real, Boolean, Text };

struct Field {
    const char *pointer;
    Kind kind;
    bool required;
    const char *tooSmall; ///< JSON, or null
    const char *tooLarge;
};

constexpr Field fields[] = {
    {"/vocab_size", Kind::Integer, true, "0", "4194305"},
    {"/hidden_size", Kind::Integer, true, "0", "131073"},
    {"/num_hidden_layers", Kind::Integer, true, "0", "1025"},
    {"/num_attention_heads", Kind::Integer, true, "0", "1025"},
    {"/num_key_value_heads", Kind::Integer, false, "0", "1025"},
    {"/max_position_embeddings", Kind::Integer, true, "0", "16777217"},
    {"/q_lora_rank", Kind::Integer, false, "-1", "131073"},
    {"/kv_lora_rank", Kind::Integer, true, "0", "131073"},
    {"/qk_nope_head_dim", Kind::Integer, true, "0", "4097"},
    {"/qk_rope_head_dim", Kind::Integer, true, "0", "4098"},
    {"/v_head_dim", Kind::Integer, true, "0", "4097"},
    {"/intermediate_size", Kind::Integer, true, "0", "1048577"},
    {"/moe_intermediate_size", Kind::Integer, true, "0", "1048577"},
    {"/first_k_dense_replace", Kind::Integer, true, "-1", "4"},
    {"/moe_layer_freq", Kind::Integer, false, "0", "1025"},
    {"/n_routed_experts", Kind::Integer, true, "1", "4097"},
    {"/n_shared_experts", Kind::Integer, false, "-1", "65"},
    {"/n_group", Kind::Integer, true, "0", "9"},
    {"/topk_group", Kind::Integer, true, "0", "5"},
    {"/num_experts_per_tok", Kind::Integer, true, "0", "5"},
    {"/num_nextn_predict_layers", Kind::Integer, false, "-1", "17"},
    {"/bos_token_id", Kind::Integer, false, "-1", "304"},
    {"/eos_token_id", Kind::Integer, false, "-1", "304"},
    {"/rope_scaling/original_max_position_embeddings", Kind::Integer, true, "0", "16777217"},
    {"/rms_norm_eps", Kind::Real, true, "0", "1.5"},
    {"/rope_theta", Kind::Real, true, "1", "1e13"},
    {"/routed_scaling_factor", Kind::Real, true, "0", "1e7"},
    {"/rope_scaling/factor", Kind::Real, true, "0.99", "1e7"},
    {"/rope_scaling/beta_fast", Kind::Real, false, "0", "1e7"},
    {"/rope_scaling/beta_slow", Kind::Real, false, "0", "1e7"},
    {"/rope_scaling/mscale", Kind::Real, true, "0", "101"},
    {"/rope_scaling/mscale_all_dim", Kind::Real, true, "-0.5", "101"},
    {"/norm_topk_prob", Kind::Boolean, true, nullptr, nullptr},
    {"/tie_word_embeddings", Kind::Boolean, false, nullptr, nullptr},
    {"/attention_bias", Kind::Boolean, false, nullptr, nullptr},
    {"/rope_interleave", Kind::Boolean, false, nullptr, nullptr},
    {"/model_type", Kind::Text, true, nullptr, nullptr},
    {"/hidden_act", Kind::Text, false, nullptr, nullptr},
    {"/scoring_func", Kind::Text, false, nullptr, nullptr},
    {"/topk_method", Kind::Text, false, nullptr, nullptr},
    {"/rope_scaling/type", Kind::Text, false, nullptr, nullptr},
    {"/quantization_config/quant_method", Kind::Text, true, nullptr, nullptr},
    {"/quantization_config/fmt", Kind::Text, false, nullptr, nullptr},
    {"/quantization_config/activation_scheme", Kind::Text, false, nullptr, nullptr},
    {"/quantization_config/scale_fmt", Kind::Text, false, nullptr, nullptr},
};

/// Values that no field of this kind may have. Lists are wrong everywhere but in eos_token_id.
std::vector<std::string> wrongValues(const Field &field)
{
    std::vector<std::string> values = {"{}", "[[1]]", R"([null])"};
    const auto add = [&values](std::initializer_list<const char *> more) {
        values.insert(values.end(), more.begin(), more.end());
    };
    switch (field.kind) {
    case Kind::Integer:
        add({"1e3", "16.0", "0.5", "true", R"("16")", "2147483648", "4294967297", "9223372036854775808",
             "18446744073709551616", "-9223372036854775808", "-2147483649", "1e300"});
        break;
    case Kind::Real:
        add({"true", R"("1.0")", "-1", "-1e-300", "1e300", "0.0", "-0.0"});
        break;
    case Kind::Boolean:
        add({"0", "1", R"("true")", "0.0"});
        break;
    case Kind::Text:
        add({"0", "true", "1.5"});
        break;
    }
    if (field.tooSmall != nullptr) {
        add({field.tooSmall, field.tooLarge});
    }
    if (field.required) {
        add({"null"});
    }
    return values;
}

TinyModelOptions options()
{
    TinyModelOptions tiny;
    tiny.yarn = true;
    tiny.storage = TinyModelOptions::Storage::Fp8;
    return tiny;
}

} // namespace

class TestBadConfig : public QObject {
    Q_OBJECT

private slots:
    void everyWrongValueIsRefused_data();
    void everyWrongValueIsRefused();
    void everyRequiredFieldIsMissed();
    void everyNeighbourIsRefusedOrIrrelevant();
    void hugeModelsAreRefusedWithoutMemory();

private:
    std::optional<engine::Failure> readConfig(const std::string &text)
    {
        support::writeFile(m_folder.path() / "config.json", text);
        return failureOf([&] { engine::model::readModelConfig(m_folder.text()); });
    }

    support::TemporaryFolder m_folder;
};

void TestBadConfig::everyWrongValueIsRefused_data()
{
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < std::size(fields); ++i) {
        QTest::newRow(fields[i].pointer + 1) << static_cast<int>(i);
    }
}

void TestBadConfig::everyWrongValueIsRefused()
{
    QFETCH(int, index);
    const Field &field = fields[index];
    const std::string pointer = field.pointer;
    const std::string name = pointer.substr(pointer.rfind('/') + 1);
    const Json config = support::makeTinyModel(options()).config;
    QCOMPARE(readConfig(config.dump()).has_value(), false);
    for (const std::string &value : wrongValues(field)) {
        // Spliced in as text: a JSON library would normalise the number.
        Json edited = config;
        edited[Json::json_pointer(pointer)] = "@@";
        std::string text = edited.dump();
        text.replace(text.find(R"("@@")"), 4, value);
        const auto failure = readConfig(text);
        QCOMPARE(complaint(failure, ErrorCode::ConfigInvalid, name), std::string());
    }
}

void TestBadConfig::everyRequiredFieldIsMissed()
{
    for (const Field &field : fields) {
        const Json::json_pointer pointer(field.pointer);
        Json config = support::makeTinyModel(options()).config;
        Json &parent = config[pointer.parent_pointer()];
        parent.erase(pointer.back());
        const auto failure = readConfig(config.dump());
        if (field.required) {
            QCOMPARE(complaint(failure, ErrorCode::ConfigInvalid, pointer.back() + " is missing"), std::string());
        } else if (pointer.back() != "type") { // without it the other keys of YaRN have no meaning
            QVERIFY2(!failure, failure ? failure->sentence.c_str() : "");
        }
    }
}

/// One more and one less than the right value, with the weights of the right value.
void TestBadConfig::everyNeighbourIsRefusedOrIrrelevant()
{
    // Not visible in any shape, or of no consequence: the number of MTP modules (the file carries none).
    const std::set<std::string> free = {"max_position_embeddings", "bos_token_id", "eos_token_id",
                                        "num_experts_per_tok",     "topk_group",   "original_max_position_embeddings",
                                        "num_nextn_predict_layers"};
    const support::TinyModel model = support::makeTinyModel(options());
    support::writeTinyModel(model, options(), m_folder.path());
    const engine::model::Checkpoint checkpoint(m_folder.text());
    int refused = 0;
    for (const Field &field : fields) {
        const Json::json_pointer pointer(field.pointer);
        for (const int step : {-1, 1}) {
            if (field.kind != Kind::Integer) {
                continue;
            }
            Json config = model.config;
            config[pointer] = config[pointer].get<int>() + step;
            auto failure = readConfig(config.dump());
            if (!failure) {
                failure = failureOf([&] {
                    engine::model::resolveWeights(engine::model::readModelConfig(m_folder.text()), checkpoint);
                });
            }
            QVERIFY2(failure || free.contains(pointer.back()), field.pointer);
            if (failure) {
                ++refused;
                QCOMPARE(complaint(failure, failure->code, {}), std::string());
            }
        }
    }
    QVERIFY(refused >= 36);
}

void TestBadConfig::hugeModelsAreRefusedWithoutMemory()
{
    const support::TinyModel model = support::makeTinyModel(options());
    support::writeTinyModel(model, options(), m_folder.path());
    const engine::model::Checkpoint checkpoint(m_folder.text());
    Json config = model.config;
    config["num_hidden_layers"] = 1024;
    config["n_routed_experts"] = 4096; // 12.6 million tensors
    config["num_nextn_predict_layers"] = 16;
    const std::uint64_t before = support::peakResidentBytes();
    QVERIFY(!readConfig(config.dump()));
    const auto huge = engine::model::readModelConfig(m_folder.text());
    const auto failure = failureOf([&] { engine::model::resolveWeights(huge, checkpoint); });
    QVERIFY(failure && (failure->code == ErrorCode::TensorMismatch || failure->code == ErrorCode::TensorMissing));

    Json deep = model.config;
    deep["num_hidden_layers"] = 1024; // same shapes, only missing layers
    QVERIFY(!readConfig(deep.dump()));
    const auto missing =
        failureOf([&] { engine::model::resolveWeights(engine::model::readModelConfig(m_folder.text()), checkpoint); });
    QCOMPARE(complaint(missing, ErrorCode::TensorMissing, "10,000 or more tensors"), std::string());
    QVERIFY(support::peakResidentBytes() - before <= std::uint64_t{64} << 20);
}

QTEST_APPLESS_MAIN(TestBadConfig)
#include "tst_bad_config.moc"
