#pragma once
// Ctrl+C as something the program can wait for.

#include "app/cli/wake_pipe.h"

namespace app::cli {

/// While one exists, SIGINT does not end the process. Three that nobody takes do: then the program hangs somewhere.
/// At most one at a time.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts &) = delete;
    Interrupts &operator=(const Interrupts &) = delete;

    int fd() const { return m_pipe.fd(); } ///< for poll(), POLLIN
    bool take();                           ///< whether Ctrl+C was pressed since the last call

private:
    WakePipe m_pipe;
};

} // namespace app::cli
