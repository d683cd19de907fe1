#pragma once
// A block set in lines for one width: where its characters are. Made when the block comes on screen, thrown away when
// it is far off. Coordinates are px from the block's top left corner, before horizontal scrolling.

#include "ui/transcript/block.h"
#include "ui/transcript/text_style.h"

#include <QList>
#include <QPointF>
#include <QRectF>
#include <QTextLayout>
#include <memory>
#include <vector>

namespace ui {

/// A range of Block::text laid out together: all of a paragraph, one table cell.
struct TextRun {
    int start = 0;
    int length = 0;
    QPointF position;
    qreal width = 0;
    int lineHeight = 0;
    std::unique_ptr<QTextLayout> layout;

    qreal height() const { return static_cast<qreal>(layout->lineCount()) * lineHeight; }
};

struct BlockLayout {
    qreal width = 0;
    int height = 0; ///< without the room below the last piece of code
    std::vector<TextRun> runs;
    QRectF frame;               ///< of code and tables; content that is wider scrolls inside it
    qreal contentWidth = 0;     ///< in the frame; of a paragraph: its longest line
    int headerHeight = 0;       ///< of a code block
    std::vector<qreal> columns; ///< [columns + 1] x of a table's cell edges
    std::vector<qreal> rows;    ///< [rows + 1] y

    bool scrolls() const { return frame.isValid() && contentWidth > frame.width() + 0.5; }
};

std::unique_ptr<BlockLayout> layOutBlock(const Block &block, qreal width, const TextStyle &style);

/// Room below the last piece of a code block.
int codeFooter(const TextStyle &style);

/// Nearest text position; `point` with horizontal scrolling taken out.
int textPositionAt(const BlockLayout &layout, QPointF point);
/// The word around or block-wide range as (start, end).
std::pair<int, int> wordAt(const Block &block, int position);
/// Rectangles of full line height over the characters [from, to).
QList<QRectF> rectsOf(const BlockLayout &layout, int from, int to);

/// Height of a block that has not been laid out: from the number and width class of its characters.
int estimatedHeight(const Block &block, qreal width, const TextStyle &style);

} // namespace ui
