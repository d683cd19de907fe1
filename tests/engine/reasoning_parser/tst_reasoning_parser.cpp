// Thinking and answer are told apart the same way however the model's text is cut into tokens, with tags that are
// tokens and with tags that are only text.

#include "engine/text/reasoning_parser.h"
#include "tests/engine/tokenizer/tokenizer_folder.h"

#include <QtTest>

#include <ctime>
#include <optional>

using engine::TextPart;
using engine::TextPiece;
using engine::TokenId;
using engine::text::ReasoningParser;
using engine::text::ReasoningStart;
using engine::text::Tokenizer;
using Tokens = std::vector<TokenId>;

namespace {

/// [ and ] stand for <think> and </think>, to keep the table readable; { and } for the same characters as plain text
/// even where the tokenizer has tags as tokens.
std::string withTags(std::string_view stream)
{
    std::string text;
    for (const char c : stream)
        text += c == '[' || c == '{' ? "<think>" : c == ']' || c == '}' ? "</think>" : std::string(1, c);
    return text;
}

/// A tokenizer that has every wanted piece of text as one token, and the ids of a stream cut into such pieces.
class Cutting {
public:
    Cutting(std::string_view stream, std::size_t size, bool tagsAreTokens)
    {
        int next = support::makeTinyTokenizer().tokens;
        auto &vocabulary = m_folder.tokenizer["model"]["vocab"];
        auto &added = m_folder.tokenizer["added_tokens"];
        if (!tagsAreTokens) {
            added[added.size() - 2]["content"] = "<unused1>";
            added[added.size() - 1]["content"] = "<unused2>";
        }
        std::vector<std::string> names;
        for (const std::string &piece : cut(stream, size, tagsAreTokens)) {
            const bool isTag = tagsAreTokens && (piece == "<think>" || piece == "</think>");
            names.push_back(isTag ? piece : alphabetText(piece));
            if (!isTag && !vocabulary.contains(names.back()))
                vocabulary[names.back()] = next++;
        }
        m_tokenizer.emplace(m_folder.open());
        for (const std::string &name : names)
            m_tokens.push_back(m_tokenizer->find(name).value());
    }

    const Tokenizer &tokenizer() const { return *m_tokenizer; }
    const Tokens &tokens() const { return m_tokens; }

private:
    support::TokenizerFolder m_folder;
    std::optional<Tokenizer> m_tokenizer;
    Tokens m_tokens;

    /// Pieces of `size` bytes; where tags are tokens, each is a piece of its own.
    static std::vector<std::string> cut(std::string_view stream, std::size_t size, bool tagsAreTokens)
    {
        std::vector<std::string> pieces;
        std::string run;
        const auto flush = [&] {
            for (std::size_t i = 0; i < run.size(); i += size) {
                std::string piece = run.substr(i, size);
                if (tagsAreTokens && (piece == "<think>" || piece == "</think>")) { // spelt out: not the token
                    pieces.push_back(piece.substr(0, 3));
                    piece.erase(0, 3);
                }
                pieces.push_back(piece);
            }
            run.clear();
        };
        for (const char c : stream) {
            if (tagsAreTokens && (c == '[' || c == ']')) {
                flush();
                pieces.push_back(withTags({&c, 1}));
            } else {
                run += withTags({&c, 1});
            }
        }
        flush();
        return pieces;
    }

