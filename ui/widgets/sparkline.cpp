#include "ui/widgets/sparkline.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QEvent>
#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>

namespace ui {

namespace {

constexpr double windowSeconds = 60.0;
constexpr double sampleSeconds = 0.1; ///< denser samples replace the last one
constexpr int curveWidth = 72;

} // namespace

Sparkline::Sparkline(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    describe();
}

void Sparkline::start()
{
    m_samples.clear();
    m_described = 0.0;
    m_clock.start();
    describe();
    update();
}

void Sparkline::add(double tokensPerSecond)
{
    if (!m_clock.isValid())
        m_clock.start();
    addAt(static_cast<double>(m_clock.elapsed()) / 1000.0, tokensPerSecond);
}

void Sparkline::addAt(double seconds, double tokensPerSecond)
{
    if (m_samples.size() > 1 && seconds - m_samples[m_samples.size() - 2].seconds < sampleSeconds)
        m_samples.back().rate = tokensPerSecond;
    else
        m_samples.push_back({seconds, tokensPerSecond});
    while (m_samples.front().seconds < seconds - windowSeconds)
        m_samples.pop_front();
    if (m_samples.size() == 1 || seconds - m_described >= 1.0) { // once a second is enough for a screen reader
        m_described = seconds;
        describe();
    }
    update();
}

void Sparkline::describe()
{
    const QString value = formatRate(currentValue());
    setAccessibleName(tr("Throughput"));
    setAccessibleDescription(m_samples.empty() ? tr("No reply yet") : tr("%1 tokens per second").arg(value));
    setToolTip(m_samples.empty() ? tr("Tokens per second of the current reply")
                                 : tr("%1 tokens per second, last 60 seconds").arg(value));
}

QSize Sparkline::sizeHint() const
{
    const auto &tokens = theme::current();
    const QFontMetrics value(tokens.fonts.strong);
    const QFontMetrics unit(tokens.fonts.small);
    const int text = std::max(value.horizontalAdvance(QStringLiteral("8888")), unit.horizontalAdvance(tr("tok/s")));
    return {curveWidth + tokens.space.s + text, std::max(32, value.height() + unit.height())};
}

QRectF Sparkline::curveArea() const
{
    return QRectF(0.5, 4.0, curveWidth, height() - 8.0);
}

void Sparkline::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto &tokens = theme::current();
    const QRectF area = curveArea();
    painter.setPen(QPen(tokens.colors.border, 1.0));
    painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5));
    if (m_samples.size() > 1) {
        double top = 1.0;
        for (const Sample &sample : m_samples)
            top = std::max(top, sample.rate);
        const double first = m_samples.front().seconds;
        const double span = std::max(m_samples.back().seconds - first, 1.0);
        QPolygonF line;
        for (const Sample &sample : m_samples)
            line << QPointF(area.left() + (sample.seconds - first) / span * area.width(),
                            area.bottom() - std::max(sample.rate, 0.0) / top * area.height());
        QPainterPath fill;
        fill.addPolygon(line);
        fill.lineTo(line.last().x(), area.bottom());
        fill.lineTo(area.bottomLeft());
        fill.closeSubpath();
        painter.fillPath(fill, tokens.colors.accentSoft);
        painter.setPen(QPen(tokens.colors.accent, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolyline(line);
    }
    const int left = curveWidth + tokens.space.s;
    const QFontMetrics value(tokens.fonts.strong);
    const QFontMetrics unit(tokens.fonts.small);
    const int y = (height() - value.height() - unit.height()) / 2;
    painter.setFont(tokens.fonts.strong);
    painter.setPen(tokens.colors.textPrimary);
    painter.drawText(left, y + value.ascent(), m_samples.empty() ? QStringLiteral("–") : formatRate(currentValue()));
    painter.setFont(tokens.fonts.small);
    painter.setPen(tokens.colors.textMuted);
    painter.drawText(left, y + value.height() + unit.ascent(), tr("tok/s"));
}

void Sparkline::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        describe();
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LanguageChange)
        updateGeometry();
}

} // namespace ui
