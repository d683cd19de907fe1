// TranscriptStage: places under the pointer, and what the controls do.

#include "ui/theme/theme.h"
#include "ui/transcript/message_controls.h"
#include "ui/transcript/message_editor.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"

#include <QApplication>
#include <QClipboard>
#include <QVariantAnimation>
#include <algorithm>

namespace ui {

namespace {

constexpr int foldMilliseconds = 160;
constexpr int revealRounds = 4; // what was far away turns out to be elsewhere when it is laid out

} // namespace

// --- places ------------------------------------------------------------------------------------------

std::optional<ControlRef> TranscriptStage::controlAt(QPoint viewportPoint)
{
    const QPoint point = toPage(viewportPoint);
    const int index = m_page.itemAt(point.y());
    if (index < 0 || index == m_edited)
        return std::nullopt;
    const QPoint inside = point - QPoint(0, m_page.top(index));
    const auto box = MessageControls(m_page.item(index), m_allowed).at(inside);
    return box ? std::optional(ControlRef{index, box->control}) : std::nullopt;
}

TextPlace TranscriptStage::placeAt(QPoint viewportPoint)
{
    const QPoint point = toPage(viewportPoint);
    const int index = m_page.itemAt(point.y());
    if (index < 0)
        return {};
    MessageItem &item = m_page.item(index);
    const QPoint inside = point - QPoint(0, m_page.top(index));
    const MessageGeometry &g = item.geometry();
    const bool inThinking = !g.thinkingBody.isEmpty() && inside.y() <= g.thinkingBody.bottom();
    TextPlace place{index, inThinking ? MessagePart::Thinking : MessagePart::Answer, 0, 0};
    BlockColumn &column = item.column(place.part);
    if (column.count() == 0)
        return place;
    const QPoint inColumn = inside - item.origin(place.part);
    place.block = column.blockAt(inColumn.y());
    const QPointF inBlock(inColumn.x() + column.scrollX(place.block), inColumn.y() - column.top(place.block));
    place.offset = textPositionAt(column.layoutOf(place.block), inBlock);
    return place;
}

bool TranscriptStage::isOverText(QPoint viewportPoint)
{
    const QPoint point = toPage(viewportPoint);
    const int index = m_page.itemAt(point.y());
    if (index < 0)
        return false;
    const MessageGeometry &g = m_page.item(index).geometry();
    const QPoint inside = point - QPoint(0, m_page.top(index));
    return g.answer.contains(inside) || g.thinkingBody.contains(inside);
}

std::optional<ControlBox> TranscriptStage::boxOf(const ControlRef &ref)
{
    if (ref.item < 0 || ref.item >= m_page.count())
        return std::nullopt;
    MessageItem &item = m_page.item(ref.item);
    const int before = item.height();
    const auto box = MessageControls(item, m_allowed).find(ref.control);
    return settleIfOther(ref.item, before) ? MessageControls(item, m_allowed).find(ref.control) : box;
}

std::vector<ControlBox> TranscriptStage::controlsOf(int index)
{
    MessageItem &item = m_page.item(index);
    const int before = item.height();
    auto boxes = MessageControls(item, m_allowed).all();
    return settleIfOther(index, before) ? MessageControls(item, m_allowed).all() : std::move(boxes);
}

QRect TranscriptStage::rectOf(const ControlRef &ref)
{
    const auto box = boxOf(ref);
    return box ? toViewport(box->rect, ref.item) : QRect();
}

void TranscriptStage::setHot(const std::optional<ControlRef> &ref, int item)
{
    if (m_hot == ref && m_hotItem == item)
        return;
    m_hot = ref;
    m_hotItem = item;
    m_view->viewport()->update();
}

void TranscriptStage::setFocused(const std::optional<ControlRef> &ref)
{
    m_focused = ref;
    if (ref) {
        for (int round = 0; round < revealRounds; ++round) {
            const auto box = boxOf(*ref);
            if (!box || !reveal(ref->item, box->rect))
                break;
        }
        m_announcer.focusMoved();
    }
    m_view->viewport()->update();
}

// --- doing -------------------------------------------------------------------------------------------

void TranscriptStage::activate(const ControlRef &ref)
{
    const auto box = boxOf(ref);
    if (!box || !box->enabled)
        return;
    MessageItem &item = m_page.item(ref.item);
    const TranscriptMessage &message = item.message();
    switch (ref.control.kind) {
    case ControlKind::ThinkingToggle:
    case ControlKind::ThinkingCollapse:
        toggleThinking(ref.item);
        break;
    case ControlKind::CopyCode:
        copyText(codeOf(ref), ref);
        break;
    case ControlKind::Link: {
        const Block &block = item.column(ref.control.part).block(ref.control.block);
        emit m_view->linkActivated(block.links[block.spans[static_cast<std::size_t>(ref.control.span)].link]);
        break;
    }
    case ControlKind::Continue:
        emit m_view->continueRequested(message.id);
        break;
    case ControlKind::BranchPrevious:
        emit m_view->branchRequested(message.id, message.branch - 1);
        break;
    case ControlKind::BranchNext:
        emit m_view->branchRequested(message.id, message.branch + 1);
        break;
    case ControlKind::Edit:
        startEditing(ref.item);
        break;
    case ControlKind::Regenerate:
        emit m_view->regenerateRequested(message.id);
        break;
    case ControlKind::ShowPrompt:
        emit m_view->promptRequested(message.id);
        break;
    case ControlKind::Copy:
        copyText(item.source(m_copyWithThinking), ref);
        break;
    }
}

QString TranscriptStage::codeOf(const ControlRef &ref)
{
    BlockColumn &column = m_page.item(ref.item).column(ref.control.part);
    QString code = column.block(ref.control.block).text;
    for (int i = ref.control.block + 1; i < column.count() && column.block(i).continues; ++i) {
        if (!column.block(i).midLine)
            code += QLatin1Char('\n');
        code += column.block(i).text;
    }
    return code;
}

void TranscriptStage::copyText(const QString &text, const std::optional<ControlRef> &done)
{
    QGuiApplication::clipboard()->setText(text);
    m_copied = done;
    if (done)
        m_copiedTimer.start();
    m_view->viewport()->update();
}

void TranscriptStage::toggleThinking(int index)
{
    ThinkingBox &thinking = m_page.item(index).thinking();
    const bool wasOpen = thinking.isOpen();
    anchorTo(index); // the header stays under the pointer
    thinking.setOpen(!wasOpen);
    foldThinking(index, wasOpen);
    if (m_focused && m_focused->item == index && m_focused->control.kind == ControlKind::ThinkingCollapse)
        setFocused(ControlRef{index, {ControlKind::ThinkingToggle}});
}

void TranscriptStage::foldThinking(int index, bool wasOpen)
{
    const storage::MessageId id = m_page.item(index).message().id;
    if (m_animation)
        m_animation->stop();
    if (theme::current().reducedMotion || !m_view->isVisible()) {
        setUnfolded(id, std::nullopt);
        return;
    }
    m_animation = new QVariantAnimation(this);
    m_animation->setDuration(foldMilliseconds);
    m_animation->setEasingCurve(QEasingCurve::OutCubic);
    m_animation->setStartValue(wasOpen ? 1.0 : 0.0);
    m_animation->setEndValue(wasOpen ? 0.0 : 1.0);
    connect(m_animation, &QVariantAnimation::valueChanged, this,
            [this, id](const QVariant &value) { setUnfolded(id, value.toDouble()); });
    connect(m_animation, &QAbstractAnimation::stateChanged, this, [this, id](QAbstractAnimation::State state) {
        if (state == QAbstractAnimation::Stopped)
            setUnfolded(id, std::nullopt);
    });
    m_animation->start(QAbstractAnimation::DeleteWhenStopped);
}

void TranscriptStage::setUnfolded(storage::MessageId id, std::optional<double> part)
{
    const int index = m_page.indexOf(id);
    if (index < 0)
        return;
    m_page.item(index).thinking().setUnfolded(part);
    m_page.item(index).setLayoutChanged();
    m_page.invalidate(index);
    settle();
    if (!part && isNearEnd()) // folded up to the end: new text is followed again
        m_follow = true;
}

void TranscriptStage::fitEditor()
{
    MessageItem &edited = m_page.item(m_edited);
    edited.setEditorHeight(m_editor->preferredHeight());
    m_page.invalidate(m_edited);
    settle();
}

void TranscriptStage::startEditing(int index)
{
    if (index < 0 || !m_page.item(index).isUser() || !m_allowed.reply)
        return;
    endEditing();
    MessageItem &item = m_page.item(index);
    m_focusedBeforeEditing = m_focused;
    m_edited = index;
    m_editor = new MessageEditor(item.source(false), m_view->viewport());
    connect(m_editor, &MessageEditor::heightChanged, this, &TranscriptStage::fitEditor);
    connect(m_editor, &MessageEditor::cancelled, this, &TranscriptStage::endEditing);
    connect(m_editor, &MessageEditor::saved, this, [this](const QString &text) {
        const storage::MessageId id = m_page.item(m_edited).message().id;
        endEditing();
        emit m_view->editRequested(id, text);
    });
    anchorTo(index);
    fitEditor();
    fitEditor(); // now that the width is known
    m_editor->show();
    m_editor->setFocus();
    reveal(index, item.geometry().bubble);
}

void TranscriptStage::endEditing()
{
    if (m_editor == nullptr)
        return;
    const bool hadFocus = m_editor->isAncestorOf(QApplication::focusWidget());
    m_editor->hide();
    m_editor->deleteLater();
    m_editor = nullptr;
    const int index = std::exchange(m_edited, -1);
    m_page.item(index).setEditorHeight(0);
    m_page.invalidate(index);
    settle();
    const auto focused = std::exchange(m_focusedBeforeEditing, std::nullopt);
    if (!hadFocus)
        return;
    m_view->setFocus();
    setFocused(focused && focused->item < m_page.count() ? focused : std::nullopt);
}

// --- search ------------------------------------------------------------------------------------------

bool TranscriptStage::find(const QString &text, bool backward)
{
    flush();
    TextPlace start = m_selection.isEmpty() ? placeAt(QPoint(columnLeft(), 0)) : m_selection.first();
    if (backward && m_selection.isEmpty())
        start = placeAt(QPoint(columnLeft() + m_page.width(), m_view->viewport()->height()));
    const auto hit = m_finder.next(m_page, text, backward, start);
    if (hit)
        showMatch(*hit, static_cast<int>(text.size()));
    m_view->viewport()->update();
    return hit.has_value();
}

void TranscriptStage::showMatch(const TextPlace &place, int length)
{
    MessageItem &item = m_page.item(place.item);
    if (place.part == MessagePart::Thinking && !item.thinking().isOpen()) {
        item.thinking().setOpen(true);
        item.setLayoutChanged();
    }
    BlockColumn &column = item.column(place.part);
    const auto rects = rectsOf(column.layoutOf(place.block), place.offset, place.offset + length);
    item.setLayoutChanged();
    m_page.invalidate(place.item);
    if (rects.isEmpty())
        return;
    const QRect inColumn = rects.first().toAlignedRect().translated(0, column.top(place.block));
    if (place.part == MessagePart::Thinking) {
        item.geometry();
        item.thinking().scrollTo(inColumn.top() - item.geometry().thinkingBody.height() / 3);
        item.setLayoutChanged();
    }
    settle();
    reveal(place.item, inColumn.translated(item.origin(place.part)));
}

} // namespace ui
