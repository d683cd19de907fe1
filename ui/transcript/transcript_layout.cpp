#include "ui/transcript/transcript_layout.h"

#include <algorithm>
#include <cstdlib>

namespace ui {

namespace {

constexpr int settleRounds = 32; // each lays out at least one more block; two or three are usual

} // namespace

void TranscriptLayout::setItems(std::vector<std::unique_ptr<MessageItem>> items)
{
    m_items = std::move(items);
    m_validTops = 0;
    for (auto &item : m_items) {
        item->setWidth(m_width);
        item->setLast(item == m_items.back());
    }
}

void TranscriptLayout::append(std::unique_ptr<MessageItem> item)
{
    item->setWidth(m_width);
    item->setLast(true);
    if (!m_items.empty()) {
        m_items.back()->setLast(false);
        invalidate(count() - 1);
    }
    m_items.push_back(std::move(item));
}

int TranscriptLayout::sharedWith(const std::vector<TranscriptMessage> &messages) const
{
    const auto differs =
        std::mismatch(m_items.begin(), m_items.end(), messages.begin(), messages.end(),
                      [](const auto &item, const auto &other) { return item->message().id == other.id; });
    return static_cast<int>(differs.first - m_items.begin());
}

int TranscriptLayout::indexOf(storage::MessageId id) const
{
    for (int i = count() - 1; i >= 0; --i) { // replies that stream are at the end
        if (item(i).message().id == id)
            return i;
    }
    return -1;
}

void TranscriptLayout::setWidth(int width)
{
    if (m_width == width)
        return;
    m_width = width;
    m_validTops = 0;
    for (auto &item : m_items)
        item->setWidth(width);
}

void TranscriptLayout::restyle()
{
    m_validTops = 0;
    for (auto &item : m_items)
        item->restyle();
}

void TranscriptLayout::invalidate(int index)
{
    m_validTops = std::min(m_validTops, index + 1);
}

int TranscriptLayout::top(int index) const
{
    m_tops.resize(m_items.size() + 1);
    for (; m_validTops <= index; ++m_validTops) {
        const auto i = static_cast<std::size_t>(m_validTops);
        m_tops[i] = i == 0 ? marginTop : m_tops[i - 1] + m_items[i - 1]->height();
    }
    return m_tops[static_cast<std::size_t>(index)];
}

int TranscriptLayout::height() const
{
    return m_items.empty() ? 0 : top(count()) + marginBottom;
}

int TranscriptLayout::itemAt(int y) const
{
    if (m_items.empty())
        return -1;
    top(count());
    const auto after = std::upper_bound(m_tops.begin(), m_tops.end() - 1, y);
    return std::max(static_cast<int>(after - m_tops.begin()) - 1, 0);
}

TranscriptLayout::Anchor TranscriptLayout::anchorAt(int y)
{
    Anchor anchor;
    anchor.item = itemAt(y);
    if (anchor.item < 0)
        return anchor;
    MessageItem &at = item(anchor.item);
    const int inside = y - top(anchor.item);
    const QRect answer = at.geometry().answer;
    anchor.offset = inside;
    if (inside < answer.top() || at.isUser())
        return anchor;
    const int block = at.column(MessagePart::Answer).blockAt(inside - answer.top());
    if (block >= 0) {
        anchor.block = block;
        anchor.offset = y - yOf({anchor.item, block, 0});
    }
    return anchor;
}

int TranscriptLayout::yOf(const Anchor &anchor)
{
    if (anchor.item < 0 || anchor.item > count())
        return 0;
    int y = top(anchor.item) + anchor.offset;
    if (anchor.item == count())
        return y;
    MessageItem &at = item(anchor.item);
    if (anchor.block >= 0 && anchor.block < at.column(MessagePart::Answer).count())
        y += at.geometry().answer.top() + at.column(MessagePart::Answer).top(anchor.block);
    return y;
}

bool TranscriptLayout::layOutWindow(int from, int to)
{
    bool changed = false;
    for (int i = std::max(itemAt(from), 0); i < count() && top(i) < to; ++i) {
        if (item(i).layOutRange(from - top(i), to - top(i))) {
            invalidate(i);
            changed = true;
        }
    }
    return changed;
}

int TranscriptLayout::settle(const Anchor &anchor, int height)
{
    int y = 0;
    for (int round = 0; round < settleRounds; ++round) {
        y = std::clamp(yOf(anchor), 0, std::max(this->height() - height, 0));
        if (!layOutWindow(y, y + height))
            break;
    }
    release(y, y + height);
    return y;
}

int TranscriptLayout::settleAtEnd(int height)
{
    int y = 0;
    for (int round = 0; round < settleRounds; ++round) {
        y = std::max(this->height() - height, 0);
        if (!layOutWindow(y, y + height))
            break;
    }
    release(y, y + height);
    return y;
}

/// Layouts far from the window go, at most once for every window passed.
void TranscriptLayout::release(int from, int to)
{
    const int window = to - from;
    if (std::abs(from - m_released) < window)
        return;
    m_released = from;
    for (int i = 0; i < count(); ++i)
        item(i).release(from - 2 * window - top(i), to + 2 * window - top(i));
}

int TranscriptLayout::layoutsMade() const
{
    int sum = 0;
    for (const auto &item : m_items)
        sum += item->layoutsMade();
    return sum;
}

} // namespace ui
