#include "app/cli/chat_view.h"

#include "app/cli/json_output.h"

namespace app::cli {

namespace {

class JsonChatView : public ChatView {
public:
    explicit JsonChatView(Terminal &terminal) : m_terminal(terminal) {}

    void modelLoaded(const engine::ModelInfo &model) override
    {
        write({{"event", "model_loaded"}, {"model", toJson(model)}});
    }
    void askForInput() override {}
    void inputEnded() override {}

    void replyBegins(int turn, const engine::GenerationRequest &request) override
    {
        m_turn = turn;
        write({{"event", "reply_begins"},
               {"turn", turn},
               {"seed", request.sampler.seed},
               {"sampler", toJson(request.sampler)},
               {"max_tokens", request.maxTokens}});
    }

    void show(const engine::GenerationEvent &event) override
    {
        std::visit([this](const auto &concrete) { write(describe(concrete)); }, event);
    }

    void replyEnded(const Reply &) override {}

    void failed(const CommandError &error) override
    {
        write({{"event", "failed"}, {"turn", m_turn}, {"error", toJson(error)}});
        m_terminal.writeLine(Stream::Error, error.what());
    }

    void note(const std::string &text) override { m_terminal.writeLine(Stream::Error, text, Style::Dim); }

    void setThinkingShown(bool shown) override { m_thinkingShown = shown; }

private:
    Json describe(const engine::PromptProgress &event) const
    {
        return {{"event", "prompt_progress"}, {"turn", m_turn}, {"done", event.done}, {"total", event.total}};
    }

    Json describe(const engine::PromptProcessed &event) const
    {
        return {
            {"event", "prompt_processed"},         {"turn", m_turn},           {"prompt_tokens", event.promptTokens},
            {"cached_tokens", event.cachedTokens}, {"seconds", event.seconds}, {"starts_in", nameOf(event.startsIn)}};
    }

    Json describe(const engine::TokenGenerated &event) const
    {
        return {{"event", "token"},
                {"turn", m_turn},
                {"token", event.token},
                {"part", nameOf(event.part)},
                {"pieces", describe(event.pieces)},
                {"probability", number(event.probability)},
                {"context_used", event.contextUsed},
                {"seconds", event.seconds}};
    }

    Json describe(const engine::GenerationFinished &event) const
    {
        return {{"event", "finished"},
                {"turn", m_turn},
                {"finish_reason", nameOf(event.reason)},
                {"ended_in", nameOf(event.endedIn)},
                {"pieces", describe(event.pieces)},
                {"statistics", toJson(event.statistics)}};
    }

    /// Told by failed() and modelLoaded(), which know more.
    template <typename Other>
    Json describe(const Other &) const
    {
        return {};
    }

    Json describe(const std::vector<engine::TextPiece> &pieces) const
    {
        Json list = Json::array();
        for (const auto &piece : pieces) {
            if (m_thinkingShown || piece.part == engine::TextPart::Answer)
                list.push_back({{"part", nameOf(piece.part)}, {"text", piece.text}});
        }
        return list;
    }

    void write(const Json &event)
    {
        if (!event.is_null())
            m_terminal.write(Stream::Output, dumpLine(event));
    }

    Terminal &m_terminal;
    int m_turn = 0;
    bool m_thinkingShown = true;
};

} // namespace

std::unique_ptr<ChatView> makeJsonChatView(Terminal &terminal)
{
    return std::make_unique<JsonChatView>(terminal);
}

} // namespace app::cli
