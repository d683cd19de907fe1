#include "engine/text/chat_template.h"

#include "engine/model/json_reader.h"
#include "engine/model/load_stop.h"
#include "engine/text/detail/chat_format.h"
#include "engine/text/detail/json_place.h"
#include "engine/text/detail/template_program.h"
#include "engine/text/tokenizer.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace engine::text {
namespace {

using detail::ChatFormat;
using detail::JsonPlace;
using detail::PromptPart;
using detail::RawMessage;

constexpr std::uint64_t maxConfigBytes = 4ULL << 20U;
constexpr std::size_t maxTemplateBytes = std::size_t{64} << 10U; // the published ones have a tenth

struct TemplateSource {
    std::string file;
    std::string field;
    std::string text;
};

/// chat_template is a text or a list of {"name", "template"}, of which "default" counts.
std::optional<std::string> templateText(const JsonPlace &place)
{
    if (place.isNull())
        return std::nullopt;
    if (!place.value().is_array())
        return place.text();
    for (std::size_t i = 0; i < place.arraySize(); ++i) {
        const JsonPlace entry = place.element(i);
        if (entry.member("name").text() == "default")
            return entry.member("template").text();
    }
    return std::nullopt;
}

TemplateSource readSource(const std::string &folder)
{
    const model::ModelFolder files(folder);
    const std::string path = files.fileName("tokenizer_config.json");
    const nlohmann::json config = model::readJsonFile(files, "tokenizer_config.json", maxConfigBytes);
    const JsonPlace place = JsonPlace(config, path).member("chat_template");
    if (std::optional<std::string> text = templateText(place))
        return {path, place.path(), std::move(*text)};
    if (files.contains("chat_template.jinja"))
        return {files.fileName("chat_template.jinja"), "", files.readText("chat_template.jinja", maxConfigBytes)};
    throw Error(ErrorCode::TemplateInvalid, path, "chat_template",
                path + ": chat_template is missing: this model has no chat format. Choose a chat or reasoning model.");
}

[[noreturn]] void refuse(const TemplateSource &source, const std::string &why)
{
    const std::string place = source.field.empty() ? source.file : source.file + ": " + source.field;
    throw Error(
        ErrorCode::TemplateInvalid, source.file, source.field,
        place + ": " + why +
            " Supported are the templates of DeepSeek LLM, V2, V2.5, V3, R1, R1-0528 and the R1 distills; put the one "
            "that was published with this model there.");
}

ChatFormat recognise(const TemplateSource &source, const std::string &bos, const std::string &eos,
                     const std::function<void()> &beforeTrial)
{
    if (source.text.size() > maxTemplateBytes)
        refuse(source, "the model's chat template is " + std::to_string(source.text.size()) +
                           " bytes long, which is more than " + std::to_string(maxTemplateBytes) + ".");
    try {
        const detail::TemplateNodePtr program = detail::parseTemplate(source.text);
        if (const std::optional<ChatFormat> format = detail::recogniseFormat(*program, bos, eos, beforeTrial))
            return *format;
    } catch (const detail::TemplateError &error) {
        refuse(source, "the model's chat template failed at line " + std::to_string(error.line()) + ": " +
                           std::string(error.what()) + ".");
    }
    refuse(source, "the model's chat template is none of the known formats.");
}

std::string tokenText(const Tokenizer &tokenizer, std::optional<TokenId> token)
{
    return token ? std::string(tokenizer.tokenBytes(*token)) : std::string();
}

/// Texts that mean one token where the format itself writes them.
std::vector<std::pair<std::string, TokenId>> formatTokens(const Tokenizer &tokenizer)
{
    std::vector<std::pair<std::string, TokenId>> tokens;
    for (const std::optional<TokenId> token : {tokenizer.bos(), tokenizer.eos()}) {
        if (token)
            tokens.emplace_back(tokenText(tokenizer, token), *token);
    }
    for (const char *text : {"<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"}) {
        const std::optional<TokenId> token = tokenizer.find(text);
        if (token && tokenizer.isAdded(*token))
            tokens.emplace_back(text, *token);
    }
    return tokens;
}

[[noreturn]] void invalidRequest(const std::string &field, const std::string &why)
{
    throw Error(ErrorCode::RequestInvalid, "", field, "The conversation cannot be sent: " + field + " " + why + ".");
}

[[noreturn]] void promptTooLong(const std::string &tokens, int contextLength)
{
    throw Error(ErrorCode::PromptTooLong, {}, "messages",
                "The conversation is " + tokens + " tokens long; the model's context is " +
                    std::to_string(contextLength) +
                    " tokens and needs room for a reply. Start a new conversation or shorten the message.");
}

void validate(const std::vector<ChatMessage> &messages, bool continueLast)
{
    if (messages.empty())
        invalidRequest("messages", "is empty");
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const ChatMessage &message = messages[i];
        const std::string field = "messages[" + std::to_string(i) + "]";
        if (message.role != Role::Assistant && (!message.thinking.empty() || !message.thinkingClosed))
            invalidRequest(field + ".thinking", "is set, but only the assistant thinks");
        if (!message.thinkingClosed && !message.text.empty())
            invalidRequest(field + ".text", "follows a thought that is not closed");
    }
    if (continueLast && messages.back().role != Role::Assistant)
        invalidRequest("messages[" + std::to_string(messages.size() - 1) + "]",
                       "is to be continued, but is not the assistant's");
}

/// What the model wrote, as far as the format shows it to the model again.
std::string rawOutput(const ChatFormat &format, const ChatMessage &message)
{
    if (format.history == ChatFormat::History::AfterLastThought && message.thinkingClosed && !message.thinking.empty())
        return message.thinking + std::string(detail::thoughtClosing) + message.text;
    // In the LLM format the model writes the space after "Assistant:" itself; once is enough.
    if (format.beforeAnswer.ends_with(' ') && message.text.starts_with(' '))
        return message.text.substr(1);
    return message.text;
}

