#pragma once
// Wishes for a reply from the moment they are uttered until the engine is asked: they are being written. A value; UI
// thread.

#include "storage/records.h"

#include <map>

namespace app {

/// At most one for each conversation: what is pressed twice is wanted once.
class TurnsInFlight {
public:
    void begin(storage::ConversationId id) { m_stopped.emplace(id, false); }
    /// True if Stop was pressed meanwhile.
    bool end(storage::ConversationId id);
    void stop(storage::ConversationId id);

    bool contains(storage::ConversationId id) const { return m_stopped.contains(id); }
    bool empty() const { return m_stopped.empty(); }

private:
    std::map<storage::ConversationId, bool> m_stopped;
};

} // namespace app
