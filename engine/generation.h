#pragma once
// Requests to the engine and the events it answers with. Plain data; may cross threads.

#include "engine/device_info.h"
#include "engine/error.h"
#include "engine/model_info.h"
#include "engine/routing_trace.h"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace engine {

using TokenId = std::int32_t;
using RequestId = std::uint64_t;

enum class Role { System, User, Assistant };

/// `thinking` is the reasoning of an assistant message; ThinkingRetention says whether the model is shown it again.
struct ChatMessage {
    Role role = Role::User;
    std::string text;
    std::string thinking;
    bool thinkingClosed = true; ///< false: stopped in mid-thought (matters when continuing)
};

struct SamplerSettings {
    float temperature = 0.6F; ///< 0 = greedy
    int topK = 0;             ///< 0 = off
    float topP = 0.95F;       ///< 1 = off
    float minP = 0.0F;        ///< 0 = off
    float repetitionPenalty = 1.0F;
    /// The same seed, settings, model and prompt give the same tokens when the prompt is computed from the beginning or
    /// all but its last token come from the cache (regenerate). In a later turn, where a part comes from the cache, the
    /// logits may differ in rounding, as what is computed together then does.
    std::uint64_t seed = 0;
};

/// Which earlier thoughts the model is shown again. A thought that was not closed never is, nor is any thought to a
/// model without thoughts.
enum class ThinkingRetention {
    Template, ///< as the model's own template does (R1, V3.1: none)
    All,      ///< as the model wrote them, so that the tokens of a turn are a prefix of the next one's
    Newest,   ///< the newest one only
    None,
};

/// Whether the next reply begins with a thought.
enum class ThinkingMode {
    Template, ///< as the model's own template does without being asked (R1: On, V3.1: Off, R1-0528: as the model likes)
    On,
    Off, ///< ModelInfo::canSwitchThinking, and models without thoughts
};

struct GenerationRequest {
    RequestId id = 0;
    std::vector<ChatMessage> messages;
    /// The last message is an assistant message to be continued where it stopped.
    bool continueLast = false;
    ThinkingRetention retention = ThinkingRetention::Template;
    /// A mode that the model's template cannot do is answered with RequestInvalid, field "thinking".
    ThinkingMode thinking = ThinkingMode::Template;
    SamplerSettings sampler;
    int maxTokens = 1024;
    /// Tokens cached by a request that did not capture are computed again for one that does.
    bool captureRouting = true;
};

enum class TextPart { Thinking, Answer };

struct TextPiece {
    TextPart part = TextPart::Answer;
    std::string text; ///< complete UTF-8 characters, never empty

    bool operator==(const TextPiece &) const = default;
};

enum class FinishReason {
    EndOfSequence,
    MaxTokens,   ///< GenerationRequest::maxTokens reached
    ContextFull, ///< the model's context is used up
    Stopped,     ///< cancelled by the user
};

struct TokenAlternative {
    TokenId token = -1;
    float probability = 0.0F; ///< softmax of the raw logits: before temperature, penalties and filters
};

inline constexpr std::size_t alternativeCount = 8;

/// Prefill goes on: `done` of `total` prompt tokens are in the cache. At most ten a second.
struct PromptProgress {
    RequestId request = 0;
    int done = 0;
    int total = 0;
};

/// One token of the prompt as the template and the tokenizer made it.
struct PromptToken {
    TokenId token = -1;
    std::string text; ///< of this token alone; parts of a character are U+FFFD
    int bytes = 0;    ///< of the prompt's text it stands for: tells where a character is split
};

/// Prefill is over; the first token follows.
struct PromptProcessed {
    RequestId request = 0;
    int promptTokens = 0;
    int cachedTokens = 0; ///< of these, taken from the cache of an earlier request
    double seconds = 0.0; ///< prefill time
    TextPart startsIn = TextPart::Answer;
    RoutingTrace promptRoutes;         ///< promptTokens rows, cached tokens included; empty unless captured
    std::vector<PromptToken> tokens{}; ///< promptTokens entries, the inputs of those rows; empty unless captureRouting
};

/// One sampled token.
struct TokenGenerated {
    RequestId request = 0;
    TokenId token = -1;
    /// The part it is counted in; the tags themselves count as thinking. White space that turns out to stand in front
    /// of a thought moves to thinking in GenerationStatistics.
    TextPart part = TextPart::Answer;
    /// What can be shown now: often one piece; none inside a character or for a tag that is not shown.
    std::vector<TextPiece> pieces;
    float probability = 0.0F; ///< raw probability of `token`
    std::array<TokenAlternative, alternativeCount> alternatives{};
    /// [MoE layers, k] of the forward pass that produced this token. Empty unless captured, and for the first
    /// token of a reply, which the last row of PromptProcessed::promptRoutes produced.
    std::vector<std::uint16_t> expertIds;
    std::vector<float> expertGates; ///< the same shape
    int contextUsed = 0;            ///< tokens of the context taken up with this one, at most contextLength
    double seconds = 0.0;           ///< since the request was taken up by the worker
};

