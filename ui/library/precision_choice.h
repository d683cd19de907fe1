#pragma once
// What of a model is to be kept in FP8 when it is opened; each is offered only where the model has it. UI thread only.

#include "ui/precision.h"

#include <QWidget>

class QCheckBox;
class QLabel;

namespace ui {

class PrecisionChoice : public QWidget {
    Q_OBJECT

public:
    explicit PrecisionChoice(QWidget *parent = nullptr);
    void setOffered(Precision offered); ///< what can be chosen; with nothing it is hidden
    void setChosen(Precision chosen);   ///< does not emit
    Precision chosen() const;           ///< of what is offered
    QCheckBox *cache() const { return m_cache; }
    QCheckBox *activations() const { return m_activations; }

signals:
    void changed(ui::Precision chosen);

protected:
    void changeEvent(QEvent *event) override;

private:
    void refresh();
    void retranslate();

    Precision m_offered;
    QCheckBox *m_cache = nullptr;
    QLabel *m_cacheHint = nullptr;
    QCheckBox *m_activations = nullptr;
    QLabel *m_activationsHint = nullptr;
};

} // namespace ui
