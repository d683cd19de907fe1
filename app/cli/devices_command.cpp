// devices: what this machine could compute on.

#include "app/cli/command.h"
#include "app/cli/format.h"
#include "app/cli/json_output.h"
#include "engine/device_info.h"

namespace app::cli {

namespace {

Json toJson(const engine::DeviceList &list)
{
    Json devices = Json::array();
    for (const engine::DeviceInfo &device : list.devices)
        devices.push_back({{"id", device.id},
                           {"name", device.name},
                           {"architecture", device.architecture},
                           {"units", device.units},
                           {"memory_total_bytes", device.memoryTotal},
                           {"memory_free_bytes", device.memoryFree},
                           {"runs_models", device.runsModels()},
                           {"problem", device.problem.sentence}});
    Json absent = Json::array();
    for (const auto &[kind, problem] : list.absent)
        absent.push_back({{"kind", kind}, {"sentence", problem.sentence}});
    return {{"devices", devices}, {"absent", absent}};
}

std::string describe(const engine::DeviceList &list)
{
    std::string text;
    for (const engine::DeviceInfo &device : list.devices)
        text += device.id + "  " + device.name + ", " + device.architecture + ", " + std::to_string(device.units) +
                (device.id == "cpu" ? " threads, " : " multiprocessors, ") + byteSize(device.memoryFree) + " of " +
                byteSize(device.memoryTotal) + " free" +
                (device.runsModels() ? "" : "; cannot be used: " + device.problem.sentence) + '\n';
    for (const auto &[kind, problem] : list.absent)
        text += kind + "  " + problem.sentence + '\n';
    return text;
}

ExitCode runDevices(Context &context)
{
    const engine::DeviceList list = engine::listDevices();
    context.terminal.write(Stream::Output, context.options.json ? dumpPretty(toJson(list)) : describe(list));
    return ExitCode::Ok;
}

} // namespace

void addDevicesCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = *program.add_subcommand("devices", "List what this machine could compute on");
    command.add_flag("--json", selection.options.json, "Machine-readable output");
    command.footer(exitCodesHelp());
    command.callback([&selection] { selection.action = runDevices; });
}

} // namespace app::cli