struct GenerationStatistics {
    int promptTokens = 0;
    int cachedTokens = 0;
    int thinkingTokens = 0;
    int answerTokens = 0;
    double promptSeconds = 0.0;
    double firstTokenSeconds = 0.0; ///< from the worker taking up the request
    double thinkingSeconds = 0.0;   ///< decode time of thinking tokens
    double answerSeconds = 0.0;
    int contextUsed = 0;
    int contextLength = 0;
};

struct GenerationFinished {
    RequestId request = 0;
    FinishReason reason = FinishReason::EndOfSequence;
    TextPart endedIn = TextPart::Answer;
    std::vector<TextPiece> pieces; ///< what was held back until the end
    GenerationStatistics statistics;
};

struct GenerationFailed {
    RequestId request = 0;
    Failure failure;
    GenerationStatistics statistics;
};

/// What a run of the prompt is. Markup: everything the format itself writes, tags and end tokens included.
enum class PromptSource { Bos, Markup, System, User, Thinking, Answer };

/// A run of the prompt's tokens; a token that straddles a boundary belongs to the part its first byte is in, so a part
/// may have no token of its own.
struct PromptPart {
    PromptSource source = PromptSource::Markup;
    int message = -1; ///< index into GenerationRequest::messages (of markup: the one it is written for); -1: of none
    int firstToken = 0;
    int tokenCount = 0;
    std::string text; ///< never empty; all of them joined are the prompt
};

/// Why a text of the conversation is not in the prompt.
enum class OmissionReason {
    TemplateDropsThoughts, ///< also the text of an answer up to a "</think>" in it
    RetentionPolicy,       ///< ThinkingRetention of the request
    ThoughtNotClosed,
    OnlyLastSystemMessage,
    ModelHasNoThoughts,
};

/// Text of the conversation the model is not shown.
struct PromptOmission {
    int message = -1;
    PromptSource source = PromptSource::Thinking;
    OmissionReason reason = OmissionReason::TemplateDropsThoughts;
    int tokens = 0; ///< of the text alone
    std::string text;
};

/// Answer to Engine::showPrompt.
struct PromptShown {
    RequestId request = 0;
    std::vector<PromptToken> tokens;
    std::vector<PromptPart> parts;         ///< in order
    std::vector<PromptOmission> omissions; ///< by message
    int cachedTokens = 0;                  ///< of the beginning; would not be computed again if this were sent now
    int contextLength = 0;
    std::string templateName;
    TextPart startsIn = TextPart::Answer;
};

/// The prompt cannot be made, for the same reasons as in GenerationFailed; Internal when it was cancelled.
struct PromptShowFailed {
    RequestId request = 0;
    Failure failure;
};

/// What loading a model is busy with, in this order. A count of 0 in all: how far it is cannot be told.
enum class LoadStage {
    Headers,     ///< config.json and the headers of the weight files; counted in files
    Weights,     ///< the values that are looked at: all of a small model; norms, biases and scales else. In bytes
    Fingerprint, ///< samples that tell this model from another of its shape; in files
    Tokenizer,   ///< not counted
    Template,    ///< not counted
    Buffers,     ///< not counted; on a device the weights are copied there, in bytes
};

/// One for each stage begun, and at most ten a second within a stage.
struct ModelLoadProgress {
    std::string folder; ///< as asked for
    LoadStage stage = LoadStage::Headers;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
};

struct ModelLoaded {
    ModelInfo info;
    double seconds = 0.0;
};

struct ModelLoadFailed {
    std::string folder;
    Failure failure;         ///< code Cancelled after cancelLoad()
    bool earlierKept = true; ///< the model that was loaded before, if any, still is; false: none is
};

/// What the device of the model is doing; at most once a second, when it has changed. None for the CPU, nor where it
/// cannot be told.
struct DeviceUsageChanged {
    DeviceUsage usage;
};

using GenerationEvent =
    std::variant<ModelLoadProgress, ModelLoaded, ModelLoadFailed, PromptProgress, PromptProcessed, TokenGenerated,
                 GenerationFinished, GenerationFailed, PromptShown, PromptShowFailed, DeviceUsageChanged>;

} // namespace engine