std::vector<RawMessage> rawMessages(const ChatFormat &format, const std::vector<ChatMessage> &messages)
{
    std::vector<RawMessage> raw;
    for (const ChatMessage &message : messages) {
        if (message.role == Role::Assistant)
            raw.push_back({"assistant", rawOutput(format, message)});
        else
            raw.push_back({message.role == Role::System ? "system" : "user", message.text});
    }
    return raw;
}

/// The parts after the opening of an answer, and where the model's output begins then.
ReasoningStart appendOpenAnswer(const ChatFormat &format, const ChatMessage &message, std::vector<PromptPart> &parts)
{
    const bool thought = !message.thinking.empty();
    if (!thought && message.text.empty()) {
        if (!format.opensThought)
            return {};
        parts.push_back({std::string(detail::thoughtOpening), true});
        return {TextPart::Thinking, false, 0};
    }
    if (thought) {
        parts.push_back({std::string(detail::thoughtOpening), true});
        parts.push_back({message.thinking, false});
        if (!message.thinkingClosed)
            return {TextPart::Thinking, false, 0};
        parts.push_back({std::string(detail::thoughtClosing), true});
    }
    parts.push_back({message.text, false});
    return {TextPart::Answer, false, 0};
}

} // namespace

struct ChatTemplate::Data {
    const Tokenizer *tokenizer;
    ChatFormat format;
    std::string bos;
    std::string eos;
    std::vector<std::pair<std::string, TokenId>> formatTokens;

    /// Nothing when stopped.
    std::optional<std::vector<TokenId>> encode(const std::vector<PromptPart> &parts, const std::stop_token &stop) const;
};

/// Text between two format tokens is encoded in one go, as the tokens of a text depend on what stands beside it.
std::optional<std::vector<TokenId>> ChatTemplate::Data::encode(const std::vector<PromptPart> &parts,
                                                               const std::stop_token &stop) const
{
    std::vector<TokenId> tokens;
    std::string between;
    const auto flush = [&] {
        const auto encoded = tokenizer->encode(between, AddedTokens::Ignore, stop);
        if (encoded)
            tokens.insert(tokens.end(), encoded->begin(), encoded->end());
        between.clear();
    };
    for (const PromptPart &part : parts) {
        std::string_view rest = part.text;
        while (!rest.empty()) {
            const auto starts = [rest](const auto &token) { return rest.starts_with(token.first); };
            const auto token =
                part.isFormat ? std::find_if(formatTokens.begin(), formatTokens.end(), starts) : formatTokens.end();
            if (token != formatTokens.end()) {
                flush();
                tokens.push_back(token->second);
                rest.remove_prefix(token->first.size());
                continue;
            }
            const std::size_t length = part.isFormat ? 1 : rest.size();
            between += rest.substr(0, length);
            rest.remove_prefix(length);
        }
    }
    flush();
    if (stop.stop_requested())
        return std::nullopt;
    return tokens;
}

ChatTemplate::ChatTemplate(std::unique_ptr<const Data> data) : m_data(std::move(data)) {}
ChatTemplate::ChatTemplate(ChatTemplate &&) noexcept = default;
ChatTemplate &ChatTemplate::operator=(ChatTemplate &&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

ChatTemplate ChatTemplate::open(const std::string &folder, const Tokenizer &tokenizer, const std::stop_token &stop)
{
    const std::string bos = tokenText(tokenizer, tokenizer.bos());
    const std::string eos = tokenText(tokenizer, tokenizer.eos());
    const ChatFormat format = recognise(readSource(folder), bos, eos, [&] { model::throwIfStopped(stop, folder); });
    return ChatTemplate(
        std::make_unique<const Data>(Data{&tokenizer, format, bos, eos, text::formatTokens(tokenizer)}));
}

RenderedPrompt ChatTemplate::render(const std::vector<ChatMessage> &messages, bool continueLast) const
{
    return render(messages, continueLast, RenderLimits{}).value();
}

std::optional<RenderedPrompt> ChatTemplate::render(const std::vector<ChatMessage> &messages, bool continueLast,
                                                   const RenderLimits &limits) const
{
    validate(messages, continueLast);
    const ChatFormat &format = m_data->format;
    std::vector<RawMessage> history = rawMessages(format, messages);
    if (continueLast)
        history.pop_back();
    std::vector<PromptPart> parts = renderHistory(format, history, m_data->bos, m_data->eos);
    parts.push_back({std::string(format.generationPrompt), true});
    RenderedPrompt prompt;
    prompt.start = appendOpenAnswer(format, continueLast ? messages.back() : ChatMessage{}, parts);
    for (const PromptPart &part : parts)
        prompt.text += part.text;
    const auto length = static_cast<std::size_t>(limits.contextLength);
    const std::size_t fewest = prompt.text.size() / m_data->tokenizer->longestTokenBytes();
    if (fewest >= length)
        promptTooLong("at least " + std::to_string(fewest), limits.contextLength);
    auto tokens = m_data->encode(parts, limits.stop);
    if (!tokens)
        return std::nullopt;
    prompt.tokens = std::move(*tokens);
    if (prompt.tokens.size() >= length)
        promptTooLong(std::to_string(prompt.tokens.size()), limits.contextLength);
    return prompt;
}

bool ChatTemplate::reasons() const
{
    return m_data->format.opensThought;
}

std::string ChatTemplate::name() const
{
    return m_data->format.name();
}

} // namespace engine::text
