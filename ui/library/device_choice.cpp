#include "ui/library/device_choice.h"

#include "ui/device_text.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/visible_text.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int idRole = Qt::UserRole;

} // namespace

DeviceChoice::DeviceChoice(QWidget *parent) : QWidget(parent)
{
    const auto &space = theme::current().space;
    m_name = new QLabel(this);
    m_name->setTextFormat(Qt::PlainText);
    m_box = new QComboBox(this);
    m_box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_box->setMinimumContentsLength(12); // names of GPUs are long; the line in the list is whole
    m_box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_name->setBuddy(m_box);
    m_reasons = new QLabel(this);
    m_reasons->setTextFormat(Qt::PlainText);
    m_reasons->setWordWrap(true);
    m_reasons->setProperty("kind", QStringLiteral("hint"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space.xs);
    column->addWidget(m_name);
    column->addWidget(m_box);
    column->addWidget(m_reasons);
    connect(m_box, &QComboBox::currentIndexChanged, this, [this](int index) {
        if (index < 0)
            return;
        m_chosen = m_box->itemData(index, idRole).toString();
        emit changed(m_chosen);
    });
    retranslate();
}

void DeviceChoice::setDevices(const engine::DeviceList &list)
{
    m_list = list;
    fill();
}

void DeviceChoice::setChosen(const QString &id)
{
    m_chosen = id.isEmpty() ? QString::fromLatin1(engine::cpuDevice) : id;
    fill();
}

const engine::DeviceInfo *DeviceChoice::device() const
{
    for (const engine::DeviceInfo &info : m_list.devices) {
        if (QString::fromStdString(info.id) == m_chosen)
            return &info;
    }
    return nullptr;
}

bool DeviceChoice::usable() const
{
    return device() != nullptr && device()->runsModels();
}

QString DeviceChoice::reasons() const
{
    return m_reasons->text();
}

void DeviceChoice::addRow(const QString &text, const QString &id, const QString &reason)
{
    m_box->addItem(text, id);
    const int row = m_box->count() - 1;
    m_box->setItemData(row, reason, Qt::ToolTipRole);
    m_box->setItemData(row, reason, Qt::AccessibleDescriptionRole);
    if (!reason.isEmpty())
        qobject_cast<QStandardItemModel *>(m_box->model())->item(row)->setEnabled(false);
}

void DeviceChoice::fill()
{
    const QSignalBlocker quiet(m_box);
    m_box->clear();
    QStringList reasons;
    for (const engine::DeviceInfo &info : m_list.devices) {
        const QString reason = deviceProblemText(info.problem);
        const QString name = deviceName(info);
        //: a device and its free memory
        const QString text = reason.isEmpty() ? tr("%1 · %2 free").arg(name, formatBytes(info.memoryFree))
                                              : tr("%1 · cannot be used").arg(name);
        addRow(text, QString::fromStdString(info.id), reason);
        if (!reason.isEmpty())
            reasons << tr("%1: %2").arg(name, reason);
    }
    for (const auto &[kind, problem] : m_list.absent) {
        const QString reason = deviceProblemText(problem);
        addRow(tr("NVIDIA GPU · cannot be used"), QString(), reason);
        reasons << reason;
    }
    if (device() == nullptr && !m_list.devices.empty()) {
        const QString shown = visibleText(m_chosen);
        addRow(tr("%1 · not there").arg(shown), m_chosen, tr("This computer does not have %1 now.").arg(shown));
        reasons.prepend(tr("This computer does not have %1 now.").arg(shown));
    }
    m_box->setCurrentIndex(m_box->findData(m_chosen, idRole));
    m_reasons->setText(reasons.join(QLatin1Char('\n')));
    m_reasons->setVisible(!reasons.isEmpty());
    setVisible(m_offered && !m_list.devices.empty());
}

void DeviceChoice::setOffered(bool offered)
{
    m_offered = offered;
    setVisible(m_offered && !m_list.devices.empty());
}

void DeviceChoice::retranslate()
{
    m_name->setText(tr("Device"));
    m_box->setAccessibleName(tr("Device the model is opened on"));
    fill();
}

void DeviceChoice::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
