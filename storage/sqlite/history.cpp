#include "storage/sqlite/history.h"

#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/integrity.h"
#include "storage/sqlite/new_database.h"

#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>

namespace storage::sqlite {

namespace {

Connection openMigrated(const std::string &name, std::span<const Migration> migrations)
{
    const std::string file = absolutePath(name);
    createIfMissing(file, migrations);
    Connection connection(file, latestVersion(migrations));
    try {
        migrate(connection, migrations);
    } catch (const SQLite::Exception &exception) {
        throw errorFrom(exception, connection.database().getHandle(), connection.file());
    }
    return connection;
}

} // namespace

History::History(const std::string &file, std::span<const Migration> migrations)
    : m_connection(openMigrated(file, migrations)), m_conversations(m_connection.database()),
      m_messages(m_connection.database()), m_parts(m_connection.database()), m_chunks(m_connection.database()),
      m_traces(m_connection.database()), m_reader(m_messages, m_parts, m_chunks)
{
    markInterrupted();
}

/// A full disk or a damaged row must not keep the history from opening: what cannot be written now is only shown so.
void History::markInterrupted()
{
    const std::vector<MessageId> left = m_messages.streaming();
    if (left.empty())
        return;
    try {
        SQLite::Transaction transaction(m_connection.database());
        for (const MessageId id : left)
            markInterrupted(id);
        transaction.commit();
    } catch (const SQLite::Exception &) {
        m_reader.showAsInterrupted({left.begin(), left.end()});
    }
}

void History::markInterrupted(MessageId id)
{
    std::optional<MessageRow> row = m_messages.find(id);
    if (!row)
        return;
    foldChunks(id);
    row->record.state = MessageState::Interrupted;
    m_messages.update(*row);
}

std::vector<ConversationSummary> History::listConversations()
{
    return m_conversations.list();
}

ConversationContent History::loadConversation(ConversationId id)
{
    std::optional<ConversationSummary> summary = m_conversations.find(id);
    require(summary.has_value(), "conversation", id);
    std::vector<MessageRecord> messages = m_reader.read(*summary);
    return {std::move(*summary), std::move(messages)};
}

ConversationSummary History::createConversation(const std::string &title)
{
    return m_conversations.insert(title, millisecondsNow());
}

void History::renameConversation(ConversationId id, const std::string &title)
{
    require(m_conversations.rename(id, title), "conversation", id);
}

void History::setPinned(ConversationId id, bool pinned)
{
    require(m_conversations.setPinned(id, pinned), "conversation", id);
}

void History::deleteConversation(ConversationId id)
{
    require(m_conversations.setDeletedAt(id, millisecondsNow()), "conversation", id);
}

void History::restoreConversation(ConversationId id)
{
    require(m_conversations.setDeletedAt(id, std::nullopt), "conversation", id);
}

int History::purgeDeleted(std::int64_t olderThan)
{
    return m_conversations.erase(olderThan);
}

void History::setCurrentLeaf(ConversationId id, MessageId leaf)
{
    require(leaf == 0 || m_messages.conversationOf(leaf) == id, "message", leaf);
    require(m_conversations.setCurrentLeaf(id, leaf), "conversation", id);
}

MessageRecord History::addMessage(MessageRecord record)
{
    const std::int64_t now = millisecondsNow();
    require(m_conversations.touch(record.conversation, now), "conversation", record.conversation);
    require(record.parent == 0 || m_messages.conversationOf(record.parent) == record.conversation, "message",
            record.parent);
    record.createdAt = now;
    record.damaged = false;
    record.id = m_messages.insert(record);
    int position = 0;
    for (const MessagePart &part : record.parts)
        m_parts.insert(record.id, position++, part);
    m_conversations.setCurrentLeaf(record.conversation, record.id);
    return record;
}

void History::appendText(MessageId id, PartKind kind, const std::string &text)
{
    const std::optional<PartKey> last = m_parts.last(id);
    if (last && last->kind == kind) {
        m_chunks.append(last->id, text);
        return;
    }
    MessageRow row = requireMessage(id);
    m_parts.insert(id, last ? last->position + 1 : 0, {kind, text});
    ++row.parts;
    m_messages.update(row);
}

void History::finishMessage(MessageId id, MessageState state, bool thinkingClosed, const StatisticsRecord &statistics,
                            const FailureRecord &failure)
{
    MessageRow row = requireMessage(id);
    row.record.state = state;
    row.record.thinkingClosed = thinkingClosed;
    row.record.statistics = statistics;
    row.record.failure = failure;
    foldChunks(id);
    changeState(row);
}

void History::reopenMessage(MessageId id)
{
    MessageRow row = requireMessage(id);
    row.record.state = MessageState::Streaming;
    changeState(row);
}

void History::changeState(const MessageRow &row)
{
    m_messages.update(row);
    m_conversations.touch(row.record.conversation, millisecondsNow());
    m_reader.showAsStored(row.record.id);
}

void History::foldChunks(MessageId id)
{
    bool unreadable = false;
    for (PartRow &row : m_parts.ofMessage(id, unreadable)) {
        const StreamedText streamed = m_chunks.ofPart(row.id);
        if (streamed.chunks == 0 || streamed.unreadable) // what cannot be read now is not deleted either
            continue;
        row.part.text += streamed.text;
        row.damaged |= streamed.damaged;
        m_parts.setText(row);
        m_chunks.remove(row.id);
    }
}

void History::saveTrace(const TraceRun &run)
{
    require(m_messages.conversationOf(run.message).has_value(), "message", run.message);
    m_traces.replace(run, millisecondsNow());
}

void History::appendTrace(MessageId id, const std::vector<TraceChunk> &chunks)
{
    require(m_traces.append(id, chunks), "routing trace of message", id);
}

TraceRun History::loadTrace(MessageId id)
{
    std::optional<TraceRow> trace = m_traces.find(id);
    require(trace.has_value(), "routing trace of message", id);
    if (trace->damaged)
        throw makeError(ErrorCode::Damaged, m_connection.file(),
                        "The routing trace of message " + std::to_string(id) + " in " + m_connection.file() +
                            " is damaged and is not shown.");
    return std::move(trace->run);
}

std::string History::checkIntegrity(const std::function<bool()> &pause)
{
    return textOf(storage::sqlite::checkIntegrity(m_connection.database(), pause));
}

MessageRow History::requireMessage(MessageId id)
{
    std::optional<MessageRow> row = m_messages.find(id);
    require(row.has_value(), "message", id);
    return std::move(*row);
}

void History::require(bool found, const std::string &what, std::int64_t id)
{
    if (!found)
        throw makeError(ErrorCode::NotFound, m_connection.file(),
                        "There is no " + what + " " + std::to_string(id) + " in the history " + m_connection.file() +
                            ".");
}

} // namespace storage::sqlite
