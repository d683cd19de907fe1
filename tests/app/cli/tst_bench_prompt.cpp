#include "app/cli/bench_prompt.h"

#include <QTest>

#include <algorithm>

using namespace app::cli;

class BenchPromptTest : public QObject {
    Q_OBJECT

private slots:
    void theLengthComesNearTheWantedOneFromBelow_data()
    {
        QTest::addColumn<int>("tokens");
        for (const int tokens : {20, 60, 512, 4096, 100000})
            QTest::newRow(qPrintable(QString::number(tokens))) << tokens;
    }

    void theLengthComesNearTheWantedOneFromBelow()
    {
        QFETCH(int, tokens);
        // The later words of this tokenizer cost more, so a straight line through the first ones guesses too many.
        const auto length = [](int words) { return 5 + 2 * words + std::max(0, words - 20); };
        const int words = wordsForTokens(tokens, length);
        QVERIFY(length(words) <= tokens);
        QVERIFY2(length(words) >= tokens * 3 / 4, qPrintable(QString::number(length(words))));
    }

    void aPromptHasAtLeastOneWord()
    {
        QCOMPARE(wordsForTokens(1, [](int words) { return 10 + words; }), 1);
    }

    void promptsOfDifferentRunsDifferAtTheBeginning()
    {
        const std::string first = benchPrompt(1, 20);
        const std::string second = benchPrompt(2, 20);
        QVERIFY(first[0] != second[0]);
        QCOMPARE(std::count(first.begin(), first.end(), ' '), 20);
        QCOMPARE(benchPrompt(1, 20), first);
    }
};

QTEST_APPLESS_MAIN(BenchPromptTest)
#include "tst_bench_prompt.moc"
