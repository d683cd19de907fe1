#pragma once
// The right side of the window: model bar, notices, find bar, transcript or welcome, and the composer below them. It
// only arranges; the window connects the parts. UI thread only.

#include <QStackedWidget>
#include <QWidget>

namespace ui {

class Composer;
class FindBar;
class ModelBar;
class NoticeBar;
class TranscriptView;
class WelcomeView;

class ChatPage : public QWidget {
    Q_OBJECT

public:
    explicit ChatPage(QWidget *parent = nullptr);
    void showWelcome(bool welcome);
    bool showsWelcome() const;

    ModelBar *modelBar = nullptr;
    NoticeBar *notice = nullptr;
    NoticeBar *saveNotice = nullptr;  ///< what is not saved yet; goes when it is
    NoticeBar *modelNotice = nullptr; ///< why no model is open; goes when one is
    FindBar *findBar = nullptr;
    TranscriptView *transcript = nullptr;
    WelcomeView *welcome = nullptr;
    Composer *composer = nullptr;

protected:
    void changeEvent(QEvent *event) override;

private:
    void retranslate();
    QStackedWidget *m_stack = nullptr;
};

} // namespace ui
