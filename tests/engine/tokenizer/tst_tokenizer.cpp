// What a tokenizer promises, on a small file in the form of DeepSeek-V3's.

#include "tests/engine/tokenizer/tokenizer_folder.h"

#include <QtTest>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

using engine::TokenId;
using engine::text::AddedTokens;
using engine::text::Tokenizer;
using support::TokenizerFolder;
using Tokens = std::vector<TokenId>;

namespace {

/// Merges by looking at every pair for every merge: slow, and plainly right.
std::vector<std::string> mergedSlowly(std::vector<std::string> symbols,
                                      const std::map<std::pair<std::string, std::string>, int> &ranks)
{
    for (;;) {
        auto best = ranks.end();
        std::size_t place = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto found = ranks.find({symbols[i], symbols[i + 1]});
            if (found != ranks.end() && (best == ranks.end() || found->second < best->second)) {
                best = found;
                place = i;
            }
        }
        if (best == ranks.end())
            return symbols;
        symbols[place] += symbols[place + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    }
}

} // namespace

class TokenizerTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_folder = std::make_unique<TokenizerFolder>();
        m_tokenizer = std::make_unique<Tokenizer>(m_folder->open());
    }

    void knowsItsTokens()
    {
        const support::TinyTokenizer tiny = support::makeTinyTokenizer();
        QCOMPARE(m_tokenizer->size(), tiny.tokens);
        QCOMPARE(m_tokenizer->bos().value(), 0);
        QCOMPARE(m_tokenizer->eos().value(), 1);
        QCOMPARE(m_tokenizer->find("<think>").value(), tiny.thinkStart);
        QVERIFY(m_tokenizer->isAdded(tiny.thinkStart) && !m_tokenizer->isSpecial(tiny.thinkStart));
        QVERIFY(m_tokenizer->isAdded(0) && m_tokenizer->isSpecial(0));
        const TokenId the = m_tokenizer->find("Ġthe").value();
        QVERIFY(!m_tokenizer->isAdded(the));
        QCOMPARE(m_tokenizer->tokenBytes(the), std::string_view(" the"));
        QCOMPARE(m_tokenizer->tokenBytes(tiny.firstByte + 0xFF), std::string_view("\xFF"));
        QVERIFY(!m_tokenizer->find("no such token"));
    }

    void idsOutsideAreNotDefined()
    {
        for (const TokenId token : {-1, m_tokenizer->size(), m_tokenizer->size() + 100}) {
            QVERIFY(!m_tokenizer->isDefined(token) && !m_tokenizer->isSpecial(token) && !m_tokenizer->isAdded(token));
            QVERIFY(m_tokenizer->tokenBytes(token).empty());
        }
        QVERIFY(m_tokenizer->isDefined(0) && m_tokenizer->isDefined(m_tokenizer->size() - 1));
    }

    void everyCharacterComesBack()
    {
        std::string text;
        for (unsigned codePoint = 0; codePoint < 0x110000; codePoint += codePoint < 0x3000 ? 1 : 97) {
            if (codePoint < 0xD800 || codePoint > 0xDFFF)
                text += QString::fromUcs4(reinterpret_cast<const char32_t *>(&codePoint), 1).toStdString();
        }
        const Tokens tokens = m_tokenizer->encode(text, AddedTokens::Match);
        QVERIFY(m_tokenizer->decode(tokens, false) == text);
    }

    void theEmptyTextHasNoTokens()
    {
        QVERIFY(m_tokenizer->encode("", AddedTokens::Match).empty());
        QVERIFY(m_tokenizer->encode("", AddedTokens::Ignore).empty());
        QVERIFY(m_tokenizer->decode({}, true).empty());
    }

    void addedTokensAreFoundOnlyWhereAskedFor()
    {
        const support::TinyTokenizer tiny = support::makeTinyTokenizer();
        const std::string text = "<｜User｜>Hello<｜Assistant｜><think>";
        const Tokens matched = m_tokenizer->encode(text, AddedTokens::Match);
        QCOMPARE(matched, (Tokens{tiny.user, m_tokenizer->find("Hello").value(), tiny.assistant, tiny.thinkStart}));
        const Tokens ignored = m_tokenizer->encode(text, AddedTokens::Ignore);
        QVERIFY(std::none_of(ignored.begin(), ignored.end(), [this](TokenId t) { return m_tokenizer->isAdded(t); }));
        QCOMPARE(m_tokenizer->decode(ignored, true), text);
    }

    /// "a" and "abc" overlap with "ab" and "bcd"; "normalized" tokens are looked for only between the others.
    void theLongestAddedTokenAtTheLeftmostPlaceWins()
    {
        TokenizerFolder folder;
        int next = support::makeTinyTokenizer().tokens;
        const auto add = [&](const char *content, bool normalized) {
            folder.tokenizer["added_tokens"].push_back(
                {{"id", next}, {"content", content}, {"normalized", normalized}, {"special", false}});
            return next++;
        };
        const TokenId ab = add("[ab", false);
        const TokenId abc = add("[abc", false);
        const TokenId bcd = add("bcd", false);
        const TokenId early = add("x[a", true);
        const Tokenizer tokenizer = folder.open();
        QCOMPARE(tokenizer.encode("[abcd", AddedTokens::Match), (Tokens{abc, tokenizer.find("d").value()}));
        QCOMPARE(tokenizer.encode("[abbcd", AddedTokens::Match), (Tokens{ab, bcd}));
        QCOMPARE(tokenizer.encode("x[ab", AddedTokens::Match), (Tokens{tokenizer.find("x").value(), ab}));
        QCOMPARE(tokenizer.encode("x[a", AddedTokens::Match), (Tokens{early}));
    }

    /// DeepSeek LLM has "ü" as an added token and no other way to write it in one.
    void addedLettersAreFoundInAnyText()
    {
        TokenizerFolder folder;
        auto &vocabulary = folder.tokenizer["model"]["vocab"];
        vocabulary["no byte"] = vocabulary["ü"]; // stands for the byte FC, which no text contains
        vocabulary.erase("ü");
        const TokenId letter = support::makeTinyTokenizer().tokens;
        folder.tokenizer["added_tokens"].push_back({{"id", letter}, {"content", "ü"}, {"special", false}});
        const Tokenizer tokenizer = folder.open();
        const Tokens expected = {tokenizer.find("F").value(), letter};
        QCOMPARE(tokenizer.encode("Fü", AddedTokens::Match), expected);
        QCOMPARE(tokenizer.encode("Fü", AddedTokens::Ignore), expected);
        QCOMPARE(tokenizer.decode(expected, true), std::string("Fü"));
    }

    void invalidUtf8IsReplaced_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("expected");
        QTest::newRow("lone continuation") << QByteArray("a\x80"
                                                         "b")
                                           << "a\uFFFDb";
        QTest::newRow("cut off") << QByteArray("a\xE4\xBD") << "a\uFFFD";
        QTest::newRow("overlong") << QByteArray("\xC0\xAF") << "\uFFFD\uFFFD";
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << "\uFFFD\uFFFD\uFFFD";
        QTest::newRow("above U+10FFFF") << QByteArray("\xF4\x90\x80\x80") << "\uFFFD\uFFFD\uFFFD\uFFFD";
        QTest::newRow("truncated, then text") << QByteArray("\xF0\x9F\x98z") << "\uFFFDz";
        QTest::newRow("not UTF-8 at all") << QByteArray("\xFE\xFF") << "\uFFFD\uFFFD";
    }

    void invalidUtf8IsReplaced()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, expected);
        const Tokens tokens = m_tokenizer->encode(text.toStdString(), AddedTokens::Match);
        QCOMPARE(QString::fromStdString(m_tokenizer->decode(tokens, false)), expected);
    }

    void decodingCanLeaveOutSpecialTokens()
    {
        const support::TinyTokenizer tiny = support::makeTinyTokenizer();
        const Tokens tokens = {tiny.bos, tiny.user, m_tokenizer->find("Hello").value(), tiny.eos};
        QCOMPARE(m_tokenizer->decode(tokens, false),
                 std::string("<｜begin▁of▁sentence｜><｜User｜>Hello<｜end▁of▁sentence｜>"));
        QCOMPARE(m_tokenizer->decode(tokens, true), std::string("<｜User｜>Hello"));
    }

    void halfACharacterDecodesToOneReplacement()
    {
        const int byte0 = support::makeTinyTokenizer().firstByte;
        QCOMPARE(m_tokenizer->decode(Tokens{byte0 + 0xE4, byte0 + 0xBD}, false), std::string("\uFFFD"));
        QCOMPARE(m_tokenizer->decode(Tokens{byte0 + 0xE4, byte0 + 0xBD, byte0 + 0xA0}, false), std::string("你"));
    }

    /// Short pieces and long ones take different ways through the code; both must merge by rank, leftmost first.
    void mergesFollowTheirRanks()
    {
        std::mt19937 random(3);
        const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
        for (int round = 0; round < 20; ++round) {
            TokenizerFolder folder;
            folder.tokenizer["pre_tokenizer"] = support::onePiece();
            folder.tokenizer["added_tokens"] = nlohmann::ordered_json::array();
            auto &vocabulary = folder.tokenizer["model"]["vocab"];
            auto &merges = folder.tokenizer["model"]["merges"] = nlohmann::ordered_json::array();
            std::vector<std::string> symbols = {"a", "b", "c"};
            std::map<std::pair<std::string, std::string>, int> ranks;
            for (int i = 0; i < 25; ++i) {
                const std::string left = symbols[below(symbols.size())];
                const std::string right = symbols[below(symbols.size())];
                if (left.size() + right.size() > 12 || !ranks.emplace(std::pair(left, right), i).second)
                    continue;
                merges.push_back(left + " " + right);
                if (!vocabulary.contains(left + right))
                    vocabulary[left + right] = vocabulary.size();
                symbols.push_back(left + right);
            }
            const Tokenizer tokenizer = folder.open();
            for (const std::size_t length : {1, 2, 7, 31, 32, 33, 34, 100, 400}) {
                std::string text;
                std::vector<std::string> characters;
                for (std::size_t i = 0; i < length; ++i) {
                    characters.emplace_back(1, static_cast<char>('a' + below(3)));
                    text += characters.back();
                }
                Tokens expected;
                for (const std::string &symbol : mergedSlowly(characters, ranks))
                    expected.push_back(tokenizer.find(symbol).value());
                QCOMPARE(tokenizer.encode(text, AddedTokens::Match), expected);
            }
        }
    }

    void mergesMayBeWrittenAsPairs()
    {
        TokenizerFolder folder;
        for (auto &merge : folder.tokenizer["model"]["merges"]) {
            const std::string text = merge.get<std::string>();
            merge = {text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1)};
        }
        const Tokenizer tokenizer = folder.open();
        QCOMPARE(tokenizer.encode("Hello the", AddedTokens::Match),
                 m_tokenizer->encode("Hello the", AddedTokens::Match));
    }

    void ignoreMergesTakesAWholePieceFirst()
    {
        TokenizerFolder folder;
        auto &model = folder.tokenizer["model"];
        folder.tokenizer["added_tokens"] = nlohmann::ordered_json::array();
        const TokenId whole = static_cast<TokenId>(model["vocab"].size());
        model["vocab"]["xyz"] = whole; // no merge leads there
        const TokenId x = folder.open().find("x").value();
        QCOMPARE(folder.open().encode("xyz", AddedTokens::Match).front(), x);
        model["ignore_merges"] = true;
        QCOMPARE(folder.open().encode("xyz", AddedTokens::Match), (Tokens{whole}));
        QCOMPARE(folder.open().encode("xyzx", AddedTokens::Match).front(), x);
    }

    void onlyAnEmptyConfigLeavesOutBosAndEos()
    {
        TokenizerFolder folder;
        folder.config["bos_token"] = nullptr;
        folder.config["eos_token"] = "<｜end▁of▁sentence｜>"; // a plain text is as good as an object
        const Tokenizer tokenizer = folder.open();
        QVERIFY(!tokenizer.bos());
        QCOMPARE(tokenizer.eos().value(), 1);
    }

    void threadsCanShareATokenizer()
    {
        const std::string text = "Hello the world 12345 你好 <think> and more";
        const Tokens expected = m_tokenizer->encode(text, AddedTokens::Match);
        std::atomic<int> different = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < 200; ++k)
                    different += m_tokenizer->encode(text, AddedTokens::Match) == expected ? 0 : 1;
            });
        }
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(different.load(), 0);
    }

private:
    std::unique_ptr<TokenizerFolder> m_folder;
    std::unique_ptr<Tokenizer> m_tokenizer;
};

QTEST_APPLESS_MAIN(TokenizerTest)
#include "tst_tokenizer.moc"
