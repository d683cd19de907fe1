#include "ui/prompt/prompt_text_view.h"

#include "ui/prompt/prompt_screen_line.h"
#include "ui/theme/theme.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>
#include <QMimeData>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextCursor>
#include <QToolTip>

namespace ui {

PromptTextView::PromptTextView(QWidget *parent)
    : QPlainTextEdit(parent), m_prompt(std::make_shared<PromptText>()), m_gutter(new Gutter(this))
{
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setProperty("kind", QStringLiteral("prompt"));
    setTabChangesFocus(true);
    setUndoRedoEnabled(false);
    setFrameShape(QFrame::NoFrame);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    document()->setDocumentMargin(theme::current().space.m);
    connect(this, &QPlainTextEdit::cursorPositionChanged, this, [this] {
        viewport()->update();
        if (!m_filling)
            emit pieceChosen(chosenPiece());
    });
    connect(this, &QPlainTextEdit::updateRequest, this, [this] { m_gutter->update(); });
}

PromptTextView::~PromptTextView() = default;

void PromptTextView::setPrompt(std::shared_ptr<const PromptText> prompt)
{
    m_prompt = std::move(prompt);
    m_hovered = -1;
    fill();
}

void PromptTextView::fill()
{
    const int scroll = verticalScrollBar()->value();
    const int caret = textCursor().position();
    m_filling = true;
    QTextDocument *text = document();
    text->clear();
    QTextCursor cursor(text);
    cursor.beginEditBlock();
    for (const PromptText::Run &run : m_prompt->runs()) {
        QTextCharFormat format;
        format.setForeground(PromptLook::text(run.source));
        cursor.insertText(m_prompt->text().mid(run.start, run.length), format);
    }
    cursor.endEditBlock();
    cursor.setPosition(std::min(caret, m_prompt->size()));
    setTextCursor(cursor);
    verticalScrollBar()->setValue(scroll);
    m_filling = false;
    placeGutter();
    emit pieceChosen(chosenPiece());
}

void PromptTextView::setSpacesShown(bool shown)
{
    m_spaces = shown;
    QTextOption option = document()->defaultTextOption();
    option.setFlags(shown ? QTextOption::ShowTabsAndSpaces : QTextOption::Flags());
    document()->setDefaultTextOption(option);
    viewport()->update();
}

void PromptTextView::chooseToken(int token)
{
    const int piece = m_prompt->pieceOfToken(token);
    if (piece < 0)
        return;
    QTextCursor cursor = textCursor();
    cursor.setPosition(m_prompt->piece(piece).start);
    setTextCursor(cursor);
    centerCursor();
}

int PromptTextView::chosenPiece() const
{
    return m_prompt->pieceAt(std::min(textCursor().position(), m_prompt->size() - 1));
}

bool PromptTextView::find(const QString &words, bool backward)
{
    QTextDocument::FindFlags flags;
    flags.setFlag(QTextDocument::FindBackward, backward);
    if (words.isEmpty())
        return false;
    if (QPlainTextEdit::find(words, flags))
        return true;
    const QTextCursor before = textCursor();
    moveCursor(backward ? QTextCursor::End : QTextCursor::Start);
    if (QPlainTextEdit::find(words, flags))
        return true;
    setTextCursor(before);
    return false;
}

void PromptTextView::restartFind()
{
    QTextCursor cursor = textCursor();
    cursor.setPosition(cursor.selectionStart());
    setTextCursor(cursor);
}

int PromptTextView::pieceAtPoint(QPoint point) const
{
    for (const ScreenLine &line : linesOnScreen()) {
        if (point.y() < line.top() || point.y() >= line.top() + line.height())
            continue;
        const int piece = m_prompt->pieceAt(line.positionAt(point.x()));
        if (piece >= 0 && pieceRect(line, piece).contains(point))
            return piece;
    }
    return -1;
}

void PromptTextView::mouseMoveEvent(QMouseEvent *event)
{
    QPlainTextEdit::mouseMoveEvent(event);
    const int piece = pieceAtPoint(event->position().toPoint());
    if (piece == std::exchange(m_hovered, piece))
        return;
    viewport()->update();
    emit pieceHovered(piece);
}

bool PromptTextView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::Leave && m_hovered >= 0) {
        m_hovered = -1;
        viewport()->update();
        emit pieceHovered(-1);
    }
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const int piece = pieceAtPoint(help->pos());
        const QString text = piece >= 0 && m_describe ? m_describe(piece) : QString();
        QToolTip::showText(help->globalPos(), PromptLook::toolTip(text), viewport());
        return true;
    }
    return QPlainTextEdit::viewportEvent(event);
}

void PromptTextView::resizeEvent(QResizeEvent *event)
{
    QPlainTextEdit::resizeEvent(event);
    placeGutter();
}

void PromptTextView::changeEvent(QEvent *event)
{
    QPlainTextEdit::changeEvent(event);
    const auto type = event->type();
    if (m_prompt && type == QEvent::PaletteChange && !m_filling)
        fill();
    else if (m_prompt && (type == QEvent::FontChange || type == QEvent::StyleChange))
        placeGutter();
}

QMimeData *PromptTextView::createMimeDataFromSelection() const
{
    auto *copied = new QMimeData;
    const QTextCursor cursor = textCursor();
    copied->setText(m_prompt->exact(cursor.selectionStart(), cursor.selectionEnd()));
    return copied;
}

void PromptTextView::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu menu(this);
    QAction *copy = menu.addAction(tr("Copy"), this, &QPlainTextEdit::copy);
    copy->setEnabled(textCursor().hasSelection());
    menu.addAction(tr("Select all"), this, &QPlainTextEdit::selectAll);
    menu.exec(event->globalPos());
}

} // namespace ui
