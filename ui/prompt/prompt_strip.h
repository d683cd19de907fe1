#pragma once
// The whole prompt in one bar, by tokens: what comes from where, and below it a line as far as the cache reaches. A
// click leads there. UI thread only.

#include "ui/prompt/prompt_text.h"

#include <QWidget>
#include <memory>

namespace ui {

class PromptStrip : public QWidget {
    Q_OBJECT

public:
    explicit PromptStrip(QWidget *parent = nullptr);
    void setPrompt(std::shared_ptr<const PromptText> prompt, std::vector<engine::Role> roles);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    void tokenChosen(int token);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    int tokenAt(double x) const; ///< -1: there is none
    double xOf(int token) const;
    void describe();

    std::shared_ptr<const PromptText> m_prompt;
    std::vector<engine::Role> m_roles;
};

/// What the colours mean, and how many tokens each has; as many lines as it needs.
class PromptLegend : public QWidget {
    Q_OBJECT

public:
    explicit PromptLegend(QWidget *parent = nullptr);
    void setPrompt(std::shared_ptr<const PromptText> prompt);
    QString text() const; ///< "Markup 7 · Questions 19"

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    struct Entry {
        QColor color;
        bool line = false; ///< as under the bar, not a part of it
        QString name;
        QString count;
        QRect rect;
    };
    std::vector<Entry> entries(int width) const;

    std::shared_ptr<const PromptText> m_prompt;
};

} // namespace ui
