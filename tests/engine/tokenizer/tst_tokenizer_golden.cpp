// The same tokens as Hugging Face tokenizers (tests/golden/tokenizer/regenerate_tokenizer.py), for the splitting rules
// of every tokenizer in the family and for the one that ships.

#include "tests/engine/tokenizer/tokenizer_folder.h"

#include <QtTest>

#include <sstream>

using engine::TokenId;
using engine::text::AddedTokens;
using engine::text::Tokenizer;
using Json = nlohmann::ordered_json;

namespace {

const std::filesystem::path root = BATHYSCOPE_SOURCE_DIR;

Json golden(const char *name)
{
    return Json::parse(support::readFile(root / "tests/golden/tokenizer" / name));
}

std::string joined(const std::vector<TokenId> &tokens)
{
    std::ostringstream text;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        text << (i == 0 ? "" : " ") << tokens[i];
    return text.str();
}

void compareAll(const Tokenizer &tokenizer, const Json &texts, const Json &ids)
{
    QCOMPARE(texts.size(), ids.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::string text = texts[i];
        const std::vector<TokenId> tokens = tokenizer.encode(text, AddedTokens::Match);
        QVERIFY2(joined(tokens) == ids[i].get<std::string>(),
                 (std::to_string(i) + " " + texts[i].dump() + "\nactual   " + joined(tokens) + "\nexpected " +
                  ids[i].get<std::string>())
                     .c_str());
        QVERIFY(tokenizer.decode(tokens, false) == text);
    }
}

} // namespace

class TokenizerGoldenTest : public QObject {
    Q_OBJECT

private slots:
    void splitsAsHuggingFaceDoes_data()
    {
        QTest::addColumn<QString>("family");
        m_families = golden("families.json");
        for (const auto &family : m_families["families"].items())
            QTest::newRow(family.key().c_str()) << QString::fromStdString(family.key());
    }

    void splitsAsHuggingFaceDoes()
    {
        QFETCH(QString, family);
        const Json &expected = m_families["families"][family.toStdString()];
        support::TokenizerFolder folder;
        folder.tokenizer = m_families["tokenizer"];
        folder.tokenizer["pre_tokenizer"] = expected["pre_tokenizer"];
        folder.tokenizer["model"]["ignore_merges"] = expected["ignore_merges"];
        compareAll(folder.open(), m_families["texts"], expected["ids"]);
    }

    void theShippedTokenizerEncodesAsHuggingFaceDoes()
    {
        const Json nano = golden("nano.json");
        const std::filesystem::path folder = root / "resources/models/nano-r1";
        if (!std::filesystem::exists(folder / "tokenizer.json"))
            QSKIP("resources/models/nano-r1 is not there");
        compareAll(Tokenizer::open(folder.string()), nano["texts"], nano["ids"]);
    }

private:
    Json m_families;
};

QTEST_APPLESS_MAIN(TokenizerGoldenTest)
#include "tst_tokenizer_golden.moc"
