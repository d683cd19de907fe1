#pragma once
// One message as the transcript shows it. A value: the application makes it from the history.

#include "storage/records.h"

#include <QString>
#include <optional>

namespace ui {

struct TranscriptMessage {
    storage::MessageId id = 0;
    storage::MessageRole role = storage::MessageRole::User;
    storage::MessageState state = storage::MessageState::Complete;
    QString thinking;
    QString answer; ///< of a user or system message: its text
    bool thinkingClosed = true;
    int branch = 0; ///< position among the alternatives at this place, from 0
    int branches = 1;
    qint64 createdAt = 0;
    QString modelName;
    QString failure; ///< under a failed message, already in the user's language
    bool damaged = false;
    std::optional<storage::StatisticsRecord> statistics;
    std::optional<storage::SamplerRecord> sampler;
    storage::ThinkingRecord asked; ///< beyond the sampler settings
};

/// Whether a reply that ended early can go on where it stopped. A full context would be full again.
inline bool isContinuable(const TranscriptMessage &message)
{
    using storage::MessageState;
    const bool cut = message.state == MessageState::Stopped || message.state == MessageState::Interrupted ||
                     message.state == MessageState::LengthLimit || message.state == MessageState::Failed;
    return cut && message.role == storage::MessageRole::Assistant;
}

/// What changes while a reply streams; sent with every batch of tokens, at most once a frame.
struct LiveStatistics {
    bool prefilling = false;
    int promptDone = 0; ///< tokens; of promptTotal, while prefilling
    int promptTotal = 0;
    int cachedTokens = 0;
    double firstTokenSeconds = 0.0; ///< 0 until there is one
    int thinkingTokens = 0;
    int answerTokens = 0;
    double thinkingSeconds = 0.0;
    double answerSeconds = 0.0;
    double tokensPerSecond = 0.0; ///< over the last second
    int contextUsed = 0;
    int contextLength = 0;
};

} // namespace ui
