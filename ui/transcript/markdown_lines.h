#pragma once
// What a single line of Markdown can begin or end: the block rules of CommonMark 0.31 and GFM, one line at a time.
// Pure functions; a line comes without its line feed.

#include <QStringView>
#include <optional>

namespace ui::markdown {

struct Fence {
    QChar character;
    int length = 0;
    int indent = 0;
    qsizetype infoStart = 0; ///< in the line
};

struct ListMarker {
    int indent = 0;        ///< columns before the marker
    int contentIndent = 0; ///< columns a line needs to belong to the item
    bool ordered = false;
    int number = 0;
    QChar delimiter;         ///< '-', '+', '*', '.' or ')'
    bool empty = false;      ///< nothing after the marker
    qsizetype contentAt = 0; ///< in the line
};

int indentOf(QStringView line);                           ///< in columns; a tab reaches to the next multiple of four
QStringView withoutIndent(QStringView line, int columns); ///< as many of them as there are
bool isBlank(QStringView line);
std::optional<Fence> fenceOpening(QStringView line);
bool closesFence(QStringView line, const Fence &fence);
bool isRule(QStringView line);
bool isSetextUnderline(QStringView line);
bool isHeading(QStringView line);
bool isQuote(QStringView line);
std::optional<ListMarker> listMarker(QStringView line);

int countCells(QStringView line); ///< of a table row; 0 without a pipe
bool isDelimiterRow(QStringView line);

/// The line begins a block even right after a line of a paragraph.
bool interruptsParagraph(QStringView line);

} // namespace ui::markdown
