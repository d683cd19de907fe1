#pragma once
// One conversation in memory: the tree of its messages and the branch that is shown. Nothing is ever removed from it:
// edit and regenerate add a sibling. A value class; UI thread.

#include "storage/records.h"
#include "ui/transcript_message.h"

#include <map>
#include <vector>

namespace app {

class ConversationTree {
public:
    ConversationTree() = default;
    ConversationTree(storage::ConversationSummary summary, std::vector<storage::MessageRecord> messages);

    const storage::ConversationSummary &summary() const { return m_summary; }
    storage::ConversationSummary &summary() { return m_summary; }
    bool empty() const { return m_messages.empty(); }

    const storage::MessageRecord *find(storage::MessageId id) const;
    storage::MessageRecord *find(storage::MessageId id);

    /// Adds a message below its parent and shows its branch.
    void add(storage::MessageRecord message);

    storage::MessageId leaf() const { return m_summary.currentLeaf; }
    /// Root first, down to `end` (default: the leaf shown).
    std::vector<const storage::MessageRecord *> path() const { return pathTo(leaf()); }
    std::vector<const storage::MessageRecord *> pathTo(storage::MessageId end) const;

    /// The alternatives at the place of `id`, itself included, oldest first.
    std::vector<storage::MessageId> siblings(storage::MessageId id) const;
    /// The leaf reached from `id` by always taking the newest reply.
    storage::MessageId newestLeafBelow(storage::MessageId id) const;

    ui::TranscriptMessage transcriptMessage(const storage::MessageRecord &message) const;
    std::vector<ui::TranscriptMessage> transcript() const;

private:
    storage::ConversationSummary m_summary;
    std::map<storage::MessageId, storage::MessageRecord> m_messages;
    std::map<storage::MessageId, std::vector<storage::MessageId>> m_children; ///< by parent, 0 = root; ascending
};

/// Appends to the last part if it is of that kind, else opens a new one (the order of the model's output).
void appendText(storage::MessageRecord &message, storage::PartKind kind, std::string_view text);

/// An answer closes the thought before it. The row says so only once the reply has ended, which a killed program
/// never wrote.
bool thoughtClosed(const storage::MessageRecord &message);

/// All text of one kind, in order.
std::string textOf(const storage::MessageRecord &message, storage::PartKind kind);

} // namespace app
