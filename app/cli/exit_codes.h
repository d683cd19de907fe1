#pragma once
// How a command ends, and the exceptions that end one early. main turns them into a message and an exit code.

#include "engine/error.h"

#include <stdexcept>
#include <string>

namespace app::cli {

enum class ExitCode {
    Ok = 0,
    Failed = 1,  ///< the model was refused or a generation failed
    Usage = 2,   ///< unknown command or option, value out of range
    NoModel = 3, ///< the model folder or one of its files is missing or cannot be read
    Interrupted = 130,
    OutputClosed = 141, ///< the reader of the standard output went away (as a shell reports SIGPIPE)
};

/// The table of exit codes as --help shows it.
std::string exitCodesHelp();

/// One sentence and what to do next, both shown to the user.
class CommandError : public std::runtime_error {
public:
    CommandError(ExitCode exitCode, std::string code, const std::string &sentence, std::string nextStep)
        : std::runtime_error(sentence), m_exitCode(exitCode), m_code(std::move(code)), m_nextStep(std::move(nextStep))
    {
    }

    static CommandError loadFailed(const engine::Failure &failure);
    static CommandError generationFailed(const engine::Failure &failure);
    static CommandError usage(const std::string &sentence, std::string nextStep);

    ExitCode exitCode() const { return m_exitCode; }
    const std::string &code() const { return m_code; } ///< stable name for programs, e.g. "file_missing"
    const std::string &nextStep() const { return m_nextStep; }
    const std::string &file() const { return m_file; }
    const std::string &field() const { return m_field; }

private:
    CommandError(ExitCode exitCode, const engine::Failure &failure);

    ExitCode m_exitCode;
    std::string m_code;
    std::string m_nextStep;
    std::string m_file;
    std::string m_field;
};

/// Ctrl+C, where there is nothing left to show.
class Interrupted : public std::exception {
public:
    const char *what() const noexcept override { return "interrupted"; }
};

/// The standard output is a pipe that nobody reads any more.
class OutputClosed : public std::exception {
public:
    const char *what() const noexcept override { return "output closed"; }
};

} // namespace app::cli
