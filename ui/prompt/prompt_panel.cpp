#include "ui/prompt/prompt_panel.h"

#include "ui/prompt/prompt_look.h"
#include "ui/prompt/prompt_omissions.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QSignalBlocker>
#include <QStyle>
#include <QVBoxLayout>

namespace ui {

using engine::ThinkingRetention;

PromptPanel::PromptPanel(QWidget *parent) : QFrame(parent)
{
    const auto &space = theme::current().space;
    setProperty("kind", QStringLiteral("panel"));
    m_label = new QLabel(this);
    m_label->setTextFormat(Qt::PlainText);
    m_label->setWordWrap(true);
    m_label->setProperty("kind", QStringLiteral("strong"));
    m_retention = new QComboBox(this);
    m_label->setBuddy(m_retention);
    m_hint = new QLabel(this);
    m_hint->setTextFormat(Qt::PlainText);
    m_hint->setWordWrap(true);
    m_hint->setProperty("kind", QStringLiteral("hint"));
    m_omissions = new PromptOmissions(this);

    auto *choice = new QVBoxLayout;
    choice->setContentsMargins(space.l, space.m, space.l, space.m);
    choice->setSpacing(space.s);
    choice->addWidget(m_label);
    choice->addWidget(m_retention);
    choice->addWidget(m_hint);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(choice);
    column->addWidget(m_omissions, 1);
    connect(m_retention, &QComboBox::activated, this,
            [this](int index) { emit retentionChosen(static_cast<ThinkingRetention>(index)); });
    connect(m_retention, &QComboBox::currentIndexChanged, this, &PromptPanel::retranslate);
    retranslate();
}

void PromptPanel::setPrompt(const ShownPrompt &shown)
{
    m_omissions->setPrompt(shown);
    setRetention(shown.retention);
}

void PromptPanel::setRetention(ThinkingRetention retention)
{
    m_retention->setCurrentIndex(static_cast<int>(retention));
}

void PromptPanel::setFixed(bool fixed)
{
    m_fixed = fixed;
    m_retention->setEnabled(!fixed);
    retranslate();
}

void PromptPanel::retranslate()
{
    const QSignalBlocker blocker(m_retention);
    const int chosen = std::max(m_retention->currentIndex(), 0);
    m_retention->clear();
    for (const auto retention :
         {ThinkingRetention::Template, ThinkingRetention::All, ThinkingRetention::Newest, ThinkingRetention::None})
        m_retention->addItem(PromptLook::retention(retention));
    m_retention->setCurrentIndex(chosen);
    m_label->setText(tr("Earlier thoughts the model sees again"));
    m_retention->setAccessibleName(m_label->text());
    const bool departs = chosen != static_cast<int>(ThinkingRetention::Template);
    m_hint->setText(m_fixed   ? tr("As this reply was asked for.")
                    : departs ? tr("Departs from the model's template: it was not trained to read a chat like this.")
                              : tr("The model reads the chat as it was trained to."));
    m_hint->setProperty("tone", departs && !m_fixed ? QStringLiteral("warning") : QString());
    m_hint->style()->unpolish(m_hint);
    m_hint->style()->polish(m_hint);
}

void PromptPanel::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
