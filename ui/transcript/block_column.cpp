#include "ui/transcript/block_column.h"

#include <algorithm>

namespace ui {

namespace {

int sidewaysKey(const Block &block, int index)
{
    return block.group >= 0 ? block.group : -2 - index;
}

} // namespace

BlockColumn::BlockColumn(const MessageText &text, TextTone tone) : m_text(text), m_style(makeTextStyle(tone)) {}

void BlockColumn::setWidth(int width)
{
    if (m_width == width)
        return;
    m_width = width;
    blocksChanged(0);
}

void BlockColumn::restyle()
{
    m_style = makeTextStyle(m_style.tone);
    m_sideways.clear();
    blocksChanged(0);
}

void BlockColumn::blocksChanged(int first)
{
    const int count = static_cast<int>(m_text.blocks().size());
    for (int i = first; i < this->count(); ++i)
        m_height -= m_slots[static_cast<std::size_t>(i)].gap + m_slots[static_cast<std::size_t>(i)].height;
    m_slots.resize(static_cast<std::size_t>(std::min(first, count)));
    m_slots.resize(static_cast<std::size_t>(count));
    m_validTops = std::min(m_validTops, first);
    for (int i = first; i < count; ++i) {
        Slot &slot = m_slots[static_cast<std::size_t>(i)];
        slot.gap = gapAbove(block(i), i > 0 ? &block(i - 1) : nullptr, m_style);
        slot.height = estimatedHeight(block(i), m_width, m_style) + footer(i);
        m_height += slot.gap + slot.height;
    }
    if (first > 0 && first <= count) { // it may have become, or ceased to be, the last piece of its code
        const Slot &before = m_slots[static_cast<std::size_t>(first - 1)];
        if (before.layout != nullptr)
            setHeight(first - 1, before.layout->height + footer(first - 1));
    }
}

int BlockColumn::footer(int index) const
{
    return block(index).kind == BlockKind::Code && isLastPiece(index) ? codeFooter(m_style) : 0;
}

bool BlockColumn::isLastPiece(int index) const
{
    return index + 1 >= static_cast<int>(m_text.blocks().size()) || !block(index + 1).continues;
}

int BlockColumn::top(int index) const
{
    m_tops.resize(m_slots.size());
    for (; m_validTops <= index; ++m_validTops) {
        const auto i = static_cast<std::size_t>(m_validTops);
        const int above = i > 0 ? m_tops[i - 1] + m_slots[i - 1].height : 0;
        m_tops[i] = above + m_slots[i].gap;
    }
    return m_tops[static_cast<std::size_t>(index)];
}

int BlockColumn::blockAt(int y) const
{
    if (m_slots.empty())
        return -1;
    top(count() - 1);
    const auto after = std::upper_bound(m_tops.begin(), m_tops.end(), y);
    return std::max(static_cast<int>(after - m_tops.begin()) - 1, 0);
}

void BlockColumn::setHeight(int index, int height)
{
    Slot &slot = m_slots[static_cast<std::size_t>(index)];
    m_height += height - slot.height;
    slot.height = height;
    m_validTops = std::min(m_validTops, index + 1);
}

bool BlockColumn::measure(int index)
{
    Slot &slot = m_slots[static_cast<std::size_t>(index)];
    slot.layout = layOutBlock(block(index), m_width, m_style);
    ++m_layoutsMade;
    if (slot.layout->scrolls()) {
        Sideways &sideways = m_sideways[sidewaysKey(block(index), index)];
        sideways.contentWidth = std::max(sideways.contentWidth, slot.layout->contentWidth);
    }
    const int before = slot.height;
    setHeight(index, slot.layout->height + footer(index));
    return slot.height != before;
}

bool BlockColumn::layOutRange(int from, int to)
{
    if (m_slots.empty() || to <= 0 || from >= m_height)
        return false;
    bool changed = false;
    for (int i = blockAt(from); i < count() && top(i) < to; ++i) {
        if (m_slots[static_cast<std::size_t>(i)].layout == nullptr)
            changed = measure(i) || changed;
    }
    return changed;
}

void BlockColumn::release(int from, int to)
{
    for (int i = 0; i < count(); ++i) {
        if (bottom(i) < from || top(i) > to)
            m_slots[static_cast<std::size_t>(i)].layout.reset();
    }
}

const BlockLayout &BlockColumn::layoutOf(int index)
{
    if (m_slots[static_cast<std::size_t>(index)].layout == nullptr)
        measure(index);
    return *m_slots[static_cast<std::size_t>(index)].layout;
}

qreal BlockColumn::scrollX(int index) const
{
    return m_sideways.value(sidewaysKey(block(index), index)).offset;
}

qreal BlockColumn::contentWidth(int index) const
{
    return m_sideways.value(sidewaysKey(block(index), index)).contentWidth;
}

bool BlockColumn::scrollSideways(int index, qreal delta)
{
    const auto found = m_sideways.find(sidewaysKey(block(index), index));
    if (found == m_sideways.end())
        return false;
    const qreal range = found->contentWidth - layoutOf(index).frame.width();
    found->offset = std::clamp(found->offset + delta, qreal(0), std::max(range, qreal(0)));
    return true;
}

} // namespace ui
