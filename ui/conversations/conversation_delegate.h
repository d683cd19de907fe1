#pragma once
// Paints a row of the conversation list: heading, or title with pin and, under the pointer, a button for its menu.

#include <QStyledItemDelegate>

namespace ui {

class ConversationDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit ConversationDelegate(QObject *parent = nullptr);

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    void setEditorData(QWidget *editor, const QModelIndex &index) const override;
    void updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option,
                              const QModelIndex &index) const override;
    bool editorEvent(QEvent *event, QAbstractItemModel *model, const QStyleOptionViewItem &option,
                     const QModelIndex &index) override;
    static QRect menuButton(const QRect &row);

signals:
    void menuRequested(const QModelIndex &index, const QPoint &globalPosition);
};

} // namespace ui
