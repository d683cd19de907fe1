#include "storage/sqlite/tree_reader.h"

#include "storage/sqlite/failures.h"

#include <SQLiteCpp/Exception.h>

#include <algorithm>

namespace storage::sqlite {

TreeReader::TreeReader(MessagesTable &messages, PartsTable &parts, ChunksTable &chunks)
    : m_messages(messages), m_parts(parts), m_chunks(chunks)
{
}

std::vector<MessageRecord> TreeReader::read(const ConversationSummary &conversation)
{
    std::vector<MessageId> ids = m_messages.idsOf(conversation.id);
    const MessageId leaf = conversation.currentLeaf;
    if (leaf != 0 && !std::binary_search(ids.begin(), ids.end(), leaf) &&
        m_messages.conversationOf(leaf) == conversation.id)
        ids.push_back(leaf); // hidden by a damaged index entry
    std::vector<MessageRecord> tree;
    for (const MessageId id : ids)
        tree.push_back(readMessage(id, conversation.id));
    readHiddenParents(conversation.id, tree);
    std::sort(tree.begin(), tree.end(), [](const MessageRecord &a, const MessageRecord &b) { return a.id < b.id; });
    return tree;
}

MessageRecord TreeReader::readMessage(MessageId id, ConversationId conversation)
{
    MessageRecord record;
    int parts = 0;
    try {
        const std::optional<MessageRow> found = m_messages.find(id);
        record.damaged = !found;
        if (found) {
            record = found->record;
            parts = found->parts;
        }
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
    readText(record, parts);
    return record;
}

void TreeReader::readText(MessageRecord &record, int parts)
{
    bool unreadable = false;
    for (PartRow &row : m_parts.ofMessage(record.id, unreadable)) {
        const StreamedText streamed = m_chunks.ofPart(row.id);
        row.part.text += streamed.text;
        record.damaged |= row.damaged || streamed.damaged || streamed.unreadable;
        record.parts.push_back(std::move(row.part));
    }
    record.damaged |= unreadable || record.parts.size() != static_cast<std::size_t>(parts);
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
