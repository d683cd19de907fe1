#include "engine/text/detail/prompt_parts.h"

#include "engine/text/tokenizer.h"

namespace engine::text::detail {

std::vector<PromptPart> partsOf(const PromptRuns &runs, std::span<const TokenId> tokens, const Tokenizer &tokenizer)
{
    std::vector<PromptPart> parts;
    std::size_t end = 0; // of the run, in the text
    std::size_t at = 0;  // where the next token begins there
    std::size_t next = 0;
    for (const PromptRun &run : runs) {
        end += run.text.size();
        PromptPart part{run.source, run.message, static_cast<int>(next), 0, run.text};
        for (; next < tokens.size() && at < end; ++next)
            at += tokenizer.tokenBytes(tokens[next]).size();
        part.tokenCount = static_cast<int>(next) - part.firstToken;
        parts.push_back(std::move(part));
    }
    return parts;
}

} // namespace engine::text::detail
