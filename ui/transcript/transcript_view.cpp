#include "ui/transcript/transcript_view.h"

#include "ui/theme/theme.h"
#include "ui/transcript/transcript_accessible.h"
#include "ui/transcript/transcript_keys.h"
#include "ui/transcript/transcript_pointer.h"
#include "ui/transcript/transcript_stage.h"

#include <QContextMenuEvent>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

namespace ui {

class TranscriptView::Parts {
public:
    explicit Parts(TranscriptView *view) : stage(view), pointer(stage), keys(stage) {}

    TranscriptStage stage;
    TranscriptPointer pointer;
    TranscriptKeys keys;
};

namespace {

/// Tool tips guess whether they are HTML; what comes from a model never is.
QString plainToolTip(const QString &text)
{
    return Qt::mightBeRichText(text) ? text.toHtmlEscaped() : text;
}

} // namespace

TranscriptView::TranscriptView(QWidget *parent) : QAbstractScrollArea(parent), m_parts(std::make_unique<Parts>(this))
{
    installTranscriptAccessibility();
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    setBackgroundRole(QPalette::Window);
    setAutoFillBackground(true); // behind the scroll bar
}

TranscriptView::~TranscriptView() = default;

TranscriptStage *TranscriptView::stage() const
{
    return &m_parts->stage;
}

// --- content -----------------------------------------------------------------------------------------

void TranscriptView::setMessages(std::vector<TranscriptMessage> messages)
{
    m_parts->pointer.reset();
    stage()->setMessages(std::move(messages));
}

void TranscriptView::appendMessage(const TranscriptMessage &message)
{
    stage()->appendMessage(message);
}

void TranscriptView::appendText(storage::MessageId id, storage::PartKind kind, const QString &text)
{
    stage()->appendText(id, kind, text);
}

void TranscriptView::showLive(storage::MessageId id, const LiveStatistics &live)
{
    stage()->showLive(id, live);
}

void TranscriptView::finishMessage(const TranscriptMessage &message)
{
    stage()->finishMessage(message);
}

void TranscriptView::setThinkingDisplay(ThinkingDisplay display)
{
    stage()->setThinkingDisplay(display);
}

void TranscriptView::setCopyWithThinking(bool on)
{
    stage()->setCopyWithThinking(on);
}

void TranscriptView::setAllowedActions(AllowedActions allowed)
{
    stage()->setAllowedActions(allowed);
}

QString TranscriptView::selectedText() const
{
    stage()->flush();
    return stage()->selection().text(stage()->page(), stage()->copiesThinking());
}

void TranscriptView::copySelection() const
{
    const QString text = selectedText();
    if (!text.isEmpty())
        stage()->copyText(text);
}

void TranscriptView::scrollToEnd()
{
    stage()->scrollToEnd();
}

bool TranscriptView::findNext(const QString &text, bool backward)
{
    return stage()->find(text, backward);
}

QString TranscriptView::plainText(bool withThinking) const
{
    stage()->flush();
    QStringList messages;
    TranscriptLayout &page = stage()->page();
    for (int i = 0; i < page.count(); ++i) {
        MessageItem &item = page.item(i);
        QStringList lines{item.speaker() + QLatin1Char(':')};
        for (const MessagePart part : {MessagePart::Thinking, MessagePart::Answer}) {
            const BlockColumn &column = item.column(part);
            for (int b = 0; b < column.count() && (part == MessagePart::Answer || withThinking); ++b) {
                const Block &block = column.block(b);
                lines.append(block.marker.isEmpty() ? block.text : block.marker + QLatin1Char(' ') + block.text);
            }
        }
        if (const QString caption = item.caption(); !caption.isEmpty())
            lines.append(caption);
        messages.append(lines.join(QLatin1Char('\n')));
    }
    return messages.join(QStringLiteral("\n\n"));
}

storage::MessageId TranscriptView::actionTarget(storage::MessageRole role) const
{
    const TranscriptLayout &page = stage()->page();
    if (const auto &focused = stage()->focused(); focused && focused->item < page.count()) {
        const TranscriptMessage &message = page.item(focused->item).message();
        if (message.role == role)
            return message.id;
    }
    for (int i = page.count() - 1; i >= 0; --i) {
        if (page.item(i).message().role == role)
            return page.item(i).message().id;
    }
    return 0;
}

void TranscriptView::startEditing(storage::MessageId userMessage)
{
    stage()->startEditing(stage()->page().indexOf(userMessage));
}

int TranscriptView::layoutsMade() const
{
    return stage()->page().layoutsMade();
}

// --- events ------------------------------------------------------------------------------------------

bool TranscriptView::event(QEvent *event)
{
    // The window's own shortcuts for these keys must not win while the transcript has the focus.
    if (event->type() == QEvent::ShortcutOverride) {
        auto *key = static_cast<QKeyEvent *>(event);
        const bool escape = key->key() == Qt::Key_Escape && m_parts->keys.usesEscape();
        if (escape || key->matches(QKeySequence::Copy) || key->matches(QKeySequence::SelectAll))
            key->accept();
    }
    return QAbstractScrollArea::event(event);
}

bool TranscriptView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), plainToolTip(m_parts->pointer.toolTipAt(help->pos())), viewport());
        return true;
    }
    if (event->type() == QEvent::Leave)
        m_parts->pointer.leave();
    return QAbstractScrollArea::viewportEvent(event);
}

