#pragma once
// The settings: every change takes effect at once, Close only closes. UI thread only.

#include "engine/model_info.h"
#include "ui/ui_settings.h"

#include <QDialog>
#include <QPushButton>

namespace ui {

class AppearanceSettings;
class ConversationSettings;
class SamplerSettings;
class SystemPromptSettings;

class SettingsDialog : public QDialog {
    Q_OBJECT

public:
    SettingsDialog(const UiSettings &settings, const engine::ModelInfo &model, QWidget *parent = nullptr);

signals:
    void changed(const ui::UiSettings &settings);

protected:
    void changeEvent(QEvent *event) override;

private:
    void retranslate();
    void collect();

    UiSettings m_settings;
    AppearanceSettings *m_appearance = nullptr;
    ConversationSettings *m_conversation = nullptr;
    SystemPromptSettings *m_systemPrompt = nullptr;
    SamplerSettings *m_sampler = nullptr;
    QPushButton *m_close = nullptr;
};

} // namespace ui
