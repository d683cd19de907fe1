#pragma once
// What the reader has selected: from one character of the conversation to another, across blocks and messages.

#include "ui/transcript/block_painter.h"
#include "ui/transcript/transcript_layout.h"

#include <compare>

namespace ui {

/// A place between two characters.
struct TextPlace {
    int item = -1;
    MessagePart part = MessagePart::Answer;
    int block = 0;
    int offset = 0;

    auto operator<=>(const TextPlace &) const = default;
    bool isValid() const { return item >= 0; }
};

class TranscriptSelection {
public:
    void clear();
    void begin(const TextPlace &place);    ///< both ends
    void extendTo(const TextPlace &place); ///< the moving end
    void select(const TextPlace &from, const TextPlace &to);
    void selectAll(TranscriptLayout &layout);

    bool isEmpty() const;
    TextPlace first() const { return std::min(m_anchor, m_cursor); }
    TextPlace last() const { return std::max(m_anchor, m_cursor); }
    TextPlace anchor() const { return m_anchor; }

    /// The selected characters of one block.
    TextMark markIn(int item, MessagePart part, int block, int length) const;

    /// Inside one block the plain characters; of whole blocks their Markdown source. Thinking is left out unless
    /// `withThinking` or nothing else is selected.
    QString text(TranscriptLayout &layout, bool withThinking) const;

private:
    QString textOfPart(MessageItem &item, int index, MessagePart part) const;

    TextPlace m_anchor;
    TextPlace m_cursor;
};

} // namespace ui
