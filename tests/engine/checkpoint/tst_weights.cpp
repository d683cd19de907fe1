// The tensors of a model by role.

#include "engine/model/detail/finite_scan.h"
#include "engine/model/weights.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <array>
#include <cmath>
#include <limits>

using engine::ErrorCode;
using engine::memory::DType;
using engine::memory::Tensor;
using engine::model::Checkpoint;
using engine::model::Linear;
using engine::model::MlpWeights;
using engine::model::MoeWeights;
using engine::model::Weights;
using support::TinyModel;
using support::TinyModelOptions;
using Storage = TinyModelOptions::Storage;

namespace {

/// A model on disk, opened.
struct Opened {
    explicit Opened(const TinyModelOptions &options) : Opened(support::makeTinyModel(options), options) {}
    Opened(const TinyModel &model, const TinyModelOptions &options)
    {
        support::writeTinyModel(model, options, folder.path());
        checkpoint.emplace(folder.text());
        config = engine::model::readModelConfig(folder.text());
        weights = engine::model::resolveWeights(config, *checkpoint);
    }
    const void *data(const std::string &name) const { return checkpoint->tensor(name).data; }

    support::TemporaryFolder folder;
    std::optional<Checkpoint> checkpoint;
    engine::model::ModelConfig config;
    Weights weights;
};

bool hasShape(const Tensor &tensor, std::initializer_list<std::uint64_t> dims)
{
    return std::ranges::equal(tensor.dims(), dims);
}

} // namespace

class TestWeights : public QObject {
    Q_OBJECT

private slots:
    void findsEveryRole();
    void findsTheOneQueryProjection();
    void tiesTheHead();
    void keepsScalesBesideFp8Weights();
    void acceptsEveryStorage_data();
    void acceptsEveryStorage();
    void readsMtpModules();
    void sharesEmbeddingAndHeadWithMtpWithoutCopies();
    void aFileWithoutMtpHasNone();
    void ignoresStoredRotaryFrequencies();
    void worksAtOddAddresses();
    void findsTheFirstNonFiniteElement_data();
    void findsTheFirstNonFiniteElement();
    void findsTheFirstNonFiniteBlock();
};

void TestWeights::findsEveryRole()
{
    const Opened opened({});
    const Weights &weights = opened.weights;
    QCOMPARE(weights.layers.size(), std::size_t{3});
    QCOMPARE(weights.embed_tokens.data, opened.data("model.embed_tokens.weight"));
    QCOMPARE(weights.norm.data, opened.data("model.norm.weight"));
    QCOMPARE(weights.lm_head.weight.data, opened.data("lm_head.weight"));
    QVERIFY(weights.mtp.empty());

    const auto &attention = std::get<engine::model::LatentAttentionWeights>(weights.layers[1].self_attn);
    QVERIFY(attention.q_proj.empty());
    QCOMPARE(attention.q_a_proj.weight.data, opened.data("model.layers.1.self_attn.q_a_proj.weight"));
    QVERIFY(hasShape(attention.q_a_layernorm, {24}));
    QVERIFY(hasShape(attention.q_b_proj.weight, {4 * (16 + 8), 24}));
    QVERIFY(hasShape(attention.kv_a_proj_with_mqa.weight, {32 + 8, 64}));
    QVERIFY(hasShape(attention.kv_a_layernorm, {32}));
    QVERIFY(hasShape(attention.kv_b_proj.weight, {4 * (16 + 24), 32}));
    QVERIFY(hasShape(attention.o_proj.weight, {64, 4 * 24}));

    const auto *dense = std::get_if<MlpWeights>(&weights.layers[0].mlp);
    QVERIFY(dense != nullptr && hasShape(dense->gate_proj.weight, {160, 64}));
    const auto *moe = std::get_if<MoeWeights>(&weights.layers[2].mlp);
    QVERIFY(moe != nullptr);
    QCOMPARE(moe->experts.size(), std::size_t{8});
    QCOMPARE(moe->experts[5].down_proj.weight.data, opened.data("model.layers.2.mlp.experts.5.down_proj.weight"));
    QVERIFY(hasShape(moe->experts[5].down_proj.weight, {64, 32}));
    QVERIFY(hasShape(moe->gate, {8, 64}));
    QCOMPARE(moe->e_score_correction_bias.dtype, DType::F32);
    QVERIFY(hasShape(moe->shared_experts.up_proj.weight, {32, 64}));
}

