#include "ui/window/chat_page.h"

#include "ui/library/library_page.h"
#include "ui/theme/theme.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/composer.h"
#include "ui/window/find_bar.h"
#include "ui/window/model_bar.h"
#include "ui/window/notice_bar.h"
#include "ui/window/welcome_view.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace ui {

ChatPage::ChatPage(QWidget *parent) : QWidget(parent)
{
    const auto &space = theme::current().space;
    setAttribute(Qt::WA_StyledBackground);
    setProperty("kind", QStringLiteral("chatpage"));
    modelBar = new ModelBar(this);
    modelNotice = new NoticeBar(NoticeBar::Closing::ByUser, this);
    saveNotice = new NoticeBar(NoticeBar::Closing::ByOwner, this);
    notice = new NoticeBar(NoticeBar::Closing::ByUser, this);
    findBar = new FindBar(this);
    m_stack = new QStackedWidget(this);
    welcome = new WelcomeView(m_stack);
    transcript = new TranscriptView(m_stack);
    m_stack->addWidget(welcome);
    m_stack->addWidget(transcript);
    library = new LibraryPage(m_stack);
    m_stack->addWidget(library);
    composer = new Composer(this);
    composer->setMaximumWidth(space.readingWidth + 2 * space.l);

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(modelBar);
    auto *notices = new QVBoxLayout;
    notices->setContentsMargins(space.l, 0, space.l, 0);
    notices->setSpacing(space.s);
    notices->addWidget(modelNotice);
    notices->addWidget(saveNotice);
    notices->addWidget(notice);
    column->addLayout(notices);
    column->addWidget(findBar);
    column->addWidget(m_stack, 1);
    auto *bottom = new QHBoxLayout;
    bottom->setContentsMargins(space.l, space.s, space.l, space.s);
    bottom->addStretch(1);
    bottom->addWidget(composer, 1000);
    bottom->addStretch(1);
    column->addLayout(bottom);
    retranslate();
}

void ChatPage::showWelcome(bool shown)
{
    m_welcome = shown;
    if (!showsLibrary())
        arrange();
}

void ChatPage::showLibrary(bool shown)
{
    composer->setVisible(!shown);
    if (shown)
        findBar->hide();
    shown ? m_stack->setCurrentWidget(library) : arrange();
}

bool ChatPage::showsLibrary() const
{
    return m_stack->currentWidget() == library;
}

void ChatPage::arrange()
{
    m_stack->setCurrentWidget(m_welcome ? static_cast<QWidget *>(welcome) : transcript);
}

void ChatPage::retranslate()
{
    transcript->setAccessibleName(tr("Conversation"));
}

void ChatPage::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
