#pragma once
// How chat shows a reply: as text for people or as one JSON object per event.

#include "app/cli/engine_client.h"
#include "app/cli/exit_codes.h"
#include "app/cli/terminal.h"

#include <memory>
#include <string>

namespace app::cli {

class ChatView {
public:
    virtual ~ChatView() = default;

    virtual void modelLoaded(const engine::ModelInfo &model) = 0;
    virtual void askForInput() = 0;
    virtual void inputEnded() = 0;
    virtual void replyBegins(int turn, const engine::GenerationRequest &request) = 0;
    virtual void show(const engine::GenerationEvent &event) = 0;
    virtual void replyEnded(const Reply &reply) = 0;
    virtual void failed(const CommandError &error) = 0;
    virtual void note(const std::string &text) = 0; ///< an answer to a /command
    virtual void setThinkingShown(bool shown) = 0;
};

std::unique_ptr<ChatView> makeTextChatView(Terminal &terminal);
std::unique_ptr<ChatView> makeJsonChatView(Terminal &terminal);

} // namespace app::cli
