// Hostile lengths: one megabyte of one kind of character in front of BPE, on a thread with a small stack, and splitting
// rules that take for ever. A text is encoded completely, in time that grows with its length, or refused, never cut.

#include "tests/engine/support/expect_error.h"
#include "tests/engine/tokenizer/tokenizer_folder.h"

#include <QThread>
#include <QtTest>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <memory>
#include <thread>

using engine::ErrorCode;
using engine::text::AddedTokens;
using engine::text::Tokenizer;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

std::string repeated(std::string_view unit, std::size_t bytes)
{
    std::string text;
    while (text.size() + unit.size() <= bytes)
        text += unit;
    return text;
}

/// Processor time of the calling process, as other processes may keep it waiting: the least of a few.
double secondsToEncode(const Tokenizer &tokenizer, const std::string &text)
{
    std::clock_t least = std::numeric_limits<std::clock_t>::max();
    for (int round = 0; round < 3; ++round) {
        const std::clock_t start = std::clock();
        tokenizer.encode(text, AddedTokens::Match);
        least = std::min(least, std::clock() - start);
    }
    return static_cast<double>(least) / CLOCKS_PER_SEC;
}

/// Runs `action` with the stack of a small thread; sanitizers need more for themselves.
template <class Action>
void onSmallStack(Action action)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr uint bytes = 1U << 20U;
#else
    constexpr uint bytes = 256U << 10U;
#endif
    std::unique_ptr<QThread> thread(QThread::create(action));
    thread->setStackSize(bytes);
    thread->start();
    thread->wait();
}

} // namespace

class LongTextTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        const std::filesystem::path root = BATHYSCOPE_SOURCE_DIR;
        const Json families = Json::parse(support::readFile(root / "tests/golden/tokenizer/families.json"));
        for (const char *name : {"deepseek-v3", "deepseek-llm"}) {
            support::TokenizerFolder folder;
            folder.tokenizer = families["tokenizer"];
            folder.tokenizer["pre_tokenizer"] = families["families"][name]["pre_tokenizer"];
            m_tokenizers.push_back(std::make_unique<Tokenizer>(folder.open()));
        }
    }

    void aMegabyteOfOneKindComesBack_data() { addUnits(); }
    static void addUnits()
    {
        QTest::addColumn<QByteArray>("unit");
        QTest::newRow("letters") << QByteArray("e");
        QTest::newRow("mixed letters") << QByteArray("thetwoandone");
        QTest::newRow("spaces") << QByteArray(" ");
        QTest::newRow("tabs") << QByteArray("\t");
        QTest::newRow("line ends") << QByteArray("\n");
        QTest::newRow("CRLF") << QByteArray("\r\n");
        QTest::newRow("punctuation") << QByteArray("!");
        QTest::newRow("CJK") << QByteArray("中");
        QTest::newRow("digits") << QByteArray("7");
        QTest::newRow("combining marks") << QByteArray("\u0301");
        QTest::newRow("letters with marks") << QByteArray("a\u0301");
        QTest::newRow("ZWJ emoji") << QByteArray("👨‍👩‍👧‍👦");
        QTest::newRow("NUL") << QByteArray(1, '\0');
        QTest::newRow("beginnings of tags") << QByteArray("<｜User");
        QTest::newRow("mixed") << QByteArray("aB3 \n中!\u0301  x<think>");
    }

    void aMegabyteOfOneKindComesBack()
    {
        QFETCH(QByteArray, unit);
        const std::string text = repeated(unit.toStdString(), mebibyte);
        for (const auto &tokenizer : m_tokenizers) {
            bool same = false;
            onSmallStack([&] { same = tokenizer->decode(tokenizer->encode(text, AddedTokens::Match), false) == text; });
            QVERIFY(same);
        }
    }

    void timeGrowsWithTheLength_data() { addUnits(); }
    void timeGrowsWithTheLength()
    {
        QFETCH(QByteArray, unit);
        const std::string small = repeated(unit.toStdString(), mebibyte / 4);
        const std::string large = repeated(unit.toStdString(), mebibyte);
        for (const auto &tokenizer : m_tokenizers) {
            const double once = secondsToEncode(*tokenizer, small);
            const double fourTimes = secondsToEncode(*tokenizer, large);
            QVERIFY2(fourTimes < 8 * once + 0.05, qPrintable(QString("%1 s, %2 s").arg(once).arg(fourTimes)));
        }
    }

    /// Rule 4 of DeepSeek LLM is quadratic as written when something follows the spaces that no earlier rule takes.
    void spacesInFrontOfAnythingComeBack()
    {
        const std::string text = std::string(mebibyte, ' ') + "中";
        for (const auto &tokenizer : m_tokenizers)
            QVERIFY(tokenizer->decode(tokenizer->encode(text, AddedTokens::Ignore), false) == text);
    }

    void anExplodingRuleRefusesTheText_data()
    {
        QTest::addColumn<QString>("regex");
        for (const char *regex : {"(a+)+$",
                                  "(a|a)+$",
                                  "(a|aa)+$",
                                  "(?:a+)+b",
                                  "(a+a+)+b",
                                  "(?:a|a?)+b",
                                  "(?:aa|aaa|a)+b",
                                  "(?:a+)+[bc]",
                                  "((a+)+)+c",
                                  "(a{1,9}){1,9}b",
                                  "(?:a+){2,40}b",
                                  "(?:a+a+){2,20}b",
                                  "(?:[a-z]+)+\\d",
                                  "(?:[a-z]+[a-y]*)+\\d",
                                  "(?:\\p{L}+)+\\p{N}",
                                  "(?:\\p{L}+\\p{L}+)+\\p{N}",
                                  "(?:a+?)+b",
                                  "(?:a+?a+?)+b",
                                  "(?=(a+)+b)a",
                                  "(?:a(?:a|a)+)+b",
                                  "a+(?:a+)+b",
                                  "(?:a+|a+)+b",
                                  "(?i:(?:a+)+b)",
                                  "(?:(?:a+)+|a)+b",
                                  "(?:a+)+(?!a)b",
                                  "(?:\\S+)+ b",
                                  "(?:[^b]+)+b",
                                  "(?:a?){25}a{25}b",
                                  "(?:a+b?)+c",
                                  "(?:(a+)b?)+c"})
            QTest::newRow(regex) << regex;
    }

    void anExplodingRuleRefusesTheText()
    {
        QFETCH(QString, regex);
        support::TokenizerFolder folder;
        folder.tokenizer["pre_tokenizer"] = support::splitBy(regex.toStdString());
        const Tokenizer tokenizer = folder.open();
        for (const std::size_t length : {10U, 60U, 3000U}) {
            const std::string text = std::string(length, 'a') + "!";
            std::string back = text;
            const auto failure =
                support::failureOf([&] { back = tokenizer.decode(tokenizer.encode(text, AddedTokens::Match), false); });
            QCOMPARE(back, text);
            if (failure) {
                QVERIFY(failure->code == ErrorCode::RequestInvalid);
                QCOMPARE(failure->field, std::string("messages"));
                QVERIFY(failure->sentence.find("took too long") != std::string::npos);
            }
        }
    }

    /// It matches at every place, and looks as far as the end of the text each time.
    void aRuleThatLooksAheadAtEveryPlaceRefusesTheText()
    {
        support::TokenizerFolder folder;
        folder.tokenizer["pre_tokenizer"] = support::splitBy(lookingAhead);
        const Tokenizer tokenizer = folder.open();
        const std::string text(mebibyte, 'a');
        const auto failure = support::failureOf([&] { tokenizer.encode(text, AddedTokens::Ignore); });
        QVERIFY(failure && failure->code == ErrorCode::RequestInvalid);
        QVERIFY(failure->sentence.find("time limit") != std::string::npos);
    }

    void encodingCanBeStopped_data()
    {
        QTest::addColumn<QString>("regex");
        QTest::newRow("while splitting") << lookingAhead;
        QTest::newRow("while merging") << "x"; // one piece
    }
    void encodingCanBeStopped()
    {
        QFETCH(QString, regex);
        support::TokenizerFolder folder;
        folder.tokenizer["pre_tokenizer"] = support::splitBy(regex.toStdString());
        const Tokenizer tokenizer = folder.open();
        const std::string text = repeated("thetwoandone", 32 * mebibyte);
        std::stop_source stop;
        std::thread stopping([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            stop.request_stop();
        });
        const auto start = std::chrono::steady_clock::now();
        const auto tokens = tokenizer.encode(text, AddedTokens::Ignore, stop.get_token());
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        stopping.join();
        QVERIFY(!tokens);
        qInfo("%.2f s", seconds.count());
        QVERIFY(seconds.count() < 2.5);
    }

private:
    static constexpr const char *lookingAhead = "a(?=.*b)|.";
    std::vector<std::unique_ptr<Tokenizer>> m_tokenizers;
};

QTEST_APPLESS_MAIN(LongTextTest)
#include "tst_long_text.moc"
