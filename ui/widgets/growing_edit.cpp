#include "ui/widgets/growing_edit.h"

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

void GrowingEdit::adjustHeight()
{
    // The layout of a plain-text document counts its height in lines.
    const int lines = static_cast<int>(std::ceil(document()->size().height()));
    const int shown = std::clamp(lines, m_leastLines, m_mostLines);
    const int margins = 2 * static_cast<int>(document()->documentMargin());
    const int height =
        static_cast<int>(std::ceil(QFontMetricsF(font()).lineSpacing() * shown)) + margins + 2 * frameWidth();
    setVerticalScrollBarPolicy(lines > m_mostLines ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
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
