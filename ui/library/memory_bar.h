#pragma once
// What a model takes of the memory there is: weights, cache and buffers as parts of one bar, the end of the memory as a
// line where they go beyond it. UI thread only.

#include "engine/memory_plan.h"

#include <QColor>
#include <QWidget>
#include <array>

namespace ui {

class MemoryBar : public QWidget {
    Q_OBJECT

public:
    enum class Part { Weights, Cache, Buffers };
    static constexpr std::array parts{Part::Weights, Part::Cache, Part::Buffers};

    explicit MemoryBar(QWidget *parent = nullptr);
    void setPlan(const engine::MemoryPlan &plan);
    static QColor color(Part part);
    static std::uint64_t bytes(const engine::MemoryPlan &plan, Part part);

    QSize sizeHint() const override { return {200, barHeight}; }
    QSize minimumSizeHint() const override { return {80, barHeight}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    static constexpr int barHeight = 16;
    engine::MemoryPlan m_plan;
};

} // namespace ui
