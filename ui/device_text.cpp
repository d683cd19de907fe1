#include "ui/device_text.h"

#include "ui/widgets/visible_text.h"

#include <QCoreApplication>

namespace ui {

namespace {

QString shown(const std::string &text)
{
    return visibleText(QString::fromStdString(text));
}

class DeviceText {
    Q_DECLARE_TR_FUNCTIONS(ui::DeviceText)

public:
    static QString cpu() { return tr("CPU"); }
    static QString problem(const engine::DeviceProblem &problem);
};

QString DeviceText::problem(const engine::DeviceProblem &problem)
{
    using Kind = engine::DeviceProblem::Kind;
    switch (problem.kind) {
    case Kind::None:
        return {};
    case Kind::NotBuilt:
        return tr("This build of Bathyscope has no part for NVIDIA GPUs. Install the CUDA Toolkit and build it again.");
    case Kind::NoDriver:
        return tr("No NVIDIA driver is installed. Install one that serves CUDA %1.").arg(shown(problem.needed));
    case Kind::OldDriver:
        return tr("The NVIDIA driver serves CUDA %1, but CUDA %2 is needed. Install a newer driver.")
            .arg(shown(problem.found), shown(problem.needed));
    case Kind::NoDevice:
        return tr("The NVIDIA driver reports no GPU. Check that one is built in and not hidden by "
                  "CUDA_VISIBLE_DEVICES.");
    case Kind::OldHardware:
        return tr("This GPU has compute capability %1, but %2 or newer is needed. Choose another device.")
            .arg(shown(problem.found), shown(problem.needed));
    case Kind::FailedBefore:
        return tr("It failed and is not used again until Bathyscope is restarted.");
    case Kind::BadPlugin:
        return tr("The part for NVIDIA GPUs does not belong to this version. Install Bathyscope again.");
    case Kind::Unanswered:
        break;
    }
    return tr("The NVIDIA driver does not answer. Check it with nvidia-smi, or restart the computer.");
}

} // namespace

QString deviceName(const engine::DeviceInfo &device)
{
    if (device.id == engine::cpuDevice)
        return DeviceText::cpu();
    return device.name.empty() ? shown(device.id) : QStringLiteral("%1 (%2)").arg(shown(device.name), shown(device.id));
}

QString deviceProblemText(const engine::DeviceProblem &problem)
{
    return DeviceText::problem(problem);
}

} // namespace ui
