#pragma once
// What the user chose about the window and the sampling. A value; app/settings.h keeps it on disk.

#include "engine/generation.h"
#include "engine/model_info.h"
#include "storage/records.h"

#include <QByteArray>
#include <QString>

namespace ui {

enum class Theme { System, Light, Dark };
enum class ThinkingDisplay { OpenWhileThinking, AlwaysOpen, AlwaysCollapsed };

struct UiSettings {
    Theme theme = Theme::System;
    QString language; ///< "en", "zh_CN"; empty = the system's
    ThinkingDisplay thinking = ThinkingDisplay::OpenWhileThinking;
    bool showRoutingStrip = true;
    bool copyWithThinking = false;
    int textScalePercent = 100;        ///< 80 … 200
    bool useRecommendedSampler = true; ///< take temperature, top-p and length from the model
    bool randomSeed = true;            ///< a new seed for every reply
    QString systemPrompt;              ///< new conversations begin with it; empty = none
    engine::ThinkingRetention retention =
        engine::ThinkingRetention::Template;                            ///< earlier thoughts the model sees again
    engine::ThinkingMode thinkingMode = engine::ThinkingMode::Template; ///< for models that leave the choice
    storage::SamplerRecord sampler; ///< used as far as the two above do not overrule it
    QByteArray geometry;            ///< QWidget::saveGeometry
    QByteArray splitter;            ///< QSplitter::saveState
};

/// Temperature, top-p and length are the model's where the settings say so.
storage::SamplerRecord samplerInUse(const UiSettings &settings, const engine::ModelInfo &model);

/// Whether the next reply begins with a thought, of a model that leaves the choice.
bool thinks(engine::ThinkingMode mode, const engine::ModelInfo &model);

} // namespace ui
