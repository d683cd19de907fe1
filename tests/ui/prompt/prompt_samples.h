#pragma once
// Prompts as the engine describes them, without one.

#include "ui/shown_prompt.h"

#include <QString>

namespace samples {

/// Adds a part whose tokens are given by their texts. "\x01" at the end of a text: the token ends within a character.
inline void addPart(engine::PromptShown &prompt, engine::PromptSource source, int message,
                    const std::vector<std::string> &tokens)
{
    engine::PromptPart part{
        source, message, static_cast<int>(prompt.tokens.size()), static_cast<int>(tokens.size()), {}};
    for (const std::string &text : tokens) {
        const auto id = static_cast<engine::TokenId>(1000 + prompt.tokens.size());
        prompt.tokens.push_back({id, text, static_cast<int>(text.size())});
        part.text += text;
    }
    prompt.parts.push_back(std::move(part));
}

/// Two questions to a model like R1: the first thought is left out, and the first turn is cached.
inline ui::ShownPrompt twoTurns()
{
    using engine::PromptSource;
    ui::ShownPrompt shown;
    shown.roles = {engine::Role::User, engine::Role::Assistant, engine::Role::User};
    auto &prompt = shown.prompt;
    addPart(prompt, PromptSource::Bos, -1, {"<BOS>"});
    addPart(prompt, PromptSource::Markup, 0, {"<|User|>"});
    addPart(prompt, PromptSource::User, 0, {"What", " is", " 47", "*", "86", "?"});
    addPart(prompt, PromptSource::Markup, 1, {"<|Assistant|>"});
    addPart(prompt, PromptSource::Answer, 1, {"4", "0", "4", "2", ".\n"});
    addPart(prompt, PromptSource::Markup, 1, {"<EOS>"});
    addPart(prompt, PromptSource::Markup, 2, {"<|User|>"});
    addPart(prompt, PromptSource::User, 2, {"\xE6\xB7", "\xB1", "\xE6\xB5\xB7", "\xE2\x80\xAE"}); // 深海, an override
    addPart(prompt, PromptSource::Markup, 2, {"<|Assistant|>", "<think>", "\n"});
    prompt.omissions.push_back({1, PromptSource::Thinking, engine::OmissionReason::TemplateDropsThoughts, 37,
                                "47*86: first 47*80 = 3760.\nThen 47*6 = 282. Together that is 4042, which I check "
                                "once more by doing it the other way round."});
    prompt.cachedTokens = 8;
    prompt.contextLength = 4096;
    prompt.templateName = "deepseek-r1";
    prompt.startsIn = engine::TextPart::Thinking;
    return shown;
}

/// A long one: `tokens` of English words in paragraphs.
inline ui::ShownPrompt longPrompt(int tokens)
{
    static const std::vector<std::string> words{" the",   " sea",    " is",    " deep",  ",",
                                                " and",   " cold",   ".\n",    " water", " light",
                                                " fades", " slowly", " below", " us",    ".\n\n"};
    ui::ShownPrompt shown;
    shown.roles = {engine::Role::User};
    std::vector<std::string> text;
    for (int i = 0; i < tokens; ++i)
        text.push_back(words[static_cast<std::size_t>(i * 7 + i / 15) % words.size()]);
    addPart(shown.prompt, engine::PromptSource::Bos, -1, {"<BOS>"});
    addPart(shown.prompt, engine::PromptSource::User, 0, text);
    addPart(shown.prompt, engine::PromptSource::Markup, 0, {"<|Assistant|>"});
    shown.prompt.contextLength = 131072;
    shown.prompt.cachedTokens = tokens / 2;
    shown.prompt.templateName = "deepseek-r1";
    return shown;
}

} // namespace samples
