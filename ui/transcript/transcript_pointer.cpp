#include "ui/transcript/transcript_pointer.h"

#include "ui/transcript/message_controls.h"
#include "ui/transcript/statistics_text.h"
#include "ui/transcript/transcript_view.h"
#include "ui/transcript/untrusted_text.h"

#include <QApplication>
#include <QScrollBar>
#include <QStyleHints>
#include <algorithm>

namespace ui {

namespace {

constexpr int autoScrollMilliseconds = 30;
constexpr int boxWheelMilliseconds = 300; // one gesture: what began in a box does not run on in the page
constexpr int scrollBarReach = 12;

} // namespace

TranscriptPointer::TranscriptPointer(TranscriptStage &stage) : m_stage(stage)
{
    m_autoScroll.setInterval(autoScrollMilliseconds);
    QObject::connect(&m_autoScroll, &QTimer::timeout, &stage, [this] { autoScroll(); });
}

int TranscriptPointer::itemAt(QPoint point) const
{
    return m_stage.page().itemAt(m_stage.toPage(point).y());
}

void TranscriptPointer::press(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const QPoint point = event->position().toPoint();
    m_clickPoint = point;
    if (pressScrollBar(point))
        return;
    m_pressed = m_stage.controlAt(point);
    if (m_pressed && m_pressed->control.kind != ControlKind::Link)
        return;
    m_stage.flush();
    const TextPlace place = m_stage.placeAt(point);
    TranscriptSelection &selection = m_stage.selection();
    const bool third = m_sinceDoubleClick.isValid() &&
                       m_sinceDoubleClick.elapsed() < QGuiApplication::styleHints()->mouseDoubleClickInterval();
    m_sinceDoubleClick.invalidate();
    if (third && place.isValid()) {
        const Block &block = m_stage.page().item(place.item).column(place.part).block(place.block);
        TextPlace from = place;
        TextPlace to = place;
        from.offset = 0;
        to.offset = static_cast<int>(block.text.size());
        selection.select(from, to);
    } else if ((event->modifiers() & Qt::ShiftModifier) != 0 && selection.anchor().isValid()) {
        selection.extendTo(place);
    } else {
        selection.begin(place);
    }
    m_selecting = !third && place.isValid();
    m_stage.view()->viewport()->update();
}

void TranscriptPointer::doubleClick(QMouseEvent *event)
{
    const QPoint point = event->position().toPoint();
    if (event->button() != Qt::LeftButton)
        return;
    if (m_stage.controlAt(point)) { // a fast second press of a button
        press(event);
        return;
    }
    const TextPlace place = m_stage.placeAt(point);
    if (!place.isValid() || m_stage.page().item(place.item).column(place.part).count() == 0)
        return;
    const Block &block = m_stage.page().item(place.item).column(place.part).block(place.block);
    const auto [start, end] = wordAt(block, place.offset);
    TextPlace from = place;
    TextPlace to = place;
    from.offset = start;
    to.offset = end;
    m_stage.selection().select(from, to);
    m_selecting = false;
    m_sinceDoubleClick.start();
    m_stage.view()->viewport()->update();
}

void TranscriptPointer::move(QMouseEvent *event)
{
    m_last = event->position().toPoint();
    if (m_barItem >= 0) {
        dragScrollBar(m_last);
        return;
    }
    if (m_selecting && (event->buttons() & Qt::LeftButton) != 0) {
        selectTo(m_last);
        const bool outside = m_last.y() < 0 || m_last.y() >= m_stage.view()->viewport()->height();
        if (outside && !m_autoScroll.isActive())
            m_autoScroll.start();
        else if (!outside)
            m_autoScroll.stop();
        return;
    }
    const QPoint inPage = m_stage.toPage(m_last);
    const bool inColumn = inPage.x() >= -16 && inPage.x() < m_stage.page().width() + 16;
    m_stage.setHot(m_stage.controlAt(m_last), inColumn ? itemAt(m_last) : -1);
    updateCursor(m_last);
}

void TranscriptPointer::release(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_autoScroll.stop();
    m_barItem = -1;
    const bool selected = m_selecting && !m_stage.selection().isEmpty();
    m_selecting = false;
    const auto pressed = std::exchange(m_pressed, std::nullopt);
    if (pressed && !selected && m_stage.controlAt(event->position().toPoint()) == pressed)
        m_stage.activate(*pressed);
}

void TranscriptPointer::leave()
{
    m_stage.setHot(std::nullopt, -1);
}

void TranscriptPointer::reset()
{
    m_autoScroll.stop();
    m_barItem = -1;
    m_selecting = false;
    m_pressed.reset();
}

void TranscriptPointer::updateCursor(QPoint point)
{
    Qt::CursorShape shape = Qt::ArrowCursor;
    if (const auto ref = m_stage.hot()) {
        const auto box = m_stage.boxOf(*ref);
        shape = box && box->enabled ? Qt::PointingHandCursor : Qt::ArrowCursor;
    } else if (m_stage.isOverText(point)) {
        shape = Qt::IBeamCursor;
    }
    m_stage.view()->viewport()->setCursor(shape);
}

void TranscriptPointer::selectTo(QPoint point)
{
    m_stage.selection().extendTo(m_stage.placeAt(point));
    m_stage.view()->viewport()->update();
}

void TranscriptPointer::autoScroll()
{
    const int height = m_stage.view()->viewport()->height();
    const int beyond = m_last.y() < 0 ? m_last.y() : std::max(m_last.y() - height, 0);
    QScrollBar *bar = m_stage.view()->verticalScrollBar();
    bar->setValue(bar->value() + beyond / 2);
    selectTo(QPoint(m_last.x(), std::clamp(m_last.y(), 0, height - 1)));
}

// --- boxes inside the page ---------------------------------------------------------------------------

bool TranscriptPointer::wheel(QWheelEvent *event)
{
    const QPoint point = event->position().toPoint();
    const int index = itemAt(point);
    if (index < 0)
        return false;
    MessageItem &item = m_stage.page().item(index);
    QPoint delta = event->pixelDelta().isNull() ? event->angleDelta() * 3 / 4 : event->pixelDelta();
    if ((event->modifiers() & Qt::ShiftModifier) != 0 && delta.x() == 0)
        delta = QPoint(delta.y(), 0);
    if (std::abs(delta.x()) > std::abs(delta.y())) {
        const TextPlace place = m_stage.placeAt(point);
        BlockColumn &column = item.column(place.part);
        if (column.count() > 0)
            column.scrollSideways(place.block, -delta.x());
        m_stage.view()->viewport()->update();
        return true;
    }
    const QRect body = m_stage.toViewport(item.geometry().thinkingBody, index);
    if (!body.contains(point) || item.thinking().maximum() == 0)
        return false;
    const bool moved = item.thinking().scrollBy(-delta.y());
    const bool sameGesture = m_sinceBoxWheel.isValid() && m_sinceBoxWheel.elapsed() < boxWheelMilliseconds;
    if (!moved && !sameGesture)
        return false;
    if (moved)
        m_sinceBoxWheel.start();
    item.setLayoutChanged();
    m_stage.settle();
    return true;
}

bool TranscriptPointer::pressScrollBar(QPoint point)
{
    const int index = itemAt(point);
    if (index < 0)
        return false;
    MessageItem &item = m_stage.page().item(index);
    const QRect body = m_stage.toViewport(item.geometry().thinkingBody, index);
    if (item.thinking().maximum() == 0 || !body.contains(point) || point.x() < body.right() - scrollBarReach)
        return false;
    m_barItem = index;
    dragScrollBar(point);
    return true;
}

void TranscriptPointer::dragScrollBar(QPoint point)
{
    MessageItem &item = m_stage.page().item(m_barItem);
    const QRect body = m_stage.toViewport(item.geometry().thinkingBody, m_barItem);
    const double part = static_cast<double>(point.y() - body.top()) / std::max(body.height(), 1);
    item.thinking().scrollTo(static_cast<int>(std::clamp(part, 0.0, 1.0) * item.thinking().maximum()));
    item.setLayoutChanged();
    m_stage.settle();
}

QString TranscriptPointer::toolTipAt(QPoint point) const
{
    if (const auto ref = m_stage.controlAt(point)) {
        const auto box = m_stage.boxOf(*ref);
        if (!box || ref->control.kind == ControlKind::ThinkingToggle)
            return {};
        if (ref->control.kind != ControlKind::Link)
            return box->name;
        const Block &block = m_stage.page().item(ref->item).column(ref->control.part).block(ref->control.block);
        const QString url = block.links[block.spans[static_cast<std::size_t>(ref->control.span)].link];
        return linkHost(url) + QLatin1Char('\n') + url;
    }
    const int index = itemAt(point);
    if (index < 0)
        return {};
    MessageItem &item = m_stage.page().item(index);
    const auto &statistics = item.message().statistics;
    if (!statistics || !m_stage.toViewport(item.geometry().footer, index).contains(point))
        return {};
    return StatisticsText().details(*statistics, item.message().sampler, item.message().asked);
}

} // namespace ui
