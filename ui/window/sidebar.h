#pragma once
// The left column: name, new chat, search and the conversations. UI thread only.

#include "ui/conversations/conversation_list.h"

#include <QLineEdit>
#include <QPushButton>
#include <QWidget>

class QLabel;

namespace ui {

class ElidedLabel;
class IconButton;

class Sidebar : public QWidget {
    Q_OBJECT

public:
    explicit Sidebar(QWidget *parent = nullptr);
    ConversationList *list() const { return m_list; }
    QLineEdit *search() const { return m_search; }
    void updateEmptyText(); ///< after the list changed
    void startSearch();

signals:
    void newChatRequested();
    void hideRequested();
    void settingsRequested();
    void libraryRequested();

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void retranslate();

    QLabel *m_mark = nullptr;
    ElidedLabel *m_name = nullptr;
    IconButton *m_hide = nullptr;
    QPushButton *m_newChat = nullptr;
    QLineEdit *m_search = nullptr;
    ConversationList *m_list = nullptr;
    QLabel *m_empty = nullptr;
    QPushButton *m_models = nullptr;
    QPushButton *m_settings = nullptr;
};

} // namespace ui
