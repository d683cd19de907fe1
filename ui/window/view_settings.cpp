#include "ui/window/view_settings.h"

#include "ui/prompt/prompt_look.h"

#include <QSignalBlocker>

namespace ui {

using engine::ThinkingRetention;

namespace {

/// Keeps the choice while the texts are exchanged; the order is that of the enum.
void setItems(QComboBox *box, const QStringList &texts)
{
    const QSignalBlocker blocker(box);
    const int chosen = std::max(box->currentIndex(), 0);
    box->clear();
    box->addItems(texts);
    box->setCurrentIndex(chosen);
}

constexpr const char *languages[] = {"", "en", "zh_CN"};

} // namespace

AppearanceSettings::AppearanceSettings(QWidget *parent) : SettingsSection(parent)
{
    m_themeBox = new QComboBox(this);
    m_languageBox = new QComboBox(this);
    m_textScaleBox = new QSpinBox(this);
    m_textScaleBox->setRange(80, 200);
    m_textScaleBox->setSingleStep(10);
    m_textScaleBox->setSuffix(QStringLiteral(" %"));
    m_textScaleBox->setKeyboardTracking(false);
    m_theme = addRow(m_themeBox);
    m_language = addRow(m_languageBox);
    m_textScale = addRow(m_textScaleBox);
    AppearanceSettings::retranslate();
    connect(m_themeBox, &QComboBox::currentIndexChanged, this, &SettingsSection::edited);
    connect(m_languageBox, &QComboBox::currentIndexChanged, this, &SettingsSection::edited);
    connect(m_textScaleBox, &QSpinBox::valueChanged, this, &SettingsSection::edited);
}

void AppearanceSettings::load(const UiSettings &settings)
{
    const QSignalBlocker blocker(this);
    m_themeBox->setCurrentIndex(static_cast<int>(settings.theme));
    m_textScaleBox->setValue(settings.textScalePercent);
    for (int i = 0; i < static_cast<int>(std::size(languages)); ++i) {
        if (settings.language == QLatin1String(languages[i]))
            m_languageBox->setCurrentIndex(i);
    }
}

void AppearanceSettings::store(UiSettings &settings) const
{
    settings.theme = static_cast<Theme>(m_themeBox->currentIndex());
    settings.language = QLatin1String(languages[m_languageBox->currentIndex()]);
    settings.textScalePercent = m_textScaleBox->value();
}

void AppearanceSettings::retranslate()
{
    setTitle(tr("Appearance"));
    setRowText(m_theme, tr("Theme"));
    setRowText(m_language, tr("Language"));
    setRowText(m_textScale, tr("Text size"));
    setItems(m_themeBox, {tr("System default"), tr("Light"), tr("Dark")});
    setItems(m_languageBox, {tr("System default"), QStringLiteral("English"), QStringLiteral("简体中文")});
}

ConversationSettings::ConversationSettings(QWidget *parent) : SettingsSection(parent)
{
    m_thinkingBox = new QComboBox(this);
    m_retentionBox = new QComboBox(this);
    m_copyBox = new QCheckBox(this);
    m_routingBox = new QCheckBox(this);
    m_thinking = addRow(m_thinkingBox);
    m_retention = addRow(m_retentionBox);
    m_copy = addRow(m_copyBox);
    m_routing = addRow(m_routingBox);
    for (QCheckBox *box : {m_copyBox, m_routingBox}) {
        box->setMinimumWidth(0);
        connect(box, &QCheckBox::toggled, this, &SettingsSection::edited);
    }
    ConversationSettings::retranslate();
    connect(m_retentionBox, &QComboBox::currentIndexChanged, this, [this] {
        retranslate();
        emit edited();
    });
    connect(m_thinkingBox, &QComboBox::currentIndexChanged, this, &SettingsSection::edited);
}

void ConversationSettings::load(const UiSettings &settings)
{
    const QSignalBlocker blocker(this);
    m_thinkingBox->setCurrentIndex(static_cast<int>(settings.thinking));
    m_retentionBox->setCurrentIndex(static_cast<int>(settings.retention));
    m_copyBox->setChecked(settings.copyWithThinking);
    m_routingBox->setChecked(settings.showRoutingStrip);
}

void ConversationSettings::store(UiSettings &settings) const
{
    settings.thinking = static_cast<ThinkingDisplay>(m_thinkingBox->currentIndex());
    settings.retention = static_cast<engine::ThinkingRetention>(m_retentionBox->currentIndex());
    settings.copyWithThinking = m_copyBox->isChecked();
    settings.showRoutingStrip = m_routingBox->isChecked();
}

void ConversationSettings::retranslate()
{
    setTitle(tr("Conversation"));
    setRowText(m_thinking, tr("Thinking"), tr("How the reasoning of the model is shown"));
    QStringList choices;
    for (const auto retention :
         {ThinkingRetention::Template, ThinkingRetention::All, ThinkingRetention::Newest, ThinkingRetention::None})
        choices.append(PromptLook::retention(retention));
    setItems(m_retentionBox, choices);
    const bool departs = m_retentionBox->currentIndex() != static_cast<int>(ThinkingRetention::Template);
    setAdvisedText(m_retention, tr("Earlier thoughts the model sees again"),
                   departs ? tr("Departs from the model's template: it was not trained to read a chat like this.")
                           : QString(),
                   tr("The exact prompt (Ctrl+Shift+P) shows what that leaves out"));
    setRowText(m_copy, tr("Copy with thinking"), tr("Copied replies include the reasoning"));
    setRowText(m_routing, tr("Routing strip"), tr("Show live which experts each token uses"));
    setItems(m_thinkingBox, {tr("Open while thinking"), tr("Always open"), tr("Always collapsed")});
}

} // namespace ui
