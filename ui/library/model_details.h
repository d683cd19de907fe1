#pragma once
// Beside the list: all that is known about the row chosen there, why a model cannot be opened, or what it takes, and
// what can be done. UI thread only.

#include "engine/model_library.h"
#include "ui/precision.h"

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <map>
#include <optional>

namespace ui {

class DeviceChoice;
class GrowingEdit;
class PlanView;
class PrecisionChoice;

class ModelDetails : public QScrollArea {
    Q_OBJECT

public:
    explicit ModelDetails(QWidget *parent = nullptr);
    void showModel(const engine::ModelEntry &entry, bool opening);
    void showPlace(const engine::PlaceReport &report);
    void showNothing();
    /// Tokens the model is to be opened with; 0: as it comes.
    int contextFor(const std::string &path) const;
    Precision precisionFor(const std::string &path) const;
    void setPrecision(const std::string &path, Precision precision); ///< of a model that is open

    void setDevices(const engine::DeviceList &list);
    DeviceChoice *device() const { return m_device; }
    PlanView *plan() const { return m_plan; }
    PrecisionChoice *precision() const { return m_precision; }
    QPushButton *openButton() const { return m_open; }
    QString failureText() const;

signals:
    void openRequested(const QString &path);
    void showFolderRequested(const QString &path);
    void removeFolderRequested(const QString &path);
    void deviceChanged(); ///< another one, or its memory

protected:
    void changeEvent(QEvent *event) override;

private:
    void build();
    void retranslate();
    void fillModel();
    void fillPlace();
    QString path() const;
    engine::MemoryPlan planForChoices() const;

    std::optional<engine::ModelEntry> m_entry;
    std::optional<engine::PlaceReport> m_place;
    bool m_opening = false;
    std::map<std::string, int> m_contexts;         ///< chosen in this session, by path
    std::map<std::string, Precision> m_precisions; ///< the same
    QLabel *m_name = nullptr;
    QLabel *m_summary = nullptr;
    QFrame *m_failureFrame = nullptr;
    QLabel *m_failureIcon = nullptr;
    GrowingEdit *m_failure = nullptr;
    DeviceChoice *m_device = nullptr;
    PrecisionChoice *m_precision = nullptr;
    PlanView *m_plan = nullptr;
    QPushButton *m_open = nullptr;
    QPushButton *m_showFolder = nullptr;
    QPushButton *m_remove = nullptr;
    QLabel *m_pathTitle = nullptr;
    GrowingEdit *m_path = nullptr;
    QLabel *m_empty = nullptr;
};

} // namespace ui
