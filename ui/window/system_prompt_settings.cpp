#include "ui/window/system_prompt_settings.h"

#include "ui/window/sampler_advice.h"

#include <QEvent>
#include <QSignalBlocker>

namespace ui {

namespace {

constexpr int shownLines = 4;
constexpr int frame = 20; // border, padding and the margin of the document

} // namespace

SystemPromptSettings::SystemPromptSettings(const engine::ModelInfo &model, QWidget *parent)
    : SettingsSection(parent), m_model(model)
{
    m_text = new QPlainTextEdit(this);
    m_text->setProperty("kind", QStringLiteral("field"));
    m_text->setTabChangesFocus(true);
    m_row = addTall(m_text);
    fitHeight();
    SystemPromptSettings::retranslate();
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
        retranslate();
        emit edited();
    });
}

void SystemPromptSettings::load(const UiSettings &settings)
{
    const QSignalBlocker blocker(this);
    m_text->setPlainText(settings.systemPrompt);
}

void SystemPromptSettings::store(UiSettings &settings) const
{
    settings.systemPrompt = m_text->toPlainText();
}

void SystemPromptSettings::fitHeight()
{
    m_text->setFixedHeight(shownLines * m_text->fontMetrics().lineSpacing() + frame);
}

void SystemPromptSettings::changeEvent(QEvent *event)
{
    SettingsSection::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        fitHeight();
}

void SystemPromptSettings::retranslate()
{
    setTitle(tr("System prompt"));
    setAdvisedText(m_row, tr("Instructions for the model"),
                   SamplerAdvice::systemPrompt(m_model, m_text->toPlainText().trimmed()),
                   tr("New conversations begin with them; existing ones keep their own."));
    m_text->setPlaceholderText(tr("None"));
}

} // namespace ui
