#include "ui/transcript/message_controls.h"

#include "ui/theme/theme.h"
#include "ui/transcript/block_painter.h"
#include "ui/transcript/message_metrics.h"

#include <QFontMetrics>
#include <algorithm>

namespace ui {

QString MessageControls::continueText(bool onCpu)
{
    return onCpu ? tr("Continue on the CPU") : tr("Continue");
}

QString MessageControls::branchText() const
{
    return QStringLiteral("%1/%2").arg(m_item.message().branch + 1).arg(m_item.message().branches);
}

std::vector<ControlBox> MessageControls::row() const
{
    const QRect footer = m_item.geometry().footer;
    const TranscriptMessage &message = m_item.message();
    std::vector<ControlBox> boxes;
    int x = footer.right() + 1;
    const int y = footer.top() + (footer.height() - buttonSize) / 2;
    const auto add = [&](ControlKind kind, const QString &name, bool enabled) {
        x -= buttonSize;
        boxes.insert(boxes.begin(), {Control{kind}, QRect(x, y, buttonSize, buttonSize), name, enabled});
    };
    add(ControlKind::Copy, m_item.isReply() ? tr("Copy reply") : tr("Copy message"), true);
    if (m_item.isReply() && !m_item.isStreaming()) {
        add(ControlKind::ShowPrompt, tr("Show the exact prompt"), m_allowed.prompt);
        add(ControlKind::Regenerate, tr("Regenerate"), m_allowed.reply);
    }
    if (m_item.isUser() && m_item.isLast())
        add(ControlKind::Regenerate, tr("Ask for a reply"), m_allowed.reply);
    if (m_item.isUser())
        add(ControlKind::Edit, tr("Edit message"), m_allowed.reply);
    if (m_item.isSystem())
        add(ControlKind::Edit, tr("Edit the system prompt"), m_allowed.reply);
    if (message.branches > 1) {
        x -= 4;
        add(ControlKind::BranchNext, tr("Next version"), m_allowed.branch && message.branch + 1 < message.branches);
        x -= QFontMetrics(theme::current().fonts.small).horizontalAdvance(branchText()) + 4;
        add(ControlKind::BranchPrevious, tr("Previous version"), m_allowed.branch && message.branch > 0);
    }
    return boxes;
}

QRect MessageControls::branchLabel() const
{
    if (m_item.message().branches < 2)
        return {};
    const auto boxes = row();
    return {boxes[0].rect.topRight() + QPoint(1, 0), boxes[1].rect.bottomLeft() - QPoint(1, 0)};
}

std::optional<ControlBox> MessageControls::continueButton() const
{
    const QRect caption = m_item.geometry().caption;
    if (!m_item.canContinue() || caption.isEmpty())
        return std::nullopt;
    const QFontMetrics metrics(theme::current().fonts.small);
    const bool onCpu = m_allowed.onCpu;
    const int limit = MessageMetrics::captionTextWidth(caption.width(), m_item.continueWidth());
    const int text = std::min(metrics.horizontalAdvance(m_item.caption()), limit);
    const QRect rect(MessageMetrics::noticeIndent + text + 16, caption.top(), MessageMetrics::continueWidth(onCpu),
                     caption.height());
    return ControlBox{{ControlKind::Continue}, rect, continueText(onCpu), m_allowed.reply};
}

void MessageControls::addThinking(std::vector<ControlBox> &boxes, bool withBlocks) const
{
    const MessageGeometry &g = m_item.geometry();
    if (g.thinkingHeader.isEmpty())
        return;
    const QString name = m_item.thinking().isOpen() ? tr("Hide thinking") : tr("Show thinking");
    boxes.push_back({{ControlKind::ThinkingToggle}, g.thinkingHeader, name, true});
    if (g.thinkingBody.isEmpty())
        return;
    if (withBlocks)
        addBlocks(MessagePart::Thinking, boxes);
    boxes.push_back({{ControlKind::ThinkingCollapse}, g.thinkingCollapse, tr("Hide thinking"), true});
}

void MessageControls::addBlock(MessagePart part, int index, std::vector<ControlBox> &boxes) const
{
    BlockColumn &column = m_item.column(part);
    const Block &block = column.block(index);
    const QPoint corner = m_item.origin(part) + QPoint(0, column.top(index));
    if (block.kind == BlockKind::Code && !block.continues) {
        const QRect rect = codeCopyRect(block, column.layoutOf(index)).toRect();
        boxes.push_back({{ControlKind::CopyCode, part, index, -1}, rect.translated(corner), tr("Copy code"), true});
    }
    for (std::size_t i = 0; i < block.spans.size(); ++i) {
        const Span &span = block.spans[i];
        if (span.link < 0 || (i > 0 && block.spans[i - 1].link == span.link))
            continue;
        const auto rects = rectsOf(column.layoutOf(index), span.start, span.start + span.length);
        if (rects.isEmpty())
            continue;
        const QRect rect =
            rects.first().toAlignedRect().translated(corner - QPoint(static_cast<int>(column.scrollX(index)), 0));
        const QString name = tr("Link: %1").arg(block.text.mid(span.start, span.length));
        boxes.push_back({{ControlKind::Link, part, index, static_cast<int>(i)}, rect, name, true});
    }
}

void MessageControls::addBlocks(MessagePart part, std::vector<ControlBox> &boxes) const
{
    BlockColumn &column = m_item.column(part);
    std::vector<int> blocks;
    for (int i = 0; i < column.count(); ++i) {
        if (column.block(i).kind == BlockKind::Code || !column.block(i).links.isEmpty())
            blocks.push_back(i);
    }
    for (const int block : blocks) // all heights first: they decide where the blocks below are
        column.layoutOf(block);
    for (const int block : blocks)
        addBlock(part, block, boxes);
}

std::vector<ControlBox> MessageControls::all() const
{
    std::vector<ControlBox> boxes;
    addThinking(boxes, true);
    if (m_item.isReply())
        addBlocks(MessagePart::Answer, boxes);
    if (auto button = continueButton())
        boxes.push_back(std::move(*button));
    for (ControlBox &box : row())
        boxes.push_back(std::move(box));
    return boxes;
}

std::optional<ControlBox> MessageControls::inBlocks(MessagePart part, QPoint point) const
{
    BlockColumn &column = m_item.column(part);
    const QPoint origin = m_item.origin(part);
    const int index = column.blockAt(point.y() - origin.y());
    if (index < 0 || !m_item.clip(part).contains(point))
        return std::nullopt;
    const Block &block = column.block(index);
    const QPointF inside = point - origin - QPoint(0, column.top(index));
    const BlockLayout &layout = column.layoutOf(index);
    if (codeCopyRect(block, layout).contains(inside))
        return find({ControlKind::CopyCode, part, index, -1});
    const QPointF inText = inside + QPointF(column.scrollX(index), 0);
    for (std::size_t i = 0; i < block.spans.size(); ++i) {
        const Span &span = block.spans[i];
        if (span.link < 0)
            continue;
        const auto rects = rectsOf(layout, span.start, span.start + span.length);
        if (std::none_of(rects.begin(), rects.end(), [&](const QRectF &rect) { return rect.contains(inText); }))
            continue;
        std::size_t first = i; // a link of several styles is one control, named by its first span
        while (first > 0 && block.spans[first - 1].link == span.link)
            --first;
        return find({ControlKind::Link, part, index, static_cast<int>(first)});
    }
    return std::nullopt;
}

std::optional<ControlBox> MessageControls::at(QPoint point) const
{
    const MessageGeometry &g = m_item.geometry();
    if (g.thinkingHeader.contains(point))
        return find({ControlKind::ThinkingToggle});
    if (g.thinkingCollapse.contains(point))
        return find({ControlKind::ThinkingCollapse});
    if (g.thinkingBody.contains(point))
        return inBlocks(MessagePart::Thinking, point);
    if (m_item.isReply() && g.answer.contains(point))
        return inBlocks(MessagePart::Answer, point);
    if (const auto button = continueButton(); button && button->rect.contains(point))
        return button;
    for (const ControlBox &box : row()) {
        if (box.rect.contains(point))
            return box;
    }
    return std::nullopt;
}

std::optional<ControlBox> MessageControls::find(const Control &control) const
{
    std::vector<ControlBox> boxes;
    if (control.kind == ControlKind::CopyCode || control.kind == ControlKind::Link) {
        if (control.block >= 0 && control.block < m_item.column(control.part).count())
            addBlock(control.part, control.block, boxes);
    } else if (control.kind == ControlKind::ThinkingToggle || control.kind == ControlKind::ThinkingCollapse) {
        addThinking(boxes, false);
    } else if (control.kind == ControlKind::Continue) {
        return continueButton();
    } else {
        boxes = row();
    }
    const auto found =
        std::find_if(boxes.begin(), boxes.end(), [&](const ControlBox &b) { return b.control == control; });
    return found == boxes.end() ? std::nullopt : std::optional(*found);
}

} // namespace ui
