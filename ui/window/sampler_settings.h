#pragma once
// Settings, second half: how the next token is chosen. The model's recommendation is the default; every value is
// checked before it takes effect.

#include "engine/model_info.h"
#include "ui/ui_settings.h"
#include "ui/window/settings_section.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

namespace ui {

class SamplerSettings : public SettingsSection {
    Q_OBJECT

public:
    explicit SamplerSettings(const engine::ModelInfo &model, QWidget *parent = nullptr);
    void load(const UiSettings &settings);
    void store(UiSettings &settings) const; ///< leaves out a seed that is not a number
    void reset();                           ///< to what the model recommends
    bool seedValid() const;

protected:
    void retranslate() override;

private:
    QDoubleSpinBox *makeNumber(double least, double most, double step);
    QSpinBox *makeCount(int least, int most);
    void followRecommendation();
    void changed();

    engine::ModelInfo m_model;
    storage::SamplerRecord m_own; ///< the user's values while the recommended ones are shown
    bool m_loading = false;
    QCheckBox *m_recommended = nullptr;
    QDoubleSpinBox *m_temperature = nullptr;
    QDoubleSpinBox *m_topP = nullptr;
    QSpinBox *m_maxTokens = nullptr;
    QSpinBox *m_topK = nullptr;
    QDoubleSpinBox *m_minP = nullptr;
    QDoubleSpinBox *m_penalty = nullptr;
    QCheckBox *m_randomSeed = nullptr;
    QLineEdit *m_seed = nullptr;
    QPushButton *m_reset = nullptr;
    Row m_recommendedRow, m_temperatureRow, m_topPRow, m_maxTokensRow, m_topKRow, m_minPRow, m_penaltyRow,
        m_randomSeedRow, m_seedRow;
};

} // namespace ui
