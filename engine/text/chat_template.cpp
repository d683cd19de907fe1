#include "engine/text/chat_template.h"

#include "engine/model/json_reader.h"
#include "engine/model/load_stop.h"
#include "engine/text/detail/chat_format.h"
#include "engine/text/detail/conversation.h"
#include "engine/text/detail/format_recognition.h"
#include "engine/text/detail/json_place.h"
#include "engine/text/detail/prompt_parts.h"
#include "engine/text/detail/template_program.h"
#include "engine/text/tokenizer.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace engine::text {
namespace {

using detail::Answer;
using detail::ChatFormat;
using detail::JsonPlace;
using detail::PromptRun;
using detail::PromptRuns;

constexpr std::uint64_t maxConfigBytes = 4ULL << 20U;
constexpr std::string_view whiteSpace = " \t\n\v\f\r";
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
            " Supported are the templates of DeepSeek LLM, Coder, V2, V2.5, V3, V3.1, V3.2-Exp, R1, R1-0528 and the "
            "R1 distills; put the one "
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
    for (const char *text : {"<｜User｜>", "<｜Assistant｜>", "<think>", "</think>", "<|EOT|>"}) {
        const std::optional<TokenId> token = tokenizer.find(text);
        if (token && tokenizer.isAdded(*token))
            tokens.emplace_back(text, *token);
    }
    return tokens;
}

void requireAllowed(const ChatFormat &format, ThinkingMode mode)
{
    if (format.allows(mode))
        return;
    const std::string wanted = mode == ThinkingMode::On ? "switched on" : "switched off";
    const std::string why = format.thought == ChatFormat::Thought::Never    ? "has no thoughts"
                            : format.thought == ChatFormat::Thought::Opened ? "always opens a thought"
                                                                            : "leaves it to the model";
    throw Error(ErrorCode::RequestInvalid, "", "thinking",
                "The conversation cannot be sent: thinking cannot be " + wanted +
                    ", as the chat template of this model (" + std::string(format.name) + ") " + why +
                    ". The templates of DeepSeek V3.1 and V3.2-Exp can switch it; leave it to the template here.");
}

[[noreturn]] void promptTooLong(const std::string &tokens, int contextLength)
{
    throw Error(ErrorCode::PromptTooLong, {}, "messages",
                "The conversation is " + tokens + " tokens long; the model's context is " +
                    std::to_string(contextLength) +
                    " tokens and needs room for a reply. Start a new conversation or shorten the message.");
}

int newlinesIn(std::string_view text)
{
    return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

/// Appends what stands behind the opening of the next answer. Returns where the model's output begins then.
/// `opened`: the format wrote one.
ReasoningStart appendOpenAnswer(const ChatFormat &format, const ChatMessage &message, int index, ThinkingMode mode,
                                bool opened, PromptRuns &runs)
{
    const int newlines = newlinesIn(format.thoughtClosing);
    const auto add = [&](std::string_view text, PromptSource source) { append(runs, text, source, index); };
    const bool thought = !message.thinking.empty();
    if (!thought && message.text.empty()) {
        const std::string_view tag = format.thoughtTag(mode);
        append(runs, tag, PromptSource::Markup, -1);
        if (tag.empty())
            return {TextPart::Answer, true, 0, newlines};
        return {tag == format.thoughtOpening ? TextPart::Thinking : TextPart::Answer, false, 0, newlines};
    }
    if (thought) {
        add(format.thoughtOpening, PromptSource::Markup);
        add(message.thinking, PromptSource::Thinking);
        if (!message.thinkingClosed)
            return {TextPart::Thinking, false, 0, newlines};
        add(format.thoughtClosing, PromptSource::Markup);
    } else if (opened) {
        // The model writes the space after "Assistant:" itself; where it is missing, the template's history has it.
        const bool spaced = whiteSpace.find(message.text.front()) != std::string_view::npos;
        add(format.beforeAnswer.ends_with(' ') && !spaced ? " " : format.afterOpening, PromptSource::Markup);
    }
    add(message.text, PromptSource::Answer);
    return {TextPart::Answer, false, 0, newlines};
}

/// A prompt before it is encoded.
struct Composition {
    PromptRuns runs;
    std::vector<PromptOmission> omissions;
    ReasoningStart start;
};

Composition compose(const ChatFormat &format, const std::vector<ChatMessage> &messages, const RenderOptions &options,
                    const std::string &bos, const std::string &eos)
{
    detail::validate(messages, options.continueLast);
    requireAllowed(format, options.thinking);
    const auto history = std::span(messages).first(messages.size() - (options.continueLast ? 1 : 0));
    detail::Conversation conversation = detail::prepare(format, history, options.retention);
    Composition composition{layOutHistory(format, conversation.turns, bos, eos), std::move(conversation.omissions), {}};
    const ChatMessage open = options.continueLast ? messages.back() : ChatMessage{};
    const bool isNew = open.thinking.empty() && open.text.empty();
    const bool opens =
        appendOpening(format, conversation.turns, isNew ? Answer::New : Answer::Continued, composition.runs);
    if (opens || !isNew)
        composition.start =
            appendOpenAnswer(format, open, static_cast<int>(history.size()), options.thinking, opens, composition.runs);
    return composition;
}

} // namespace

