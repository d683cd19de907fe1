#include "ui/library/memory_bar.h"

#include "ui/theme/theme.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

namespace ui {

MemoryBar::MemoryBar(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void MemoryBar::setPlan(const engine::MemoryPlan &plan)
{
    m_plan = plan;
    update();
}

QColor MemoryBar::color(Part part)
{
    const auto &colors = theme::current().colors;
    switch (part) {
    case Part::Weights:
        return colors.accent;
    case Part::Cache:
        return colors.heat[2];
    case Part::Buffers:
        break;
    }
    return colors.borderStrong;
}

std::uint64_t MemoryBar::bytes(const engine::MemoryPlan &plan, Part part)
{
    switch (part) {
    case Part::Weights:
        return plan.weightBytes;
    case Part::Cache:
        return plan.kvBytes;
    case Part::Buffers:
        break;
    }
    return plan.bufferBytes;
}

void MemoryBar::paintEvent(QPaintEvent *)
{
    const auto &colors = theme::current().colors;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF track = QRectF(rect()).adjusted(0, 3, 0, -3);
    QPainterPath outline;
    outline.addRoundedRect(track, track.height() / 2, track.height() / 2);
    painter.fillPath(outline, colors.pressed);
    const auto whole = static_cast<double>(std::max(m_plan.totalBytes(), m_plan.availableBytes));
    if (whole <= 0.0)
        return;
    painter.save();
    painter.setClipPath(outline);
    double left = track.left();
    for (const Part part : parts) {
        const double share = static_cast<double>(bytes(m_plan, part)) / whole;
        // What is there is seen, however little it is.
        const double width = bytes(m_plan, part) > 0 ? std::max(2.0, share * track.width()) : 0.0;
        painter.fillRect(QRectF(left, track.top(), width, track.height()), color(part));
        left += width;
    }
    const double end = track.left() + static_cast<double>(m_plan.availableBytes) / whole * track.width();
    if (!m_plan.fits()) { // what there is no room for
        QColor beyond = colors.danger;
        beyond.setAlphaF(0.6F);
        painter.fillRect(QRectF(end, track.top(), track.right() - end, track.height()), beyond);
    }
    painter.restore();
    if (m_plan.fits())
        return;
    painter.fillRect(QRectF(std::clamp(end - 1.0, 0.0, width() - 3.0), 0, 3, height()), colors.danger);
}

} // namespace ui
