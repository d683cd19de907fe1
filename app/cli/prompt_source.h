#pragma once
// The prompt of a command line: --prompt TEXT, or --prompt-file F for long ones.

#include "engine/generation.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace app::cli {

class PromptSource {
public:
    void addTo(CLI::App &command);

    /// Throws CommandError unless one of the two was given. For the command's callback.
    void require() const;

    /// Throws CommandError if the file cannot be read or the text is not UTF-8.
    std::vector<engine::ChatMessage> messages() const;

private:
    std::optional<std::string> m_prompt;
    std::optional<std::string> m_file;
    std::string m_system;
};

/// "-": the standard input. Throws CommandError (exit code Usage) if it cannot be read.
std::string readTextFile(const std::string &file);

/// Throws CommandError (exit code Usage) naming `what` and the first bad byte.
void requireUtf8(const std::string &text, const std::string &what);

} // namespace app::cli
