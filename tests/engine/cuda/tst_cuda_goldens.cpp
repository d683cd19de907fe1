// The CUDA backend, run by the emulator, against Hugging Face transformers: the same cases as the CPU's.

#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/gguf/gguf_golden.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <cmath>

using engine::TokenId;
using support::ModelUnderTest;

namespace {

constexpr double exactTolerance = 1e-3;
constexpr double rounded = 1e-2; ///< relative: inputs in BF16; twice that where weights in blocks are rounded too
#ifdef ON_A_GPU
constexpr std::size_t longestPrompt = 100'000;
#else
constexpr std::size_t longestPrompt = 24; // the emulator is a slow machine
#endif

/// |a − b| / |b|, as vectors.
double relativeError(const std::vector<float> &a, const std::vector<float> &b)
{
    double difference = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        size += std::pow(static_cast<double>(b[i]), 2);
    }
    return std::sqrt(difference / size);
}

/// The logits of one position or of all.
void comparePrompts(ModelUnderTest &model, const nlohmann::json &golden, double tolerance)
{
    for (const auto &prompt : golden["prompts"]) {
        const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
        if (tokens.size() > longestPrompt)
            continue;
        const auto wanted = support::floatsOf(prompt["logits"]);
        auto cache = model.transformer.makeCache();
        const std::vector<float> logits = model.allLogits(tokens, cache);
        const auto found = std::vector<float>(logits.end() - static_cast<std::ptrdiff_t>(wanted.size()), logits.end());
        const double difference = support::largestDifference(found, wanted);
        const double error = relativeError(found, wanted);
        qInfo("%zu tokens: logits differ by %.2e, relative error %.2e", tokens.size(), difference, error);
        QVERIFY(difference <= exactTolerance || error <= tolerance);
    }
}

} // namespace

class CudaGoldens : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
    }
    void logitsEqualTheReference_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("chunk");
        for (const char *name : support::goldenCases) {
            QTest::addRow("%s, token by token", name) << name << 1;
            QTest::addRow("%s, in chunks", name) << name << 7;
            QTest::addRow("%s, at once", name) << name << 256;
        }
    }
    void logitsEqualTheReference()
    {
        QFETCH(QString, name);
        QFETCH(int, chunk);
        const nlohmann::json golden = support::readGoldenCase(name.toStdString());
        const support::TemporaryFolder folder;
        support::writeGoldenModel(golden, folder.path());
        engine::model::TransformerOptions options;
        options.prefillChunk = chunk;
        ModelUnderTest model(folder.text(), support::makeBackendUnderTest(), options);
        comparePrompts(model, golden, chunk > 8 ? rounded : 0.0);
    }

    void blocksEqualTheReference_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("chunk");
        for (const char *name :
             {"llama-q4-k", "qwen2-q8-0-tied", "qwen3-q5-k-yarn", "deepseek-q4-0", "deepseek2-joined-q8-0",
              "deepseek2-lite-q6-k", "deepseek2-q5-0", "deepseek2-split-q4-k"}) {
            QTest::addRow("%s, in chunks", name) << name << 8;
            QTest::addRow("%s, at once", name) << name << 256;
        }
    }
    void blocksEqualTheReference()
    {
        QFETCH(QString, name);
        QFETCH(int, chunk);
        const nlohmann::json golden = support::readGgufGolden(name.toStdString());
        const support::TemporaryFolder folder;
        const auto path = folder.path() / "model.gguf";
        support::ggufOfGolden(golden).write(path);
        engine::model::TransformerOptions options;
        options.prefillChunk = chunk;
        ModelUnderTest model(path.string(), support::makeBackendUnderTest(), options);
        comparePrompts(model, golden, chunk > 8 ? 2 * rounded : 0.0);
    }
};

QTEST_GUILESS_MAIN(CudaGoldens)
#include "tst_cuda_goldens.moc"
