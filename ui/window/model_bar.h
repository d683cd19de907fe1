#pragma once
// Above the chat: which model answers and what it costs. Name, kind and size, context, throughput, and the routing of
// the newest token; while one is opened, how far that is. UI thread only.

#include "engine/generation.h"
#include "ui/transcript_message.h"

#include <QPushButton>
#include <QTimer>
#include <QWidget>
#include <cstdint>
#include <optional>
#include <vector>

class QGridLayout;

namespace ui {

class ContextGauge;
class DeviceFigures;
class ElidedLabel;
class IconButton;
class LoadLine;
class RoutingStrip;
class Sparkline;

class ModelBar : public QWidget {
    Q_OBJECT

public:
    explicit ModelBar(QWidget *parent = nullptr);
    void showLoading(const QString &folder);
    void showProgress(const engine::ModelLoadProgress &progress); ///< only while it is loading
    void showModel(const engine::ModelInfo &info);
    void showFailure(const QString &folder);
    void showNothing(); ///< no model, and nothing went wrong
    void showLive(const LiveStatistics &live, const std::vector<std::uint16_t> &routes);
    /// Context of the branch shown; 0 for a new chat.
    void showUsage(int used, int cached);
    void showDevice(const engine::DeviceUsage &usage); ///< what it is doing
    void startReply();
    void setRoutingShown(bool shown);
    void setSidebarShown(bool shown); ///< without the sidebar its button is here

    QString summary() const; ///< the line under the name
    RoutingStrip *routing() const { return m_routing; }
    Sparkline *throughput() const { return m_throughput; }
    ContextGauge *context() const { return m_context; }
    DeviceFigures *device() const { return m_device; }
    QPushButton *cancelButton() const { return m_cancel; } ///< there only while a load takes its time
    LoadLine *loadLine() const { return m_line; }
    const engine::ModelInfo &info() const { return m_info; }

signals:
    void openModelRequested();
    void libraryRequested();
    void cancelLoadRequested();
    void sidebarRequested();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    enum class State { None, Loading, Ready, Failed };
    void setState(State state, const QString &folder);
    void cancelLoad();
    void retranslate();
    QString modelSummary() const;
    QString loadingSummary() const;
    void updateParts();
    void arrange();
    void placeLine();

    State m_state = State::None;
    engine::ModelInfo m_info;
    QString m_folder;
    std::optional<engine::ModelLoadProgress> m_progress; ///< of the load that runs, once it has told
    bool m_cancelling = false;
    QTimer m_slow; ///< runs while a load is too young for a button that would only flash up
    bool m_routingShown = true;
    bool m_below = false; ///< figures under the name
    IconButton *m_sidebar = nullptr;
    ElidedLabel *m_name = nullptr;
    ElidedLabel *m_summary = nullptr;
    QGridLayout *m_grid = nullptr;
    QWidget *m_figures = nullptr;
    RoutingStrip *m_routing = nullptr;
    Sparkline *m_throughput = nullptr;
    ContextGauge *m_context = nullptr;
    DeviceFigures *m_device = nullptr;
    IconButton *m_library = nullptr;
    QPushButton *m_cancel = nullptr;
    IconButton *m_open = nullptr;
    LoadLine *m_line = nullptr;
};

} // namespace ui
