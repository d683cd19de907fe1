#include "app/cli/prompt_source.h"

#include "app/cli/escape.h"
#include "app/cli/exit_codes.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

namespace app::cli {

namespace {

std::string readAll(std::istream &stream)
{
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Editors end a file with a newline that nobody meant as part of the question.
void dropFinalNewline(std::string &text)
{
    if (!text.empty() && text.back() == '\n')
        text.pop_back();
    if (!text.empty() && text.back() == '\r')
        text.pop_back();
}

} // namespace

std::string readTextFile(const std::string &file)
{
    if (file == "-")
        return readAll(std::cin);
    std::ifstream stream(file, std::ios::binary);
    std::error_code ignored;
    if (stream.is_open() && !std::filesystem::is_directory(file, ignored)) {
        try {
            return readAll(stream);
        } catch (const std::ios_base::failure &) { // the library's way to report a failing disk
        }
    }
    throw CommandError::usage("The file " + file + " cannot be read.",
                              "Check that it is a file, that it exists and that you may read it.");
}

void PromptSource::addTo(CLI::App &command)
{
    auto *const prompt = command.add_option("--prompt", m_prompt, "The user's message")->type_name("TEXT");
    auto *const file = command.add_option("--prompt-file", m_file,
                                          "File with the message, - = standard input; a final newline is dropped");
    file->type_name("FILE")->excludes(prompt);
    command.add_option("--system", m_system, "System message")->type_name("TEXT");
}

void PromptSource::require() const
{
    if (!m_prompt && !m_file)
        throw CommandError::usage("There is no prompt.",
                                  "Give --prompt TEXT or --prompt-file FILE; --help lists the rest.");
}

std::vector<engine::ChatMessage> PromptSource::messages() const
{
    std::string prompt = m_prompt.value_or("");
    if (m_file) {
        prompt = readTextFile(*m_file);
        dropFinalNewline(prompt);
    }
    requireUtf8(prompt, "The prompt");
    requireUtf8(m_system, "The system message");
    std::vector<engine::ChatMessage> messages;
    if (!m_system.empty())
        messages.push_back({engine::Role::System, m_system, {}, true});
    messages.push_back({engine::Role::User, std::move(prompt), {}, true});
    return messages;
}

void requireUtf8(const std::string &text, const std::string &what)
{
    const std::size_t bad = firstInvalidUtf8(text);
    if (bad != std::string::npos)
        throw CommandError::usage(what + " is not valid UTF-8 (byte " + std::to_string(bad + 1) + ").",
                                  "Convert the text to UTF-8, for example with iconv.");
}

} // namespace app::cli
