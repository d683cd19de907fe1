#pragma once
// One reply in flight: what has been generated so far and the figures shown beside it. A value; UI thread.

#include "engine/generation.h"
#include "storage/records.h"
#include "ui/transcript_message.h"

#include <deque>

namespace app {

struct ReplyTarget {
    storage::ConversationId conversation = 0;
    storage::MessageId message = 0;
};

struct ReplyEnd {
    storage::MessageState state = storage::MessageState::Complete;
    bool thinkingClosed = true;
    storage::StatisticsRecord statistics;
    engine::Failure failure; ///< of a failed reply
};

class Reply {
public:
    /// `earlier`: figures of the part that a Continue goes on from, else zeros.
    Reply(ReplyTarget target, engine::RequestId request, storage::StatisticsRecord earlier);

    const ReplyTarget &target() const { return m_target; }
    engine::RequestId request() const { return m_request; }
    const engine::RoutingTrace &routes() const { return m_routes; }
    const std::vector<std::uint16_t> &newestRoutes() const { return m_newestRoutes; }
    const ui::LiveStatistics &live() const { return m_live; }

    void take(const engine::PromptProgress &event);
    void take(const engine::PromptProcessed &event, const engine::RoutingTrace &geometry);
    void take(const engine::TokenGenerated &event);
    ReplyEnd end(const engine::GenerationFinished &event) const;
    ReplyEnd end(const engine::GenerationFailed &event) const;

private:
    storage::StatisticsRecord total(const engine::GenerationStatistics &now) const;

    ReplyTarget m_target;
    engine::RequestId m_request;
    storage::StatisticsRecord m_earlier;
    ui::LiveStatistics m_live;
    engine::RoutingTrace m_routes;
    std::vector<std::uint16_t> m_newestRoutes;
    std::deque<double> m_tokenTimes; ///< seconds, of the last second
    double m_previousToken = 0.0;
};

} // namespace app
