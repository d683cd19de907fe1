#include "ui/library/library_list.h"

#include "ui/library/library_delegate.h"
#include "ui/theme/icon.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QScrollBar>

namespace ui {

LibraryList::LibraryList(QWidget *parent) : QListView(parent)
{
    setModel(&m_model);
    setItemDelegate(new LibraryDelegate(this));
    setMouseTracking(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setAttribute(Qt::WA_MacShowFocusRect, false);
    connect(this, &QListView::doubleClicked, this, &LibraryList::openCurrent);
    connect(&m_model, &LibraryModel::modelAboutToBeReset, this, &LibraryList::rememberPlace);
    connect(&m_model, &LibraryModel::modelReset, this, &LibraryList::restorePlace);
    connect(&m_model, &LibraryModel::dataChanged, this, [this](const auto &, const auto &, const QList<int> &roles) {
        if (roles.isEmpty()) // else it is progress, which only the row shows
            emit currentChangedTo(currentIndex());
    });
}

void LibraryList::rememberPlace()
{
    m_resetting = true;
    m_key = currentIndex().data(LibraryModel::KeyRole).toString();
    m_scrolled = verticalScrollBar()->value();
}

// The rows are made anew while models come in; who reads or walks through them must not notice.
void LibraryList::restorePlace()
{
    m_resetting = false;
    const QModelIndex index = m_key.isEmpty() ? QModelIndex() : m_model.indexOf(m_key);
    if (index.isValid())
        setCurrentIndex(index);
    doItemsLayout();
    verticalScrollBar()->setValue(m_scrolled);
    emit currentChangedTo(currentIndex());
}

void LibraryList::selectKey(const QString &key)
{
    const QModelIndex index = m_model.indexOf(key);
    if (!index.isValid())
        return;
    setCurrentIndex(index);
    scrollTo(index);
}

void LibraryList::selectFirst()
{
    for (int row = 0; row < m_model.rowCount(); ++row) {
        if (m_model.entry(m_model.index(row)) != nullptr)
            return setCurrentIndex(m_model.index(row));
    }
}

void LibraryList::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QListView::currentChanged(current, previous);
    if (!m_resetting)
        emit currentChangedTo(current);
}

bool LibraryList::isOwnFolder(const QModelIndex &index) const
{
    const auto *report = m_model.place(index);
    return report != nullptr && report->place.kind == engine::ModelPlaceKind::Chosen;
}

void LibraryList::openCurrent()
{
    if (const auto *entry = m_model.entry(currentIndex()); entry && !entry->failure)
        emit openRequested(QString::fromStdString(entry->path));
}

void LibraryList::keyPressEvent(QKeyEvent *event)
{
    const bool plain = event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
    if (plain && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && !event->isAutoRepeat())
        return openCurrent();
    if (plain && event->key() == Qt::Key_Delete && !event->isAutoRepeat() && isOwnFolder(currentIndex()))
        return emit removeFolderRequested(currentIndex().data(LibraryModel::KeyRole).toString());
    QListView::keyPressEvent(event);
}

void LibraryList::keyboardSearch(const QString &search)
{
    if (!search.trimmed().isEmpty())
        emit typed(search);
}

void LibraryList::contextMenuEvent(QContextMenuEvent *event)
{
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const QModelIndex index = byKey ? currentIndex() : indexAt(event->pos());
    openMenu(index, byKey ? viewport()->mapToGlobal(visualRect(index).bottomLeft()) : event->globalPos());
}

void LibraryList::openMenu(const QModelIndex &index, const QPoint &globalPosition)
{
    if (!index.isValid())
        return;
    setCurrentIndex(index);
    const QString key = index.data(LibraryModel::KeyRole).toString();
    const auto *entry = m_model.entry(index);
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    if (entry != nullptr) {
        QAction *open =
            menu->addAction(theme::icon(QStringLiteral("chip")), tr("Open"), this, &LibraryList::openCurrent);
        open->setEnabled(!entry->failure);
    }
    menu->addAction(theme::icon(QStringLiteral("folder")), tr("Show Folder"), this,
                    [this, key] { emit showFolderRequested(key); });
    if (isOwnFolder(index)) {
        menu->addSeparator();
        menu->addAction(theme::icon(QStringLiteral("close")), tr("Remove from the List"), this,
                        [this, key] { emit removeFolderRequested(key); });
    }
    menu->popup(globalPosition);
}

void LibraryList::focusInEvent(QFocusEvent *event)
{
    QListView::focusInEvent(event);
    if (!currentIndex().isValid() ||
        (m_model.entry(currentIndex()) == nullptr && event->reason() == Qt::TabFocusReason))
        selectFirst(); // Qt would put the focus on row 0, which is a heading
}

void LibraryList::changeEvent(QEvent *event)
{
    QListView::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        m_model.retranslate();
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        scheduleDelayedItemsLayout();
}

} // namespace ui
