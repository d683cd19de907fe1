#pragma once
// Figures of a reply in words: speeds, times, counts, in the format of a locale. Pure.

#include "ui/transcript_message.h"

#include <QCoreApplication>
#include <QLocale>
#include <QString>
#include <QStringList>

namespace ui {

class StatisticsText {
    Q_DECLARE_TR_FUNCTIONS(ui::StatisticsText)

public:
    explicit StatisticsText(const QLocale &locale = QLocale());

    /// Fixed notation with three significant digits or more: "0.31 tok/s", "12.3 tok/s", "1,234 tok/s". Empty if not
    /// positive and finite.
    QString rate(double tokensPerSecond) const;
    /// "0.12 s", "3.2 s", "2 min 05 s".
    QString latency(double seconds) const;
    /// The same with one decimal below a minute: for a running clock.
    QString duration(double seconds) const;
    QString tokens(int count) const; ///< "1 token", "1,234 tokens"

    /// One line below a finished reply.
    QString summary(const storage::StatisticsRecord &record) const;
    /// The same while it streams; empty before the first token.
    QString live(const LiveStatistics &live) const;
    /// "Reading the prompt: 512 of 1,024 tokens".
    QString prefill(const LiveStatistics &live) const;
    /// Every figure, one a line: tooltip and accessible description.
    QString details(const storage::StatisticsRecord &record, const std::optional<storage::SamplerRecord> &sampler,
                    const storage::ThinkingRecord &asked = {}) const;

private:
    QString number(double value, int decimals) const;
    static QStringList lines(const storage::ThinkingRecord &asked);

    QLocale m_locale;
};

/// Tokens per second; 0 when it cannot be known.
double tokenRate(int tokens, double seconds);

} // namespace ui
