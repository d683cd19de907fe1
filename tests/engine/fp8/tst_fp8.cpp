// FP8 weights give what the same weights written out as F32 give: in every position the same most likely token and the
// same distribution.

#include "tests/engine/fp8/dequantised_model.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using engine::TokenId;
using engine::memory::DType;
using support::ModelUnderTest;

namespace {

using Sequences = std::vector<std::vector<TokenId>>;

const std::string source = BATHYSCOPE_SOURCE_DIR;

struct Agreement {
    std::size_t positions = 0;
    std::size_t sameTop = 0;
    double largestDivergence = 0.0; ///< KL(wanted ‖ found) of a position, nats
    double sumOfDivergence = 0.0;
    double largestDifference = 0.0; ///< of a logit
};

std::vector<double> logSoftmax(std::span<const float> logits)
{
    const double largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double sum = 0.0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit) - largest);
    std::vector<double> result;
    for (const float logit : logits)
        result.push_back(static_cast<double>(logit) - largest - std::log(sum));
    return result;
}

void addPosition(Agreement &agreement, std::span<const float> wanted, std::span<const float> found)
{
    const auto p = logSoftmax(wanted);
    const auto q = logSoftmax(found);
    double divergence = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i)
        divergence += std::exp(p[i]) * (p[i] - q[i]);
    const auto top = [](std::span<const float> row) { return std::max_element(row.begin(), row.end()) - row.begin(); };
    ++agreement.positions;
    agreement.largestDifference = std::max(agreement.largestDifference, support::largestDifference(wanted, found));
    agreement.sameTop += top(wanted) == top(found) ? 1 : 0;
    agreement.largestDivergence = std::max(agreement.largestDivergence, divergence);
    agreement.sumOfDivergence += divergence;
}

Agreement agreementOf(const std::string &folder, const Sequences &sequences)
{
    const support::TemporaryFolder exactFolder;
    support::writeDequantised(folder, exactFolder.path());
    ModelUnderTest exact(exactFolder.text());
    ModelUnderTest quantised(folder);
    const auto vocab = static_cast<std::size_t>(exact.config.vocab_size);
    Agreement agreement;
    for (const auto &tokens : sequences) {
        auto exactCache = exact.transformer.makeCache();
        auto quantisedCache = quantised.transformer.makeCache();
        const auto wanted = exact.allLogits(tokens, exactCache);
        const auto found = quantised.allLogits(tokens, quantisedCache);
        for (std::size_t at = 0; at < wanted.size(); at += vocab)
            addPosition(agreement, std::span(wanted).subspan(at, vocab), std::span(found).subspan(at, vocab));
    }
    return agreement;
}

void verify(const Agreement &agreement, std::size_t positions)
{
    const double share = 100.0 * static_cast<double>(agreement.sameTop) / static_cast<double>(agreement.positions);
    const double mean = agreement.sumOfDivergence / static_cast<double>(agreement.positions);
    qInfo("%zu positions: the same top token in %.3f %%, KL mean %.2e, largest %.2e, logits differ by %.2e",
          agreement.positions, share, mean, agreement.largestDivergence, agreement.largestDifference);
    QVERIFY(agreement.positions >= positions);
    QVERIFY(share >= 99.9);
    QVERIFY(agreement.largestDivergence <= 1e-4);
    QVERIFY(agreement.largestDifference <= 1e-3);
}

Sequences generatedSequences(std::size_t count, std::size_t length, int vocab)
{
    Sequences sequences;
    for (std::size_t i = 0; i < count; ++i)
        sequences.push_back(support::generatedTokens("sequence " + std::to_string(i), 1, length, vocab));
    return sequences;
}

/// kv_a_proj_with_mqa of V3: 576 rows are four blocks and a half, 7,168 columns are 56 blocks.
support::TinyModelOptions asWideAsV3()
{
    support::TinyModelOptions options;
    options.storage = support::TinyModelOptions::Storage::Fp8;
    options.layers = 2;
    options.hidden = 7168;
    options.kvLoraRank = 512;
    options.rope = 64;
    options.qLoraRank = 200;
    options.heads = 2;
    return options;
}

