#pragma once
// One unit of layout: a paragraph, a heading, a piece of code, a table. Values made from text, without fonts or
// colours.

#include <QString>
#include <QStringList>
#include <Qt>
#include <vector>

namespace ui {

enum class BlockKind { Paragraph, Heading, Code, Table, Rule, Formula, Plain };

/// Bits of Span::style.
enum SpanStyle : unsigned {
    BoldSpan = 1,
    ItalicSpan = 2,
    CodeSpan = 4,
    StrikeSpan = 8,
    LinkSpan = 16,
    FormulaSpan = 32,
    NoticeSpan = 64, ///< our own words in place of something that is not shown
};

struct Span {
    int start = 0; ///< in Block::text, UTF-16 units
    int length = 0;
    unsigned style = 0;
    int link = -1; ///< in Block::links

    bool operator==(const Span &) const = default;
};

/// A table cell is a range of Block::text. Cells of a row are joined by tabs, rows by line feeds.
struct Cell {
    int start = 0;
    int length = 0;

    bool operator==(const Cell &) const = default;
};

/// Room above a block.
enum class Gap { None, Tight, Normal, Wide };

struct Block {
    BlockKind kind = BlockKind::Paragraph;
    QString text; ///< what is read, selected and searched; lines end with '\n'
    std::vector<Span> spans;
    QStringList links; ///< http, https or mailto only
    Gap gap = Gap::Normal;
    int level = 0; ///< of a heading, 1 … 6
    int quoteDepth = 0;
    int listDepth = 0;
    QString marker; ///< before the first line of a list item: "•", "3."
    int task = -1;  ///< of a task list item: 0 open, 1 done

    // Code. Long code is several blocks; `continues` joins one to the block before it, `group` numbers the whole.
    QString language;
    int lexerState = 0; ///< of the highlighter at the first character
    bool continues = false;
    bool midLine = false; ///< `continues` in the middle of a line
    int group = -1;
    bool hiddenCharacters = false; ///< some were made visible: reordering, invisible or control characters

    // Table, row by row. `continues`: more rows of the table before it; its header row is not repeated.
    int columns = 0;
    std::vector<Cell> cells;
    std::vector<Qt::Alignment> alignments; ///< [columns]

    int chunk = 0; ///< which part of the source it came from

    bool operator==(const Block &) const = default;
};

} // namespace ui
