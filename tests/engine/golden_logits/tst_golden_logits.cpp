// The engine against Hugging Face transformers: tests/golden/cases, made by tests/golden/regenerate.py (deepseek_v3)
// and regenerate_families.py (the others).

#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>
#include <map>

using engine::TokenId;
using engine::model::ForwardCall;
using support::largestDifference;
using support::ModelUnderTest;

namespace {

constexpr double logitTolerance = 1e-3;

TokenId mostLikely(const std::vector<float> &logits)
{
    return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

struct Case {
    explicit Case(const std::string &name) : golden(support::readGoldenCase(name))
    {
        support::writeGoldenModel(golden, folder.path());
        model.emplace(folder.text());
    }

    support::TemporaryFolder folder;
    nlohmann::json golden;
    std::optional<ModelUnderTest> model;
};

} // namespace

class GoldenLogits : public QObject {
    Q_OBJECT

private:
    static void eachCase()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : support::goldenCases)
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
    void logitsAndHiddenStatesEqualTheReference_data() { eachCase(); }
    void logitsAndHiddenStatesEqualTheReference()
    {
        auto &[folder, golden, model] = current();
        for (const auto &prompt : golden["prompts"]) {
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            const auto wanted = support::floatsOf(prompt["logits"]);
            std::vector<float> logits(wanted.size());
            const auto hiddenSize = static_cast<std::size_t>(model->config.hidden_size);
            std::vector<float> hidden(tokens.size() * hiddenSize);
            auto cache = model->transformer.makeCache();
            ForwardCall call;
            call.tokens = tokens;
            call.logits = logits;
            call.hiddenStates = hidden;
            QCOMPARE(model->transformer.forward(call, cache), static_cast<int>(tokens.size()));
            const double difference = largestDifference(logits, wanted);
            const double hiddenDifference =
                largestDifference(std::span(hidden).last(hiddenSize), support::floatsOf(prompt["hidden"]));
            qInfo("%zu tokens: logits differ by %.2e, hidden states by %.2e", tokens.size(), difference,
                  hiddenDifference);
            QVERIFY(difference <= logitTolerance);
            QVERIFY(hiddenDifference <= logitTolerance);
        }
    }

    void expertsAndGatesEqualTheReference_data() { eachCase(); }
    void expertsAndGatesEqualTheReference()
    {
        auto &[folder, golden, model] = current();
        const int k = model->config.num_experts_per_tok;
        for (const auto &prompt : golden["prompts"]) {
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            auto trace = model->transformer.emptyTrace();
            auto cache = model->transformer.makeCache();
            ForwardCall call;
            call.tokens = tokens;
            call.routes = &trace;
            model->transformer.forward(call, cache);
            QCOMPARE(static_cast<std::size_t>(trace.layers()), prompt["expert_ids"].size()); // none in a dense model
            QCOMPARE(trace.tokens(), trace.layers() == 0 ? 0 : tokens.size());
            for (int layer = 0; layer < trace.layers(); ++layer) {
                const auto first = static_cast<std::size_t>(layer * k);
                for (std::size_t token = 0; token < tokens.size(); ++token) {
                    const auto ids = trace.ids(token).subspan(first, static_cast<std::size_t>(k));
                    const auto wanted = prompt["expert_ids"][static_cast<std::size_t>(layer)][token];
                    QCOMPARE(std::vector<int>(ids.begin(), ids.end()), wanted.get<std::vector<int>>());
                }
                const auto gates = trace.gates(tokens.size() - 1).subspan(first, static_cast<std::size_t>(k));
                const auto wanted = support::floatsOf(prompt["last_gates"][static_cast<std::size_t>(layer)]);
                QVERIFY(largestDifference(gates, wanted) <= 1e-4);
            }
        }
    }

    void greedyContinuationEqualsTheReference_data() { eachCase(); }
    void greedyContinuationEqualsTheReference()
    {
        auto &[folder, golden, model] = current();
        for (const auto &prompt : golden["prompts"]) {
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            auto cache = model->transformer.makeCache();
            auto logits = model->lastLogits(tokens, cache);
            std::vector<TokenId> continuation;
            for (std::size_t i = 0; i < prompt["greedy"].size(); ++i) {
                continuation.push_back(mostLikely(logits));
                logits = model->lastLogits(std::span(&continuation.back(), 1), cache);
            }
            QCOMPARE(continuation, prompt["greedy"].get<std::vector<TokenId>>());
        }
    }

    void chunksAndSingleTokensEqualTheWholePrompt_data() { eachCase(); }
    void chunksAndSingleTokensEqualTheWholePrompt()
    {
        auto &[folder, golden, model] = current();
        for (const auto &prompt : golden["prompts"]) {
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            auto wholeCache = model->transformer.makeCache();
            const auto whole = model->lastLogits(tokens, wholeCache);
            for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
                auto cache = model->transformer.makeCache();
                std::vector<float> logits;
                for (std::size_t done = 0; done < tokens.size(); done += step)
                    logits =
                        model->lastLogits(std::span(tokens).subspan(done, std::min(step, tokens.size() - done)), cache);
                const double difference = largestDifference(logits, whole);
                qInfo("%zu tokens in steps of %zu: logits differ by %.2e", tokens.size(), step, difference);
                QVERIFY(difference <= logitTolerance);
            }
        }
    }

    void draftLogitsEqualTheReference_data() { eachCase(); }
    void draftLogitsEqualTheReference()
    {
        auto &[folder, golden, model] = current();
        QCOMPARE(model->transformer.hasDraft(), model->config.num_nextn_predict_layers > 0);
        if (!model->transformer.hasDraft())
            return;
        for (const auto &prompt : golden["prompts"]) {
            auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            std::vector<float> hidden(tokens.size() * static_cast<std::size_t>(model->config.hidden_size));
            auto cache = model->transformer.makeCache();
            ForwardCall call;
            call.tokens = tokens;
            call.hiddenStates = hidden;
            model->transformer.forward(call, cache);
            tokens.erase(tokens.begin());
            tokens.push_back(prompt["greedy"][0].get<TokenId>());
            auto draftCache = model->transformer.makeDraftCache();
            std::vector<float> logits(static_cast<std::size_t>(model->config.vocab_size));
            model->transformer.draft(tokens, hidden, draftCache, logits);
            const double difference = largestDifference(logits, support::floatsOf(prompt["draft_logits"]));
            qInfo("%zu tokens: draft logits differ by %.2e", tokens.size(), difference);
            QVERIFY(difference <= logitTolerance);
        }
    }
};

QTEST_GUILESS_MAIN(GoldenLogits)
#include "tst_golden_logits.moc"
