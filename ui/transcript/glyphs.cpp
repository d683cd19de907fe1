#include "ui/transcript/glyphs.h"

#include <QPainterPath>

namespace ui {

namespace {

void polyline(QPainterPath &path, std::initializer_list<QPointF> points)
{
    auto point = points.begin();
    path.moveTo(*point);
    while (++point != points.end())
        path.lineTo(*point);
}

QPainterPath pathOf(Glyph glyph)
{
    QPainterPath path;
    switch (glyph) {
    case Glyph::Copy:
        path.addRoundedRect(QRectF(5.5, 5.5, 8, 8), 2, 2);
        polyline(path, {{3.5, 10.5}, {2.5, 10.5}, {2.5, 2.5}, {10.5, 2.5}, {10.5, 3.5}});
        break;
    case Glyph::Done:
        polyline(path, {{3, 8.5}, {6.5, 12}, {13, 4.5}});
        break;
    case Glyph::Edit:
        polyline(path, {{3, 13}, {3.4, 10.2}, {10.8, 2.8}, {13.2, 5.2}, {5.8, 12.6}, {3, 13}});
        polyline(path, {{9.2, 4.4}, {11.6, 6.8}});
        break;
    case Glyph::Regenerate:
        path.arcMoveTo(QRectF(3, 3, 10, 10), 40);
        path.arcTo(QRectF(3, 3, 10, 10), 40, 290);
        polyline(path, {{12.9, 2.2}, {12.9, 5.4}, {9.7, 5.4}});
        break;
    case Glyph::Continue:
        polyline(path, {{5, 3.5}, {12, 8}, {5, 12.5}, {5, 3.5}});
        break;
    case Glyph::Prompt:
        path.addRoundedRect(QRectF(2.5, 3.5, 5, 3.8), 1, 1);
        path.addRoundedRect(QRectF(9.7, 3.5, 3.8, 3.8), 1, 1);
        path.addRoundedRect(QRectF(2.5, 9, 3.2, 3.8), 1, 1);
        path.addRoundedRect(QRectF(7.8, 9, 5.7, 3.8), 1, 1);
        break;
    case Glyph::ChevronLeft:
        polyline(path, {{9.5, 4}, {5.5, 8}, {9.5, 12}});
        break;
    case Glyph::ChevronRight:
        polyline(path, {{6.5, 4}, {10.5, 8}, {6.5, 12}});
        break;
    case Glyph::ChevronUp:
        polyline(path, {{4, 9.5}, {8, 5.5}, {12, 9.5}});
        break;
    case Glyph::ChevronDown:
        polyline(path, {{4, 6.5}, {8, 10.5}, {12, 6.5}});
        break;
    case Glyph::ArrowDown:
        polyline(path, {{8, 3}, {8, 13}});
        polyline(path, {{3.8, 8.8}, {8, 13}, {12.2, 8.8}});
        break;
    case Glyph::Notice:
        path.addEllipse(QRectF(2, 2, 12, 12));
        polyline(path, {{8, 5}, {8, 8.6}});
        polyline(path, {{8, 11}, {8, 11.1}});
        break;
    }
    return path;
}

} // namespace

void drawGlyph(QPainter &painter, Glyph glyph, const QRectF &box, const QColor &color)
{
    const qreal side = qMin(box.width(), box.height());
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(box.center() - QPointF(side / 2, side / 2));
    painter.scale(side / 16.0, side / 16.0);
    painter.setPen(QPen(color, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(pathOf(glyph));
    painter.restore();
}

} // namespace ui
