#pragma once
// The list itself: click or Enter opens a conversation, F2 renames in place, Del deletes, the menu key shows what can
// be done. It emits wishes; the model changes when the owner says so. UI thread only.

#include "ui/conversations/conversation_model.h"

#include <QListView>
#include <QTimer>

namespace ui {

class ConversationList : public QListView {
    Q_OBJECT

public:
    explicit ConversationList(QWidget *parent = nullptr);

    ConversationModel *conversations() { return &m_model; }
    void showCurrent(); ///< scrolls to it
    void startRename(storage::ConversationId id);
    /// The focused row if the list has the focus, otherwise the current conversation; 0 if none.
    storage::ConversationId actionTarget() const;
    void keyboardSearch(const QString &search) override; ///< letters go to the composer, the search field finds titles

signals:
    void typed(const QString &text);
    void opened(storage::ConversationId id);
    void renameRequested(storage::ConversationId id, const QString &title);
    void pinRequested(storage::ConversationId id, bool pinned);
    void deleteRequested(storage::ConversationId id);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void changeEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;

private:
    void openMenu(const QModelIndex &index, const QPoint &globalPosition);
    storage::ConversationId idAt(const QModelIndex &index) const;
    void waitForMidnight();

    ConversationModel m_model;
    QTimer m_midnight;
};

} // namespace ui