/// Scales rounded up to powers of two, as V3.1 has them.
support::TinyModel withPowerOfTwoScales(const support::TinyModelOptions &options)
{
    support::TinyModel model = support::makeTinyModel(options);
    model.config["quantization_config"]["scale_fmt"] = "ue8m0";
    for (support::NamedTensor &tensor : model.tensors) {
        if (!tensor.name.ends_with("_scale_inv"))
            continue;
        std::vector<float> scales;
        for (std::size_t at = 0; at < tensor.bytes.size(); at += sizeof(float))
            scales.push_back(
                std::exp2(std::ceil(std::log2(engine::memory::loadUnaligned<float>(tensor.bytes.data() + at)))));
        tensor = support::makeTensor(tensor.name, DType::F32, tensor.shape, scales);
    }
    return model;
}

} // namespace

class Fp8Test : public QObject {
    Q_OBJECT

private slots:
    /// On its own texts: prompts with the reference's continuations.
    void theShippedModelEqualsItsDequantisedWeights()
    {
        const auto golden = nlohmann::json::parse(support::readFile(source + "/tests/golden/nano-r1.json"));
        Sequences sequences;
        for (std::size_t i = 0; i < 60; ++i) {
            const auto &prompt = golden["prompts"][i];
            auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            const auto answer = prompt["greedy"].get<std::vector<TokenId>>();
            tokens.insert(tokens.end(), answer.begin(), answer.end());
            sequences.push_back(std::move(tokens));
        }
        verify(agreementOf(source + "/resources/models/nano-r1", sequences), 2000);
    }

    void theGoldenModelEqualsItsDequantisedWeights()
    {
        const auto golden = nlohmann::json::parse(support::readFile(source + "/tests/golden/cases/fp8-yarn.json"));
        const support::TemporaryFolder folder;
        support::writeGoldenModel(golden, folder.path());
        verify(agreementOf(folder.text(), generatedSequences(20, 128, golden["config"]["vocab_size"])), 2000);
    }

    void blocksAtTheEdgeEqualTheirDequantisedWeights()
    {
        const support::TemporaryFolder folder;
        support::writeTinyModel(asWideAsV3(), folder.path());
        const engine::model::Checkpoint checkpoint(folder.text());
        const auto &scale = checkpoint.tensor("model.layers.0.self_attn.kv_a_proj_with_mqa.weight_scale_inv");
        QCOMPARE(scale.rows(), 5U);
        QCOMPARE(scale.cols(), 56U);
        verify(agreementOf(folder.text(), generatedSequences(3, 30, 280)), 90);
    }

    void scalesThatArePowersOfTwoAreRead()
    {
        support::TinyModelOptions options;
        options.storage = support::TinyModelOptions::Storage::Fp8;
        const support::TemporaryFolder folder;
        support::writeTinyModel(withPowerOfTwoScales(options), options, folder.path());
        verify(agreementOf(folder.text(), generatedSequences(4, 100, 280)), 400);
    }

    void scalesOfOneByteAreRefused()
    {
        support::TinyModelOptions options;
        options.storage = support::TinyModelOptions::Storage::Fp8;
        support::TinyModel model = withPowerOfTwoScales(options);
        const std::string name = "model.layers.0.mlp.gate_proj.weight_scale_inv";
        support::NamedTensor &scale = model.tensor(name);
        scale.dtype = DType::F8_E8M0;
        scale.bytes.assign(scale.bytes.size() / sizeof(float), '\x7f');
        const support::TemporaryFolder folder;
        support::writeTinyModel(model, options, folder.path());
        const auto failure = support::failureOf([&] { ModelUnderTest refused(folder.text()); });
        QCOMPARE(support::complaint(failure, engine::ErrorCode::TensorMismatch,
                                    "tensor '" + name + "' has type F8_E8M0; config.json needs F32."),
                 std::string());
    }
};

QTEST_GUILESS_MAIN(Fp8Test)
#include "tst_fp8.moc"
