#include "ui/window/device_figures.h"

#include "ui/device_text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/visible_text.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int longestName = 22; ///< characters; the tool tip has all of it

QLabel *smallLabel(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("kind", QStringLiteral("hint"));
    return label;
}

QString shortened(const QString &name)
{
    return name.size() <= longestName ? name : name.left(longestName - 1).trimmed() + QChar(0x2026);
}

} // namespace

DeviceFigures::DeviceFigures(QWidget *parent) : QWidget(parent)
{
    m_name = smallLabel(this);
    m_figures = smallLabel(this);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_name);
    column->addWidget(m_figures);
}

void DeviceFigures::setModel(const engine::ModelInfo &info)
{
    if (m_info.device != info.device)
        m_usage.reset();
    m_info = info;
    refresh();
}

void DeviceFigures::setUsage(const engine::DeviceUsage &usage)
{
    if (usage.id != m_info.device)
        return;
    m_usage = usage;
    refresh();
}

QString DeviceFigures::name() const
{
    return m_name->text();
}

QString DeviceFigures::figures() const
{
    return m_figures->text();
}

void DeviceFigures::refresh()
{
    const bool cpu = m_info.device == engine::cpuDevice;
    const QString device =
        cpu ? deviceName({.id = engine::cpuDevice}) : visibleText(QString::fromStdString(m_info.deviceName));
    m_name->setText(shortened(device));
    QStringList parts;
    if (cpu)
        parts << (m_info.deviceUnits == 1 ? tr("1 thread") : tr("%1 threads").arg(m_info.deviceUnits));
    if (m_usage)
        //: memory that is used, and all there is
        parts << tr("%1 of %2").arg(formatBytes(m_usage->memoryUsed), formatBytes(m_usage->memoryTotal));
    else if (m_info.plannedBytes > 0)
        //: memory the model takes when its context is full
        parts << tr("up to %1").arg(formatBytes(m_info.plannedBytes));
    if (m_usage && m_usage->busyPercent)
        parts << QStringLiteral("%1 %").arg(*m_usage->busyPercent);
    m_figures->setText(parts.join(QStringLiteral(" · ")));
    QString all = visibleText(QString::fromStdString(m_info.deviceName));
    if (!cpu)
        all += QStringLiteral(" (%1)").arg(visibleText(QString::fromStdString(m_info.device)));
    setToolTip(all);
    setAccessibleName(tr("Device"));
    setAccessibleDescription(all + QStringLiteral(", ") + m_figures->text());
    setVisible(!m_info.device.empty());
}

void DeviceFigures::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        refresh();
}

} // namespace ui
