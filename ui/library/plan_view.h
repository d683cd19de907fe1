#pragma once
// The memory plan of one model, for a context that can be chosen here. UI thread only.

#include "engine/memory_plan.h"

#include <QFrame>
#include <array>

class QGridLayout;
class QLabel;

namespace ui {

class ContextChoice;
class MemoryBar;

class PlanView : public QFrame {
    Q_OBJECT

public:
    explicit PlanView(QWidget *parent = nullptr);
    /// `chosen`: tokens, 0 = what fits, at most the model's own maximum.
    void setPlan(const engine::MemoryPlan &plan, int chosen);
    const engine::MemoryPlan &plan() const { return m_plan; } ///< for the chosen context
    ContextChoice *choice() const { return m_choice; }
    QString verdict() const;
    static int contextThatIsOffered(const engine::MemoryPlan &plan);

signals:
    void contextChanged(int tokens);

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Line {
        QWidget *mark = nullptr;
        QLabel *name = nullptr;
        QLabel *value = nullptr;
    };
    Line addLine(QGridLayout *grid, int row, bool marked);
    void refresh();

    engine::MemoryPlan m_plan;
    QLabel *m_title = nullptr;
    QLabel *m_verdict = nullptr;
    MemoryBar *m_bar = nullptr;
    std::array<Line, 3> m_parts; ///< as MemoryBar::parts
    Line m_total;
    Line m_available;
    ContextChoice *m_choice = nullptr;
    QLabel *m_hint = nullptr;
};

} // namespace ui
