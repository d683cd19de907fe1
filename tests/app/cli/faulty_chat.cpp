// bathyscope-cli chat on a GPU that fails: the first argument says after how many waits, the others are those of chat.

#include "app/cli/command.h"
#include "tests/engine/support/faulty_devices.h"

#include <cstdlib>

int main(int argc, char **argv)
{
    using namespace app::cli;
    const auto devices = std::make_shared<support::FaultyDevices>();
    CLI::App program("chat", "faulty_chat");
    Selection selection;
    addChatCommand(program, selection);
    devices->faults.synchronizations = std::atoi(argv[1]);
    argv[1] = argv[0];
    program.parse(argc - 1, argv + 1);
    selection.options.devices = devices;
    Terminal terminal;
    Interrupts interrupts;
    Context context{selection.options, terminal, interrupts};
    return static_cast<int>(selection.action(context));
}
