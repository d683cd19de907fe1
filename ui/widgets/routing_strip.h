#pragma once
// Which experts the newest token used: one row per MoE layer, one column per expert. The newest token's experts are
// bright; behind them each cell keeps how often its expert was used, fading within about a second, so that a fast reply
// shows its favourite experts and not a lit-up board. UI thread only.

#include "engine/model_info.h"

#include <QElapsedTimer>
#include <QImage>
#include <QTimer>
#include <QWidget>
#include <cstdint>
#include <vector>

namespace ui {

class RoutingStrip : public QWidget {
    Q_OBJECT

public:
    explicit RoutingStrip(QWidget *parent = nullptr);
    void setModel(const engine::ModelInfo &info); ///< without experts the strip has no size
    bool hasExperts() const { return m_experts > 0 && !m_layers.empty(); }
    /// Expert ids of one token [MoE layers, k]; ids outside the model and a wrong length are ignored.
    void showRoutes(const std::vector<std::uint16_t> &routes);
    void clear();
    /// Uses of this expert, the older the less: 1 = once just now, 0 = not within the last seconds.
    float activity(int row, int expert) const;
    bool isNewest(int row, int expert) const; ///< used by the token shown last, and that not long ago
    /// Text of the tool tip at a position: absolute layer, expert, and whether the newest token used it.
    QString cellText(const QPoint &position) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void fade();
    void describe();
    QColor cellColor(std::size_t row, int expert, float rowMost) const;
    std::size_t index(std::size_t row, std::size_t expert) const;

    std::vector<int> m_layers; ///< absolute layer of each row
    int m_experts = 0;
    int m_expertsPerToken = 0;
    std::vector<float> m_activity;       ///< [rows, experts]
    std::vector<std::uint16_t> m_newest; ///< [rows, k]
    QTimer m_timer;
    QElapsedTimer m_frame;
    QElapsedTimer m_newestAge;
};

} // namespace ui
