#include "app/turns_in_flight.h"

namespace app {

bool TurnsInFlight::end(storage::ConversationId id)
{
    const auto node = m_stopped.extract(id);
    return !node.empty() && node.mapped();
}

void TurnsInFlight::stop(storage::ConversationId id)
{
    const auto found = m_stopped.find(id);
    if (found != m_stopped.end())
        found->second = true;
}

} // namespace app
