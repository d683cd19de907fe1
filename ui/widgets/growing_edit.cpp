#include "ui/widgets/growing_edit.h"

#include <QAbstractTextDocumentLayout>
#include <QEvent>
#include <QMimeData>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextLayout>
#include <algorithm>
#include <cmath>

namespace ui {

GrowingEdit::GrowingEdit(int leastLines, int mostLines, QWidget *parent)
    : QPlainTextEdit(parent), m_leastLines(leastLines), m_mostLines(mostLines)
{
    setFrameShape(QFrame::NoFrame);
    setLineWrapMode(QPlainTextEdit::WidgetWidth);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    document()->setDocumentMargin(2);
    connect(document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, this,
            &GrowingEdit::adjustHeight);
}

/// Blocks out of sight are not laid out until somebody asks for their size; stops where more makes no difference. Lines
/// with characters of a fallback font are higher than others, so heights are added up, not counted.
GrowingEdit::Extent GrowingEdit::measure() const
{
    Extent extent;
    for (QTextBlock block = document()->begin(); block.isValid() && extent.lines <= m_mostLines; block = block.next()) {
        document()->documentLayout()->blockBoundingRect(block);
        const QTextLayout *layout = block.layout();
        for (int i = 0; i < layout->lineCount() && extent.lines <= m_mostLines; ++i) {
            if (++extent.lines <= m_mostLines)
                extent.height += layout->lineAt(i).height();
        }
    }
    return extent;
}

void GrowingEdit::adjustHeight()
{
    const Extent extent = measure();
    const double least = QFontMetricsF(font()).lineSpacing() * m_leastLines;
    const int margins = 2 * static_cast<int>(document()->documentMargin()) + 2 * frameWidth();
    const int height = static_cast<int>(std::ceil(std::max(extent.height, least))) + margins;
    setVerticalScrollBarPolicy(extent.lines > m_mostLines ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
    if (height != minimumHeight() || height != maximumHeight())
        setFixedHeight(height);
}

void GrowingEdit::resizeEvent(QResizeEvent *event)
{
    QPlainTextEdit::resizeEvent(event);
    adjustHeight();
}

void GrowingEdit::changeEvent(QEvent *event)
{
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        adjustHeight();
}

bool GrowingEdit::canInsertFromMimeData(const QMimeData *source) const
{
    return !source->hasUrls() && source->hasText();
}

} // namespace ui
