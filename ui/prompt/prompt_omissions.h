#pragma once
// "Left out": every text of the conversation that the model is not shown, with its size and the reason. UI thread only.

#include "ui/shown_prompt.h"

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <string>
#include <vector>

namespace ui {

/// One text that is left out; opens to show all of it.
class PromptOmissionCard : public QFrame {
    Q_OBJECT

public:
    /// `tokens` negative: not known.
    PromptOmissionCard(const QString &title, int tokens, const std::string &text, const QString &reason,
                       QWidget *parent = nullptr);
    QPushButton *button() const { return m_more; }
    QString shownText() const { return m_text->text(); }
    QString reason() const { return m_reason->text(); }

private:
    void showText();

    QString m_whole;
    bool m_open = false;
    QLabel *m_reason = nullptr;
    QLabel *m_text = nullptr;
    QPushButton *m_more = nullptr;
};

class PromptOmissions : public QScrollArea {
    Q_OBJECT

public:
    explicit PromptOmissions(QWidget *parent = nullptr);
    void setPrompt(const ShownPrompt &shown);
    int tokens() const { return m_tokens; }
    const std::vector<PromptOmissionCard *> &cards() const { return m_cards; }

private:
    void add(PromptOmissionCard *card);

    QWidget *m_page = nullptr;
    QLabel *m_title = nullptr;
    QLabel *m_more = nullptr; ///< beyond what is listed
    QVBoxLayout *m_column = nullptr;
    std::vector<PromptOmissionCard *> m_cards;
    int m_tokens = 0;
};

} // namespace ui
