#include "ui/transcript/statistics_text.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

QString separator()
{
    return QStringLiteral(" \u00B7 ");
}

} // namespace

double tokenRate(int tokens, double seconds)
{
    return tokens > 0 && seconds > 0.0 ? tokens / seconds : 0.0;
}

StatisticsText::StatisticsText(const QLocale &locale) : m_locale(locale) {}

QString StatisticsText::number(double value, int decimals) const
{
    return m_locale.toString(value, 'f', decimals);
}

QString StatisticsText::rate(double tokensPerSecond) const
{
    if (!std::isfinite(tokensPerSecond) || tokensPerSecond <= 0.0)
        return {};
    // The limits are those of the rounded figure: 99.96 is "100", not "100.0".
    const int decimals = tokensPerSecond < 0.995 ? 2 : tokensPerSecond < 99.95 ? 1 : 0;
    return tr("%1 tok/s", "tokens per second").arg(number(tokensPerSecond, decimals));
}

QString StatisticsText::latency(double seconds) const
{
    if (seconds < 0.0995) // a small model answers in less than "0.0 s" can tell
        return tr("%1 ms", "milliseconds").arg(std::lround(1000.0 * std::max(seconds, 0.0)));
    return seconds < 0.995 ? tr("%1 s", "seconds").arg(number(std::max(seconds, 0.0), 2)) : duration(seconds);
}

QString StatisticsText::duration(double seconds) const
{
    if (seconds < 59.95)
        return tr("%1 s", "seconds").arg(number(std::max(seconds, 0.0), 1));
    const qint64 whole = std::llround(seconds);
    const QChar zero(u'0');
    if (whole < 3600)
        return tr("%1 min %2 s").arg(whole / 60).arg(whole % 60, 2, 10, zero);
    return tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60, 2, 10, zero);
}

QString StatisticsText::tokens(int count) const
{
    if (count == 1) // right without a translation of the source language, too
        return tr("1 token");
    return tr("%1 tokens", nullptr, count).arg(m_locale.toString(count));
}

QString StatisticsText::summary(const storage::StatisticsRecord &record) const
{
    QStringList parts;
    const auto add = [&parts](const QString &sentence, const QString &value) {
        if (!value.isEmpty())
            parts.append(sentence.arg(value));
    };
    const int generated = record.thinkingTokens + record.answerTokens;
    if (generated > 0)
        parts.append(tokens(generated));
    const double answerRate = tokenRate(record.answerTokens, record.answerSeconds);
    const double thinkingRate = tokenRate(record.thinkingTokens, record.thinkingSeconds);
    if (record.thinkingTokens > 0) {
        add(tr("thinking %1", "speed"), rate(thinkingRate));
        add(tr("answer %1", "speed"), rate(answerRate));
    } else {
        add(QStringLiteral("%1"), rate(answerRate));
    }
    add(tr("prompt %1", "speed"), rate(tokenRate(record.promptTokens - record.cachedTokens, record.promptSeconds)));
    if (record.cachedTokens > 0)
        add(tr("cached %1", "part of the prompt"), tokens(record.cachedTokens));
    if (record.firstTokenSeconds > 0.0)
        add(tr("first token %1", "latency"), latency(record.firstTokenSeconds));
    return parts.join(separator());
}

QString StatisticsText::live(const LiveStatistics &live) const
{
    QStringList parts;
    const int generated = live.thinkingTokens + live.answerTokens;
    if (generated == 0)
        return {};
    parts.append(tokens(generated));
    if (const QString speed = rate(live.tokensPerSecond); !speed.isEmpty())
        parts.append(speed);
    if (live.firstTokenSeconds > 0.0)
        parts.append(tr("first token %1", "latency").arg(latency(live.firstTokenSeconds)));
    return parts.join(separator());
}

QString StatisticsText::prefill(const LiveStatistics &live) const
{
    if (live.promptTotal <= 0)
        return tr("Reading the prompt…");
    return tr("Reading the prompt: %1 of %2 tokens")
        .arg(m_locale.toString(live.promptDone), m_locale.toString(live.promptTotal));
}

/// Only what is not as the model's template does it.
QStringList StatisticsText::lines(const storage::ThinkingRecord &asked)
{
    QStringList lines;
    if (asked.mode != storage::ThinkingMode::Template)
        lines.append(asked.mode == storage::ThinkingMode::On ? tr("Thinking switched on")
                                                             : tr("Thinking switched off"));
    if (asked.thoughtsShown == storage::ThoughtsShown::All)
        lines.append(tr("Saw all earlier thoughts again"));
    else if (asked.thoughtsShown == storage::ThoughtsShown::Newest)
        lines.append(tr("Saw the newest earlier thought again"));
    else if (asked.thoughtsShown == storage::ThoughtsShown::None)
        lines.append(tr("Saw no earlier thought again"));
    return lines;
}

QString StatisticsText::details(const storage::StatisticsRecord &record,
                                const std::optional<storage::SamplerRecord> &sampler,
                                const storage::ThinkingRecord &asked) const
{
    QStringList lines;
    const auto timed = [&](const QString &name, int count, double seconds) {
        QString line = tr("%1: %2").arg(name, tokens(count));
        if (seconds > 0.0)
            line += tr(" in %1").arg(latency(seconds));
        if (const QString speed = rate(tokenRate(count, seconds)); !speed.isEmpty())
            line += separator() + speed;
        lines.append(line);
    };
    timed(tr("Prompt read"), record.promptTokens - record.cachedTokens, record.promptSeconds);
    if (record.cachedTokens > 0)
        lines.append(tr("Prompt taken from the cache: %1").arg(tokens(record.cachedTokens)));
    if (record.firstTokenSeconds > 0.0)
        lines.append(tr("First token after %1").arg(latency(record.firstTokenSeconds)));
    if (record.thinkingTokens > 0)
        timed(tr("Thinking"), record.thinkingTokens, record.thinkingSeconds);
    timed(tr("Answer"), record.answerTokens, record.answerSeconds);
    if (record.contextLength > 0)
        lines.append(tr("Context used: %1 of %2 tokens")
                         .arg(m_locale.toString(record.contextUsed), m_locale.toString(record.contextLength)));
    if (sampler)
        lines.append(
            tr("Temperature %1, top-p %2, seed %3")
                .arg(number(sampler->temperature, 2), number(sampler->topP, 2), QString::number(sampler->seed)));
    lines.append(StatisticsText::lines(asked));
    return lines.join(QLatin1Char('\n'));
}

} // namespace ui
