#include "ui/widgets/context_gauge.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QEvent>
#include <QFontMetrics>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

namespace ui {

namespace {

constexpr int ring = 22;
constexpr double ringWidth = 3.0;
constexpr int describeMilliseconds = 1000; // every change is spoken; a reply changes the figures every frame
constexpr double warnFrom = 0.80;
constexpr double alarmFrom = 0.95;

} // namespace

ContextGauge::ContextGauge(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_describe.setSingleShot(true);
    m_describe.setInterval(describeMilliseconds);
    connect(&m_describe, &QTimer::timeout, this, &ContextGauge::describe);
    describe();
}

void ContextGauge::setUsage(int used, int limit, int cached, std::uint64_t kvBytesPerToken)
{
    if (used == m_used && limit == m_limit && cached == m_cached && kvBytesPerToken == m_bytesPerToken)
        return;
    const bool relayout = limit != m_limit || kvBytesPerToken != m_bytesPerToken;
    m_used = used;
    m_limit = limit;
    m_cached = cached;
    m_bytesPerToken = kvBytesPerToken;
    if (relayout) {
        describe();
        updateGeometry();
    } else {
        describeSoon();
    }
    update();
}

QString ContextGauge::figures() const
{
    return QStringLiteral("%1 / %2").arg(formatCount(m_used), formatCount(m_limit));
}

QString ContextGauge::memory() const
{
    const auto bytes = static_cast<std::uint64_t>(std::max(m_used, 0)) * m_bytesPerToken;
    return m_bytesPerToken > 0 ? tr("KV %1", "memory of the KV cache").arg(formatBytes(bytes)) : QString();
}

QString ContextGauge::caption() const
{
    const QString known = memory();
    return known.isEmpty() ? tr("Context") : known;
}

QString ContextGauge::details() const
{
    const auto bytes = static_cast<std::uint64_t>(std::max(m_used, 0)) * m_bytesPerToken;
    const QString usage =
        tr("Context: %1 of %2 tokens\nOf the prompt, reused from the cache: %3 tokens\nMemory of the KV cache: %4")
            .arg(formatCount(m_used), formatCount(m_limit), formatCount(m_cached), formatBytes(bytes));
    if (m_cappedFrom == 0)
        return usage;
    return usage + QLatin1Char('\n') +
           tr("Capped to %1 of the model's %2 tokens because of memory")
               .arg(formatCount(m_limit), formatCount(m_cappedFrom));
}

void ContextGauge::describeSoon()
{
    if (!m_describe.isActive())
        m_describe.start();
}

void ContextGauge::describe()
{
    QStringList parts{tr("%1 of %2 tokens used").arg(formatCount(m_used), formatCount(m_limit))};
    if (const QString known = memory(); !known.isEmpty())
        parts.append(known);
    setAccessibleName(tr("Context"));
    setAccessibleDescription(parts.join(QStringLiteral(", ")));
}

QSize ContextGauge::sizeHint() const
{
    const auto &tokens = theme::current();
    const QFontMetrics metrics(tokens.fonts.small);
    // As wide as it will ever be with this model, so that nothing beside it moves while a reply streams.
    const QString widest = QStringLiteral("%1 / %1").arg(formatCount(m_limit));
    const QString memory =
        m_bytesPerToken > 0 ? tr("KV %1", "memory of the KV cache").arg(QStringLiteral("1024 MiB")) : tr("Context");
    const int text = std::max(metrics.horizontalAdvance(widest), metrics.horizontalAdvance(memory));
    return {ring + tokens.space.s + text + 2, std::max(32, 2 * metrics.height())};
}

void ContextGauge::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto &tokens = theme::current();
    const auto &colors = tokens.colors;
    const double part = m_limit > 0 ? std::clamp(static_cast<double>(m_used) / m_limit, 0.0, 1.0) : 0.0;
    const QColor color = part >= alarmFrom ? colors.danger : part >= warnFrom ? colors.warning : colors.accent;
    const QRectF circle(ringWidth / 2 + 0.5, (height() - ring) / 2.0 + ringWidth / 2, ring - ringWidth,
                        ring - ringWidth);
    painter.setPen(QPen(colors.border, ringWidth));
    painter.drawEllipse(circle);
    if (part > 0.0) {
        painter.setPen(QPen(color, ringWidth, Qt::SolidLine, Qt::RoundCap));
        painter.drawArc(circle, 90 * 16, -std::max(1, static_cast<int>(part * 360.0 * 16.0)));
    }
    const QFontMetrics metrics(tokens.fonts.small);
    const int left = ring + tokens.space.s;
    const int top = (height() - 2 * metrics.height()) / 2;
    painter.setFont(tokens.fonts.small);
    painter.setPen(part >= warnFrom ? color : colors.textSecondary);
    painter.drawText(left, top + metrics.ascent(), figures());
    painter.setPen(colors.textMuted);
    painter.drawText(left, top + metrics.height() + metrics.ascent(), caption());
}

bool ContextGauge::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip)
        QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(), details(), this);
    return event->type() == QEvent::ToolTip || QWidget::event(event);
}

void ContextGauge::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        describe();
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LanguageChange)
        updateGeometry();
}

} // namespace ui
