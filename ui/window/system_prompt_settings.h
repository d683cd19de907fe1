#pragma once
// The settings' card with the system prompt of new conversations. UI thread only.

#include "engine/model_info.h"
#include "ui/ui_settings.h"
#include "ui/window/settings_section.h"

#include <QPlainTextEdit>

namespace ui {

class SystemPromptSettings : public SettingsSection {
    Q_OBJECT

public:
    SystemPromptSettings(const engine::ModelInfo &model, QWidget *parent = nullptr);
    void load(const UiSettings &settings);
    void store(UiSettings &settings) const;

protected:
    void changeEvent(QEvent *event) override;
    void retranslate() override;

private:
    void fitHeight();

    engine::ModelInfo m_model;
    QPlainTextEdit *m_text = nullptr;
    Row m_row;
};

} // namespace ui
