// The bundled nano-r1 against Hugging Face transformers: tests/golden/nano-r1.json, made by
//   tests/golden/regenerate.py --model resources/models/nano-r1 --prompts tests/golden/nano-r1-prompts.txt
//       --out tests/golden/nano-r1.json

#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

using engine::TokenId;
using support::ModelUnderTest;

namespace {

constexpr double logitTolerance = 1e-3;

const std::string source = BATHYSCOPE_SOURCE_DIR;

/// Little-endian F32, eight hex digits each.
float floatAt(const QByteArray &bytes, qsizetype index)
{
    std::uint32_t bits = 0;
    for (qsizetype byte = 0; byte < 4; ++byte)
        bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[4 * index + byte])) << (8 * byte);
    return std::bit_cast<float>(bits);
}

TokenId mostLikely(const std::vector<float> &logits)
{
    return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

} // namespace

class GoldenNano : public QObject {
    Q_OBJECT

    nlohmann::json m_golden;
    std::unique_ptr<ModelUnderTest> m_model;

private slots:
    void initTestCase()
    {
        m_golden = nlohmann::json::parse(support::readFile(source + "/tests/golden/nano-r1.json"));
        m_model = std::make_unique<ModelUnderTest>(source + "/resources/models/nano-r1");
        QVERIFY(m_golden["prompts"].size() >= 200);
    }

    void logitsOfThePromptEqualTheReference()
    {
        double largest = 0.0;
        for (const auto &prompt : m_golden["prompts"]) {
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            auto cache = m_model->transformer.makeCache();
            const auto logits = m_model->lastLogits(tokens, cache);
            const auto bytes = QByteArray::fromHex(QByteArray::fromStdString(prompt["logits"].get<std::string>()));
            QCOMPARE(static_cast<std::size_t>(bytes.size()), 4 * logits.size());
            for (std::size_t i = 0; i < logits.size(); ++i) {
                const double expected = static_cast<double>(floatAt(bytes, static_cast<qsizetype>(i)));
                largest = std::max(largest, std::abs(static_cast<double>(logits[i]) - expected));
            }
        }
        qInfo("largest difference %.2e", largest);
        QVERIFY(largest <= logitTolerance);
    }

    /// Up to EOS but for the few that the reference left where two tokens were level.
    void greedyContinuationsAreTheSame()
    {
        const auto eos = m_golden["eos"].get<std::vector<TokenId>>();
        std::size_t whole = 0;
        for (const auto &prompt : m_golden["prompts"]) {
            const auto tokens = prompt["tokens"].get<std::vector<TokenId>>();
            const auto expected = prompt["greedy"].get<std::vector<TokenId>>();
            if (expected.empty())
                continue;
            const bool ended = std::find(eos.begin(), eos.end(), expected.back()) != eos.end();
            whole += ended || expected.size() == m_golden["greedy_tokens"] ? 1 : 0;
            auto cache = m_model->transformer.makeCache();
            std::vector<TokenId> greedy = {mostLikely(m_model->lastLogits(tokens, cache))};
            while (greedy.size() < expected.size())
                greedy.push_back(mostLikely(m_model->lastLogits(std::span(&greedy.back(), 1), cache)));
            QCOMPARE(greedy, expected);
        }
        QVERIFY(whole >= m_golden["prompts"].size() * 9 / 10);
    }
};

QTEST_GUILESS_MAIN(GoldenNano)
#include "tst_golden_nano.moc"