void TestWeights::findsTheOneQueryProjection()
{
    TinyModelOptions options;
    options.qLoraRank = 0;
    options.sharedExperts = 0;
    const Opened opened(options);
    const auto &attention = std::get<engine::model::LatentAttentionWeights>(opened.weights.layers[0].self_attn);
    QVERIFY(hasShape(attention.q_proj.weight, {96, 64}));
    QVERIFY(attention.q_a_proj.empty() && attention.q_a_layernorm.empty() && attention.q_b_proj.empty());
    QVERIFY(std::get<MoeWeights>(opened.weights.layers[1].mlp).shared_experts.gate_proj.empty());
}

void TestWeights::tiesTheHead()
{
    TinyModelOptions options;
    options.tied = true;
    const Opened opened(options);
    QCOMPARE(opened.weights.lm_head.weight.data, opened.weights.embed_tokens.data);
}

void TestWeights::keepsScalesBesideFp8Weights()
{
    TinyModelOptions options;
    options.storage = Storage::Fp8;
    options.denseWidth = 129; // the last block has one row
    const Opened opened(options);
    const auto &dense = std::get<MlpWeights>(opened.weights.layers[0].mlp);
    QCOMPARE(dense.gate_proj.weight.dtype, DType::F8_E4M3);
    QVERIFY(hasShape(dense.gate_proj.scale, {2, 1}));
    QVERIFY(hasShape(dense.down_proj.scale, {1, 2}));
    QCOMPARE(dense.gate_proj.scale.dtype, DType::F32);
    QVERIFY(opened.weights.lm_head.scale.empty());
    QCOMPARE(opened.weights.lm_head.weight.dtype, DType::BF16);
}

void TestWeights::acceptsEveryStorage_data()
{
    QTest::addColumn<int>("storage");
    QTest::newRow("F32") << static_cast<int>(Storage::F32);
    QTest::newRow("BF16") << static_cast<int>(Storage::BF16);
    QTest::newRow("F16") << static_cast<int>(Storage::F16);
    QTest::newRow("FP8") << static_cast<int>(Storage::Fp8);
}

void TestWeights::acceptsEveryStorage()
{
    QFETCH(int, storage);
    TinyModelOptions options;
    options.storage = static_cast<Storage>(storage);
    options.yarn = true;
    options.shards = 2;
    const Opened opened(options);
    // Rounded to different types, the numbers are those of the F32 model.
    TinyModelOptions exact;
    exact.storage = Storage::F32;
    const Opened reference(exact);
    const auto outputOf = [](const Opened &model) -> const Linear & {
        return std::get<engine::model::LatentAttentionWeights>(model.weights.layers[0].self_attn).o_proj;
    };
    const Linear &linear = outputOf(opened);
    const Tensor &wanted = outputOf(reference).weight;
    for (std::uint64_t i = 0; i < wanted.elements(); ++i) {
        const float scale = linear.scale.empty() ? 1.0F : linear.scale.at(0);
        const float error = std::fabs(linear.weight.at(i) * scale - wanted.at(i));
        QVERIFY(error <= 0.0625F * std::fabs(wanted.at(i)) + scale * 0x1p-10F);
    }
}

void TestWeights::readsMtpModules()
{
    TinyModelOptions options;
    options.mtpModules = 2;
    const Opened opened(options);
    QCOMPARE(opened.weights.mtp.size(), std::size_t{2});
    const auto &mtp = opened.weights.mtp[1];
    QVERIFY(hasShape(mtp.eh_proj.weight, {64, 128}));
    QCOMPARE(mtp.enorm.data, opened.data("model.layers.4.enorm.weight"));
    QCOMPARE(mtp.embed_tokens.data, opened.data("model.layers.4.embed_tokens.weight"));
    QCOMPARE(mtp.shared_head_head.weight.data, opened.data("model.layers.4.shared_head.head.weight"));
    QCOMPARE(mtp.shared_head_norm.data, opened.data("model.layers.4.shared_head.norm.weight"));
    QVERIFY(std::holds_alternative<MoeWeights>(mtp.layer.mlp));
}

void TestWeights::sharesEmbeddingAndHeadWithMtpWithoutCopies()
{
    TinyModelOptions options;
    options.mtpModules = 1;
    options.mtpCopies = false;
    const Opened opened(options);
    QCOMPARE(opened.weights.mtp[0].embed_tokens.data, opened.weights.embed_tokens.data);
    QCOMPARE(opened.weights.mtp[0].shared_head_head.weight.data, opened.weights.lm_head.weight.data);
}

