#include "ui/transcript/transcript_finder.h"

namespace ui {

namespace {

/// Steps through the blocks of a conversation in either direction.
class BlockWalk {
public:
    BlockWalk(TranscriptLayout &layout, const TextPlace &start, bool backward)
        : m_layout(layout), m_place(start), m_backward(backward)
    {
    }

    bool isValid() const { return m_place.item >= 0 && m_place.item < m_layout.count(); }
    const TextPlace &place() const { return m_place; }
    int blocks() const { return m_layout.item(m_place.item).column(m_place.part).count(); }
    const Block *block() const
    {
        const bool inside = m_place.block >= 0 && m_place.block < blocks();
        return inside ? &m_layout.item(m_place.item).column(m_place.part).block(m_place.block) : nullptr;
    }

    void advance()
    {
        m_place.block += m_backward ? -1 : 1;
        while (isValid() && (m_place.block < 0 || m_place.block >= blocks())) {
            const bool toThinking = m_backward && m_place.part == MessagePart::Answer;
            const bool toAnswer = !m_backward && m_place.part == MessagePart::Thinking;
            if (!toThinking && !toAnswer)
                m_place.item += m_backward ? -1 : 1;
            m_place.part = m_place.part == MessagePart::Thinking ? MessagePart::Answer : MessagePart::Thinking;
            if (isValid())
                m_place.block = m_backward ? blocks() - 1 : 0;
        }
    }

private:
    TranscriptLayout &m_layout;
    TextPlace m_place;
    bool m_backward;
};

TextPlace endOf(TranscriptLayout &layout)
{
    const int item = layout.count() - 1;
    const int block = layout.item(item).column(MessagePart::Answer).count() - 1;
    return {item, MessagePart::Answer, block, std::numeric_limits<int>::max()};
}

} // namespace

std::optional<TextPlace> TranscriptFinder::next(TranscriptLayout &layout, const QString &text, bool backward,
                                                const TextPlace &start)
{
    if (text.isEmpty() || layout.count() == 0) {
        clear();
        return std::nullopt;
    }
    TextPlace from = start;
    if (text == m_text)
        from = m_current.isValid() ? m_current : backward ? endOf(layout) : TextPlace{0, MessagePart::Thinking, 0, -1};
    else
        from.offset -= 1; // an occurrence right at the start counts
    m_text = text;
    bool first = true;
    for (BlockWalk walk(layout, from, backward); walk.isValid(); walk.advance(), first = false) {
        const Block *block = walk.block();
        if (block == nullptr)
            continue;
        qsizetype at = -1;
        if (!backward)
            at = block->text.indexOf(text, first ? from.offset + 1 : 0, Qt::CaseInsensitive);
        else if (!first || from.offset > 0)
            at = block->text.lastIndexOf(text, first ? std::min<qsizetype>(from.offset - 1, block->text.size()) : -1,
                                         Qt::CaseInsensitive);
        if (at < 0)
            continue;
        m_current = walk.place();
        m_current.offset = static_cast<int>(at);
        return m_current;
    }
    m_current = {};
    return std::nullopt;
}

void TranscriptFinder::clear()
{
    m_text.clear();
    m_current = {};
}

std::pair<std::vector<TextMark>, int> TranscriptFinder::matchesIn(const Block &block, int item, MessagePart part,
                                                                  int index) const
{
    std::vector<TextMark> marks;
    int current = -1;
    if (m_text.isEmpty())
        return {marks, current};
    const auto length = static_cast<int>(m_text.size());
    for (qsizetype at = block.text.indexOf(m_text, 0, Qt::CaseInsensitive); at >= 0;
         at = block.text.indexOf(m_text, at + length, Qt::CaseInsensitive)) {
        if (m_current == TextPlace{item, part, index, static_cast<int>(at)})
            current = static_cast<int>(marks.size());
        marks.push_back({static_cast<int>(at), static_cast<int>(at) + length});
    }
    return {marks, current};
}

} // namespace ui
