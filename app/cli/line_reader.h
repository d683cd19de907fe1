#pragma once
// Lines of the standard input, with Ctrl+C as an answer of its own.

#include "app/cli/interrupts.h"

#include <string>

namespace app::cli {

class LineReader {
public:
    enum class Result { Line, End, Interrupted };

    explicit LineReader(Interrupts &interrupts) : m_interrupts(interrupts) {}

    /// Waits for a whole line; a last one without a newline counts. `line` has neither "\n" nor "\r\n". Throws
    /// CommandError for a line above 16 MiB and if the input cannot be read.
    Result read(std::string &line);

private:
    bool takeLine(std::string &line);
    void fill();

    Interrupts &m_interrupts;
    std::string m_buffer;
    bool m_ended = false;
};

} // namespace app::cli
