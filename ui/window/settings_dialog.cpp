#include "ui/window/settings_dialog.h"

#include "ui/theme/theme.h"
#include "ui/widgets/wheel_guard.h"
#include "ui/window/sampler_settings.h"
#include "ui/window/system_prompt_settings.h"
#include "ui/window/view_settings.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

SettingsDialog::SettingsDialog(const UiSettings &settings, const engine::ModelInfo &model, QWidget *parent)
    : QDialog(parent), m_settings(settings)
{
    const auto &space = theme::current().space;
    setAttribute(Qt::WA_DeleteOnClose);
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto *page = new QWidget(scroll);
    m_appearance = new AppearanceSettings(page);
    m_conversation = new ConversationSettings(page);
    m_systemPrompt = new SystemPromptSettings(model, page);
    m_sampler = new SamplerSettings(model, page);
    auto *sections = new QVBoxLayout(page);
    sections->setContentsMargins(space.xl, space.xl, space.xl, space.l);
    sections->setSpacing(space.xl);
    for (SettingsSection *section :
         {static_cast<SettingsSection *>(m_appearance), static_cast<SettingsSection *>(m_conversation),
          static_cast<SettingsSection *>(m_systemPrompt), static_cast<SettingsSection *>(m_sampler)}) {
        sections->addWidget(section);
        connect(section, &SettingsSection::edited, this, &SettingsDialog::collect);
    }
    sections->addStretch(1);
    guardWheel(page);
    scroll->setWidget(page);
    m_close = new QPushButton(this);
    m_close->setDefault(true);
    auto *foot = new QHBoxLayout;
    foot->setContentsMargins(space.xl, space.s, space.xl, space.l);
    foot->addStretch(1);
    foot->addWidget(m_close);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(scroll, 1);
    column->addLayout(foot);
    connect(m_close, &QPushButton::clicked, this, &QDialog::accept);
    m_appearance->load(settings);
    m_conversation->load(settings);
    m_systemPrompt->load(settings);
    m_sampler->load(settings);
    retranslate();
    resize(600, 680);
}

void SettingsDialog::collect()
{
    m_appearance->store(m_settings);
    m_conversation->store(m_settings);
    m_systemPrompt->store(m_settings);
    m_sampler->store(m_settings);
    emit changed(m_settings);
}

void SettingsDialog::retranslate()
{
    setWindowTitle(tr("Settings"));
    m_close->setText(tr("Close"));
}

void SettingsDialog::changeEvent(QEvent *event)
{
    QDialog::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
