#pragma once
// Measures of a message on the 4-px grid; those that hold text grow with its size.

#include <QRect>
#include <QString>

namespace ui {

struct MessageMetrics {
    static constexpr int paddingTop = 12;
    static constexpr int bubblePaddingX = 16;
    static constexpr int bubblePaddingY = 10;
    static constexpr int thinkingIndent = 24;  ///< of the text, right of the rule
    static constexpr int thinkingBarRoom = 16; ///< for its scroll bar
    static constexpr int thinkingPaddingY = 4;
    static constexpr int thinkingCollapseHeight = 24;
    static constexpr int thinkingGap = 8;
    static constexpr int noticeIndent = 24; ///< of the caption, right of its sign

    static int bubbleLimit(int width) { return width * 82 / 100; }
    static int headerHeight();
    static int thinkingHeaderHeight();
    static int footerHeight();
    static int continueWidth(bool onCpu); ///< of the button beside the caption
    static int captionHeight(const QString &sentence, int width, int buttonWidth);
    static int captionTextWidth(int width, int buttonWidth);
};

} // namespace ui
