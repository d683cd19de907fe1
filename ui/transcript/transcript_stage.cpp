#include "ui/transcript/transcript_stage.h"

#include "ui/theme/theme.h"
#include "ui/transcript/jump_button.h"
#include "ui/transcript/message_editor.h"
#include "ui/transcript/message_painter.h"
#include "ui/transcript/transcript_view.h"

#include <QPainter>
#include <QScrollBar>
#include <algorithm>
#include <cmath>
#include <numbers>

namespace ui {

namespace {

constexpr int frameMilliseconds = 16;
constexpr int clockMilliseconds = 100; // the thinking timer shows tenths of a second
constexpr int sideMargin = 24;
constexpr int endTolerance = 24; // px from the end within which the view follows again
constexpr int jumpDistance = 80; // px from the end at which the jump button appears

} // namespace

TranscriptStage::TranscriptStage(TranscriptView *view)
    : QObject(view), m_view(view), m_jump(new JumpButton(view->viewport())), m_announcer(view)
{
    m_frame.setSingleShot(true);
    m_frame.setTimerType(Qt::PreciseTimer);
    connect(&m_frame, &QTimer::timeout, this, &TranscriptStage::flush);
    m_pulse.setInterval(clockMilliseconds);
    connect(&m_pulse, &QTimer::timeout, this, &TranscriptStage::pulse);
    m_copiedTimer.setSingleShot(true);
    m_copiedTimer.setInterval(1500);
    connect(&m_copiedTimer, &QTimer::timeout, this, [this] {
        m_copied.reset();
        m_view->viewport()->update();
    });
    connect(m_jump, &QAbstractButton::clicked, this, &TranscriptStage::scrollToEnd);
    m_sinceFrame.start();
}

// --- content -----------------------------------------------------------------------------------------

void TranscriptStage::appendText(storage::MessageId id, storage::PartKind kind, const QString &text)
{
    const int index = m_page.indexOf(id);
    if (index < 0)
        return;
    MessageItem &item = m_page.item(index);
    const bool wasOpen = item.hasThinking() && item.thinking().isOpen();
    item.appendText(kind, text);
    markDirty(index);
    if (wasOpen && !item.thinking().isOpen())
        foldThinking(index, true);
    if (kind == storage::PartKind::Answer || item.thinking().isOpen())
        m_announcer.appended(id, index, kind, text);
}

void TranscriptStage::showLive(storage::MessageId id, const LiveStatistics &live)
{
    const int index = m_page.indexOf(id);
    if (index < 0)
        return;
    m_page.item(index).setLive(live);
    markDirty(index);
}

void TranscriptStage::finishMessage(const TranscriptMessage &message)
{
    const int index = m_page.indexOf(message.id);
    if (index < 0)
        return;
    MessageItem &item = m_page.item(index);
    const bool wasOpen = item.hasThinking() && item.thinking().isOpen();
    item.finish(message);
    markDirty(index);
    flush();
    if (wasOpen && !item.thinking().isOpen())
        foldThinking(index, true);
    m_announcer.finished(message.id, index);
    updateRunning();
}

void TranscriptStage::setThinkingDisplay(ThinkingDisplay display)
{
    if (m_display == display)
        return;
    m_display = display;
    for (int i = 0; i < m_page.count(); ++i) {
        m_page.item(i).thinking().setDisplay(display);
        m_page.item(i).setLayoutChanged();
    }
    m_page.invalidate(-1);
    settle();
}

void TranscriptStage::setAllowedActions(AllowedActions allowed)
{
    if (m_allowed == allowed)
        return;
    m_allowed = allowed;
    if (m_editor != nullptr)
        m_editor->setSavingAllowed(allowed.reply);
    m_view->viewport()->update();
}

void TranscriptStage::markDirty(int index)
{
    if (std::find(m_dirty.begin(), m_dirty.end(), index) == m_dirty.end())
        m_dirty.push_back(index);
    if (!m_frame.isActive())
        m_frame.start(static_cast<int>(std::max<qint64>(0, frameMilliseconds - m_sinceFrame.elapsed())));
}

void TranscriptStage::flush()
{
    m_frame.stop();
    if (m_dirty.empty())
        return;
    for (const int index : m_dirty) {
        m_page.item(index).update();
        m_page.invalidate(index);
    }
    m_dirty.clear();
    if (!m_follow)
        m_jump->setNews(true);
    settle();
    updateRunning();
    m_sinceFrame.restart();
}

void TranscriptStage::restyle()
{
    m_page.restyle();
    settle();
}

void TranscriptStage::retranslate()
{
    m_selection.clear(); // our own words between those of the model change their length
    m_finder.clear();
    for (int i = 0; i < m_page.count(); ++i)
        m_page.item(i).retranslate();
    m_jump->retranslate();
    restyle();
}

// --- what runs by itself -----------------------------------------------------------------------------

void TranscriptStage::updateRunning()
{
    bool runs = false;
    for (int i = 0; i < m_page.count() && !runs; ++i) {
        MessageItem &item = m_page.item(i);
        runs = item.isStreaming() && (item.thinking().isActive() || !item.geometry().status.isEmpty());
    }
    if (runs && !m_pulse.isActive())
        m_pulse.start();
    else if (!runs)
        m_pulse.stop();
}

void TranscriptStage::pulse()
{
    m_phase = std::fmod(m_phase + clockMilliseconds / 1000.0, 1.6);
    for (int i = 0; i < m_page.count(); ++i) {
        MessageItem &item = m_page.item(i);
        if (!item.isStreaming())
            continue;
        const MessageGeometry &g = item.geometry();
        m_view->viewport()->update(toViewport(g.thinkingHeader, i));
        m_view->viewport()->update(toViewport(g.status, i));
    }
}

// --- page --------------------------------------------------------------------------------------------

int TranscriptStage::scrollTop() const
{
    return m_view->verticalScrollBar()->value();
}

int TranscriptStage::columnLeft() const
{
    return (room() - m_page.width()) / 2;
}

int TranscriptStage::room() const
{
    return m_view->contentsRect().width() - m_view->verticalScrollBar()->sizeHint().width();
}

void TranscriptStage::settle()
{
    if (m_settling) { // the scroll bar came or went and changed the width
        m_settleAgain = true;
        return;
    }
    m_settling = true;
    const theme::Tokens &tokens = theme::current();
    const int widest = tokens.space.readingWidth * tokens.fonts.reading.pixelSize() / 15;
    const int height = m_view->viewport()->height();
    m_page.setWidth(std::max(std::min(room() - 2 * sideMargin, widest), 120));
    const int y = m_follow ? m_page.settleAtEnd(height) : m_page.settle(m_anchor, height);
    QScrollBar *bar = m_view->verticalScrollBar();
    bar->setPageStep(height);
    bar->setSingleStep(tokens.fonts.reading.pixelSize() * 2);
    bar->setRange(0, std::max(m_page.height() - height, 0));
    bar->setValue(y);
    m_anchor = m_page.anchorAt(y);
    m_follow = m_follow || bar->maximum() == 0;
    m_settling = false;
    if (std::exchange(m_settleAgain, false))
        settle();
    placeOverlays();
    m_view->viewport()->update();
}

bool TranscriptStage::isNearEnd() const
{
    const QScrollBar *bar = m_view->verticalScrollBar();
    return bar->maximum() - bar->value() <= endTolerance;
}

void TranscriptStage::scrolled(int delta)
{
    if (m_settling)
        return;
    const QScrollBar *bar = m_view->verticalScrollBar();
    if (std::abs(delta) > 2 * m_view->viewport()->height())
        m_anchor = m_page.anchorAt(bar->value());
    else // by exactly as much as the reader scrolled, even if heights on the way turn out otherwise
        m_anchor.offset += delta;
    m_follow = delta > 0 && isNearEnd();
    settle();
}

/// Looking at a block out of view corrects its height; then everything below it moves.
bool TranscriptStage::settleIfOther(int item, int heightBefore)
{
    if (m_page.item(item).height() == heightBefore)
        return false;
    m_page.invalidate(item);
    settle();
    return true;
}

void TranscriptStage::scrollToEnd()
{
    flush();
    m_follow = true;
    settle();
}

void TranscriptStage::resized()
{
    settle();
}

void TranscriptStage::anchorTo(int item)
{
    m_follow = false;
    m_anchor = {item, -1, scrollTop() - m_page.top(item)};
}

bool TranscriptStage::reveal(int item, const QRect &rect)
{
    const int height = m_view->viewport()->height();
    const int top = m_page.top(item) + rect.top() - scrollTop();
    const int bottom = top + rect.height();
    if (top >= 0 && bottom <= height)
        return false;
    m_follow = false;
    const int room = std::min(height / 3, 80);
    m_anchor = {item, -1, top < 0 || rect.height() > height ? rect.top() - room : rect.bottom() + room - height};
    settle();
    return true;
}

QPoint TranscriptStage::toPage(QPoint viewportPoint) const
{
    return {viewportPoint.x() - columnLeft(), viewportPoint.y() + scrollTop()};
}

QRect TranscriptStage::toViewport(const QRect &rect, int item) const
{
    return rect.translated(columnLeft(), m_page.top(item) - scrollTop());
}

void TranscriptStage::placeOverlays()
{
    const QScrollBar *bar = m_view->verticalScrollBar();
    const QSize size = m_view->viewport()->size();
    if (m_follow)
        m_jump->setNews(false);
    m_jump->setVisible(!m_follow && bar->maximum() - bar->value() > jumpDistance);
    m_jump->move((size.width() - m_jump->width()) / 2, size.height() - m_jump->height() - 16);
    if (m_editor != nullptr)
        m_editor->setGeometry(toViewport(m_page.item(m_edited).geometry().bubble, m_edited));
}

void TranscriptStage::paint(QPainter &painter, const QRect &dirty)
{
    const theme::Tokens &tokens = theme::current();
    painter.fillRect(dirty, tokens.colors.window);
    const double wave = 0.5 + 0.5 * std::cos(2.0 * std::numbers::pi * m_phase / 1.6);
    for (int i = m_page.itemAt(dirty.top() + scrollTop()); i >= 0 && i < m_page.count(); ++i) {
        MessageItem &item = m_page.item(i);
        const int top = m_page.top(i) - scrollTop();
        if (top > dirty.bottom())
            break;
        MessagePaint paint{item, QPoint(columnLeft(), top), dirty.translated(-columnLeft(), -top)};
        paint.active = i == m_hotItem || i + 1 == m_page.count() || (m_focused && m_focused->item == i);
        paint.allowed = m_allowed;
        const auto mine = [i](const std::optional<ControlRef> &ref) {
            return ref && ref->item == i ? std::optional(ref->control) : std::nullopt;
        };
        paint.hot = mine(m_hot);
        paint.focused = m_view->hasFocus() ? mine(m_focused) : std::nullopt;
        paint.copied = mine(m_copied);
        paint.pulse = tokens.reducedMotion ? 1.0 : wave;
        paint.selection = [&, i](MessagePart part, int block) {
            return m_selection.markIn(i, part, block, static_cast<int>(item.column(part).block(block).text.size()));
        };
        paint.matches = [&, i](MessagePart part, int block) {
            return m_finder.matchesIn(item.column(part).block(block), i, part, block);
        };
        paintMessage(painter, paint);
    }
}

} // namespace ui
