#pragma once
// Puts the messages of a conversation together so that damage to one row or to an index hides no other message.
// Storage thread only; throws SQLite::Exception, but not for corruption, which becomes MessageRecord::damaged.

#include "storage/sqlite/chunks_table.h"
#include "storage/sqlite/messages_table.h"
#include "storage/sqlite/parts_table.h"

#include <set>
#include <vector>

namespace storage::sqlite {

class TreeReader {
public:
    TreeReader(MessagesTable &messages, PartsTable &parts, ChunksTable &chunks);

    /// Ascending ids. Every parent is 0 or an earlier message of the result.
    std::vector<MessageRecord> read(const ConversationSummary &conversation);

    /// These are to be shown as interrupted although their row still says streaming.
    void showAsInterrupted(std::set<MessageId> ids) { m_interrupted = std::move(ids); }
    void showAsStored(MessageId id) { m_interrupted.erase(id); }

private:
    MessageRecord readMessage(MessageId id, ConversationId conversation);
    void readText(MessageRecord &record, int parts);
    void readHiddenParents(ConversationId conversation, std::vector<MessageRecord> &tree);

    MessagesTable &m_messages;
    PartsTable &m_parts;
    ChunksTable &m_chunks;
    std::set<MessageId> m_interrupted;
};

} // namespace storage::sqlite