void TestWeights::aFileWithoutMtpHasNone()
{
    TinyModel model = support::makeTinyModel();
    model.config["num_nextn_predict_layers"] = 1; // what converters leave behind
    const Opened opened(model, {});
    QVERIFY(opened.weights.mtp.empty());
}

void TestWeights::ignoresStoredRotaryFrequencies()
{
    TinyModel model = support::makeTinyModel();
    model.tensors.push_back(
        support::makeTensor("model.layers.0.self_attn.rotary_emb.inv_freq", DType::F32, {4}, {1, 0.1F, 0.01F, 0.001F}));
    const Opened opened(model, {});
    QCOMPARE(opened.weights.layers.size(), std::size_t{3});
}

void TestWeights::worksAtOddAddresses()
{
    TinyModelOptions options;
    options.alignment = 1;
    TinyModel model = support::makeTinyModel(options);
    // One byte in front moves everything behind it to odd addresses.
    model.tensors.insert(model.tensors.begin(), {"a.rotary_emb.inv_freq", DType::U8, {1}, std::string(1, '\1')});
    const Opened odd(model, options);
    const Opened even(TinyModelOptions{});
    const Tensor &a = odd.weights.norm;
    const Tensor &b = even.weights.norm;
    QVERIFY(a.elements() == 64);
    for (std::uint64_t i = 0; i < a.elements(); ++i) {
        QCOMPARE(a.at(i), b.at(i));
    }
}

void TestWeights::findsTheFirstNonFiniteElement_data()
{
    QTest::addColumn<int>("dtype");
    for (const DType dtype : {DType::F32, DType::BF16, DType::F16, DType::F8_E4M3}) {
        QTest::newRow(std::string(dtypeName(dtype)).c_str()) << static_cast<int>(dtype);
    }
}

void TestWeights::findsTheFirstNonFiniteElement()
{
    QFETCH(int, dtype);
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const auto type = static_cast<DType>(dtype);
    const auto firstOf = [type](const std::vector<float> &values) {
        const support::NamedTensor made = support::makeTensor("x", type, {values.size()}, values);
        return engine::model::firstNonFinite(Tensor(made.bytes.data(), type, made.shape));
    };
    std::vector<float> values(3000, type == DType::F8_E4M3 ? 448.0F : 60000.0F);
    QVERIFY(!firstOf(values));
    for (const std::size_t at : {std::size_t{2999}, std::size_t{1024}, std::size_t{1023}, std::size_t{0}}) {
        values[at] = at % 2 == 0 || type == DType::F8_E4M3 ? nan : -infinity;
        QCOMPARE(firstOf(values), std::optional<std::uint64_t>(at));
    }
}

void TestWeights::findsTheFirstNonFiniteBlock()
{
    struct Half {
        DType type;
        std::size_t offset;
    };
    for (const Half half : {Half{DType::Q8_0, 0}, Half{DType::Q4_0, 0}, Half{DType::Q4_K, 0}, Half{DType::Q4_K, 2},
                            Half{DType::Q5_K, 0}, Half{DType::Q5_K, 2}, Half{DType::Q6_K, 208}, Half{DType::Q4_1, 2},
                            Half{DType::Q5_0, 0}, Half{DType::Q5_1, 2}, Half{DType::IQ4_NL, 0}}) {
        const std::size_t blocks = 12;
        // 0x7B in every byte: halves of 61280, the largest exponent of a finite half.
        std::string bytes(blocks * blockBytes(half.type), '\x7B');
        const std::array<std::uint64_t, 2> shape = {3, blocks / 3 * blockElements(half.type)};
        const auto first = [&] { return engine::model::firstNonFinite(Tensor(bytes.data(), half.type, shape)); };
        QVERIFY(!first());
        for (const std::size_t block : {blocks - 1, std::size_t{5}, std::size_t{0}}) {
            const char upper = block % 2 == 0 ? '\x7C' : '\xFE';
            bytes[block * blockBytes(half.type) + half.offset + 1] = upper;
            QCOMPARE(first(), std::optional<std::uint64_t>(block * blockElements(half.type)));
        }
    }
}

QTEST_APPLESS_MAIN(TestWeights)
#include "tst_weights.moc"
