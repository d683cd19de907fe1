// engine::Activations::Fp8 on the CPU against torch (tests/golden/regenerate_fp8_activations.py), and how much of a
// model's answers it changes.

#include "engine/backend/cpu/rounded_inputs.h"
#include "engine/memory_plan.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using engine::Activations;
using engine::TokenId;
using engine::backend::InputRounding;
using support::ModelUnderTest;

namespace {

const std::string source = BATHYSCOPE_SOURCE_DIR;

nlohmann::json golden()
{
    return nlohmann::json::parse(support::readFile(source + "/tests/golden/fp8-activations.json"));
}

InputRounding roundingOf(const nlohmann::json &entry)
{
    return entry["scale_fmt"] == "ue8m0" ? InputRounding::E4m3PowerOfTwo : InputRounding::E4m3;
}

std::vector<std::uint32_t> bitsOf(const std::vector<float> &values)
{
    std::vector<std::uint32_t> bits;
    for (const float value : values)
        bits.push_back(std::bit_cast<std::uint32_t>(value));
    return bits;
}

/// What codes and scales of torch stand for.
std::vector<float> wantedRows(const nlohmann::json &entry)
{
    const auto width = entry["width"].get<std::size_t>();
    const auto codes = QByteArray::fromHex(QByteArray::fromStdString(entry["codes"].get<std::string>()));
    const auto scales = support::floatsOf(entry["scales"]);
    const std::size_t groups = (width + 127) / 128;
    std::vector<float> wanted;
    for (std::size_t i = 0; i < static_cast<std::size_t>(codes.size()); ++i) {
        const auto code = static_cast<std::uint8_t>(codes[static_cast<qsizetype>(i)]);
        wanted.push_back(engine::memory::e4m3ToFloat(code) * scales[i / width * groups + i % width / 128]);
    }
    return wanted;
}

ModelUnderTest modelOf(const std::string &folder, Activations activations, int chunk = 256)
{
    engine::model::TransformerOptions options;
    options.prefillChunk = chunk;
    return {folder, engine::backend::makeCpuBackend(1), options, activations};
}

/// The model of cases/fp8-yarn.json.
void writeModel(const std::filesystem::path &folder, const std::string &scaleFormat)
{
    auto goldenCase = support::readGoldenCase("fp8-yarn");
    goldenCase["config"]["quantization_config"]["scale_fmt"] = scaleFormat;
    support::writeGoldenModel(goldenCase, folder);
}

struct Agreement {
    std::size_t positions = 0;
    std::size_t sameTop = 0;
    double divergence = 0.0; ///< sum of KL(wanted ‖ found), nats
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
    for (std::size_t i = 0; i < p.size(); ++i)
        agreement.divergence += std::exp(p[i]) * (p[i] - q[i]);
    const auto top = [](std::span<const float> row) { return std::max_element(row.begin(), row.end()) - row.begin(); };
    agreement.sameTop += top(wanted) == top(found) ? 1 : 0;
    ++agreement.positions;
}

} // namespace

class Fp8ActivationsTest : public QObject {
    Q_OBJECT

private slots:
    void rowsAreRoundedAsByTorch()
    {
        const auto cases = golden()["rows"];
        QVERIFY(cases.size() >= 4);
        for (const auto &entry : cases) {
            const auto width = entry["width"].get<std::size_t>();
            const auto x = support::floatsOf(entry["x"]);
            std::vector<float> found(x.size());
            for (std::size_t at = 0; at < x.size(); at += width)
                engine::backend::cpu::roundRow(x.data() + at, width, roundingOf(entry), found.data() + at);
            QCOMPARE(bitsOf(found), bitsOf(wantedRows(entry)));
        }
    }

