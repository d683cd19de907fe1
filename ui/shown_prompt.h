#pragma once
// The exact prompt as it travels between window and application. Values.

#include "engine/generation.h"
#include "storage/records.h"

#include <QString>
#include <string>
#include <vector>

namespace ui {

/// Which prompt is wanted.
struct PromptWish {
    storage::MessageId reply = 0; ///< the one this reply was the answer to; 0: what would be sent next
    QString draft;                ///< of the next message, may be empty

    bool operator==(const PromptWish &) const = default;
};

struct ShownPrompt {
    PromptWish wish;
    engine::PromptShown prompt;
    std::vector<engine::Role> roles;     ///< of GenerationRequest::messages, which parts and omissions refer to
    std::vector<std::string> unanswered; ///< thoughts of replies that ended before an answer and are left out whole
    engine::ThinkingRetention retention = engine::ThinkingRetention::Template; ///< it was made with
};

} // namespace ui
