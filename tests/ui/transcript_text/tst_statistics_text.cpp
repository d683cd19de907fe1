// Figures in words: the same number of digits whatever the speed, in the reader's number format.

#include "ui/transcript/statistics_text.h"

#include <QTest>
#include <QTranslator>

using ui::StatisticsText;

class StatisticsTextTest : public QObject {
    Q_OBJECT

private slots:
    void ratesAreFixedNotation_data();
    void ratesAreFixedNotation();
    void unknownRatesAreEmpty();
    void everyRateIsReadable();
    void times_data();
    void times();
    void tokensAreCounted();
    void summaryNamesEachPhase();
    void summaryWithoutThinkingIsShort();
    void liveIsEmptyBeforeTheFirstToken();
    void prefillTellsHowFar();
    void detailsSumUpToTheMessage();
    void figuresAgreeWithTheRecord();
};

namespace {

storage::StatisticsRecord sample()
{
    storage::StatisticsRecord record;
    record.promptTokens = 1334;
    record.cachedTokens = 100;
    record.promptSeconds = 1.0;
    record.firstTokenSeconds = 0.12;
    record.thinkingTokens = 1024;
    record.thinkingSeconds = 2.0;
    record.answerTokens = 249;
    record.answerSeconds = 0.5;
    record.contextUsed = 2607;
    record.contextLength = 4096;
    return record;
}

} // namespace

void StatisticsTextTest::ratesAreFixedNotation_data()
{
    QTest::addColumn<double>("rate");
    QTest::addColumn<QString>("english");
    QTest::addColumn<QString>("german");
    const auto row = [](double rate, const char *english, const char *german) {
        QTest::addRow("%g", rate) << rate << QString(english) + " tok/s" << QString(german) + " tok/s";
    };
    row(0.3, "0.30", "0,30");
    row(0.994, "0.99", "0,99");
    row(0.996, "1.0", "1,0");
    row(1.0, "1.0", "1,0");
    row(9.96, "10.0", "10,0");
    row(12.34, "12.3", "12,3");
    row(99.94, "99.9", "99,9");
    row(99.96, "100", "100");
    row(123.0, "123", "123");
    row(999.6, "1,000", "1.000");
    row(1234.0, "1,234", "1.234");
    row(5000.0, "5,000", "5.000");
}

void StatisticsTextTest::ratesAreFixedNotation()
{
    QFETCH(double, rate);
    QFETCH(QString, english);
    QFETCH(QString, german);
    QCOMPARE(StatisticsText(QLocale(QLocale::English, QLocale::UnitedStates)).rate(rate), english);
    QCOMPARE(StatisticsText(QLocale(QLocale::Chinese, QLocale::China)).rate(rate), english); // the same digits there
    QCOMPARE(StatisticsText(QLocale(QLocale::German, QLocale::Germany)).rate(rate), german);
}

void StatisticsTextTest::unknownRatesAreEmpty()
{
    const StatisticsText text;
    for (const double rate : {0.0, -1.0, qInf(), qQNaN()})
        QCOMPARE(text.rate(rate), QString());
    QCOMPARE(ui::tokenRate(10, 0.0), 0.0);
    QCOMPARE(ui::tokenRate(0, 1.0), 0.0);
}

void StatisticsTextTest::everyRateIsReadable()
{
    const QLocale locale(QLocale::Chinese, QLocale::China);
    const StatisticsText text(locale);
    for (double rate = 0.3; rate <= 5000.0; rate *= 1.003) {
        const QString shown = text.rate(rate).section(' ', 0, 0);
        QVERIFY2(!shown.contains('e'), qPrintable(shown));
        bool ok = false;
        const double back = locale.toDouble(shown, &ok);
        QVERIFY2(ok && std::abs(back - rate) <= std::max(0.005, rate * 0.05), qPrintable(shown));
    }
}

void StatisticsTextTest::times_data()
{
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("latency");
    QTest::addColumn<QString>("duration");
    QTest::newRow("0") << 0.0 << "0 ms"
                       << "0.0 s";
    QTest::newRow("0.0314") << 0.0314 << "31 ms"
                            << "0.0 s";
    QTest::newRow("0.0996") << 0.0996 << "0.10 s"
                            << "0.1 s";
    QTest::newRow("0.123") << 0.123 << "0.12 s"
                           << "0.1 s";
    QTest::newRow("3.24") << 3.24 << "3.2 s"
                          << "3.2 s";
    QTest::newRow("59.94") << 59.94 << "59.9 s"
                           << "59.9 s";
    QTest::newRow("59.96") << 59.96 << "1 min 00 s"
                           << "1 min 00 s";
    QTest::newRow("125") << 125.0 << "2 min 05 s"
                         << "2 min 05 s";
    QTest::newRow("3725") << 3725.0 << "1 h 02 min"
                          << "1 h 02 min";
}