void TranscriptView::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    stage()->paint(painter, event->rect());
    if (!hasFocus() || stage()->focused() || !m_parts->keys.ringVisible())
        return;
    painter.setPen(QPen(theme::current().colors.focusRing, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(viewport()->rect().adjusted(1, 1, -1, -1));
}

void TranscriptView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    stage()->resized();
}

void TranscriptView::scrollContentsBy(int, int dy)
{
    stage()->scrolled(-dy);
}

void TranscriptView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    const auto type = event->type();
    if (!m_parts)
        return;
    if (type == QEvent::LanguageChange)
        stage()->retranslate();
    else if (type == QEvent::PaletteChange || type == QEvent::FontChange || type == QEvent::StyleChange)
        stage()->restyle();
}

void TranscriptView::wheelEvent(QWheelEvent *event)
{
    if (m_parts->pointer.wheel(event))
        event->accept();
    else
        QAbstractScrollArea::wheelEvent(event);
}

void TranscriptView::mousePressEvent(QMouseEvent *event)
{
    m_parts->pointer.press(event);
}

void TranscriptView::mouseMoveEvent(QMouseEvent *event)
{
    m_parts->pointer.move(event);
}

void TranscriptView::mouseReleaseEvent(QMouseEvent *event)
{
    m_parts->pointer.release(event);
}

void TranscriptView::mouseDoubleClickEvent(QMouseEvent *event)
{
    m_parts->pointer.doubleClick(event);
}

void TranscriptView::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu menu(this);
    QAction *copy = menu.addAction(tr("Copy"), this, &TranscriptView::copySelection);
    copy->setEnabled(!stage()->selection().isEmpty());
    menu.addAction(tr("Select all"), this, [this] {
        stage()->selection().selectAll(stage()->page());
        viewport()->update();
    });
    menu.exec(event->globalPos());
}

void TranscriptView::keyPressEvent(QKeyEvent *event)
{
    if (!m_parts->keys.press(event))
        QAbstractScrollArea::keyPressEvent(event);
}

bool TranscriptView::focusNextPrevChild(bool next)
{
    if (hasFocus() && m_parts->keys.moveFocus(next))
        return true;
    return QAbstractScrollArea::focusNextPrevChild(next);
}

void TranscriptView::focusInEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusInEvent(event);
    m_parts->keys.focusCame(event->reason());
    viewport()->update();
}

void TranscriptView::focusOutEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusOutEvent(event);
    m_parts->keys.focusWent(event->reason());
    viewport()->update();
}

} // namespace ui
