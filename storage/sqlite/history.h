#pragma once
// What the store can do, over the five tables and the one connection. Storage thread only. Writing methods expect to
// run inside a transaction. Methods throw Error for what the caller asked wrongly and SQLite::Exception for what the
// file refused.

#include "storage/conversation_store.h"
#include "storage/sqlite/chunks_table.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/conversations_table.h"
#include "storage/sqlite/messages_table.h"
#include "storage/sqlite/migration.h"
#include "storage/sqlite/parts_table.h"
#include "storage/sqlite/traces_table.h"
#include "storage/sqlite/tree_reader.h"

#include <functional>
#include <span>

namespace storage::sqlite {

class History {
public:
    /// Opens, migrates, marks what was still streaming as interrupted. Throws Error.
    explicit History(const std::string &file, std::span<const Migration> migrations = schemaMigrations());

    History(const History &) = delete;
    History &operator=(const History &) = delete;

    Connection &connection() { return m_connection; }

    std::vector<ConversationSummary> listConversations();
    ConversationContent loadConversation(ConversationId id);
    ConversationSummary createConversation(const std::string &title);
    void renameConversation(ConversationId id, const std::string &title);
    void setPinned(ConversationId id, bool pinned);
    void deleteConversation(ConversationId id);
    void restoreConversation(ConversationId id);
    int purgeDeleted(std::int64_t olderThan); ///< the number of conversations erased
    void setCurrentLeaf(ConversationId id, MessageId leaf);

    MessageRecord addMessage(MessageRecord record);
    void appendText(MessageId id, PartKind kind, const std::string &text);
    void finishMessage(MessageId id, MessageState state, bool thinkingClosed, const StatisticsRecord &statistics,
                       const FailureRecord &failure);
    void reopenMessage(MessageId id);

    void saveTrace(const TraceRun &run);
    void appendTrace(MessageId id, const std::vector<TraceChunk> &chunks);
    TraceRun loadTrace(MessageId id);

    std::string checkIntegrity(const std::function<bool()> &pause);

private:
    void markInterrupted();
    void markInterrupted(MessageId id);
    void changeState(const MessageRow &row);
    void foldChunks(MessageId id);
    MessageRow requireMessage(MessageId id);
    void require(bool found, const std::string &what, std::int64_t id);

    Connection m_connection; ///< migrated: the tables' statements need the schema
    ConversationsTable m_conversations;
    MessagesTable m_messages;
    PartsTable m_parts;
    ChunksTable m_chunks;
    TracesTable m_traces;
    TreeReader m_reader;
};

} // namespace storage::sqlite
