// A tokenizer file from a stranger that is damaged, or asks for something that is not implemented, is refused with its
// file, the place in it and the reason; it is never read as something else.

#include "tests/engine/support/expect_error.h"
#include "tests/engine/tokenizer/tokenizer_folder.h"

#include <QtTest>

#include <functional>

using engine::ErrorCode;
using support::TokenizerFolder;
using Json = nlohmann::ordered_json;
using Change = std::function<void(Json &tokenizer, Json &config)>;

struct BadFile {
    const char *name;
    ErrorCode code;
    const char *field; ///< the JSON path the error must name
    const char *part;  ///< of the sentence
    Change change;
};

namespace {

Json &model(Json &tokenizer)
{
    return tokenizer["model"];
}

Json &firstSplit(Json &tokenizer)
{
    return tokenizer["pre_tokenizer"]["pretokenizers"][0];
}

void setRegex(Json &tokenizer, const char *regex)
{
    firstSplit(tokenizer)["pattern"]["Regex"] = regex;
}

constexpr const char *firstRegex = "pre_tokenizer.pretokenizers[0].pattern.Regex";
constexpr ErrorCode invalid = ErrorCode::TokenizerInvalid;
constexpr ErrorCode unsupported = ErrorCode::UnsupportedFeature;

const std::vector<BadFile> &badFiles()
{
    static const std::vector<BadFile> files =
        {
            {"no model", invalid, "model", "object", [](Json &t, Json &) { t.erase("model"); }},
            {"model is a list", invalid, "model", "object", [](Json &t, Json &) { t["model"] = Json::array(); }},
            {"WordPiece", unsupported, "model.type", "WordPiece",
             [](Json &t, Json &) { model(t)["type"] = "WordPiece"; }},
            {"no model type", invalid, "model.type", "string", [](Json &t, Json &) { model(t).erase("type"); }},
            {"dropout", unsupported, "model.dropout", "random", [](Json &t, Json &) { model(t)["dropout"] = 0.1; }},
            {"unknown token", unsupported, "model.unk_token", "null",
             [](Json &t, Json &) { model(t)["unk_token"] = "<unk>"; }},
            {"word prefix", unsupported, "model.continuing_subword_prefix", "null",
             [](Json &t, Json &) { model(t)["continuing_subword_prefix"] = "##"; }},
            {"word suffix", unsupported, "model.end_of_word_suffix", "null",
             [](Json &t, Json &) { model(t)["end_of_word_suffix"] = "</w>"; }},
            {"byte fallback", unsupported, "model.byte_fallback", "byte fallback",
             [](Json &t, Json &) { model(t)["byte_fallback"] = true; }},
            {"byte fallback is a number", invalid, "model.byte_fallback", "true or false",
             [](Json &t, Json &) { model(t)["byte_fallback"] = 1; }},
            {"no vocabulary", invalid, "model.vocab", "object", [](Json &t, Json &) { model(t).erase("vocab"); }},
            {"empty vocabulary", invalid, "model.vocab", "empty",
             [](Json &t, Json &) { model(t)["vocab"] = Json::object(); }},
            {"vocabulary is a list", invalid, "model.vocab", "object",
             [](Json &t, Json &) { model(t)["vocab"] = Json::array({"a"}); }},
            {"id is a text", invalid, "model.vocab[\"a\"]", "integer",
             [](Json &t, Json &) { model(t)["vocab"]["a"] = "5"; }},
            {"id is a fraction", invalid, "model.vocab[\"a\"]", "integer",
             [](Json &t, Json &) { model(t)["vocab"]["a"] = 5.0; }},
            {"negative id", invalid, "model.vocab[\"a\"]", "integer",
             [](Json &t, Json &) { model(t)["vocab"]["a"] = -1; }},
            {"id beyond 32 bits", invalid, "model.vocab[\"a\"]", "integer",
             [](Json &t, Json &) { model(t)["vocab"]["a"] = 18446744073709551615U; }},
            {"id far away", invalid, "model.vocab[\"a\"]", "4194303",
             [](Json &t, Json &) { model(t)["vocab"]["a"] = 4194304; }},
            {"two tokens with one id", invalid, "model.vocab[", "already taken",
             [](Json &t, Json &) { model(t)["vocab"]["a"] = model(t)["vocab"]["b"]; }},
            {"a hole in the ids", invalid, "model.vocab", "no token has the id",
             [](Json &t, Json &) { model(t)["vocab"]["new"] = 4000; }},
            {"a byte without token", invalid, "model.vocab", "byte 97",
             [](Json &t, Json &) {
                 const int id = model(t)["vocab"]["a"];
                 model(t)["vocab"].erase("a");
                 model(t)["vocab"]["something else"] = id;
             }},
            {"no merges", invalid, "model.merges", "array", [](Json &t, Json &) { model(t).erase("merges"); }},
            {"merges are an object", invalid, "model.merges", "array",
             [](Json &t, Json &) { model(t)["merges"] = Json::object(); }},
            {"merge of three", invalid, "model.merges[0]", "one space",
             [](Json &t, Json &) { model(t)["merges"][0] = "a b c"; }},
            {"merge of one", invalid, "model.merges[0]", "one space",
             [](Json &t, Json &) { model(t)["merges"][0] = "ab"; }},
            {"merge with an empty part", invalid, "model.merges[0]", "empty",
             [](Json &t, Json &) { model(t)["merges"][0] = "a "; }},
            {"merge pair of three", invalid, "model.merges[0]", "two parts",
             [](Json &t, Json &) {
                 model(t)["merges"][0] = {"a", "b", "c"};
             }},
            {"merge pair of numbers", invalid, "model.merges[0][0]", "string",
             [](Json &t, Json &) {
                 model(t)["merges"][0] = {1, 2};
             }},
            {"merge of an unknown token", invalid, "model.merges[0]", "\"qq\"",
             [](Json &t, Json &) { model(t)["merges"][0] = "qq a"; }},
            {"merge into an unknown token", invalid, "model.merges[0]", "\"qz\"",
             [](Json &t, Json &) { model(t)["merges"][0] = "q z"; }},
            {"the same merge twice", invalid, "model.merges[1]", "twice",
             [](Json &t, Json &) { model(t)["merges"][1] = model(t)["merges"][0]; }},
            {"added tokens are an object", invalid, "added_tokens", "array",
             [](Json &t, Json &) { t["added_tokens"] = Json::object(); }},
            {"added token is a text", invalid, "added_tokens[0]", "object",
             [](Json &t, Json &) { t["added_tokens"][0] = "<s>"; }},
            {"added token without text", invalid, "added_tokens[3].content", "string",
             [](Json &t, Json &) { t["added_tokens"][3].erase("content"); }},
            {"empty added token", invalid, "added_tokens[3].content", "1 to 1024",
             [](Json &t, Json &) { t["added_tokens"][3]["content"] = ""; }},
            {"endless added token", invalid, "added_tokens[3].content", "1 to 1024",
             [](Json &t, Json &) { t["added_tokens"][3]["content"] = std::string(1025, 'x'); }},
            {"added token without id", invalid, "added_tokens[3].id", "integer",
             [](Json &t, Json &) { t["added_tokens"][3].erase("id"); }},
            {"added token with another's id", invalid, "added_tokens[4]", "already taken",
             [](Json &t, Json &) { t["added_tokens"][4]["id"] = t["added_tokens"][3]["id"]; }},
            {"added token with a vocabulary id", invalid, "added_tokens[3]", "already taken",
             [](Json &t, Json &) { t["added_tokens"][3]["id"] = model(t)["vocab"]["a"]; }},
            {"added token twice", invalid, "added_tokens[4]", "already has the id",
             [](Json &t, Json &) { t["added_tokens"][4]["content"] = t["added_tokens"][3]["content"]; }},
            {"added token that is in the vocabulary", invalid, "added_tokens[3]", "already has the id",
             [](Json &t, Json &) { t["added_tokens"][3]["content"] = "a"; }},
            {"single word", unsupported, "added_tokens[3].single_word", "not supported",
             [](Json &t, Json &) { t["added_tokens"][3]["single_word"] = true; }},
            {"lstrip", unsupported, "added_tokens[3].lstrip", "not supported",
             [](Json &t, Json &) { t["added_tokens"][3]["lstrip"] = true; }},
            {"rstrip", unsupported, "added_tokens[3].rstrip", "not supported",
             [](Json &t, Json &) { t["added_tokens"][3]["rstrip"] = true; }},
            {"special is a text", invalid, "added_tokens[3].special", "true or false",
             [](Json &t, Json &) { t["added_tokens"][3]["special"] = "yes"; }},
            {"NFC", unsupported, "normalizer.type", "NFC",
             [](Json &t, Json &) {
                 t["normalizer"] = {{"type", "NFC"}};
             }},
            {"Lowercase in a sequence", unsupported, "normalizer.normalizers[0].type", "Lowercase",
             [](Json &t, Json &) {
                 t["normalizer"]["normalizers"].push_back({{"type", "Lowercase"}});
             }},
            {"no pre-tokenizer", unsupported, "pre_tokenizer", "ByteLevel",
             [](Json &t, Json &) { t["pre_tokenizer"] = nullptr; }},
            {"Whitespace", unsupported, "pre_tokenizer.type", "Whitespace",
             [](Json &t, Json &) { t["pre_tokenizer"] = {{"type", "Whitespace"}}; }},
            {"Metaspace in the sequence", unsupported, "pre_tokenizer.pretokenizers[0].type", "Metaspace",
             [](Json &t, Json &) {
                 firstSplit(t) = {{"type", "Metaspace"}};
             }},
            {"no byte level", unsupported, "pre_tokenizer", "does not end",
             [](Json &t, Json &) { t["pre_tokenizer"]["pretokenizers"].erase(3); }},
            {"byte level first", unsupported, "pre_tokenizer.pretokenizers[1]", "after",
             [](Json &t, Json &) { firstSplit(t) = t["pre_tokenizer"]["pretokenizers"][3]; }},
            {"prefix space", unsupported, "pre_tokenizer.pretokenizers[3].add_prefix_space", "space",
             [](Json &t, Json &) { t["pre_tokenizer"]["pretokenizers"][3]["add_prefix_space"] = true; }},
            {"removing split", unsupported, "pre_tokenizer.pretokenizers[0].behavior", "Removed",
             [](Json &t, Json &) { firstSplit(t)["behavior"] = "Removed"; }},
            {"inverted split", unsupported, "pre_tokenizer.pretokenizers[0].invert", "inverted",
             [](Json &t, Json &) { firstSplit(t)["invert"] = true; }},
            {"split without pattern", invalid, "pre_tokenizer.pretokenizers[0].pattern", "object",
             [](Json &t, Json &) { firstSplit(t)["pattern"] = "x"; }},
            {"split by nothing", invalid, "pre_tokenizer.pretokenizers[0].pattern.String", "empty",
             [](Json &t, Json &) {
                 firstSplit(t)["pattern"] = {{"String", ""}};
             }},
            {"split by both", invalid, "pre_tokenizer.pretokenizers[0].pattern", "either",
             [](Json &t, Json &) { firstSplit(t)["pattern"] = {{"String", "a"}, {"Regex", "a"}}; }},
            {"65 steps", invalid, "pre_tokenizer.pretokenizers", "64",
             [](Json &t, Json &) { t["pre_tokenizer"]["pretokenizers"] = std::vector<Json>(65, firstSplit(t)); }},
            {"regex that does not compile", invalid, firstRegex, "regular expression",
             [](Json &t, Json &) { setRegex(t, "(a"); }},
            {"regex with a bad class", invalid, firstRegex, "regular expression",
             [](Json &t, Json &) { setRegex(t, "[z-a]"); }},
            {"regex that matches nothing", unsupported, firstRegex, "empty text",
             [](Json &t, Json &) { setRegex(t, "a*"); }},
            {"regex of 100 KiB", invalid, firstRegex, "bytes",
             [](Json &t, Json &) { setRegex(t, std::string(100'000, 'a').c_str()); }},
            {"regex ends in a backslash", unsupported, firstRegex, "\\", [](Json &t, Json &) { setRegex(t, "a\\"); }},
            {"regex with \\w", unsupported, firstRegex, "\\w", [](Json &t, Json &) { setRegex(t, "\\w+"); }},
            {"regex with \\b", unsupported, firstRegex, "\\b", [](Json &t, Json &) { setRegex(t, "a\\b"); }},
            {"regex with \\S in a class", unsupported, firstRegex, "\\S",
             [](Json &t, Json &) { setRegex(t, "[\\S]"); }},
            {"regex with a script", unsupported, firstRegex, "Han", [](Json &t, Json &) { setRegex(t, "\\p{Han}"); }},
            {"regex with a nested class", unsupported, firstRegex, "[", [](Json &t, Json &) { setRegex(t, "[a[b]]"); }},
            {"regex with an intersection", unsupported, firstRegex, "&&",
             [](Json &t, Json &) { setRegex(t, "[a-z&&x]"); }},
            {"regex with an empty class", unsupported, firstRegex, "[]", [](Json &t, Json &) { setRegex(t, "[]a]"); }},
            {"regex with a verb", unsupported, firstRegex, "(*U", [](Json &t, Json &) { setRegex(t, "(*UTF)a"); }},
            {"regex with a named group", unsupported, firstRegex, "(?P",
             [](Json &t, Json &) { setRegex(t, "(?P<n>a)"); }},
            {"regex with options", unsupported, firstRegex, "(?m", [](Json &t, Json &) { setRegex(t, "(?m)a"); }},
            {"regex with recursion", unsupported, firstRegex, "(?R", [](Json &t, Json &) { setRegex(t, "a(?R)?"); }},
            {"regex with a back reference", unsupported, firstRegex, "\\1",
             [](Json &t, Json &) { setRegex(t, "(a)\\1"); }},
            {"regex with {,2}", unsupported, firstRegex, "{,2}", [](Json &t, Json &) { setRegex(t, "a{,2}b"); }},
            {"regex with {2}+", unsupported, firstRegex, "}+", [](Json &t, Json &) { setRegex(t, "a{2}+"); }},
            {"no decoder", unsupported, "decoder", "ByteLevel", [](Json &t, Json &) { t["decoder"] = nullptr; }},
            {"WordPiece decoder", unsupported, "decoder.type", "WordPiece",
             [](Json &t, Json &) { t["decoder"]["type"] = "WordPiece"; }},
            {"empty decoder sequence", unsupported, "decoder.decoders", "empty",
             [](Json &t, Json &) { t["decoder"] = {{"type", "Sequence"}, {"decoders", Json::array()}}; }},
            {"BOS that is no token", invalid, "bos_token.content", "<s>",
             [](Json &, Json &c) { c["bos_token"]["content"] = "<s>"; }},
            {"EOS that is a number", invalid, "eos_token", "string", [](Json &, Json &c) { c["eos_token"] = 1; }},
        };
    return files;
}

} // namespace

class BadTokenizersTest : public QObject {
    Q_OBJECT

private slots:
    void isRefusedByName_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < badFiles().size(); ++i)
            QTest::newRow(badFiles()[i].name) << static_cast<int>(i);
    }

    void isRefusedByName()
    {
        QFETCH(int, index);
        const BadFile &bad = badFiles()[static_cast<std::size_t>(index)];
        TokenizerFolder folder;
        bad.change(folder.tokenizer, folder.config);
        const auto failure = support::failureOf([&] { folder.open(); });
        QCOMPARE(support::complaint(failure, bad.code, bad.part), std::string());
        QVERIFY2(failure->field.starts_with(bad.field), failure->field.c_str());
    }

    void damagedJsonIsRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        const std::string whole = support::makeTinyTokenizer().tokenizer.dump();
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("cut off") << QByteArray::fromStdString(whole.substr(0, whole.size() / 2));
        QTest::newRow("text behind") << QByteArray::fromStdString(whole + "x");
        QTest::newRow("duplicate key") << QByteArray::fromStdString("{\"model\":{}," + whole.substr(1));
        QTest::newRow("duplicate token") << QByteArray(R"({"model":{"vocab":{"a":0,"a":1}}})");
        QTest::newRow("invalid UTF-8") << QByteArray("{\"model\":\"\xFF\"}");
        QTest::newRow("lone surrogate") << QByteArray(R"({"model":"\ud800"})");
        QTest::newRow("too deep") << QByteArray(100'000, '[');
    }

    void damagedJsonIsRefused()
    {
        QFETCH(QByteArray, text);
        TokenizerFolder folder;
        const std::string path = folder.path();
        support::writeFile(folder.folder() / "tokenizer.json", text.toStdString());
        const auto failure = support::failureOf([&] { engine::text::Tokenizer::open(path); });
        QCOMPARE(support::complaint(failure, ErrorCode::FileMalformed, "tokenizer.json"), std::string());
    }

    void aMissingFileIsNamed()
    {
        TokenizerFolder folder;
        const std::string path = folder.path();
        std::filesystem::remove(folder.folder() / "tokenizer_config.json");
        const auto failure = support::failureOf([&] { engine::text::Tokenizer::open(path); });
        QCOMPARE(support::complaint(failure, ErrorCode::FileMissing, "tokenizer_config.json"), std::string());
    }
};

QTEST_APPLESS_MAIN(BadTokenizersTest)
#include "tst_bad_tokenizers.moc"
