#pragma once
// The prompt token by token: each a chip with its text and below it its id. Rows of one height, so that only those on
// screen are ever looked at. One of them is chosen, by mouse or arrow keys. UI thread only.

#include "ui/prompt/prompt_text.h"

#include <QAbstractScrollArea>
#include <functional>
#include <memory>
#include <vector>

namespace ui {

class PromptTokenView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit PromptTokenView(QWidget *parent = nullptr);

    void setPrompt(std::shared_ptr<const PromptText> prompt);
    void choose(int piece);                         ///< and scrolls to it
    void setChosen(int piece) { m_chosen = piece; } ///< without
    int chosenPiece() const { return m_chosen; }
    void setDescriber(std::function<QString(int piece)> describe) { m_describe = std::move(describe); }
    QRect rectOf(int piece) const; ///< in the viewport

signals:
    void pieceHovered(int piece); ///< -1: none any more
    void pieceChosen(int piece);

protected:
    bool viewportEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QString label(int piece) const; ///< its text, white space made visible, shortened
    QString ids(int piece) const;
    int measure(int piece) const; ///< width of its chip
    void arrange();               ///< which chips stand in which row
    int rowOf(int piece) const;
    int rowEnd(int row) const; ///< the first piece after it
    int room() const;          ///< for a row
    int chipHeight() const;
    int rowHeight() const;
    int pieceAtPoint(QPoint point) const;
    void paintChip(QPainter &painter, int piece, const QRect &rect) const;
    int stepRow(int rows) const;
    void reveal();

    std::shared_ptr<const PromptText> m_prompt;
    std::function<QString(int)> m_describe;
    std::vector<int> m_rows;   ///< first piece of each
    std::vector<int> m_widths; ///< of the chips
    int m_chosen = 0;
    int m_hovered = -1;
};

} // namespace ui
