// Models in GGUF against Hugging Face transformers (with the dequantised weights) and against llama.cpp:
// tests/golden/gguf, made by tests/golden/regenerate_gguf.py.

#include "tests/engine/gguf/gguf_golden.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>
#include <map>

using engine::TokenId;
using support::largestDifference;
using support::ModelUnderTest;

namespace {

constexpr double logitTolerance = 1e-3;
/// llama.cpp multiplies with activations rounded to 8 bits (to F16 or BF16 for such weights): logits of up to 60 were
/// seen to differ by 0.46, those of F16 by 0.006. What is compared is that nothing else differs.
constexpr double llamaCppTolerance = 0.6;

TokenId mostLikely(const std::vector<float> &logits)
{
    return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

struct Case {
    explicit Case(const std::string &name) : golden(support::readGgufGolden(name))
    {
        const auto path = folder.path() / (name + ".gguf");
        support::ggufOfGolden(golden).write(path);
        model.emplace(path.string());
    }

    std::vector<TokenId> greedy(const std::vector<TokenId> &prompt, std::size_t count)
    {
        auto cache = model->transformer.makeCache();
        auto logits = model->lastLogits(prompt, cache);
        std::vector<TokenId> continuation;
        while (continuation.size() < count) {
            continuation.push_back(mostLikely(logits));
            logits = model->lastLogits(std::span(&continuation.back(), 1), cache);
        }
        return continuation;
    }

    support::TemporaryFolder folder;
    nlohmann::json golden;
    std::optional<ModelUnderTest> model;
};

} // namespace

class GgufGolden : public QObject {
    Q_OBJECT

private:
    static void eachCase()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"llama-f16-factors", "llama-q4-k", "qwen2-q8-0-tied", "qwen3-q5-k-yarn",
                                 "deepseek-q4-0", "deepseek2-joined-q8-0", "deepseek2-lite-q6-k", "deepseek2-q5-0",
                                 "deepseek2-split-q4-k", "deepseek2-split-bf16"})
            QTest::newRow(name) << name;
    }
    Case &current()
    {
        QFETCH(QString, name);
        auto &entry = m_cases[name];
        if (!entry)
            entry = std::make_unique<Case>(name.toStdString());
        return *entry;
    }

    std::map<QString, std::unique_ptr<Case>> m_cases;

private slots:
    void logitsEqualTransformers_data() { eachCase(); }
    void logitsEqualTransformers()
    {
        Case &test = current();
        for (const auto &prompt : test.golden["prompts"]) {
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            auto cache = test.model->transformer.makeCache();
            const double difference =
                largestDifference(test.model->lastLogits(tokens, cache), support::floatsOf(prompt["logits"]));
            qInfo("%zu tokens: logits differ by %.2e", tokens.size(), difference);
            QVERIFY(difference <= logitTolerance);
            const auto wanted = prompt["greedy"].get<std::vector<TokenId>>();
            QCOMPARE(test.greedy(tokens, wanted.size()), wanted);
        }
    }

    void logitsAndTokensEqualLlamaCpp_data() { eachCase(); }
    void logitsAndTokensEqualLlamaCpp()
    {
        Case &test = current();
        for (const auto &prompt : test.golden["prompts"]) {
            if (!prompt.contains("llama_cpp"))
                continue;
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            auto cache = test.model->transformer.makeCache();
            const double difference = largestDifference(test.model->lastLogits(tokens, cache),
                                                        support::floatsOf(prompt["llama_cpp"]["logits"]));
            const auto wanted = prompt["llama_cpp"]["greedy"].get<std::vector<TokenId>>();
            qInfo("%zu tokens: logits differ by %.2e; %zu tokens of a continuation", tokens.size(), difference,
                  wanted.size());
            QVERIFY(difference <= llamaCppTolerance);
            QCOMPARE(test.greedy(tokens, wanted.size()), wanted);
        }
    }
};

QTEST_GUILESS_MAIN(GgufGolden)
#include "tst_gguf_golden.moc"
