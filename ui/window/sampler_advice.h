#pragma once
// What the authors of a model say about sampling, set against what is chosen. Pure; in the language in force.

#include "engine/model_info.h"
#include "storage/records.h"

#include <QCoreApplication>
#include <QString>
#include <QStringList>

namespace ui {

class SamplerAdvice {
    Q_DECLARE_TR_FUNCTIONS(ui::SamplerAdvice)

public:
    /// "Recommended by DeepSeek-R1 model card: temperature 0.6 (0.5 to 0.7), top-p 0.95, up to 32,768 tokens"
    static QString recommendation(const engine::ModelInfo &model);
    /// Of a temperature; empty if nothing is known against it.
    static QString temperature(const engine::ModelInfo &model, double temperature);
    /// Of the most tokens a reply may have.
    static QString length(const engine::ModelInfo &model, int maxTokens);
    /// Of a system prompt before new conversations.
    static QString systemPrompt(const engine::ModelInfo &model, const QString &prompt);
};

/// What speaks against the settings, the most important first.
QStringList samplerAdvice(const engine::ModelInfo &model, const storage::SamplerRecord &sampler);

} // namespace ui
