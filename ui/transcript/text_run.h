#pragma once
// Sets one piece of text in lines of equal height. Used by the layouts of blocks.

#include "ui/transcript/block_layout.h"

namespace ui {

inline constexpr qreal unlimitedWidth = 1'000'000;

struct RunInput {
    QString text;
    QFont font;
    QList<QTextLayout::FormatRange> formats;
    int lineHeight = 0;
    qreal width = 0;
    Qt::Alignment alignment = Qt::AlignLeft;
};

TextRun makeRun(const RunInput &input);
/// Sets the run again for another width.
void setRunWidth(TextRun &run, qreal width);
qreal longestLine(const TextRun &run);

/// Formats of the spans of `block` within [start, start + length), positions from `start`.
QList<QTextLayout::FormatRange> spanFormats(const Block &block, int start, int length, const QFont &font,
                                            const TextStyle &style);

} // namespace ui
