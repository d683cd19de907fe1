#pragma once
// Which tokens of a prompt came from which run of its text.

#include "engine/text/detail/chat_format.h"

#include <span>
#include <vector>

namespace engine::text {
class Tokenizer;
}

namespace engine::text::detail {

/// One part for each run. A token that straddles a boundary belongs to the part its first byte is in.
std::vector<PromptPart> partsOf(const PromptRuns &runs, std::span<const TokenId> tokens, const Tokenizer &tokenizer);

} // namespace engine::text::detail
