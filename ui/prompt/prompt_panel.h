#pragma once
// Right of the prompt: which earlier thoughts the model sees again, and what is left out. The choice stands where its
// effect is seen. UI thread only.

#include "ui/shown_prompt.h"

#include <QComboBox>
#include <QFrame>
#include <QLabel>

namespace ui {

class PromptOmissions;

class PromptPanel : public QFrame {
    Q_OBJECT

public:
    explicit PromptPanel(QWidget *parent = nullptr);
    void setPrompt(const ShownPrompt &shown);
    void setRetention(engine::ThinkingRetention retention);
    /// What a reply was asked with is past and cannot be chosen.
    void setFixed(bool fixed);
    QComboBox *retention() const { return m_retention; }
    PromptOmissions *omissions() const { return m_omissions; }
    QString hint() const { return m_hint->text(); }

signals:
    void retentionChosen(engine::ThinkingRetention retention);

protected:
    void changeEvent(QEvent *event) override;

private:
    void retranslate();

    bool m_fixed = false;
    QLabel *m_label = nullptr;
    QComboBox *m_retention = nullptr;
    QLabel *m_hint = nullptr;
    PromptOmissions *m_omissions = nullptr;
};

} // namespace ui
