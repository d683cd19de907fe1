#pragma once
// In the model bar: the device that computes, and what it is doing. UI thread only.

#include "engine/device_info.h"
#include "engine/model_info.h"

#include <QWidget>
#include <optional>

class QLabel;

namespace ui {

class DeviceFigures : public QWidget {
    Q_OBJECT

public:
    explicit DeviceFigures(QWidget *parent = nullptr);
    void setModel(const engine::ModelInfo &info);
    void setUsage(const engine::DeviceUsage &usage); ///< of another device than the model's: ignored

    QString name() const;
    QString figures() const; ///< "10.2 of 24.0 GiB · 73 %"; of the CPU "8 threads · up to 45 MiB"

protected:
    void changeEvent(QEvent *event) override;

private:
    void refresh();

    engine::ModelInfo m_info;
    std::optional<engine::DeviceUsage> m_usage;
    QLabel *m_name = nullptr;
    QLabel *m_figures = nullptr;
};

} // namespace ui
