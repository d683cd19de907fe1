#pragma once
// The right side of the window: model bar, notices, and below them either the chat (find bar, transcript or welcome,
// composer) or the library of models. It only arranges; the window connects the parts. UI thread only.

#include <QStackedWidget>
#include <QWidget>

namespace ui {

class Composer;
class FindBar;
class LibraryPage;
class ModelBar;
class NoticeBar;
class TranscriptView;
class WelcomeView;

class ChatPage : public QWidget {
    Q_OBJECT

public:
    explicit ChatPage(QWidget *parent = nullptr);
    void showWelcome(bool welcome);
    bool showsWelcome() const { return m_welcome; }
    void showLibrary(bool shown); ///< in the place of the chat
    bool showsLibrary() const;

    ModelBar *modelBar = nullptr;
    NoticeBar *notice = nullptr;
    NoticeBar *saveNotice = nullptr;  ///< what is not saved yet; goes when it is
    NoticeBar *modelNotice = nullptr; ///< why no model is open; goes when one is
    FindBar *findBar = nullptr;
    TranscriptView *transcript = nullptr;
    WelcomeView *welcome = nullptr;
    Composer *composer = nullptr;
    LibraryPage *library = nullptr;

protected:
    void changeEvent(QEvent *event) override;

private:
    void retranslate();
    void arrange();

    QStackedWidget *m_stack = nullptr;
    bool m_welcome = false;
};

} // namespace ui