struct ChatTemplate::Data {
    const Tokenizer *tokenizer;
    ChatFormat format;
    std::string bos;
    std::string eos;
    std::vector<std::pair<std::string, TokenId>> formatTokens;

    /// Nothing when stopped.
    std::optional<std::vector<TokenId>> encode(const PromptRuns &runs, const std::stop_token &stop) const;
    std::optional<RenderedPrompt> finish(const Composition &composition, const RenderLimits &limits) const;
};

/// Text between two format tokens is encoded in one go, as the tokens of a text depend on what stands beside it.
std::optional<std::vector<TokenId>> ChatTemplate::Data::encode(const PromptRuns &runs,
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
    for (const PromptRun &run : runs) {
        std::string_view rest = run.text;
        while (!rest.empty()) {
            const auto starts = [rest](const auto &token) { return rest.starts_with(token.first); };
            const auto token =
                run.isFormat() ? std::find_if(formatTokens.begin(), formatTokens.end(), starts) : formatTokens.end();
            if (token != formatTokens.end()) {
                flush();
                tokens.push_back(token->second);
                rest.remove_prefix(token->first.size());
                continue;
            }
            const std::size_t length = run.isFormat() ? 1 : rest.size();
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

std::optional<RenderedPrompt> ChatTemplate::Data::finish(const Composition &composition,
                                                         const RenderLimits &limits) const
{
    RenderedPrompt prompt;
    prompt.start = composition.start;
    prompt.text = textOf(composition.runs);
    const auto length = static_cast<std::size_t>(limits.contextLength);
    const std::size_t fewest = prompt.text.size() / tokenizer->longestTokenBytes();
    if (fewest >= length)
        promptTooLong("at least " + std::to_string(fewest), limits.contextLength);
    auto tokens = encode(composition.runs, limits.stop);
    if (!tokens)
        return std::nullopt;
    prompt.tokens = std::move(*tokens);
    if (prompt.tokens.size() >= length)
        promptTooLong(std::to_string(prompt.tokens.size()), limits.contextLength);
    return prompt;
}

RenderedPrompt ChatTemplate::render(const std::vector<ChatMessage> &messages, bool continueLast) const
{
    return render(messages, RenderOptions{continueLast}, RenderLimits{}).value();
}

std::optional<RenderedPrompt> ChatTemplate::render(const std::vector<ChatMessage> &messages,
                                                   const RenderOptions &options, const RenderLimits &limits) const
{
    return m_data->finish(compose(m_data->format, messages, options, m_data->bos, m_data->eos), limits);
}

std::optional<DescribedPrompt> ChatTemplate::describe(const std::vector<ChatMessage> &messages,
                                                      const RenderOptions &options, const RenderLimits &limits) const
{
    Composition composition = compose(m_data->format, messages, options, m_data->bos, m_data->eos);
    auto rendered = m_data->finish(composition, limits);
    if (!rendered)
        return std::nullopt;
    DescribedPrompt prompt{std::move(*rendered), {}, std::move(composition.omissions)};
    prompt.parts = detail::partsOf(composition.runs, prompt.rendered.tokens, *m_data->tokenizer);
    for (PromptOmission &omission : prompt.omissions) {
        const auto tokens = m_data->tokenizer->encode(omission.text, AddedTokens::Ignore, limits.stop);
        if (!tokens)
            return std::nullopt;
        omission.tokens = static_cast<int>(tokens->size());
    }
    return prompt;
}

bool ChatTemplate::reasons() const
{
    return m_data->format.thought == ChatFormat::Thought::Opened;
}

bool ChatTemplate::allows(ThinkingMode mode) const
{
    return m_data->format.allows(mode);
}

bool ChatTemplate::keepsOnlyLastSystem() const
{
    return m_data->format.system == ChatFormat::System::Last;
}

std::string ChatTemplate::name() const
{
    return std::string(m_data->format.name);
}

} // namespace engine::text
