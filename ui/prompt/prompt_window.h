#pragma once
// "Exact prompt": what the model is sent, token by token, what of it is in the cache, and what of the chat is left out
// and why. Beside the main window and up to date with it. It asks by signals and shows what it is given. UI thread
// only.

#include "engine/error.h"
#include "engine/model_info.h"
#include "ui/prompt/prompt_text.h"
#include "ui/shown_prompt.h"

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QTimer>
#include <memory>
#include <optional>

namespace ui {

class ContextGauge;
class ElidedLabel;
class PromptLegend;
class PromptOmissions;
class PromptPanel;
class PromptStrip;
class PromptTextView;
class PromptTokenView;

class PromptWindow : public QDialog {
    Q_OBJECT

public:
    explicit PromptWindow(QWidget *parent = nullptr);

    void setModel(const engine::ModelInfo &model);
    /// What is to be shown from now on; asks for it.
    void setWish(const PromptWish &wish);
    const PromptWish &wish() const { return m_shown.wish; }
    void setRetention(engine::ThinkingRetention retention);
    /// Something the prompt depends on is other than it was: asks again, after a pause.
    void refresh(const QString &draft);
    /// The engine is busy with a reply; asked again when it is not.
    void setGenerating(bool generating);

    void showPrompt(const ShownPrompt &shown);
    void showFailure(const engine::Failure &failure);

    PromptTextView *textView() const { return m_text; }
    PromptTokenView *tokenView() const { return m_tokens; }
    PromptOmissions *omissions() const;
    PromptLegend *legend() const { return m_legend; }
    QComboBox *retention() const;
    QLineEdit *search() const { return m_search; }
    QString details() const; ///< the line below: the token under pointer or caret
    QString subtitle() const { return m_subtitle->text(); }
    QString status() const; ///< what stands in the place of the prompt; empty while one is shown

signals:
    void asked(const ui::PromptWish &wish);
    void retentionChosen(engine::ThinkingRetention retention);

protected:
    void changeEvent(QEvent *event) override;

private:
    void build();
    QLayout *buildHead();
    QLayout *buildTools();
    QLayout *buildFoot();
    void connectParts();
    void retranslate();
    void ask();
    void showTokens(bool tokens);
    void find(bool backward);
    void showStatus();
    void showDetails(int piece);
    QString describe(int piece) const;
    void copy(QPushButton *button, const QString &text);
    QString subtitleText() const;

    engine::ModelInfo m_model;
    ShownPrompt m_shown;
    std::shared_ptr<const PromptText> m_prompt;
    std::optional<engine::Failure> m_failure;
    bool m_generating = false;
    bool m_asking = false;
    bool m_hasPrompt = false;
    QTimer m_pause;
    QTimer m_copied;

    QLabel *m_title = nullptr;
    QLabel *m_subtitle = nullptr;
    ContextGauge *m_gauge = nullptr;
    PromptStrip *m_strip = nullptr;
    PromptLegend *m_legend = nullptr;
    QPushButton *m_showText = nullptr;
    QPushButton *m_showTokens = nullptr;
    QPushButton *m_spaces = nullptr;
    QLineEdit *m_search = nullptr;
    QLabel *m_found = nullptr;
    QStackedWidget *m_stack = nullptr;
    PromptTextView *m_text = nullptr;
    PromptTokenView *m_tokens = nullptr;
    QLabel *m_status = nullptr;
    PromptPanel *m_panel = nullptr;
    ElidedLabel *m_details = nullptr;
    QPushButton *m_copyText = nullptr;
    QPushButton *m_copyIds = nullptr;
    QPushButton *m_close = nullptr;
};

} // namespace ui
