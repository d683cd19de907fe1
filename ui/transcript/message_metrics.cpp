#include "ui/transcript/message_metrics.h"

#include "ui/theme/theme.h"
#include "ui/transcript/message_controls.h"

#include <QFontMetrics>
#include <algorithm>

namespace ui {

namespace {

int grid(int pixels)
{
    return (pixels + 3) / 4 * 4;
}

int smallLine()
{
    return QFontMetrics(theme::current().fonts.small).height();
}

} // namespace

int MessageMetrics::headerHeight()
{
    return grid(smallLine() + 8);
}

int MessageMetrics::thinkingHeaderHeight()
{
    return grid(smallLine() + 12);
}

int MessageMetrics::footerHeight()
{
    return std::max(28, grid(smallLine() + 8));
}

int MessageMetrics::continueWidth(bool onCpu)
{
    return QFontMetrics(theme::current().fonts.small).horizontalAdvance(MessageControls::continueText(onCpu)) + 40;
}

int MessageMetrics::captionTextWidth(int width, int buttonWidth)
{
    return std::max(width - noticeIndent - (buttonWidth > 0 ? buttonWidth + 16 : 0), 80);
}

int MessageMetrics::captionHeight(const QString &sentence, int width, int buttonWidth)
{
    const QFontMetrics metrics(theme::current().fonts.small);
    const QRect box(0, 0, captionTextWidth(width, buttonWidth), 100'000);
    const int text = metrics.boundingRect(box, Qt::TextWordWrap, sentence).height();
    return grid(std::max(text + 8, buttonWidth > 0 ? footerHeight() : 0));
}

} // namespace ui
