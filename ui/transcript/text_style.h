#pragma once
// Fonts, colours and measures of the transcript, taken from the theme for one kind of text. Made anew when the theme,
// the text size or the language changes.

#include "ui/transcript/block.h"

#include <QColor>
#include <QFont>

namespace ui {

enum class TextTone {
    Answer,
    Thinking, ///< a little smaller and muted
    User,
    System,
};

struct TextStyle {
    TextTone tone = TextTone::Answer;
    QFont body;
    QFont mono;
    QFont small;
    QColor text;
    QColor secondary;
    int lineHeight = 24;     ///< of body text, px
    int codeLineHeight = 20; ///< of mono
    int indent = 24;         ///< of one list level
};

TextStyle makeTextStyle(TextTone tone);
QFont headingFont(const TextStyle &style, int level);
int lineHeightOf(const QFont &font);
int gapAbove(const Block &block, const Block *before, const TextStyle &style);
int leftIndent(const Block &block, const TextStyle &style);

} // namespace ui
