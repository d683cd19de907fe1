#pragma once
// Draws one block that has been laid out.

#include "ui/transcript/block_layout.h"

#include <QPainter>

namespace ui {

struct TextMark {
    int from = 0;
    int to = 0;
};

struct BlockPaint {
    const Block &block;
    const BlockLayout &layout;
    const TextStyle &style;
    QPointF origin;
    bool lastPiece = true; ///< no further piece of the same code or table follows
    qreal scrollX = 0;
    TextMark selection = {};
    std::vector<TextMark> matches = {}; ///< of a search
    int currentMatch = -1;
    bool copyHot = false;  ///< the pointer is on the copy button of a code block
    bool copied = false;   ///< it was pressed just now
    qreal scrollWidth = 0; ///< of the whole content if it scrolls sideways and its bar is to be seen, else 0
};

void paintBlock(QPainter &painter, const BlockPaint &paint);

/// The copy button of a code block, from the block's top left corner; empty for other blocks and later pieces.
QRectF codeCopyRect(const Block &block, const BlockLayout &layout);

} // namespace ui
