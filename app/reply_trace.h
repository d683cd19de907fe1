#pragma once
// The trace of one reply as the history stores it: chunks of 256 tokens with planes for the expert ids, the gates and
// the tokens themselves. A value; UI thread.

#include "engine/generation.h"
#include "engine/token_trace.h"
#include "storage/records.h"

namespace app {

class ReplyTrace {
public:
    void take(const engine::PromptProcessed &event);
    void take(const engine::TokenGenerated &event);

    bool begun() const { return m_routesTaken + m_tokensTaken > 0; } ///< takeChunks() has returned some

    /// Whole chunks that were not returned before; once the reply has ended, the rest too. Nothing without routes.
    std::vector<storage::TraceChunk> takeChunks(const engine::RoutingTrace &routes, bool ended);

private:
    std::vector<engine::TokenRecord> m_tokens; ///< of the prompt and the reply: one more than there are routes
    std::size_t m_routesTaken = 0;
    std::size_t m_tokensTaken = 0;
    double m_previousToken = 0.0; ///< seconds, as the events count them
};

/// Without chunks.
storage::TraceRun traceRun(storage::MessageId message, const engine::ModelInfo &model);

} // namespace app
