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

int MessageMetrics::continueWidth()
{
    return QFontMetrics(theme::current().fonts.small).horizontalAdvance(MessageControls::continueText()) + 40;
}

int MessageMetrics::captionTextWidth(int width, bool withButton)
{
    return std::max(width - noticeIndent - (withButton ? continueWidth() + 16 : 0), 80);
}

int MessageMetrics::captionHeight(const QString &sentence, int width, bool withButton)
{
    const QFontMetrics metrics(theme::current().fonts.small);
    const QRect box(0, 0, captionTextWidth(width, withButton), 100'000);
    const int text = metrics.boundingRect(box, Qt::TextWordWrap, sentence).height();
    return grid(std::max(text + 8, withButton ? footerHeight() : 0));
}

} // namespace ui