    /// The bytes in the alphabet of tokenizer.json; the tiny tokenizer has the bytes in order from id 3.
    static std::string alphabetText(const std::string &bytes)
    {
        static const std::vector<std::string> names = [] {
            const support::TinyTokenizer tiny = support::makeTinyTokenizer();
            std::vector<std::string> result(256);
            for (const auto &[text, id] : tiny.tokenizer["model"]["vocab"].items()) {
                const int byte = id.get<int>() - tiny.firstByte;
                if (byte >= 0 && byte < 256)
                    result[static_cast<std::size_t>(byte)] = text;
            }
            return result;
        }();
        std::string text;
        for (const char c : bytes)
            text += names[static_cast<unsigned char>(c)];
        return text;
    }
};

struct Parsed {
    std::vector<TextPiece> pieces; ///< neighbours of one part joined
    TextPart endsIn;
    int thinkingTokens;
    int answerTokens;
};

void join(std::vector<TextPiece> &all, const std::vector<TextPiece> &more)
{
    for (const TextPiece &piece : more) {
        if (all.empty() || all.back().part != piece.part)
            all.push_back(piece);
        else
            all.back().text += piece.text;
    }
}

Parsed parse(const Cutting &cutting, ReasoningStart start)
{
    ReasoningParser parser(cutting.tokenizer(), start);
    Parsed parsed{};
    for (const TokenId token : cutting.tokens())
        join(parsed.pieces, parser.push(token).pieces);
    parsed.endsIn = parser.part();
    join(parsed.pieces, parser.finish());
    parsed.thinkingTokens = parser.thinkingTokens();
    parsed.answerTokens = parser.answerTokens();
    return parsed;
}

/// "T:text|A:text"
std::string shown(const std::vector<TextPiece> &pieces)
{
    std::string text;
    for (const TextPiece &piece : pieces)
        text += (text.empty() ? "" : "|") + std::string(piece.part == TextPart::Thinking ? "T:" : "A:") + piece.text;
    return text;
}

constexpr ReasoningStart opened{TextPart::Thinking, false, 0};       // prompt ends with <think>\n
constexpr ReasoningStart openedBare{TextPart::Thinking, false, 1};   // prompt ends with <think>
constexpr ReasoningStart closed{TextPart::Answer, false, 2};         // prompt ends with </think>
constexpr ReasoningStart undecided{TextPart::Answer, true, 0};       // anything else
constexpr ReasoningStart openedV31{TextPart::Thinking, false, 0, 0}; // V3.1's <think>: no newline belongs to a tag
constexpr ReasoningStart closedV31{TextPart::Answer, false, 0, 0};   // V3.1's </think>
constexpr ReasoningStart insideAnswer{TextPart::Answer, false, 0};   // a continued answer

struct Stream {
    const char *name;
    ReasoningStart start;
    const char *stream;
    const char *expected;                 ///< with tags as tokens
    const char *expectedAsText = nullptr; ///< with tags as text, where it differs
};

const std::vector<Stream> &streams()
{
    static const std::vector<Stream> all = {
        // The prompt opens the thought.
        {"thought and answer", opened, "I think.\n]\n\nAnswer.", "T:I think.\n|A:Answer."},
        {"no newlines", opened, "I think.]Answer.", "T:I think.|A:Answer."},
        {"one newline", opened, "I think.]\nAnswer.", "T:I think.|A:Answer."},
        {"three newlines", opened, "I think.]\n\n\nAnswer.", "T:I think.|A:\nAnswer."},
        {"newline, space, newline", opened, "t]\n \nA", "T:t|A: \nA"},
        {"empty thought", opened, "]\n\nAnswer.", "A:Answer."},
        {"blank thought", opened, "\n]\n\nAnswer.", "T:\n|A:Answer."},
        {"R1 without thinking", openedBare, "\n\n]\n\nAnswer.", "T:\n|A:Answer."},
        {"newline of the opening tag", openedBare, "\nThought]\n\nA", "T:Thought|A:A"},
        {"no newline after the opening tag", openedBare, "Thought]\n\nA", "T:Thought|A:A"},
        {"empty stream in a thought", opened, "", ""},
        {"stopped in mid-thought", opened, "I was going to", "T:I was going to"},
        {"stopped after the closing tag", opened, "Thought.]", "T:Thought."},
        {"stopped in its newlines", opened, "Thought.]\n", "T:Thought."},
        {"answer is blank", opened, "Thought.]\n\n ", "T:Thought.|A: "},
        {"opening tag repeated by the model", opened, "[\nThought]\n\nA", "T:<think>\nThought|A:A"},
        {"opening tag inside a thought", opened, "a [ b]c", "T:a <think> b|A:c"},
        {"closing tag in the answer", opened, "t]\n\nUse ] to close.", "T:t|A:Use </think> to close."},
        {"both tags in the answer", opened, "t]\n\nWrite [x].", "T:t|A:Write <think>x</think>."},
        {"tags in a code block", opened, "t]\n\n```\n[\nx\n]\n```", "T:t|A:```\n<think>\nx\n</think>\n```"},
        {"second closing tag at once", opened, "t]]A", "T:t|A:</think>A"},
        {"second closing tag after newlines", opened, "t]\n\n]\n\nA", "T:t|A:</think>\n\nA"},
        {"a second thought", opened, "one]\n\n[\ntwo]\n\nA", "T:onetwo|A:A", "T:one|A:<think>\ntwo</think>\n\nA"},
        {"three thoughts", opened, "1]\n[2]\n[3]A", "T:123|A:A", "T:1|A:<think>2</think>\n<think>3</think>A"},
        {"a second thought, never closed", opened, "one]\n\n[\ntwo", "T:onetwo", "T:one|A:<think>\ntwo"},
        {"a second thought, spaces before", opened, "one] \n\t[two]A", "T:onetwo|A:A",
         "T:one|A: \n\t<think>two</think>A"},
        {"half a closing tag at the end", opened, "t</thin", "T:t</thin"},
        {"half a closing tag in the thought", opened, "t</thin k>]A", "T:t</thin k>|A:A"},
        {"closing tags that begin twice", opened, "t<</think></thi]A", "T:t<</think></thi|A:A",
         "T:t<|A:</thi</think>A"},
        {"angle brackets", opened, "a < b << c <t> </ x>]A", "T:a < b << c <t> </ x>|A:A"},
        {"other letters", opened, "<THINK></Think>]A", "T:<THINK></Think>|A:A"},
        {"comparison before the tag", opened, "1<2]3", "T:1<2|A:3"},
        {"CJK", opened, "先想一想。\n]\n\n答案是四。", "T:先想一想。\n|A:答案是四。"},
        {"emoji at the seam", opened, "hm 🤔]😀", "T:hm 🤔|A:😀"},
        {"half a character before the tag", opened, "x\xF0\x9F]A", "T:x\uFFFD|A:A"},
        {"half a character at the end", opened, "x]A\xE4\xBD", "T:x|A:A\uFFFD"},
        {"half a character after the tag", opened, "x]\xBD", "T:x|A:\uFFFD"},
        {"invalid bytes", opened, "\xFF\xFE]\xC0", "T:\uFFFD\uFFFD|A:\uFFFD"},
        {"carriage returns", opened, "a\r\n]\r\n\r\nB", "T:a\r\n|A:\r\n\r\nB"},
        {"long thought", opened, "one two three four five six seven eight nine ten]\n\neleven twelve",
         "T:one two three four five six seven eight nine ten|A:eleven twelve"},
        // V3.1 puts no newlines around its tags: all belong to thinking and answer.
        {"V3.1 thinking", openedV31, "T]A", "T:T|A:A"},
        {"V3.1 with newlines", openedV31, "\nT\n]\n\nA", "T:\nT\n|A:\n\nA"},
        {"V3.1 empty thought", openedV31, "]A", "A:A"},
        {"V3.1 not thinking", closedV31, "\n\nA", "A:\n\nA"},
        {"V3.1 not thinking opens no thought", closedV31, "[T]A", "A:<think>T</think>A"},
        // The prompt closed it.
        {"answer only", closed, "\n\nAnswer.", "A:Answer."},
        {"answer only, one newline", closed, "\nAnswer.", "A:Answer."},
        {"answer only, nothing before", closed, "Answer.", "A:Answer."},
        {"no thought after a closed one", closed, "[x]A", "A:<think>x</think>A"},
        {"continued answer", insideAnswer, "\n\nmore [x]", "A:\n\nmore <think>x</think>"},
        {"continued answer begins with a tag", insideAnswer, "]A", "A:</think>A"},
        // The model opens it, or not.
        {"model opens the thought", undecided, "[\nThought.\n]\n\nAnswer.", "T:Thought.\n|A:Answer."},
        {"newlines before", undecided, "\n\n[Thought]A", "T:Thought|A:A"},
        {"white space before", undecided, " \t\r\n[Thought]A", "T:Thought|A:A"},
        {"never opened", undecided, "Just an answer.", "A:Just an answer."},
        {"blank, then answer", undecided, "\n\n Answer.", "A:\n\n Answer."},
        {"blank only", undecided, " \n", "A: \n"},
        {"empty stream", undecided, "", ""},
        {"opened too late", undecided, "Hm [x] y", "A:Hm <think>x</think> y"},
        {"closed without opening", undecided, "Hm.]\n\nA", "A:Hm.</think>\n\nA"},
        {"closing tag first", undecided, "]A", "A:</think>A"},
        {"opened and stopped", undecided, "[", ""},
        {"opened, newline, stopped", undecided, "[\n", ""},
        {"opened and closed", undecided, "[]", ""},
        {"empty thought, then answer", undecided, "[\n\n]\n\nA", "T:\n|A:A"},
        {"several thoughts", undecided, "[a][b]\n\nA", "T:ab|A:A", "T:a|A:<think>b</think>\n\nA"},
        {"half an opening tag", undecided, "<thin", "A:<thin"},
        {"half an opening tag and text", undecided, " <thin air", "A: <thin air"},
        {"opening tag twice", undecided, "[[x]y", "T:<think>x|A:y"},
        {"less-than sign first", undecided, "<b>bold</b>", "A:<b>bold</b>"},
        {"emoji first", undecided, "😀[x]", "A:😀<think>x</think>"},
        {"half a character first", undecided, "\xF0[x]", "A:\uFFFD<think>x</think>"},
        // Where the tags are tokens, the same characters in other tokens are text.
        {"spelt-out tags", opened, "a{b}c]d", "T:a<think>b</think>c|A:d", "T:a<think>b|A:c</think>d"},
        {"spelt-out opening tag first", undecided, "{x}y", "A:<think>x</think>y", "T:x|A:y"},
    };
    return all;
}

} // namespace

