// chat: a conversation in the terminal.

#include "app/cli/chat_view.h"
#include "app/cli/command.h"
#include "app/cli/line_reader.h"
#include "app/cli/prompt_source.h"
#include "app/cli/sampler_options.h"
#include "app/cli/thought_options.h"

#include <memory>
#include <utility>

namespace app::cli {

namespace {

struct ChatOptions {
    std::string system;
    SamplerOptions sampler;
    ThoughtOptions thoughts;
    bool hideThinking = false;
};

class Chat {
public:
    Chat(const ChatOptions &options, Context &context)
        : m_options(options), m_context(context), m_client(context.options.engineOptions(), context.interrupts),
          m_lines(context.interrupts),
          m_view(context.options.json ? makeJsonChatView(context.terminal) : makeTextChatView(context.terminal))
    {
        m_view->setThinkingShown(!options.hideThinking);
    }

    ExitCode run()
    {
        requireUtf8(m_options.system, "The system message");
        const engine::ModelInfo &model = m_client.load(modelFolder(m_context.options));
        m_sampler = m_options.sampler.settings(model);
        m_view->modelLoaded(model);
        startAnew();
        std::string line;
        while (!m_quit && readLine(line))
            handle(line);
        return m_failed ? ExitCode::Failed : ExitCode::Ok;
    }

private:
    /// False at the end of the input. The second Ctrl+C in a row ends the program.
    bool readLine(std::string &line)
    {
        for (bool pressedBefore = false;; pressedBefore = true) {
            m_view->askForInput();
            const LineReader::Result result = m_lines.read(line);
            if (result == LineReader::Result::Line)
                return true;
            m_view->inputEnded();
            if (result == LineReader::Result::End)
                return false;
            if (pressedBefore)
                throw Interrupted();
            m_view->note("Press Ctrl+C again or Ctrl+D to end.");
        }
    }

    void handle(const std::string &line)
    {
        if (line.find_first_not_of(" \t") == std::string::npos)
            return;
        if (line.front() == '/')
            obey(line);
        else
            answer(line);
    }

    void obey(const std::string &command)
    {
        if (command == "/quit") {
            m_quit = true;
        } else if (command == "/new") {
            startAnew();
            m_view->note("A new conversation.");
        } else if (command == "/think on" || command == "/think off") {
            m_view->setThinkingShown(command == "/think on");
            m_view->note(command == "/think on" ? "Thinking is shown." : "Thinking is hidden; the model still thinks.");
        } else if (command == "/cpu") {
            goOnOnTheCpu();
        } else if (command == "/help") {
            m_view->note("/new           start a new conversation\n"
                         "/cpu           open the model on the CPU, and go on with a reply that its device failed\n"
                         "/think on|off  show or hide the thinking\n"
                         "/quit          end, as Ctrl+D\n"
                         "Ctrl+C         stop the reply; twice: end");
        } else {
            m_view->note(command + " is not a command. /help lists them.");
        }
    }

    void startAnew()
    {
        m_messages.clear();
        m_cutOff = false;
        if (!m_options.system.empty())
            m_messages.push_back({engine::Role::System, m_options.system, {}, true});
    }

    void answer(const std::string &text)
    {
        if (std::exchange(m_cutOff, false))
            m_messages.pop_back(); // a question that got no whole answer
        const std::size_t before = m_messages.size();
        try {
            requireUtf8(text, "The message");
            m_messages.push_back({engine::Role::User, text, {}, true});
            keep(generate());
        } catch (const CommandError &error) {
            if (error.code() == "output_failed")
                throw;
            m_failed = true;
            m_view->failed(error);
            if (error.code() == "device_failed")
                return keepForTheCpu();
            m_messages.resize(before); // the next message must not fail for the same reason
        }
    }

    /// What the device wrote before it failed is right, and is gone on with.
    void keepForTheCpu()
    {
        m_cutOff = true;
        m_view->note("What was written is kept. /cpu opens the model on the CPU and goes on with it.");
    }

    void goOnOnTheCpu()
    {
        const Reply part = m_client.lastReply();
        m_view->modelLoaded(m_client.load(modelFolder(m_context.options), engine::cpuDevice));
        if (!std::exchange(m_cutOff, false))
            return;
        try {
            const bool begun = !part.thinking.empty() || !part.answer.empty();
            if (begun)
                m_messages.push_back({engine::Role::Assistant, part.answer, part.thinking, !part.answer.empty()});
            Reply rest = generate(begun);
            if (begun)
                m_messages.pop_back();
            m_view->replyEnded(rest);
            rest.thinking.insert(0, part.thinking);
            rest.answer.insert(0, part.answer);
            remember(rest);
        } catch (const CommandError &error) {
            if (error.code() == "output_failed")
                throw;
            m_view->failed(error);
        }
    }

    Reply generate(bool continuing = false)
    {
        engine::GenerationRequest request;
        request.messages = m_messages;
        request.continueLast = continuing;
        request.sampler = m_sampler;
        // A question asked twice shall not get the same reply from the same random numbers.
        request.sampler.seed = m_sampler.seed + static_cast<std::uint64_t>(m_turn);
        request.maxTokens = m_options.sampler.maxTokens(m_client.model());
        request.captureRouting = false;
        m_options.thoughts.fill(request);
        m_view->replyBegins(++m_turn, request);
        return m_client.generate(request, [this](const engine::GenerationEvent &event) { m_view->show(event); });
    }

    void keep(const Reply &reply)
    {
        m_view->replyEnded(reply);
        remember(reply);
    }

    void remember(const Reply &reply)
    {
        // A reply that was stopped while thinking would teach the model to answer nothing.
        if (!reply.answer.empty())
            m_messages.push_back({engine::Role::Assistant, reply.answer, reply.thinking, true});
    }

    const ChatOptions &m_options;
    Context &m_context;
    EngineClient m_client;
    LineReader m_lines;
    std::unique_ptr<ChatView> m_view;
    engine::SamplerSettings m_sampler;
    std::vector<engine::ChatMessage> m_messages;
    int m_turn = 0;
    bool m_cutOff = false; ///< by its device: the reply that was written last
    bool m_quit = false;
    bool m_failed = false;
};

} // namespace

void addChatCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command =
        addCommand(program, selection, "chat", "Talk with a model; each line of the input is a message");
    const auto options = std::make_shared<ChatOptions>();
    options->sampler.addTo(command);
    options->thoughts.addTo(command);
    command.add_option("--system", options->system, "System message")->type_name("TEXT");
    command.add_flag("--hide-thinking", options->hideThinking, "Begin with /think off");
    command.callback([&selection, options] {
        selection.action = [options](Context &context) { return Chat(*options, context).run(); };
    });
}

} // namespace app::cli
