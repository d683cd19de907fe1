// The same tokens as Hugging Face tokenizers (tests/golden/tokenizer/regenerate_tokenizer.py and generated_texts.py),
// for the splitting rules of every tokenizer in the family and for the one that ships.

#include "tests/engine/tokenizer/generated_texts.h"
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

/// All texts of generated.json, a hash for each block.
void compareHashes(const Tokenizer &tokenizer, const Json &generated, const std::string &name)
{
    const auto pieces = generated["pieces"].get<std::vector<std::string>>();
    const std::size_t block = generated["block"];
    for (const auto &[column, addedTokens] :
         {std::pair("match", AddedTokens::Match), std::pair("ignore", AddedTokens::Ignore)}) {
        const Json &hashes = generated["hashes"][name][column];
        QCOMPARE(hashes.size() * block, generated["texts"].get<std::size_t>());
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            support::IdHash hash;
            for (std::size_t text = i * block; text < (i + 1) * block; ++text)
                hash.add(tokenizer.encode(support::generatedText(text, pieces), addedTokens));
            QVERIFY2(hash.hex() == hashes[i].get<std::string>(),
                     (std::string(column) + ": one of the texts from number " + std::to_string(i * block)).c_str());
        }
    }
}

} // namespace

class TokenizerGoldenTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_families = golden("families.json");
        m_generated = golden("generated.json");
        QVERIFY(m_generated["texts"] >= 55'000);
    }

    void splitsAsHuggingFaceDoes_data()
    {
        QTest::addColumn<QString>("family");
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
        const Tokenizer tokenizer = folder.open();
        compareAll(tokenizer, m_families["texts"], expected["ids"]);
        compareHashes(tokenizer, m_generated, family.toStdString());
    }

    void theShippedTokenizerEncodesAsHuggingFaceDoes()
    {
        const Json nano = golden("nano.json");
        const std::filesystem::path folder = root / "resources/models/nano-r1";
        if (!std::filesystem::exists(folder / "tokenizer.json"))
            QSKIP("resources/models/nano-r1 is not there");
        const Tokenizer tokenizer = Tokenizer::open(folder.string());
        compareAll(tokenizer, nano["texts"], nano["ids"]);
        compareHashes(tokenizer, m_generated, "nano-r1");
    }

    /// Of any other model: tests/golden/tokenizer/generated_texts.py --tokenizer FOLDER --out FILE.
    void theGivenTokenizerEncodesAsHuggingFaceDoes()
    {
        const QByteArray folder = qgetenv("BATHYSCOPE_TOKENIZER");
        const QByteArray file = qgetenv("BATHYSCOPE_TOKENIZER_GOLDEN");
        if (folder.isEmpty() || file.isEmpty())
            QSKIP("BATHYSCOPE_TOKENIZER and BATHYSCOPE_TOKENIZER_GOLDEN name none");
        const Json generated = Json::parse(support::readFile(file.toStdString()));
        compareHashes(Tokenizer::open(folder.toStdString()), generated, "given");
    }

private:
    Json m_families;
    Json m_generated;
};

QTEST_APPLESS_MAIN(TokenizerGoldenTest)
#include "tst_tokenizer_golden.moc"
