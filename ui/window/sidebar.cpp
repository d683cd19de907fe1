#include "ui/window/sidebar.h"

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/icon_button.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int markSide = 24;
constexpr int leastWidth = 208;

} // namespace

Sidebar::Sidebar(QWidget *parent) : QWidget(parent)
{
    const auto &space = theme::current().space;
    setAttribute(Qt::WA_StyledBackground);
    setProperty("kind", QStringLiteral("sidebar"));
    setMinimumWidth(leastWidth);
    m_mark = new QLabel(this);
    m_mark->setPixmap(QIcon(QStringLiteral(":/icons/bathyscope.svg")).pixmap(QSize(markSide, markSide)));
    m_name = new ElidedLabel(ElidedLabel::Role::Heading, this);
    m_name->setText(QStringLiteral("Bathyscope"));
    m_hide = new IconButton(QStringLiteral("sidebar"), this);
    m_newChat = new QPushButton(this);
    m_newChat->setProperty("kind", QStringLiteral("newchat"));
    m_newChat->setIcon(theme::icon(QStringLiteral("new"), theme::Tint::Accent));
    m_search = new QLineEdit(this);
    m_search->setProperty("kind", QStringLiteral("search"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(theme::icon(QStringLiteral("search"), theme::Tint::Muted), QLineEdit::LeadingPosition);
    m_search->installEventFilter(this);
    m_list = new ConversationList(this);
    m_empty = new QLabel(m_list->viewport());
    m_empty->setTextFormat(Qt::PlainText);
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    m_empty->setProperty("kind", QStringLiteral("hint"));
    m_list->viewport()->installEventFilter(this);
    m_models = new QPushButton(this);
    m_models->setProperty("kind", QStringLiteral("flat"));
    m_models->setIcon(theme::icon(QStringLiteral("chip")));
    m_settings = new QPushButton(this);
    m_settings->setProperty("kind", QStringLiteral("flat"));
    m_settings->setIcon(theme::icon(QStringLiteral("settings")));

    auto *top = new QHBoxLayout;
    top->setSpacing(space.s);
    top->addWidget(m_mark);
    top->addWidget(m_name, 1);
    top->addWidget(m_hide);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, space.m, 0, space.s);
    column->setSpacing(space.s);
    auto *head = new QVBoxLayout;
    head->setContentsMargins(space.l, 0, space.m, 0);
    head->setSpacing(space.m);
    head->addLayout(top);
    head->addWidget(m_newChat);
    head->addWidget(m_search);
    column->addLayout(head);
    column->addWidget(m_list, 1);
    auto *foot = new QWidget(this);
    foot->setAttribute(Qt::WA_StyledBackground);
    foot->setProperty("kind", QStringLiteral("sidebarfoot"));
    auto *footColumn = new QVBoxLayout(foot);
    footColumn->setContentsMargins(space.s, space.s, space.s, 0);
    footColumn->setSpacing(0);
    footColumn->addWidget(m_models);
    footColumn->addWidget(m_settings);
    column->addWidget(foot);

    connect(m_newChat, &QPushButton::clicked, this, &Sidebar::newChatRequested);
    connect(m_hide, &QToolButton::clicked, this, &Sidebar::hideRequested);
    connect(m_models, &QPushButton::clicked, this, &Sidebar::libraryRequested);
    connect(m_settings, &QPushButton::clicked, this, &Sidebar::settingsRequested);
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_list->conversations()->setFilter(text);
        m_list->showCurrent();
        updateEmptyText();
    });
    retranslate();
}

void Sidebar::startSearch()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void Sidebar::updateEmptyText()
{
    m_empty->setText(m_search->text().trimmed().isEmpty() ? tr("Your conversations will appear here")
                                                          : tr("No matching conversations"));
    m_empty->setVisible(m_list->conversations()->isEmpty());
}

void Sidebar::retranslate()
{
    m_hide->setName(tr("Hide the sidebar"), QKeySequence(Qt::CTRL | Qt::Key_B));
    m_newChat->setText(tr("New chat"));
    m_newChat->setAccessibleName(tr("New chat"));
    m_newChat->setToolTip(QKeySequence(Qt::CTRL | Qt::Key_N).toString(QKeySequence::NativeText));
    m_search->setPlaceholderText(tr("Search"));
    m_search->setAccessibleName(tr("Search conversations by title"));
    m_search->setToolTip(QKeySequence(Qt::CTRL | Qt::Key_K).toString(QKeySequence::NativeText));
    m_list->setAccessibleName(tr("Conversations"));
    m_models->setText(tr("Models"));
    m_models->setAccessibleName(tr("Models"));
    m_settings->setText(tr("Settings"));
    m_settings->setAccessibleName(tr("Settings"));
    updateEmptyText();
}

void Sidebar::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

bool Sidebar::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_list->viewport() && event->type() == QEvent::Resize)
        m_empty->setGeometry(m_list->viewport()->rect().adjusted(16, 24, -16, 0));
    const bool claimed = event->type() == QEvent::ShortcutOverride;
    if (watched != m_search || (event->type() != QEvent::KeyPress && !claimed))
        return QWidget::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent *>(event)->key();
    if (key == Qt::Key_Escape && !m_search->text().isEmpty()) {
        if (claimed) // else it would be the command that stops the reply
            event->accept();
        else
            m_search->clear();
        return true;
    }
    if (claimed)
        return QWidget::eventFilter(watched, event);
    if (key == Qt::Key_Down || key == Qt::Key_Return || key == Qt::Key_Enter) {
        m_list->setFocus(Qt::TabFocusReason);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ui
