#pragma once
// Which device a model is opened on: all there are, each with its free memory; those that cannot be used are there too,
// greyed, and the line below says why. UI thread only.

#include "engine/device_info.h"

#include <QWidget>

class QComboBox;
class QLabel;

namespace ui {

class DeviceChoice : public QWidget {
    Q_OBJECT

public:
    explicit DeviceChoice(QWidget *parent = nullptr);
    /// What was chosen stays chosen, also where it is not there any more. Does not emit.
    void setDevices(const engine::DeviceList &list);
    void setChosen(const QString &id); ///< does not emit
    void setOffered(bool offered);     ///< there is a model to be opened
    QString chosen() const { return m_chosen; }
    const engine::DeviceInfo *device() const; ///< the one chosen; null: it is not there
    bool usable() const;                      ///< it is there and runs models
    QComboBox *box() const { return m_box; }
    QString reasons() const; ///< the line below

signals:
    void changed(const QString &id);

protected:
    void changeEvent(QEvent *event) override;

private:
    void fill();
    void addRow(const QString &text, const QString &id, const QString &reason);
    void retranslate();

    engine::DeviceList m_list;
    bool m_offered = false;
    QString m_chosen = QString::fromLatin1(engine::cpuDevice);
    QLabel *m_name = nullptr;
    QComboBox *m_box = nullptr;
    QLabel *m_reasons = nullptr;
};

} // namespace ui
