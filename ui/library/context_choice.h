#pragma once
// How much context a model is opened with: a slider whose steps double, and beside it the exact number. UI thread only.

#include <QWidget>

class QLabel;
class QSlider;
class QSpinBox;

namespace ui {

class ContextChoice : public QWidget {
    Q_OBJECT

public:
    explicit ContextChoice(QWidget *parent = nullptr);
    /// Tokens; `most` is the model's own maximum. Does not emit.
    void setRange(int most, int chosen);
    int tokens() const;
    QSlider *slider() const { return m_slider; }
    QSpinBox *spin() const { return m_spin; }

signals:
    void changed(int tokens);

protected:
    void changeEvent(QEvent *event) override;

private:
    int tokensAt(int position) const;
    int positionOf(int tokens) const;
    void retranslate();

    QLabel *m_name = nullptr;
    QSpinBox *m_spin = nullptr;
    QSlider *m_slider = nullptr;
    int m_least = 1;
    int m_most = 1;
};

} // namespace ui
