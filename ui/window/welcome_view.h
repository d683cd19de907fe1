#pragma once
// What a new chat shows before the first message: who is answering, and examples to click. UI thread only.

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <vector>

namespace ui {

class WelcomeView : public QScrollArea {
    Q_OBJECT

public:
    explicit WelcomeView(QWidget *parent = nullptr);
    /// Without a model the examples give way to a button that opens one.
    void setModel(const QString &name, bool loading);
    const std::vector<QPushButton *> &examples() const { return m_examples; }

signals:
    void exampleChosen(const QString &prompt);
    void openModelRequested();

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void retranslate();
    void arrange();

    QString m_model;
    bool m_loading = false;
    QLabel *m_mark = nullptr;
    QLabel *m_title = nullptr;
    QLabel *m_subtitle = nullptr;
    QWidget *m_grid = nullptr;
    QPushButton *m_open = nullptr;
    std::vector<QPushButton *> m_examples;
};

} // namespace ui
