// 100 prompts of every architecture, each continued by 64 greedy tokens: the tokens and the experts of Hugging Face
// transformers (tests/golden/continuations.json, made by regenerate_continuations.py).

#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <algorithm>
#include <iomanip>
#include <sstream>

using engine::TokenId;
using support::ModelUnderTest;

namespace {

nlohmann::json golden(const std::string &name)
{
    return nlohmann::json::parse(
        support::readFile(std::string(BATHYSCOPE_SOURCE_DIR) + "/tests/golden/" + name + ".json"));
}

struct Continuation {
    QByteArray tokens;   ///< one byte a token, as hex
    std::string experts; ///< FNV-1a, 64 bit, over [tokens, layers, k] sorted ids
};

std::string expertHash(const engine::RoutingTrace &trace)
{
    std::uint64_t value = 0xCBF29CE484222325U;
    const auto k = static_cast<std::size_t>(trace.expertsPerToken());
    for (std::size_t token = 0; token < trace.tokens(); ++token) {
        const auto row = trace.ids(token);
        std::vector<int> ids(row.begin(), row.end());
        for (auto layer = ids.begin(); layer != ids.end(); layer += static_cast<std::ptrdiff_t>(k))
            std::sort(layer, layer + static_cast<std::ptrdiff_t>(k));
        for (const int id : ids)
            value = (value ^ static_cast<unsigned>(id)) * 0x100000001B3U;
    }
    std::ostringstream text;
    text << std::hex << std::setfill('0') << std::setw(16) << value;
    return text.str();
}

Continuation continuationOf(ModelUnderTest &model, std::vector<TokenId> feed, std::size_t count)
{
    auto cache = model.transformer.makeCache();
    auto trace = model.transformer.emptyTrace();
    std::vector<float> logits(static_cast<std::size_t>(model.config.vocab_size));
    QByteArray tokens;
    for (std::size_t i = 0; i < count; ++i) {
        engine::model::ForwardCall call;
        call.tokens = feed;
        call.logits = logits;
        call.routes = &trace;
        model.transformer.forward(call, cache);
        feed = {static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin())};
        tokens.append(static_cast<char>(feed[0]));
    }
    return {tokens.toHex(), trace.layers() > 0 ? expertHash(trace) : std::string()};
}

} // namespace

class GoldenContinuations : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_golden = golden("continuations");
        QCOMPARE(m_golden["cases"].size(), 11U);
    }

    void tokensAndExpertsEqualTheReference_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto &entry : m_golden["cases"].items())
            QTest::newRow(entry.key().c_str()) << QString::fromStdString(entry.key());
    }

    void tokensAndExpertsEqualTheReference()
    {
        QFETCH(QString, name);
        const auto &wanted = m_golden["cases"][name.toStdString()];
        const auto model = golden("cases/" + name.toStdString());
        const support::TemporaryFolder folder;
        support::writeGoldenModel(model, folder.path());
        ModelUnderTest engine(folder.text());
        QCOMPARE(wanted["tokens"].size(), 100U);
        QCOMPARE(wanted.contains("experts"), engine.config.hasExperts());
        for (std::size_t i = 0; i < wanted["tokens"].size(); ++i) {
            const std::string draw = std::to_string(wanted["draws"][i].get<int>());
            const auto prompt =
                support::generatedTokens("prompt " + std::to_string(i) + " draw " + draw, model["seed"],
                                         1 + i % m_golden["lengths"].get<std::size_t>(), engine.config.vocab_size);
            const auto tokens = QByteArray::fromStdString(wanted["tokens"][i]);
            QCOMPARE(tokens.size(), 2 * 64);
            const Continuation found = continuationOf(engine, prompt, 64);
            QVERIFY2(found.tokens == tokens,
                     (std::to_string(i) + "\n" + found.tokens.toStdString() + "\n" + tokens.toStdString()).c_str());
            if (engine.config.hasExperts())
                QVERIFY2(found.experts == wanted["experts"][i], ("experts of prompt " + std::to_string(i)).c_str());
        }
    }

private:
    nlohmann::json m_golden;
};

QTEST_GUILESS_MAIN(GoldenContinuations)
#include "tst_golden_continuations.moc"
