// The tokenizer of a GGUF file gives the same tokens as the tokenizer.json it was made from.

#include "engine/model/gguf_file.h"
#include "engine/model/model_folder.h"
#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_gguf.h"

#include <QtTest>

#include <sstream>

using engine::ErrorCode;
using engine::TokenId;
using engine::model::GgufFile;
using engine::text::AddedTokens;
using engine::text::Tokenizer;
using Json = nlohmann::ordered_json;

namespace {

const std::filesystem::path root = BATHYSCOPE_SOURCE_DIR;

std::string joined(const std::vector<TokenId> &tokens)
{
    std::ostringstream text;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        text << (i == 0 ? "" : " ") << tokens[i];
    return text.str();
}

} // namespace

class GgufTokenizerTest : public QObject {
    Q_OBJECT

private:
    support::TemporaryFolder m_folder;
    Json m_families;

    std::string write(const support::GgufWriter &writer) const
    {
        const auto path = m_folder.path() / "model.gguf";
        writer.write(path);
        return path.string();
    }

    support::GgufWriter familyFile(const std::string &rule) const
    {
        support::GgufWriter writer;
        Json config = {{"bos_token", "<｜begin▁of▁sentence｜>"}, {"eos_token", "<｜end▁of▁sentence｜>"}};
        support::addTokenizer(writer, m_families["tokenizer"], config, rule, 720);
        return writer;
    }

private slots:
    void initTestCase() { m_families = Json::parse(support::readFile(root / "tests/golden/tokenizer/families.json")); }

    void encodesAsTheTokenizerItWasMadeFrom_data()
    {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("rule");
        QTest::newRow("deepseek-v3") << "deepseek-v3"
                                     << "deepseek-v3";
        QTest::newRow("deepseek-llm") << "deepseek-llm"
                                      << "deepseek-llm";
        QTest::newRow("deepseek-coder") << "deepseek-coder"
                                        << "deepseek-coder";
        QTest::newRow("qwen2") << "qwen2"
                               << "qwen2";
        QTest::newRow("deepseek-r1-qwen") << "qwen2"
                                          << "deepseek-r1-qwen";
        QTest::newRow("llama3") << "llama3"
                                << "llama-bpe";
    }

    void encodesAsTheTokenizerItWasMadeFrom()
    {
        QFETCH(QString, family);
        QFETCH(QString, rule);
        const GgufFile file(write(familyFile(rule.toStdString())));
        const Tokenizer tokenizer = Tokenizer::open(&file);
        const Json &texts = m_families["texts"];
        const Json &ids = m_families["families"][family.toStdString()]["ids"];
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::string text = texts[i];
            const std::vector<TokenId> tokens = tokenizer.encode(text, AddedTokens::Match);
            QVERIFY2(joined(tokens) == ids[i].get<std::string>(), texts[i].dump().c_str());
            QVERIFY(tokenizer.decode(tokens, false) == text);
        }
        QVERIFY(texts.size() > 100);
    }

    void paddingOfTheVocabularyIsNoToken()
    {
        const GgufFile file(write(familyFile("deepseek-v3")));
        const Tokenizer tokenizer = Tokenizer::open(&file);
        QVERIFY(tokenizer.size() < 720);
        QVERIFY(!tokenizer.isDefined(719));
        QVERIFY(!tokenizer.find("[PAD719]"));
        QCOMPARE(tokenizer.tokenBytes(*tokenizer.bos()), std::string_view("<｜begin▁of▁sentence｜>"));
        QVERIFY(tokenizer.isSpecial(*tokenizer.eos()));
    }

    void theChatTemplateIsRead()
    {
        const GgufFile file(write(support::makeTinyGguf(support::TinyGgufKind::Llama)));
        const Tokenizer tokenizer = Tokenizer::open(&file);
        const auto chat = engine::text::ChatTemplate::open(&file, tokenizer);
        QCOMPARE(chat.name(), std::string("deepseek-r1"));
        QVERIFY(chat.reasons());
    }

    void refusesWhatItDoesNotKnow_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("part");
        QTest::newRow("no tokenizer") << "no model"
                                      << "tokenizer.ggml.model: is missing";
        QTest::newRow("model") << "llama"
                               << "\"llama\" is not supported, only \"gpt2\"";
        QTest::newRow("no rule") << "no pre"
                                 << "tokenizer.ggml.pre: is missing";
        QTest::newRow("rule") << "falcon"
                              << "\"falcon\" is not supported (supported: \"deepseek-llm\"";
        QTest::newRow("no tokens") << "no tokens"
                                   << "tokenizer.ggml.tokens: is missing";
        QTest::newRow("types") << "types"
                               << "has 3 entries for 720 tokens";
        QTest::newRow("bytes") << "bytes"
                               << "has no token for the byte";
        QTest::newRow("twice") << "twice"
                               << "already has the id 0";
        QTest::newRow("merge") << "merge"
                               << "tokenizer.ggml.merges[0]: must be two tokens";
        QTest::newRow("unknown merge") << "unknown merge"
                                       << "is not in the vocabulary";
        QTest::newRow("bos") << "bos"
                             << "tokenizer.ggml.bos_token_id: is not the id of one of the";
        QTest::newRow("utf8") << "utf8"
                              << "tokenizer.ggml.tokens[0]: is not UTF-8";
        QTest::newRow("template") << "template"
                                  << "tokenizer.chat_template is missing";
    }

    void refusesWhatItDoesNotKnow()
    {
        QFETCH(QString, what);
        QFETCH(QString, part);
        support::GgufWriter writer = familyFile("deepseek-v3");
        const std::string g = "tokenizer.ggml.";
        bool unsupported = false;
        if (what == "no model")
            writer.remove(g + "model");
        else if (what == "llama")
            writer.text(g + "model", "llama"), unsupported = true;
        else if (what == "no pre")
            writer.remove(g + "pre");
        else if (what == "falcon")
            writer.text(g + "pre", "falcon"), unsupported = true;
        else if (what == "no tokens")
            writer.remove(g + "tokens");
        else if (what == "types")
            writer.i32s(g + "token_type", {1, 1, 1});
        else if (what == "bytes")
            writer.texts(g + "tokens", {"a", "b"}), writer.i32s(g + "token_type", {1, 1});
        else if (what == "twice")
            writer.texts(g + "tokens", {"a", "a"}), writer.i32s(g + "token_type", {1, 1});
        else if (what == "merge")
            writer.texts(g + "merges", {"ab"});
        else if (what == "unknown merge")
            writer.texts(g + "merges", {"a nothing"});
        else if (what == "bos")
            writer.u32(g + "bos_token_id", 719);
        else if (what == "utf8")
            writer.texts(g + "tokens", {"\xff", "b"});
        const GgufFile file(write(writer));
        const auto failure = support::failureOf([&] {
            const Tokenizer tokenizer = Tokenizer::open(&file);
            engine::text::ChatTemplate::open(&file, tokenizer);
        });
        const ErrorCode code = what == "template" ? ErrorCode::TemplateInvalid
                               : unsupported      ? ErrorCode::UnsupportedFeature
                                                  : ErrorCode::TokenizerInvalid;
        const std::string wrong = support::complaint(failure, code, part.toStdString());
        QVERIFY2(wrong.empty(), wrong.c_str());
    }
};

QTEST_APPLESS_MAIN(GgufTokenizerTest)
#include "tst_gguf_tokenizer.moc"
