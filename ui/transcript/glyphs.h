#pragma once
// The transcript's small icons as strokes on a grid of 16: crisp at every scale and always in the colour at hand.

#include <QColor>
#include <QPainter>
#include <QRectF>

namespace ui {

enum class Glyph {
    Copy,
    Done,
    Edit,
    Regenerate,
    Continue,
    Prompt,
    ChevronLeft,
    ChevronRight,
    ChevronUp,
    ChevronDown,
    ArrowDown,
    Notice,
};

void drawGlyph(QPainter &painter, Glyph glyph, const QRectF &box, const QColor &color);

} // namespace ui
