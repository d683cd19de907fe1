#pragma once
// How far the opening of a model is: in words, and as a thin line. UI thread only.

#include "engine/generation.h"

#include <QString>
#include <QWidget>

namespace ui {

/// "Checking the weights, 42%"; one line. A stage that is not counted has no figure.
QString loadText(const engine::ModelLoadProgress &progress);

/// 0 to 1: the stages count alike, however long they take.
double loadFraction(const engine::ModelLoadProgress &progress);

class LoadLine : public QWidget {
    Q_OBJECT

public:
    static constexpr int thickness = 3; ///< pixels

    explicit LoadLine(QWidget *parent = nullptr);
    void setFraction(double fraction);
    double fraction() const { return m_fraction; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    double m_fraction = 0.0;
};

} // namespace ui
