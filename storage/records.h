#pragma once
// What the history holds. Plain data; may cross threads. Times are milliseconds since 1970 UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace storage {

using ConversationId = std::int64_t;
using MessageId = std::int64_t;

struct ConversationSummary {
    ConversationId id = 0;
    std::string title;
    bool pinned = false;
    std::int64_t createdAt = 0;
    std::int64_t updatedAt = 0;
    MessageId currentLeaf = 0; ///< last message of the branch shown; 0 = empty
    bool damaged = false;      ///< row checksum did not match: shown, but marked
};

enum class MessageRole { System, User, Assistant };

/// Streaming is what a killed program leaves behind; it is shown as interrupted after the next start.
enum class MessageState { Complete, Streaming, Stopped, Interrupted, Failed, LengthLimit, ContextFull };

enum class PartKind { Thinking, Answer };

struct MessagePart {
    PartKind kind = PartKind::Answer;
    std::string text;
};

struct SamplerRecord {
    double temperature = 0.6;
    int topK = 0;
    double topP = 0.95;
    double minP = 0.0;
    double repetitionPenalty = 1.0;
    std::uint64_t seed = 0;
    int maxTokens = 1024;
};

/// Whether a reply begins with a thought, where the model's template leaves the choice.
enum class ThinkingMode { Template, On, Off };
/// Which earlier thoughts the model saw again. Template: as its own template does.
enum class ThoughtsShown { Template, All, Newest, None };

/// How a reply was asked for beyond its sampler settings.
struct ThinkingRecord {
    ThinkingMode mode = ThinkingMode::Template;
    ThoughtsShown thoughtsShown = ThoughtsShown::Template;

    bool operator==(const ThinkingRecord &) const = default;
};

struct StatisticsRecord {
    int promptTokens = 0;
    int cachedTokens = 0;
    int thinkingTokens = 0;
    int answerTokens = 0;
    double promptSeconds = 0.0;
    double firstTokenSeconds = 0.0;
    double thinkingSeconds = 0.0;
    double answerSeconds = 0.0;
    int contextUsed = 0;
    int contextLength = 0;
};

/// Why a reply failed: the fields of engine::Failure. Shown in the language in force when it is shown.
struct FailureRecord {
    std::string code; ///< empty = no failure
    std::string file;
    std::string field;
    std::string sentence; ///< English
};

struct MessageRecord {
    MessageId id = 0;
    ConversationId conversation = 0;
    MessageId parent = 0; ///< 0 = root
    MessageRole role = MessageRole::User;
    MessageState state = MessageState::Complete;
    std::int64_t createdAt = 0;
    std::vector<MessagePart> parts; ///< a user message has one Answer part
    bool thinkingClosed = true;     ///< false: stopped in mid-thought
    std::string modelName;          ///< assistant messages only, as the next five
    std::string modelFingerprint;
    std::optional<SamplerRecord> sampler;
    ThinkingRecord thinking;
    std::optional<StatisticsRecord> statistics;
    FailureRecord failure; ///< of a failed message
    bool damaged = false;  ///< row checksum did not match: shown, but marked
};

/// One row of the routing trace of a message (blob format: engine/routing_trace.h, passed through opaquely).
struct TraceChunk {
    int plane = 0;
    int sequence = 0;
    std::int64_t firstToken = 0;
    std::int64_t tokens = 0;
    std::vector<std::uint8_t> data;
};

struct TraceRun {
    MessageId message = 0;
    std::string modelName;
    std::string modelFingerprint;
    int routedExperts = 0;
    int expertsPerToken = 0;
    int expertGroups = 0;
    int groupsPerToken = 0;
    int sharedExperts = 0;
    std::vector<int> moeLayers;
    std::vector<TraceChunk> chunks;
};

} // namespace storage
