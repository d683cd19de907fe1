#include "storage/sqlite/tree_reader.h"

#include "storage/sqlite/failures.h"

#include <SQLiteCpp/Exception.h>

#include <algorithm>

namespace storage::sqlite {

TreeReader::TreeReader(MessagesTable &messages, PartsTable &parts, ChunksTable &chunks)
    : m_messages(messages), m_parts(parts), m_chunks(chunks)
{
}

std::vector<MessageRecord> TreeReader::read(ConversationId conversation)
{
    std::vector<MessageRecord> tree;
    for (const MessageId id : m_messages.idsOf(conversation))
        tree.push_back(readMessage(id, conversation));
    readHiddenParents(conversation, tree);
    std::sort(tree.begin(), tree.end(), [](const MessageRecord &a, const MessageRecord &b) { return a.id < b.id; });
    return tree;
}

MessageRecord TreeReader::readMessage(MessageId id, ConversationId conversation)
{
    MessageRecord record;
    try {
        if (const auto found = m_messages.find(id))
            record = *found;
        else
            record.damaged = true;
    } catch (const SQLite::Exception &exception) {
        if (!meansCorruption(exception))
            throw;
        record.damaged = true;
    }
    record.damaged |= record.conversation != conversation; // the index and the row disagree
    record.id = id;
    record.conversation = conversation;
    if (record.state == MessageState::Streaming && m_interrupted.contains(id))
        record.state = MessageState::Interrupted;
    readText(record);
    return record;
}

void TreeReader::readText(MessageRecord &record)
{
    bool unreadable = false;
    for (PartRow &row : m_parts.ofMessage(record.id, unreadable)) {
        const StreamedText streamed = m_chunks.ofPart(row.id);
        row.part.text += streamed.text;
        record.damaged |= row.damaged || streamed.damaged || streamed.unreadable;
        record.parts.push_back(std::move(row.part));
    }
    record.damaged |= unreadable;
}

/// A damaged index entry can hide a message from its conversation, but its children still name it. A damaged child may
/// name anything: it becomes a root.
void TreeReader::readHiddenParents(ConversationId conversation, std::vector<MessageRecord> &tree)
{
    std::set<MessageId> present;
    for (const MessageRecord &record : tree)
        present.insert(record.id);
    for (std::size_t i = 0; i < tree.size(); ++i) { // grows while it is walked
        const MessageId parent = tree[i].parent;
        if (parent == 0 || (parent < tree[i].id && present.contains(parent)))
            continue;
        if (tree[i].damaged || parent >= tree[i].id) {
            tree[i].damaged = true;
            tree[i].parent = 0;
            continue;
        }
        tree.push_back(readMessage(parent, conversation));
        tree.back().damaged = true;
        present.insert(parent);
    }
}

} // namespace storage::sqlite