void StatisticsTextTest::times()
{
    QFETCH(double, seconds);
    QFETCH(QString, latency);
    QFETCH(QString, duration);
    const StatisticsText text(QLocale::c());
    QCOMPARE(text.latency(seconds), latency);
    QCOMPARE(text.duration(seconds), duration);
}

void StatisticsTextTest::tokensAreCounted()
{
    const StatisticsText text(QLocale(QLocale::English, QLocale::UnitedStates));
    QCOMPARE(text.tokens(0), QStringLiteral("0 tokens"));
    QCOMPARE(text.tokens(1), QStringLiteral("1 token"));
    QCOMPARE(text.tokens(1234), QStringLiteral("1,234 tokens"));
}

void StatisticsTextTest::summaryNamesEachPhase()
{
    QCOMPARE(StatisticsText(QLocale(QLocale::English, QLocale::UnitedStates)).summary(sample()),
             QString::fromUtf8("1,273 tokens · thinking 512 tok/s · answer 498 tok/s · prompt 1,234 tok/s · cached 100 "
                               "tokens · first token 0.12 s"));
}

void StatisticsTextTest::summaryWithoutThinkingIsShort()
{
    storage::StatisticsRecord record;
    record.answerTokens = 10;
    record.answerSeconds = 20.0;
    QCOMPARE(StatisticsText(QLocale::c()).summary(record), QString::fromUtf8("10 tokens · 0.50 tok/s"));
    QCOMPARE(StatisticsText().summary({}), QString());
}

void StatisticsTextTest::liveIsEmptyBeforeTheFirstToken()
{
    ui::LiveStatistics live;
    const StatisticsText text(QLocale::c());
    QCOMPARE(text.live(live), QString());
    live.thinkingTokens = 30;
    live.answerTokens = 12;
    live.tokensPerSecond = 1234.4;
    live.firstTokenSeconds = 0.2;
    QCOMPARE(text.live(live), QString::fromUtf8("42 tokens · 1234 tok/s · first token 0.20 s"));
}

void StatisticsTextTest::prefillTellsHowFar()
{
    ui::LiveStatistics live;
    const StatisticsText text(QLocale(QLocale::English, QLocale::UnitedStates));
    QCOMPARE(text.prefill(live), QString::fromUtf8("Reading the prompt…"));
    live.promptDone = 512;
    live.promptTotal = 1024;
    QCOMPARE(text.prefill(live), QStringLiteral("Reading the prompt: 512 of 1,024 tokens"));
}

void StatisticsTextTest::detailsSumUpToTheMessage()
{
    storage::SamplerRecord sampler;
    sampler.seed = 42;
    const QString details = StatisticsText(QLocale(QLocale::English, QLocale::UnitedStates)).details(sample(), sampler);
    for (const char *part : {"Prompt read: 1,234 tokens in 1.0 s", "cache: 100 tokens", "First token after 0.12 s",
                             "Thinking: 1,024 tokens in 2.0 s", "Answer: 249 tokens in 0.50 s",
                             "Context used: 2,607 of 4,096 tokens", "Temperature 0.60, top-p 0.95, seed 42"})
        QVERIFY2(details.contains(part), qPrintable(details));
    // What departs from the template is said; what does not is not.
    QVERIFY(!details.contains(QStringLiteral("earlier thought")));
    const QString asked =
        StatisticsText().details(sample(), sampler, {storage::ThinkingMode::Off, storage::ThoughtsShown::All});
    QVERIFY(asked.contains(QStringLiteral("Thinking switched off")));
    QVERIFY(asked.contains(QStringLiteral("all earlier thoughts")));
}

void StatisticsTextTest::figuresAgreeWithTheRecord()
{
    const storage::StatisticsRecord record = sample();
    QCOMPARE(record.promptTokens + record.thinkingTokens + record.answerTokens, record.contextUsed);
    const QString summary = StatisticsText(QLocale::c()).summary(record);
    QVERIFY(summary.startsWith(QString::number(record.thinkingTokens + record.answerTokens) + " tokens"));
}

QTEST_GUILESS_MAIN(StatisticsTextTest)
#include "tst_statistics_text.moc"
