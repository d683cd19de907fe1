#include "ui/window/sampler_advice.h"

#include "ui/widgets/format.h"
#include "ui/widgets/visible_text.h"

#include <algorithm>

namespace ui {

namespace {

constexpr double rounding = 0.005; // a field of two decimals and a float

QString figure(double value)
{
    QString text = QString::number(value, 'f', 2);
    return text.endsWith(QLatin1Char('0')) ? text.chopped(1) : text;
}

} // namespace

QString SamplerAdvice::recommendation(const engine::ModelInfo &model)
{
    const QString source = visibleText(QString::fromStdString(model.recommendationSource));
    QStringList values;
    if (model.recommendedTemperature >= 0.0F) {
        QString value = tr("temperature %1").arg(figure(static_cast<double>(model.recommendedTemperature)));
        if (model.leastTemperature >= 0.0F && model.greatestTemperature > model.leastTemperature)
            value = tr("%1 (%2 to %3)")
                        .arg(value, figure(static_cast<double>(model.leastTemperature)),
                             figure(static_cast<double>(model.greatestTemperature)));
        values.append(value);
    }
    if (model.recommendedTopP > 0.0F)
        values.append(tr("top-p %1").arg(figure(static_cast<double>(model.recommendedTopP))));
    if (model.recommendedMaxTokens > 0)
        values.append(tr("up to %1 tokens").arg(formatCount(model.recommendedMaxTokens)));
    if (values.isEmpty())
        return model.name.empty() ? tr("Temperature, top-p and length recommended for this model")
                                  : tr("This model recommends nothing; these are usual values");
    const QString list = values.join(tr(", ", "between values"));
    return source.isEmpty() ? tr("For this model: %1").arg(list) : tr("Recommended by %1: %2").arg(source, list);
}

QString SamplerAdvice::temperature(const engine::ModelInfo &model, double temperature)
{
    if (model.greedyRepeats && temperature <= 0.0)
        return tr("Temperature 0: this model is known to repeat itself without end.");
    if (model.leastTemperature < 0.0F || model.greatestTemperature < 0.0F)
        return {};
    if (temperature < static_cast<double>(model.leastTemperature) - rounding)
        return tr("Temperature below %1: this model tends to repeat itself.")
            .arg(figure(static_cast<double>(model.leastTemperature)));
    if (temperature > static_cast<double>(model.greatestTemperature) + rounding)
        return tr("Temperature above %1: this model's replies tend to lose their thread.")
            .arg(figure(static_cast<double>(model.greatestTemperature)));
    return {};
}

QString SamplerAdvice::length(const engine::ModelInfo &model, int maxTokens)
{
    constexpr int shortThought = 512;
    if (model.reasons && maxTokens < std::min(shortThought, std::max(model.contextLength / 4, 1)))
        return tr("A thought may use all of it, and the answer is then cut off.");
    return {};
}

QString SamplerAdvice::systemPrompt(const engine::ModelInfo &model, const QString &prompt)
{
    if (prompt.isEmpty() || model.systemPrompt != engine::SystemPromptAdvice::Discouraged)
        return {};
    return tr("The authors of this model advise against a system prompt: write instructions into your message.");
}

QStringList samplerAdvice(const engine::ModelInfo &model, const storage::SamplerRecord &sampler)
{
    QStringList advice{SamplerAdvice::temperature(model, sampler.temperature),
                       SamplerAdvice::length(model, sampler.maxTokens)};
    advice.removeAll(QString());
    return advice;
}

} // namespace ui
