#pragma once
// The blocks of one text under each other. Only blocks that come into view are laid out; the others have estimated
// heights, which are corrected when their turn comes. Coordinates are px from the column's top left corner.

#include "ui/transcript/block_layout.h"
#include "ui/transcript/message_text.h"

#include <QHash>
#include <memory>
#include <vector>

namespace ui {

class BlockColumn {
public:
    BlockColumn(const MessageText &text, TextTone tone);

    void setWidth(int width);
    int width() const { return m_width; }
    /// Blocks from `first` on were replaced.
    void blocksChanged(int first);
    /// Fonts or colours changed: everything is laid out again when needed.
    void restyle();

    int count() const { return static_cast<int>(m_slots.size()); }
    int height() const { return m_height; }
    int top(int block) const;
    int bottom(int block) const { return top(block) + m_slots[static_cast<std::size_t>(block)].height; }
    int blockAt(int y) const; ///< nearest; -1 without blocks

    /// Lays out every block that touches [from, to). Returns whether a height changed.
    bool layOutRange(int from, int to);
    /// Throws layouts outside of [from, to) away; heights stay.
    void release(int from, int to);
    const BlockLayout &layoutOf(int block);
    bool isLastPiece(int block) const;

    qreal scrollX(int block) const;
    /// Of the whole code block or table; 0 if it does not scroll sideways.
    qreal contentWidth(int block) const;
    /// Scrolls code or a table sideways; false if it does not scroll.
    bool scrollSideways(int block, qreal delta);

    const TextStyle &style() const { return m_style; }
    const Block &block(int index) const { return m_text.blocks()[static_cast<std::size_t>(index)]; }
    int layoutsMade() const { return m_layoutsMade; }

private:
    struct Slot {
        std::unique_ptr<BlockLayout> layout;
        int gap = 0;
        int height = 0;
    };
    struct Sideways {
        qreal offset = 0;
        qreal contentWidth = 0;
    };

    int footer(int block) const;
    bool measure(int block); ///< whether its height changed
    void setHeight(int block, int height);

    const MessageText &m_text;
    TextStyle m_style;
    int m_width = 0;
    int m_height = 0;
    std::vector<Slot> m_slots;
    mutable std::vector<int> m_tops; ///< valid up to m_validTops
    mutable int m_validTops = 0;
    QHash<int, Sideways> m_sideways; ///< by Block::group, or -2 - index for blocks without
    int m_layoutsMade = 0;
};

} // namespace ui
