#pragma once
// The list of the library: Enter or a double click opens a model, the menu key shows what can be done, letters go to
// the filter. It emits wishes. UI thread only.

#include "ui/library/library_model.h"

#include <QListView>

namespace ui {

class LibraryList : public QListView {
    Q_OBJECT

public:
    explicit LibraryList(QWidget *parent = nullptr);

    LibraryModel *library() { return &m_model; }
    void selectKey(const QString &key); ///< nothing happens where no row has it
    void selectFirst();                 ///< the first model
    void keyboardSearch(const QString &search) override;

signals:
    void currentChangedTo(const QModelIndex &index); ///< also when the row shows something else now
    void openRequested(const QString &path);
    void showFolderRequested(const QString &path);
    void removeFolderRequested(const QString &path);
    void typed(const QString &text);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void changeEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;

private:
    void rememberPlace();
    void restorePlace();
    void openCurrent();
    void openMenu(const QModelIndex &index, const QPoint &globalPosition);
    bool isOwnFolder(const QModelIndex &index) const;

    LibraryModel m_model;
    QString m_key;
    int m_scrolled = 0;
    bool m_resetting = false;
};

} // namespace ui
