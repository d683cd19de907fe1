#pragma once
// The conversation as a column of blocks. Only blocks on screen are laid out, finished blocks are frozen, streamed text
// lays out the last block again: cost is O(new text). UI thread only.

#include "ui/transcript/controls.h"
#include "ui/transcript_message.h"
#include "ui/ui_settings.h"

#include <QAbstractScrollArea>
#include <memory>
#include <vector>

namespace ui {

class TranscriptStage;

class TranscriptView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit TranscriptView(QWidget *parent = nullptr);
    ~TranscriptView() override;

    void setMessages(std::vector<TranscriptMessage> messages);
    void appendMessage(const TranscriptMessage &message);
    void appendText(storage::MessageId id, storage::PartKind kind, const QString &text);
    void showLive(storage::MessageId id, const LiveStatistics &live);
    void finishMessage(const TranscriptMessage &message);
    void setThinkingDisplay(ThinkingDisplay display);
    void setCopyWithThinking(bool on);
    void setAllowedActions(AllowedActions allowed);

    QString selectedText() const;
    void copySelection() const;
    void scrollToEnd();
    /// Find in this conversation; returns false if there is no further match.
    bool findNext(const QString &text, bool backward);
    /// For tests and export: everything visible as plain text, message by message.
    QString plainText(bool withThinking) const;
    /// The message that keyboard actions (regenerate, edit, continue, copy, branches) apply to: focused one or the
    /// newest fitting.
    storage::MessageId actionTarget(storage::MessageRole role) const;
    void startEditing(storage::MessageId userMessage); ///< opens the inline editor
    /// Blocks set in lines so far: what appending costs, for tests and benchmarks.
    int layoutsMade() const;
    /// For the helpers of this folder.
    TranscriptStage *stage() const;

signals:
    void regenerateRequested(storage::MessageId reply);
    void editRequested(storage::MessageId userMessage, const QString &text);
    void continueRequested(storage::MessageId reply);
    void branchRequested(storage::MessageId message, int branch);
    void promptRequested(storage::MessageId reply); ///< the exact one it was the answer to
    void linkActivated(const QString &url);         ///< the owner asks before it opens anything

protected:
    bool viewportEvent(QEvent *event) override;
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void changeEvent(QEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool focusNextPrevChild(bool next) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    class Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ui
