#include "ui/transcript/text_style.h"

#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr int deepestIndent = 8; // levels; deeper ones would leave no room for text

void scaleFont(QFont &font, double factor)
{
    font.setPixelSize(std::max(6, static_cast<int>(std::lround(font.pixelSize() * factor))));
}

} // namespace

int lineHeightOf(const QFont &font)
{
    return static_cast<int>(std::lround(font.pixelSize() * 1.6 / 2.0)) * 2;
}

TextStyle makeTextStyle(TextTone tone)
{
    const theme::Tokens &tokens = theme::current();
    TextStyle style;
    style.tone = tone;
    style.body = tokens.fonts.reading;
    style.mono = tokens.fonts.mono;
    style.small = tokens.fonts.small;
    style.text = tokens.colors.textPrimary;
    style.secondary = tokens.colors.textSecondary;
    if (tone == TextTone::Thinking || tone == TextTone::System) {
        scaleFont(style.body, 14.0 / 15.0);
        style.text = tokens.colors.thinkingText;
        style.secondary = tokens.colors.textMuted;
    }
    style.lineHeight = lineHeightOf(style.body);
    style.codeLineHeight = static_cast<int>(std::lround(style.mono.pixelSize() * 1.55));
    style.indent = std::max(16, static_cast<int>(std::lround(style.body.pixelSize() * 1.6 / 4.0)) * 4);
    return style;
}

QFont headingFont(const TextStyle &style, int level)
{
    static constexpr double sizes[] = {1.45, 1.25, 1.1, 1.0, 1.0, 1.0};
    QFont font = style.body;
    scaleFont(font, sizes[std::clamp(level, 1, 6) - 1]);
    font.setWeight(QFont::DemiBold);
    return font;
}

int gapAbove(const Block &block, const Block *before, const TextStyle &style)
{
    if (before == nullptr || block.continues)
        return 0;
    const int line = style.lineHeight;
    if (before->kind == BlockKind::Heading)
        return line / 3;
    switch (block.gap) {
    case Gap::None:
        return 0;
    case Gap::Tight:
        return line / 6;
    case Gap::Normal:
        return line / 2;
    case Gap::Wide:
        return line;
    }
    return 0;
}

int leftIndent(const Block &block, const TextStyle &style)
{
    return std::min(block.quoteDepth, deepestIndent) * 16 + std::min(block.listDepth, deepestIndent) * style.indent;
}

} // namespace ui
