#include "ui/widgets/routing_strip.h"

#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr int stripHeight = 32;
constexpr int mostWidth = 192;
constexpr int mostCell = 10;
constexpr double fadeSeconds = 0.3; ///< time constant: 4 % are left after a second
constexpr float darkBelow = 0.02F;
constexpr qint64 newestMilliseconds = 1000; ///< then the newest token is shown at rest
constexpr int frameMilliseconds = 33;
constexpr double smallestGapCell = 3.0; ///< below this a gap would eat the cell

} // namespace

RoutingStrip::RoutingStrip(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_timer.setInterval(frameMilliseconds);
    connect(&m_timer, &QTimer::timeout, this, &RoutingStrip::fade);
    describe();
}

void RoutingStrip::setModel(const engine::ModelInfo &info)
{
    m_layers = info.moeLayers;
    m_experts = info.routedExperts;
    m_expertsPerToken = info.expertsPerToken;
    clear();
    updateGeometry();
}

std::size_t RoutingStrip::index(std::size_t row, std::size_t expert) const
{
    return row * static_cast<std::size_t>(m_experts) + expert;
}

void RoutingStrip::clear()
{
    m_newest.clear();
    m_activity.assign(hasExperts() ? index(m_layers.size(), 0) : 0, 0.0F);
    m_timer.stop();
    describe();
    update();
}

void RoutingStrip::showRoutes(const std::vector<std::uint16_t> &routes)
{
    const auto perRow = static_cast<std::size_t>(std::max(m_expertsPerToken, 1));
    if (!hasExperts() || routes.size() != m_layers.size() * perRow)
        return;
    m_newest = routes;
    m_newestAge.start();
    if (theme::current().reducedMotion)
        std::fill(m_activity.begin(), m_activity.end(), 0.0F);
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (routes[i] < m_experts)
            m_activity[index(i / perRow, routes[i])] += 1.0F;
    }
    if (!theme::current().reducedMotion && !m_timer.isActive()) {
        m_frame.start();
        m_timer.start();
    }
    update();
}

float RoutingStrip::activity(int row, int expert) const
{
    return m_activity[index(static_cast<std::size_t>(row), static_cast<std::size_t>(expert))];
}

bool RoutingStrip::isNewest(int row, int expert) const
{
    if (m_newest.empty())
        return false;
    const auto begin = m_newest.begin() + std::ptrdiff_t{row} * m_expertsPerToken;
    const auto end = begin + m_expertsPerToken;
    return std::find(begin, end, static_cast<std::uint16_t>(expert)) != end;
}

void RoutingStrip::fade()
{
    const double seconds = static_cast<double>(m_frame.restart()) / 1000.0;
    const auto factor = static_cast<float>(std::exp(-seconds / fadeSeconds));
    bool lit = !m_newestAge.hasExpired(newestMilliseconds);
    for (float &value : m_activity) {
        value = value * factor < darkBelow ? 0.0F : value * factor;
        lit = lit || value > 0.0F;
    }
    if (!lit)
        m_timer.stop();
    update();
}

void RoutingStrip::describe()
{
    setAccessibleName(tr("Expert routing"));
    setAccessibleDescription(tr("%1 mixture-of-experts layers with %2 experts each; %3 are used per token")
                                 .arg(m_layers.size())
                                 .arg(m_experts)
                                 .arg(m_expertsPerToken));
}

QString RoutingStrip::cellText(const QPoint &position) const
{
    if (!hasExperts() || !rect().contains(position))
        return {};
    const auto rows = static_cast<int>(m_layers.size());
    const int row = std::clamp(position.y() * rows / std::max(height(), 1), 0, rows - 1);
    const int expert = std::clamp(position.x() * m_experts / std::max(width(), 1), 0, m_experts - 1);
    const QString cell = tr("Layer %1, expert %2").arg(m_layers[static_cast<std::size_t>(row)]).arg(expert);
    return isNewest(row, expert) ? tr("%1 — used by the newest token").arg(cell) : cell;
}

QSize RoutingStrip::sizeHint() const
{
    if (!hasExperts())
        return {0, 0};
    return {std::min(mostWidth, m_experts * mostCell), stripHeight};
}

bool RoutingStrip::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), cellText(help->pos()), this);
        return true;
    }
    if (event->type() == QEvent::LanguageChange)
        describe();
    return QWidget::event(event);
}

void RoutingStrip::paintEvent(QPaintEvent *)
{
    if (!hasExperts())
        return;
    QPainter painter(this);
    const double cellWidth = static_cast<double>(width()) / m_experts;
    const double cellHeight = static_cast<double>(height()) / static_cast<double>(m_layers.size());
    const double gapX = cellWidth >= smallestGapCell ? 1.0 : 0.0;
    const double gapY = cellHeight >= smallestGapCell ? 1.0 : 0.0;
    for (std::size_t row = 0; row < m_layers.size(); ++row) {
        const auto begin = m_activity.begin() + static_cast<std::ptrdiff_t>(index(row, 0));
        const float rowMost = std::max(1.0F, *std::max_element(begin, begin + m_experts));
        for (int expert = 0; expert < m_experts; ++expert)
            painter.fillRect(QRectF(expert * cellWidth, static_cast<double>(row) * cellHeight,
                                    std::max(cellWidth - gapX, 1.0), std::max(cellHeight - gapY, 1.0)),
                             cellColor(row, expert, rowMost));
    }
}

QColor RoutingStrip::cellColor(std::size_t row, int expert, float rowMost) const
{
    constexpr double newest = 0.9;
    constexpr double resting = 0.4; // the last token of a reply stays in view
    constexpr double trail = 0.5;
    if (isNewest(static_cast<int>(row), expert)) {
        const bool fresh = theme::current().reducedMotion || !m_newestAge.hasExpired(newestMilliseconds);
        return theme::heatColor(fresh ? newest : resting);
    }
    const float value = m_activity[index(row, static_cast<std::size_t>(expert))] / rowMost;
    return theme::heatColor(trail * static_cast<double>(value));
}

} // namespace ui
