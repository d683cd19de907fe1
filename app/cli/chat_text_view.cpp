#include "app/cli/chat_view.h"

#include "app/cli/format.h"
#include "app/cli/json_output.h"
#include "app/cli/statistics_line.h"

#include <optional>
#include <unistd.h>

namespace app::cli {

namespace {

/// Where there are no colours, headings tell thinking and answer apart.
class TextChatView : public ChatView {
public:
    explicit TextChatView(Terminal &terminal) : m_terminal(terminal), m_interactive(::isatty(STDIN_FILENO) == 1) {}

    void modelLoaded(const engine::ModelInfo &model) override
    {
        if (m_interactive)
            note(model.name + ", " + model.architecture + ", " + count(model.parametersTotal) +
                 " parameters, context " + std::to_string(model.contextLength) + " tokens. /help lists the commands.");
    }

    void askForInput() override
    {
        if (m_interactive)
            m_terminal.write(Stream::Error, "> ");
    }

    void inputEnded() override
    {
        if (m_interactive)
            m_terminal.write(Stream::Error, "\n"); // after the "> " that nothing followed
    }

    void replyBegins(int, const engine::GenerationRequest &) override { m_part.reset(); }

    void show(const engine::GenerationEvent &event) override
    {
        if (const auto *progress = std::get_if<engine::PromptProgress>(&event))
            m_terminal.showProgress("reading the conversation: " + std::to_string(progress->done) + " of " +
                                    std::to_string(progress->total) + " tokens");
        if (const auto *token = std::get_if<engine::TokenGenerated>(&event))
            show(token->pieces);
        if (const auto *finished = std::get_if<engine::GenerationFinished>(&event))
            show(finished->pieces);
    }

    void replyEnded(const Reply &reply) override
    {
        if (m_part)
            m_terminal.write(Stream::Output, "\n");
        std::string line = statisticsLine(reply.statistics);
        if (reply.reason != engine::FinishReason::EndOfSequence)
            line += std::string(" | ") + nameOf(reply.reason);
        note(line);
    }

    void failed(const CommandError &error) override
    {
        m_terminal.writeLine(Stream::Error, error.what());
        m_terminal.writeLine(Stream::Error, error.nextStep());
    }

    void note(const std::string &text) override { m_terminal.writeLine(Stream::Error, text, Style::Dim); }

    void setThinkingShown(bool shown) override { m_thinkingShown = shown; }

private:
    void show(const std::vector<engine::TextPiece> &pieces)
    {
        for (const auto &piece : pieces)
            show(piece);
    }

    void show(const engine::TextPiece &piece)
    {
        const bool thinking = piece.part == engine::TextPart::Thinking;
        if (thinking && !m_thinkingShown) {
            m_terminal.showProgress("thinking...");
            return;
        }
        if (m_part != piece.part)
            begin(piece.part);
        m_terminal.write(Stream::Output, piece.text, thinking ? Style::Dim : Style::Normal);
        m_atLineStart = piece.text.back() == '\n';
    }

    void begin(engine::TextPart part)
    {
        if (m_part)
            m_terminal.write(Stream::Output, m_atLineStart ? "\n" : "\n\n");
        if (!m_terminal.hasColors(Stream::Output))
            m_terminal.write(Stream::Output, part == engine::TextPart::Thinking ? "[thinking]\n" : "[answer]\n");
        m_part = part;
    }

    Terminal &m_terminal;
    bool m_interactive;
    bool m_thinkingShown = true;
    bool m_atLineStart = true;
    std::optional<engine::TextPart> m_part; ///< what the reply shows now
};

} // namespace

std::unique_ptr<ChatView> makeTextChatView(Terminal &terminal)
{
    return std::make_unique<TextChatView>(terminal);
}

} // namespace app::cli