    /// Not what act_quant says of them, but nothing that could be taken for a result.
    void aGroupThatIsNotFiniteIsNaN()
    {
        for (const float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                                std::numeric_limits<float>::quiet_NaN()}) {
            std::vector<float> row(300, 1.0F);
            row[130] = bad;
            engine::backend::cpu::roundRow(row.data(), row.size(), InputRounding::E4m3, row.data());
            for (std::size_t i = 0; i < row.size(); ++i)
                QCOMPARE(std::isnan(row[i]), i / 128 == 1);
        }
    }

    void logitsEqualTheReference()
    {
        const auto prompts = golden()["prompts"];
        QVERIFY(prompts.size() >= 8);
        for (const auto &prompt : prompts) {
            const support::TemporaryFolder folder;
            writeModel(folder.path(), prompt["scale_fmt"]);
            ModelUnderTest model = modelOf(folder.text(), Activations::Fp8);
            auto cache = model.transformer.makeCache();
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            const auto found = model.allLogits(tokens, cache);
            const double difference = support::largestDifference(found, support::floatsOf(prompt["logits"]));
            qInfo("%zu tokens, %s: logits differ by %.2e", tokens.size(),
                  prompt["scale_fmt"].get<std::string>().c_str(), difference);
            QVERIFY(difference <= 1e-4); // of logits around 1; a number on the other side of a tie makes 1e-2
        }
    }

    void exactAndRoundedDiffer()
    {
        const support::TemporaryFolder folder;
        writeModel(folder.path(), "float");
        const auto tokens = support::generatedTokens("some", 1, 20, 160);
        std::vector<std::vector<float>> logits;
        for (const Activations activations : {Activations::Exact, Activations::Fp8}) {
            ModelUnderTest model = modelOf(folder.text(), activations);
            auto cache = model.transformer.makeCache();
            logits.push_back(model.allLogits(tokens, cache));
        }
        QVERIFY(support::largestDifference(logits[0], logits[1]) > 1e-2);
    }

    /// The bundled model on its own texts: prompts with the reference's continuations.
    void theBundledModelSaysTheSame()
    {
        const std::string folder = source + "/resources/models/nano-r1";
        const auto prompts = nlohmann::json::parse(support::readFile(source + "/tests/golden/nano-r1.json"))["prompts"];
        ModelUnderTest exact = modelOf(folder, Activations::Exact);
        ModelUnderTest rounded = modelOf(folder, Activations::Fp8);
        const auto vocab = static_cast<std::size_t>(exact.config.vocab_size);
        Agreement agreement;
        for (std::size_t i = 0; i < 60; ++i) {
            auto tokens = prompts[i]["tokens"].get<std::vector<TokenId>>();
            const auto answer = prompts[i]["greedy"].get<std::vector<TokenId>>();
            tokens.insert(tokens.end(), answer.begin(), answer.end());
            auto exactCache = exact.transformer.makeCache();
            auto roundedCache = rounded.transformer.makeCache();
            const auto wanted = exact.allLogits(tokens, exactCache);
            const auto found = rounded.allLogits(tokens, roundedCache);
            for (std::size_t at = 0; at < wanted.size(); at += vocab)
                addPosition(agreement, std::span(wanted).subspan(at, vocab), std::span(found).subspan(at, vocab));
        }
        const auto positions = static_cast<double>(agreement.positions);
        const double share = 100.0 * static_cast<double>(agreement.sameTop) / positions;
        qInfo("%zu positions: the same top token in %.2f %%, KL mean %.2e", agreement.positions, share,
              agreement.divergence / positions);
        QVERIFY(agreement.positions >= 2000);
        QVERIFY(share >= 98.0);
        QVERIFY(agreement.divergence / positions <= 0.01);
    }

    /// Rounding is per token. All chunks take the absorbed form, so that not a bit is different.
    void chunksEqualTheWhole()
    {
        const support::TemporaryFolder folder;
        writeModel(folder.path(), "float");
        const auto tokens = support::generatedTokens("chunks", 1, 40, 160);
        std::vector<float> whole;
        for (const int chunk : {40, 13, 8, 1}) {
            ModelUnderTest model = modelOf(folder.text(), Activations::Fp8, chunk);
            auto cache = model.transformer.makeCache();
            const auto found = model.allLogits(tokens, cache);
            if (whole.empty())
                whole = found;
            const double difference = support::largestDifference(found, whole);
            qInfo("chunks of %d: logits differ by %.2e", chunk, difference);
            QVERIFY(difference <= 1e-4);
        }
    }

    void whatHasNoFp8WeightsIsRefused()
    {
        const support::TinyModelOptions options;
        const support::TemporaryFolder folder;
        support::writeTinyModel(options, folder.path());
        const auto failure = support::failureOf([&] { modelOf(folder.text(), Activations::Fp8); });
        QCOMPARE(support::complaint(failure, engine::ErrorCode::UnsupportedFeature, "FP8 activations were asked for"),
                 std::string());
        QCOMPARE(failure->field, std::string("activations"));
        QVERIFY(failure->sentence.find("Open this model with exact activations.") != std::string::npos);
    }

    void thePlanCountsTheRoundedInputs()
    {
        const support::TemporaryFolder folder;
        writeModel(folder.path(), "float");
        const auto exact = engine::planMemory(folder.text(), 64, 1);
        const auto rounded = engine::planMemory(folder.text(), 64, 1, 0, "cpu", Activations::Fp8);
        // [256 tokens, 192]: the hidden size is the widest input.
        QCOMPARE(rounded.bufferBytes - exact.bufferBytes, std::uint64_t{256} * 192 * sizeof(float));
    }
};

QTEST_GUILESS_MAIN(Fp8ActivationsTest)
#include "tst_fp8_activations.moc"