class ReasoningParserTest : public QObject {
    Q_OBJECT

private slots:
    /// A model may write white space until its context is full; each token must stay cheap.
    void longWhiteSpaceInFrontOfAThoughtIsCheap()
    {
        const support::TinyTokenizer tiny = support::makeTinyTokenizer();
        support::TokenizerFolder folder;
        const Tokenizer tokenizer = folder.open();
        ReasoningParser parser(tokenizer, undecided);
        constexpr int blanks = 200'000;
        const std::clock_t start = std::clock();
        for (int i = 0; i < blanks; ++i)
            QVERIFY(parser.push(tiny.firstByte + ' ').pieces.empty());
        const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        QVERIFY2(seconds < 2.0, std::to_string(seconds).c_str());
        parser.push(tiny.thinkStart);
        QCOMPARE(parser.thinkingTokens(), blanks + 1);
    }

    void partsDoNotDependOnTheCuts_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < streams().size(); ++i)
            QTest::newRow(streams()[i].name) << static_cast<int>(i);
        QVERIFY(streams().size() >= 60);
    }

    void partsDoNotDependOnTheCuts()
    {
        QFETCH(int, index);
        const Stream &stream = streams()[static_cast<std::size_t>(index)];
        for (const bool tagsAreTokens : {true, false}) {
            const char *expected =
                tagsAreTokens || stream.expectedAsText == nullptr ? stream.expected : stream.expectedAsText;
            for (const std::size_t size : {1U, 2U, 3U, 7U, 1000U}) {
                const Cutting cutting(stream.stream, size, tagsAreTokens);
                const Parsed parsed = parse(cutting, stream.start);
                QCOMPARE(shown(parsed.pieces), std::string(expected));
                QCOMPARE(parsed.thinkingTokens + parsed.answerTokens, static_cast<int>(cutting.tokens().size()));
            }
        }
    }

    void tokensAreCountedInTheirPart()
    {
        const Cutting cutting("\n[ab]\n\ncd", 1, true); // newline, tag, a, b, tag, two newlines, c, d
        const Parsed parsed = parse(cutting, undecided);
        QCOMPARE(parsed.thinkingTokens, 5);
        QCOMPARE(parsed.answerTokens, 4);
    }

    void tagsThatAreTextCountAsThinking()
    {
        const Cutting cutting("[ab]cd", 1, false); // 7 + 2 + 8 + 2 bytes
        const Parsed parsed = parse(cutting, undecided);
        QCOMPARE(parsed.thinkingTokens, 17);
        QCOMPARE(parsed.answerTokens, 2);
    }

    void eachStepTellsItsPart()
    {
        const Cutting cutting("a]b", 1, true);
        ReasoningParser parser(cutting.tokenizer(), opened);
        const TextPart parts[] = {TextPart::Thinking, TextPart::Thinking, TextPart::Answer};
        for (std::size_t i = 0; i < 3; ++i)
            QVERIFY(parser.push(cutting.tokens()[i]).part == parts[i]);
    }

    void aStoppedThoughtIsNotClosed()
    {
        const Cutting cutting("a]b", 1, true);
        ReasoningParser parser(cutting.tokenizer(), opened);
        parser.push(cutting.tokens()[0]);
        QVERIFY(!parser.thinkingClosed());
        parser.push(cutting.tokens()[1]);
        QVERIFY(parser.thinkingClosed());
    }

    void textIsShownAsSoonAsItIsCertain()
    {
        const Cutting cutting("ab</x", 1, false);
        ReasoningParser parser(cutting.tokenizer(), opened);
        const char *expected[] = {"T:a", "T:b", "", "", "T:</x"};
        for (std::size_t i = 0; i < cutting.tokens().size(); ++i)
            QCOMPARE(shown(parser.push(cutting.tokens()[i]).pieces), std::string(expected[i]));
    }

    void aTokenOfBothPartsGivesTwoPieces()
    {
        const Cutting cutting("a]b", 1000, false);
        ReasoningParser parser(cutting.tokenizer(), opened);
        QCOMPARE(shown(parser.push(cutting.tokens()[0]).pieces), std::string("T:a|A:b"));
    }

    void theStartIsReadOffThePrompt_data()
    {
        QTest::addColumn<QByteArray>("prompt");
        QTest::addColumn<int>("start"); // index below
        QTest::newRow("forced") << QByteArray("x[\n") << 0;
        QTest::newRow("forced, bare") << QByteArray("x[") << 1;
        QTest::newRow("forced, two newlines") << QByteArray("x[\n\n") << 0;
        QTest::newRow("closed") << QByteArray("x[y]") << 2;
        QTest::newRow("closed, newline") << QByteArray("]\n") << 3;
        QTest::newRow("closed, newlines") << QByteArray("]\n\n") << 4;
        QTest::newRow("neither") << QByteArray("x[y") << 5;
        QTest::newRow("empty") << QByteArray("") << 5;
        QTest::newRow("newlines") << QByteArray("\n\n") << 5;
    }

    void theStartIsReadOffThePrompt()
    {
        QFETCH(QByteArray, prompt);
        QFETCH(int, start);
        const ReasoningStart expected[] = {opened,       openedBare, closed, {TextPart::Answer, false, 1},
                                           insideAnswer, undecided};
        for (const bool tagsAreTokens : {true, false}) {
            for (const std::size_t size : {1U, 3U, 1000U}) {
                const Cutting cutting(prompt.toStdString(), size, tagsAreTokens);
                QVERIFY(engine::text::reasoningStartAfter(cutting.tokenizer(), cutting.tokens()) == expected[start]);
            }
        }
    }
};

QTEST_APPLESS_MAIN(ReasoningParserTest)
#include "tst_reasoning_parser.moc"
