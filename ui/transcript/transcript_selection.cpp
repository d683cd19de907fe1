#include "ui/transcript/transcript_selection.h"

#include <QStringList>
#include <algorithm>

namespace ui {

void TranscriptSelection::clear()
{
    m_anchor = {};
    m_cursor = {};
}

void TranscriptSelection::begin(const TextPlace &place)
{
    m_anchor = place;
    m_cursor = place;
}

void TranscriptSelection::extendTo(const TextPlace &place)
{
    if (m_anchor.isValid())
        m_cursor = place;
}

void TranscriptSelection::select(const TextPlace &from, const TextPlace &to)
{
    m_anchor = from;
    m_cursor = to;
}

void TranscriptSelection::selectAll(TranscriptLayout &layout)
{
    clear();
    if (layout.count() == 0)
        return;
    const int lastItem = layout.count() - 1;
    BlockColumn &column = layout.item(lastItem).column(MessagePart::Answer);
    const int block = std::max(column.count() - 1, 0);
    const int length = column.count() > 0 ? static_cast<int>(column.block(block).text.size()) : 0;
    m_anchor = {0, MessagePart::Thinking, 0, 0};
    m_cursor = {lastItem, MessagePart::Answer, block, length};
}

bool TranscriptSelection::isEmpty() const
{
    return !m_anchor.isValid() || m_anchor == m_cursor;
}

TextMark TranscriptSelection::markIn(int item, MessagePart part, int block, int length) const
{
    if (isEmpty())
        return {};
    const TextPlace begin{item, part, block, 0};
    const TextPlace end{item, part, block, length};
    const TextPlace from = std::max(first(), begin);
    const TextPlace to = std::min(last(), end);
    if (to < begin || from > end || from >= to)
        return {};
    return {from.offset, to.offset};
}

QString TranscriptSelection::textOfPart(MessageItem &item, int index, MessagePart part) const
{
    const BlockColumn &column = item.column(part);
    const MessageText &text = item.text(part);
    const auto coversWhole = [&](int block) {
        const auto length = static_cast<int>(column.block(block).text.size());
        return first() <= TextPlace{index, part, block, 0} && last() >= TextPlace{index, part, block, length};
    };
    QString result;
    const auto add = [&](const QString &piece, int block) {
        const Block &content = column.block(block);
        if (!result.isEmpty() && !content.midLine)
            result += content.continues ? QStringLiteral("\n") : QStringLiteral("\n\n");
        result += piece;
    };
    for (int block = 0; block < column.count(); ++block) {
        int end = block;
        while (end < column.count() && coversWhole(end))
            ++end;
        // The longest run of whole chunks from here on is copied as it was written.
        for (int last = end - 1; last >= block; --last) {
            const QString source = text.sourceOf(block, last);
            if (source.isEmpty())
                continue;
            add(source, block);
            block = last;
            end = -1;
            break;
        }
        if (end == -1)
            continue;
        const auto length = static_cast<int>(column.block(block).text.size());
        const TextMark mark = markIn(index, part, block, length);
        if (mark.from < mark.to)
            add(column.block(block).text.mid(mark.from, mark.to - mark.from), block);
    }
    return result;
}

QString TranscriptSelection::text(TranscriptLayout &layout, bool withThinking) const
{
    if (isEmpty())
        return {};
    const TextPlace from = first();
    const TextPlace to = last();
    if (from.item == to.item && from.part == to.part && from.block == to.block) {
        BlockColumn &column = layout.item(from.item).column(from.part);
        if (from.block >= column.count())
            return {};
        return column.block(from.block).text.mid(from.offset, to.offset - from.offset);
    }
    const bool onlyThinking = from.item == to.item && to.part == MessagePart::Thinking;
    QStringList pieces;
    for (int i = from.item; i <= std::min(to.item, layout.count() - 1); ++i) {
        for (const MessagePart part : {MessagePart::Thinking, MessagePart::Answer}) {
            if (part == MessagePart::Thinking && !withThinking && !onlyThinking)
                continue;
            const QString piece = textOfPart(layout.item(i), i, part);
            if (!piece.isEmpty())
                pieces.append(piece);
        }
    }
    return pieces.join(QStringLiteral("\n\n"));
}

} // namespace ui
