#pragma once
// Settings, first half: theme, language, text size, and how thinking and routing are shown.

#include "ui/ui_settings.h"
#include "ui/window/settings_section.h"

#include <QCheckBox>
#include <QComboBox>
#include <QSpinBox>

namespace ui {

class AppearanceSettings : public SettingsSection {
    Q_OBJECT

public:
    explicit AppearanceSettings(QWidget *parent = nullptr);
    void load(const UiSettings &settings);
    void store(UiSettings &settings) const;

protected:
    void retranslate() override;

private:
    Row m_theme;
    Row m_language;
    Row m_textScale;
    QComboBox *m_themeBox = nullptr;
    QComboBox *m_languageBox = nullptr;
    QSpinBox *m_textScaleBox = nullptr;
};

class ConversationSettings : public SettingsSection {
    Q_OBJECT

public:
    explicit ConversationSettings(QWidget *parent = nullptr);
    void load(const UiSettings &settings);
    void store(UiSettings &settings) const;

protected:
    void retranslate() override;

private:
    Row m_thinking;
    Row m_retention;
    Row m_copy;
    Row m_routing;
    QComboBox *m_thinkingBox = nullptr;
    QComboBox *m_retentionBox = nullptr;
    QCheckBox *m_copyBox = nullptr;
    QCheckBox *m_routingBox = nullptr;
};

} // namespace ui
