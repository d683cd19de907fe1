#pragma once
// The prompt as running text: coloured by what it comes from, neighbouring tokens in two shades, a stair where the
// cached beginning ends, and beside every line the number of its first token. Read only; the caret is a token. UI
// thread only.

#include "ui/prompt/prompt_text.h"

#include <QPlainTextEdit>
#include <functional>
#include <memory>

class QTextBlock;
class QTextLine;

namespace ui {

class PromptTextView : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit PromptTextView(QWidget *parent = nullptr);
    ~PromptTextView() override;

    void setPrompt(std::shared_ptr<const PromptText> prompt);
    void setSpacesShown(bool shown);
    void chooseToken(int token); ///< puts the caret there and scrolls to it
    int chosenPiece() const;     ///< under the caret; -1: there is none
    /// The next place of `words`; false if there is no further one. An empty text finds nothing.
    bool find(const QString &words, bool backward);
    void restartFind(); ///< the words are being written: the next find() may end where the last one did
    /// For tool tips.
    void setDescriber(std::function<QString(int piece)> describe) { m_describe = std::move(describe); }

signals:
    void pieceHovered(int piece); ///< -1: none any more
    void pieceChosen(int piece);

protected:
    bool viewportEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void changeEvent(QEvent *event) override;
    QMimeData *createMimeDataFromSelection() const override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    class Gutter;
    /// A line on screen: where it is and what of the text it holds.
    struct ScreenLine;
    std::vector<ScreenLine> linesOnScreen() const;
    int pieceAtPoint(QPoint point) const;
    void fill(); ///< the document, coloured
    void placeGutter();
    void paintTints(QPainter &painter, const ScreenLine &line) const;
    void paintCacheEnd(QPainter &painter, const ScreenLine &line) const;
    void paintChosen(QPainter &painter, const ScreenLine &line) const;
    void paintGutter(QPainter &painter) const;
    QRectF pieceRect(const ScreenLine &line, int piece) const;
    QString cachedLabel() const;

    std::shared_ptr<const PromptText> m_prompt;
    std::function<QString(int)> m_describe;
    Gutter *m_gutter;
    int m_hovered = -1;
    bool m_spaces = false;
    bool m_filling = false;
};

} // namespace ui
