#pragma once
// Above the chat: which model answers and what it costs. Name, kind and size, context, throughput, and the routing of
// the newest token. UI thread only.

#include "engine/model_info.h"
#include "ui/transcript_message.h"

#include <QPushButton>
#include <QWidget>
#include <cstdint>
#include <vector>

class QGridLayout;

namespace ui {

class ContextGauge;
class ElidedLabel;
class IconButton;
class RoutingStrip;
class Sparkline;

class ModelBar : public QWidget {
    Q_OBJECT

public:
    explicit ModelBar(QWidget *parent = nullptr);
    void showLoading(const QString &folder);
    void showModel(const engine::ModelInfo &info);
    void showFailure(const QString &folder);
    void showLive(const LiveStatistics &live, const std::vector<std::uint16_t> &routes);
    /// Context of the branch shown; 0 for a new chat.
    void showUsage(int used, int cached);
    void startReply();
    void setRoutingShown(bool shown);
    void setSidebarShown(bool shown); ///< without the sidebar its button is here

    QString summary() const; ///< the line under the name
    RoutingStrip *routing() const { return m_routing; }
    Sparkline *throughput() const { return m_throughput; }
    ContextGauge *context() const { return m_context; }
    const engine::ModelInfo &info() const { return m_info; }

signals:
    void openModelRequested();
    void sidebarRequested();

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    enum class State { None, Loading, Ready, Failed };
    void retranslate();
    void updateParts();
    void arrange();

    State m_state = State::None;
    engine::ModelInfo m_info;
    QString m_folder;
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
    IconButton *m_open = nullptr;
};

} // namespace ui
