#pragma once
// Values that fill a window: a small MoE model, a few conversations, one exchange.

#include "engine/model_info.h"
#include "storage/records.h"
#include "ui/transcript_message.h"
#include "ui/ui_settings.h"

#include <QAction>
#include <QDateTime>
#include <QWidget>
#include <vector>

namespace samples {

inline ui::UiSettings settings()
{
    ui::UiSettings settings;
    settings.theme = ui::Theme::Light;
    settings.language = QStringLiteral("en");
    return settings;
}

inline engine::ModelInfo model()
{
    engine::ModelInfo info;
    info.name = "nano-r1";
    info.folder = "models/nano-r1";
    info.architecture = "deepseek_v3";
    info.quantization = "FP8 E4M3 128x128 + BF16";
    info.parametersTotal = 2'980'000;
    info.parametersActive = 912'000;
    info.kvBytesPerToken = 640;
    info.contextLength = 4096;
    info.routedExperts = 8;
    info.expertsPerToken = 2;
    info.moeLayers = {1, 2, 3};
    info.recommendedTemperature = 0.6F;
    info.recommendedTopP = 0.95F;
    info.recommendedMaxTokens = 2048;
    return info;
}

inline std::vector<storage::ConversationSummary> conversations()
{
    std::vector<storage::ConversationSummary> all(3);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].id = static_cast<storage::ConversationId>(i + 1);
        all[i].title = "chat " + std::to_string(i + 1);
        all[i].updatedAt = QDateTime::currentMSecsSinceEpoch() - static_cast<std::int64_t>(i);
    }
    return all;
}

inline std::vector<ui::TranscriptMessage> exchange()
{
    std::vector<ui::TranscriptMessage> messages(2);
    messages[0].id = 11;
    messages[0].answer = QStringLiteral("What is 47*86?");
    messages[1].id = 12;
    messages[1].role = storage::MessageRole::Assistant;
    messages[1].thinking = QStringLiteral("7*6=42");
    messages[1].answer = QStringLiteral("47 * 86 = **4042**");
    messages[1].modelName = QStringLiteral("nano-r1");
    messages[1].statistics = storage::StatisticsRecord();
    messages[1].statistics->contextUsed = 300;
    messages[1].statistics->contextLength = 4096;
    return messages;
}

inline QAction *actionFor(const QWidget &window, const char *keys)
{
    for (QAction *action : window.findChildren<QAction *>()) {
        if (action->shortcut() == QKeySequence(QLatin1String(keys)))
            return action;
    }
    return nullptr;
}

} // namespace samples
