#include "storage/sqlite/messages_table.h"

#include "storage/sqlite/checksum.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/query.h"

#include <SQLiteCpp/Exception.h>

#include <array>
#include <cmath>

namespace storage::sqlite {

namespace {

constexpr std::array<const char *, 3> roleNames = {"system", "user", "assistant"};
constexpr std::array<const char *, 7> stateNames = {"complete", "streaming",    "stopped",     "interrupted",
                                                    "failed",   "length_limit", "context_full"};

// The first of each is not written: NULL says so in rows of every format.
constexpr std::array<const char *, 3> modeNames = {"", "on", "off"};
constexpr std::array<const char *, 4> thoughtsNames = {"", "all", "newest", "none"};

template <typename Enum, std::size_t Count>
std::string nameOf(const std::array<const char *, Count> &names, Enum value)
{
    return names.at(static_cast<std::size_t>(value));
}

/// Damage may leave any text there: the message is still shown, as `fallback`.
template <typename Enum, std::size_t Count>
Enum valueOf(const std::array<const char *, Count> &names, const std::string &name, Enum fallback)
{
    for (std::size_t i = 0; i < Count; ++i) {
        if (name == names[i])
            return static_cast<Enum>(i);
    }
    return fallback;
}

double stored(double value)
{
    return std::isnan(value) ? 0.0 : value; // as Query binds it
}

void addSampler(Checksum &sum, const SamplerRecord &sampler)
{
    sum.add(stored(sampler.temperature)).add(std::int64_t{sampler.topK}).add(stored(sampler.topP));
    sum.add(stored(sampler.minP)).add(stored(sampler.repetitionPenalty));
    sum.add(static_cast<std::int64_t>(sampler.seed)).add(std::int64_t{sampler.maxTokens});
}

void addStatistics(Checksum &sum, const StatisticsRecord &statistics)
{
    for (const int count : {statistics.promptTokens, statistics.cachedTokens, statistics.thinkingTokens,
                            statistics.answerTokens, statistics.contextUsed, statistics.contextLength})
        sum.add(std::int64_t{count});
    for (const double seconds :
         {statistics.promptSeconds, statistics.firstTokenSeconds, statistics.thinkingSeconds, statistics.answerSeconds})
        sum.add(stored(seconds));
}

/// Nothing for what a row of the first format could not say: its checksum stays right.
void addThinking(Checksum &sum, const ThinkingRecord &thinking)
{
    if (thinking != ThinkingRecord())
        sum.add(nameOf(modeNames, thinking.mode)).add(nameOf(thoughtsNames, thinking.thoughtsShown));
}

std::uint32_t checksumOf(const MessageRecord &record, int parts)
{
    Checksum sum;
    sum.add(record.conversation).add(record.parent).add(nameOf(roleNames, record.role));
    sum.add(nameOf(stateNames, record.state)).add(record.createdAt).add(std::int64_t{record.thinkingClosed});
    sum.add(record.modelName).add(record.modelFingerprint);
    sum.add(record.failure.code).add(record.failure.file).add(record.failure.field).add(record.failure.sentence);
    sum.add(std::int64_t{record.sampler.has_value()});
    if (record.sampler)
        addSampler(sum, *record.sampler);
    sum.add(std::int64_t{record.statistics.has_value()});
    if (record.statistics)
        addStatistics(sum, *record.statistics);
    addThinking(sum, record.thinking);
    return sum.add(std::int64_t{parts}).value();
}

/// All the fields, or as many NULLs.
template <typename Record, typename... Fields>
void bindFields(Query &query, const std::optional<Record> &record, Fields Record::*...fields)
{
    (query.bind(record ? std::optional<Fields>((*record).*fields) : std::nullopt), ...);
}

void bindSampler(Query &query, const std::optional<SamplerRecord> &sampler)
{
    using Record = SamplerRecord;
    bindFields(query, sampler, &Record::temperature, &Record::topK, &Record::topP, &Record::minP,
               &Record::repetitionPenalty, &Record::seed, &Record::maxTokens);
}

void bindStatistics(Query &query, const std::optional<StatisticsRecord> &statistics)
{
    using Record = StatisticsRecord;
    bindFields(query, statistics, &Record::promptTokens, &Record::cachedTokens, &Record::thinkingTokens,
               &Record::answerTokens, &Record::promptSeconds, &Record::firstTokenSeconds, &Record::thinkingSeconds,
               &Record::answerSeconds, &Record::contextUsed, &Record::contextLength);
}

void bindFailure(Query &query, const FailureRecord &failure)
{
    query.bind(failure.code, failure.file, failure.field, failure.sentence);
}

void bindThinking(Query &query, const ThinkingRecord &thinking)
{
    for (const std::string &name : {nameOf(modeNames, thinking.mode), nameOf(thoughtsNames, thinking.thoughtsShown)})
        query.bind(name.empty() ? std::nullopt : std::optional(name));
}

ThinkingRecord readThinking(Query &row)
{
    ThinkingRecord thinking;
    thinking.mode = valueOf(modeNames, row.text(), ThinkingMode::Template);
    thinking.thoughtsShown = valueOf(thoughtsNames, row.text(), ThoughtsShown::Template);
    return thinking;
}

FailureRecord readFailure(Query &row)
{
    FailureRecord failure;
    failure.code = row.text();
    failure.file = row.text();
    failure.field = row.text();
    failure.sentence = row.text();
    return failure;
}

std::optional<SamplerRecord> readSampler(Query &row)
{
    const bool present = !row.isNull();
    SamplerRecord sampler;
    sampler.temperature = row.real();
    sampler.topK = row.smallInteger();
    sampler.topP = row.real();
    sampler.minP = row.real();
    sampler.repetitionPenalty = row.real();
    sampler.seed = static_cast<std::uint64_t>(row.integer());
    sampler.maxTokens = row.smallInteger();
    return present ? std::optional(sampler) : std::nullopt;
}

std::optional<StatisticsRecord> readStatistics(Query &row)
{
    const bool present = !row.isNull();
    StatisticsRecord statistics;
    statistics.promptTokens = row.smallInteger();
    statistics.cachedTokens = row.smallInteger();
    statistics.thinkingTokens = row.smallInteger();
    statistics.answerTokens = row.smallInteger();
    statistics.promptSeconds = row.real();
    statistics.firstTokenSeconds = row.real();
    statistics.thinkingSeconds = row.real();
    statistics.answerSeconds = row.real();
    statistics.contextUsed = row.smallInteger();
    statistics.contextLength = row.smallInteger();
    return present ? std::optional(statistics) : std::nullopt;
}

/// A file is also looked at as it is before it is brought up to date (the backup that is made first): what its format
/// does not have yet counts as empty, as it will then.
std::string selectColumns(SQLite::Database &database)
{
    constexpr int thinkingSince = 2;
    const bool hasThinking = database.execAndGet("PRAGMA user_version").getInt() >= thinkingSince;
    return std::string("SELECT id, conversation, parent, role, state, created_at, thinking_closed, model_name, "
                       "model_fingerprint, failure_code, failure_file, failure_field, failure_sentence, "
                       "temperature, top_k, top_p, min_p, repetition_penalty, seed, max_tokens, "
                       "prompt_tokens, cached_tokens, thinking_tokens, answer_tokens, prompt_seconds, "
                       "first_token_seconds, thinking_seconds, answer_seconds, context_used, context_length, ") +
           (hasThinking ? "thinking_mode, thoughts_shown" : "NULL, NULL") + ", parts, crc32 FROM message";
}

MessageRow readRow(Query &row)
{
    MessageRow result;
    MessageRecord &record = result.record;
    record.id = row.integer();
    record.conversation = row.integer();
    record.parent = row.integer();
    record.role = valueOf(roleNames, row.text(), MessageRole::User);
    record.state = valueOf(stateNames, row.text(), MessageState::Interrupted);
    record.createdAt = row.integer();
    record.thinkingClosed = row.boolean();
    record.modelName = row.text();
    record.modelFingerprint = row.text();
    record.failure = readFailure(row);
    record.sampler = readSampler(row);
    record.statistics = readStatistics(row);
    record.thinking = readThinking(row);
    result.parts = row.smallInteger();
    record.damaged = row.integer() != std::int64_t{checksumOf(record, result.parts)};
    return result;
}

/// False: SQLite found the database broken; what was read until then is in `ids`.
template <typename... Values>
bool collectIds(SQLite::Database &database, const std::string &sql, std::vector<MessageId> &ids,
                const Values &...values)
{
    try {
        Query row(database, sql.c_str());
        row.bind(values...);
        while (row.next())
            ids.push_back(row.integer());
        return true;
    } catch (const SQLite::Exception &exception) {
        if (!meansCorruption(exception))
            throw;
        return false;
    }
}

/// Through an index; if that is damaged, through the table itself, up to where SQLite can read it.
template <typename... Values>
std::vector<MessageId> readIds(SQLite::Database &database, const std::string &condition, const Values &...values)
{
    std::vector<MessageId> ids;
    if (!collectIds(database, "SELECT id FROM message WHERE " + condition + " ORDER BY id", ids, values...)) {
        ids.clear();
        collectIds(database, "SELECT id FROM message NOT INDEXED WHERE " + condition + " ORDER BY id", ids, values...);
    }
    return ids;
}

std::optional<MessageId> parentOrNull(const MessageRecord &record)
{
    return record.parent == 0 ? std::nullopt : std::optional(record.parent);
}

} // namespace

MessagesTable::MessagesTable(SQLite::Database &database)
    : m_database(database), m_find(database, selectColumns(database) + " WHERE id = ?")
{
}

MessageId MessagesTable::insert(const MessageRecord &record)
{
    Query query(
        m_database,
        "INSERT INTO message (conversation, parent, role, state, created_at, thinking_closed, model_name, "
        "model_fingerprint, failure_code, failure_file, failure_field, failure_sentence, temperature, top_k, top_p, "
        "min_p, repetition_penalty, seed, max_tokens, "
        "prompt_tokens, cached_tokens, thinking_tokens, answer_tokens, prompt_seconds, first_token_seconds, "
        "thinking_seconds, answer_seconds, context_used, context_length, thinking_mode, thoughts_shown, parts, crc32) "
        "VALUES (?,?,?,?,?,?,?,?, ?,?,?,?, ?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?,?,?, ?,?, ?,?)");
    query.bind(record.conversation, parentOrNull(record), nameOf(roleNames, record.role),
               nameOf(stateNames, record.state), record.createdAt, record.thinkingClosed, record.modelName,
               record.modelFingerprint);
    bindFailure(query, record.failure);
    bindSampler(query, record.sampler);
    bindStatistics(query, record.statistics);
    bindThinking(query, record.thinking);
    const int parts = static_cast<int>(record.parts.size());
    query.bind(parts, checksumOf(record, parts)).run();
    return m_database.getLastInsertRowid();
}

std::optional<MessageRow> MessagesTable::find(MessageId id)
{
    Query row(m_find);
    row.bind(id);
    return row.next() ? std::optional(readRow(row)) : std::nullopt;
}

std::optional<ConversationId> MessagesTable::conversationOf(MessageId id)
{
    Query row(m_database, "SELECT conversation FROM message WHERE id = ?");
    row.bind(id);
    return row.next() ? std::optional(row.integer()) : std::nullopt;
}

std::vector<MessageId> MessagesTable::idsOf(ConversationId conversation)
{
    return readIds(m_database, "conversation = ?", conversation);
}

std::vector<MessageId> MessagesTable::streaming()
{
    return readIds(m_database, "state = 'streaming'"); // as the partial index spells it
}

void MessagesTable::update(const MessageRow &row)
{
    const MessageRecord &record = row.record;
    Query query(
        m_database,
        "UPDATE message SET state = ?, thinking_closed = ?, failure_code = ?, failure_file = ?, failure_field = ?, "
        "failure_sentence = ?, prompt_tokens = ?, cached_tokens = ?, "
        "thinking_tokens = ?, answer_tokens = ?, prompt_seconds = ?, first_token_seconds = ?, "
        "thinking_seconds = ?, answer_seconds = ?, context_used = ?, context_length = ?, parts = ?, crc32 = ? "
        "WHERE id = ?");
    query.bind(nameOf(stateNames, record.state), record.thinkingClosed);
    bindFailure(query, record.failure);
    bindStatistics(query, record.statistics);
    query.bind(row.parts, checksumToStore(checksumOf(record, row.parts), record.damaged), record.id).run();
}

std::vector<std::string> MessagesTable::damagedRows()
{
    std::vector<std::string> rows;
    Query row(m_database, selectColumns(m_database).c_str());
    while (row.next()) {
        const MessageRecord record = readRow(row).record;
        if (record.damaged)
            rows.push_back("message " + std::to_string(record.id));
    }
    return rows;
}

} // namespace storage::sqlite
