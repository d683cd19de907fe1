#include "app/cli/conversation_file.h"

#include "app/cli/exit_codes.h"
#include "app/cli/prompt_source.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <set>

namespace app::cli {

namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string &sentence)
{
    throw CommandError::usage(sentence,
                              "Give a JSON list of {\"role\": \"user\", \"text\": \"…\"}; roles are system, user "
                              "and assistant, whose messages may have \"thinking\" and \"thinking_closed\".");
}

std::string textOf(const Json &message, const char *name, const std::string &place)
{
    const auto found = message.find(name);
    if (found == message.end())
        return {};
    if (!found->is_string())
        refuse(place + "." + name + " is not a text.");
    requireUtf8(found->get<std::string>(), place + "." + name);
    return *found;
}

engine::ChatMessage messageOf(const Json &message, const std::string &place)
{
    static const std::set<std::string> known = {"role", "text", "thinking", "thinking_closed"};
    if (!message.is_object())
        refuse(place + " is not an object.");
    for (const auto &field : message.items()) {
        if (known.count(field.key()) == 0)
            refuse(place + " has an unknown field, " + field.key() + ".");
    }
    const std::string role = textOf(message, "role", place);
    if (role != "system" && role != "user" && role != "assistant")
        refuse(place + ".role is none of system, user and assistant.");
    const auto closed = message.find("thinking_closed");
    if (closed != message.end() && !closed->is_boolean())
        refuse(place + ".thinking_closed is neither true nor false.");
    return {role == "system" ? engine::Role::System
            : role == "user" ? engine::Role::User
                             : engine::Role::Assistant,
            textOf(message, "text", place), textOf(message, "thinking", place),
            closed == message.end() || closed->get<bool>()};
}

} // namespace

std::vector<engine::ChatMessage> readConversation(const std::string &file)
{
    const Json document = Json::parse(readTextFile(file), nullptr, false);
    if (document.is_discarded() || !document.is_array())
        refuse("The conversation file " + file + " is not a JSON list.");
    std::vector<engine::ChatMessage> messages;
    for (const Json &message : document)
        messages.push_back(messageOf(message, "messages[" + std::to_string(messages.size()) + "]"));
    return messages;
}

} // namespace app::cli
