#include "ui/conversations/conversation_list.h"

#include "ui/conversations/conversation_delegate.h"
#include "ui/theme/icon.h"

#include <QContextMenuEvent>
#include <QDateTime>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>

namespace ui {

ConversationList::ConversationList(QWidget *parent) : QListView(parent)
{
    auto *delegate = new ConversationDelegate(this);
    setModel(&m_model);
    setItemDelegate(delegate);
    setUniformItemSizes(true);
    setMouseTracking(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setEditTriggers(QAbstractItemView::EditKeyPressed);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setAttribute(Qt::WA_MacShowFocusRect, false);
    connect(this, &QListView::clicked, this, [this](const QModelIndex &index) {
        if (const auto id = idAt(index))
            emit opened(id);
    });
    connect(delegate, &ConversationDelegate::menuRequested, this, &ConversationList::openMenu, Qt::QueuedConnection);
    connect(&m_model, &ConversationModel::renamed, this, &ConversationList::renameRequested);
    connect(&m_midnight, &QTimer::timeout, this, [this] {
        m_model.setToday(QDate::currentDate());
        waitForMidnight();
    });
    m_midnight.setSingleShot(true);
    waitForMidnight();
}

void ConversationList::waitForMidnight()
{
    // Looks again at least once an hour: the clock may be set, and timers stand still while the machine sleeps.
    const qint64 left = QDateTime::currentDateTime().msecsTo(QDate::currentDate().addDays(1).startOfDay());
    m_midnight.start(static_cast<int>(std::clamp<qint64>(left + 1000, 1000, 3'600'000)));
}

storage::ConversationId ConversationList::idAt(const QModelIndex &index) const
{
    return index.data(ConversationModel::IdRole).value<storage::ConversationId>();
}

storage::ConversationId ConversationList::actionTarget() const
{
    const auto focused = hasFocus() ? idAt(currentIndex()) : 0;
    return focused != 0 ? focused : m_model.current();
}

void ConversationList::showCurrent()
{
    const QModelIndex index = m_model.indexOf(m_model.current());
    if (!index.isValid())
        return clearSelection();
    setCurrentIndex(index);
    scrollTo(index);
}

void ConversationList::startRename(storage::ConversationId id)
{
    const QModelIndex index = m_model.indexOf(id);
    if (!index.isValid())
        return;
    setFocus();
    setCurrentIndex(index);
    edit(index);
}

void ConversationList::keyPressEvent(QKeyEvent *event)
{
    const auto id = idAt(currentIndex());
    const bool plain = event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
    if (id != 0 && plain && state() != EditingState) {
        if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space)
            return emit opened(id);
        if (event->key() == Qt::Key_Delete && !event->isAutoRepeat()) // held down it would empty the list
            return emit deleteRequested(id);
    }
    QListView::keyPressEvent(event);
}

void ConversationList::keyboardSearch(const QString &search)
{
    if (!search.trimmed().isEmpty())
        emit typed(search);
}

void ConversationList::contextMenuEvent(QContextMenuEvent *event)
{
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const QModelIndex index = byKey ? currentIndex() : indexAt(event->pos());
    openMenu(index, byKey ? viewport()->mapToGlobal(visualRect(index).bottomLeft()) : event->globalPos());
}

void ConversationList::openMenu(const QModelIndex &index, const QPoint &globalPosition)
{
    const auto id = idAt(index);
    if (id == 0)
        return;
    const bool pinned = index.data(ConversationModel::PinnedRole).toBool();
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(theme::icon(QStringLiteral("rename")), tr("Rename"), this, [this, id] { startRename(id); });
    menu->addAction(theme::icon(QStringLiteral("pin")), pinned ? tr("Unpin") : tr("Pin"), this,
                    [this, id, pinned] { emit pinRequested(id, !pinned); });
    menu->addSeparator();
    menu->addAction(theme::icon(QStringLiteral("delete"), theme::Tint::Danger), tr("Delete"), this,
                    [this, id] { emit deleteRequested(id); });
    menu->popup(globalPosition);
}

void ConversationList::focusInEvent(QFocusEvent *event)
{
    QListView::focusInEvent(event);
    // Qt would put the focus on row 0, which is a heading.
    if (idAt(currentIndex()) == 0) {
        const QModelIndex current = m_model.indexOf(m_model.current());
        setCurrentIndex(current.isValid() ? current : m_model.indexOf(m_model.neighbour(1)));
    }
}

void ConversationList::changeEvent(QEvent *event)
{
    QListView::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        m_model.retranslate();
    if (event->type() == QEvent::FontChange)
        scheduleDelayedItemsLayout();
}

} // namespace ui
