#pragma once
// What the view's helpers (pointer, keys, accessibility) share: the page, its selection, and what is hot or focused.
// Draws, scrolls and carries out actions; knows nothing of events.

#include "ui/transcript/controls.h"
#include "ui/transcript/transcript_announcer.h"
#include "ui/transcript/transcript_finder.h"
#include "ui/transcript/transcript_layout.h"
#include "ui/transcript/transcript_selection.h"
#include "ui/ui_settings.h"

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QTimer>
#include <QVariantAnimation>
#include <optional>

namespace ui {

class JumpButton;
class MessageEditor;
class TranscriptView;

struct ControlRef {
    int item = -1;
    Control control;

    bool operator==(const ControlRef &) const = default;
};

class TranscriptStage : public QObject {
    Q_OBJECT

public:
    explicit TranscriptStage(TranscriptView *view);

    // --- content ---------------------------------------------------------------------------------
    void setMessages(std::vector<TranscriptMessage> messages);
    void appendMessage(const TranscriptMessage &message);
    void appendText(storage::MessageId id, storage::PartKind kind, const QString &text);
    void showLive(storage::MessageId id, const LiveStatistics &live);
    void finishMessage(const TranscriptMessage &message);
    void setThinkingDisplay(ThinkingDisplay display);
    void setAllowedActions(AllowedActions allowed);
    AllowedActions allowedActions() const { return m_allowed; }
    bool copiesThinking() const { return m_copyWithThinking; }
    void setCopyWithThinking(bool on) { m_copyWithThinking = on; }
    /// Takes up text that waits for the next frame.
    void flush();
    void restyle();
    void retranslate();

    // --- page ------------------------------------------------------------------------------------
    TranscriptLayout &page() { return m_page; }
    TranscriptSelection &selection() { return m_selection; }
    int columnLeft() const;
    int room() const; ///< width beside the scroll bar, whether it is there or not: nothing moves when it comes
    int scrollTop() const;
    /// Lays out the window and sets the scroll bar; `follow` or the anchor decide where it is.
    void settle();
    void scrolled(int delta); ///< the scroll bar moved
    void scrollToEnd();
    void resized();
    bool reveal(int item, const QRect &itemRect); ///< scrolls as little as needed; whether it did
    QPoint toPage(QPoint viewportPoint) const;    ///< x from the column's left edge
    QRect toViewport(const QRect &itemRect, int item) const;
    void paint(QPainter &painter, const QRect &dirty);

    // --- places ----------------------------------------------------------------------------------
    std::optional<ControlRef> controlAt(QPoint viewportPoint);
    TextPlace placeAt(QPoint viewportPoint);
    bool isOverText(QPoint viewportPoint);
    QRect rectOf(const ControlRef &ref); ///< in the viewport
    std::optional<ControlBox> boxOf(const ControlRef &ref);
    std::vector<ControlBox> controlsOf(int item); ///< in reading order, on screen or not

    // --- doing -----------------------------------------------------------------------------------
    void activate(const ControlRef &ref);
    void toggleThinking(int item);
    void copyText(const QString &text, const std::optional<ControlRef> &done = std::nullopt);
    void startEditing(int item);
    void endEditing();
    bool find(const QString &text, bool backward);
    void setHot(const std::optional<ControlRef> &ref, int item);
    void setFocused(const std::optional<ControlRef> &ref);
    const std::optional<ControlRef> &hot() const { return m_hot; }
    const std::optional<ControlRef> &focused() const { return m_focused; }
    TranscriptView *view() const { return m_view; }
    MessageEditor *editor() const { return m_editor; }

private:
    void markDirty(int index);
    void updateRunning();
    void pulse();
    void foldThinking(int index, bool wasOpen);
    void setUnfolded(storage::MessageId id, std::optional<double> part);
    QString codeOf(const ControlRef &ref);
    void showMatch(const TextPlace &place, int length);
    void anchorTo(int item);
    bool isNearEnd() const;
    void placeOverlays();
    void forgetContent();
    std::vector<std::unique_ptr<MessageItem>> makeItems(std::vector<TranscriptMessage> messages, int kept);
    bool keepPlace(const std::vector<TranscriptMessage> &messages, int kept);
    void keepFocus(const ControlRef &focused, int kept);
    void fitEditor();
    bool settleIfOther(int item, int heightBefore);

    TranscriptView *m_view;
    TranscriptLayout m_page;
    TranscriptLayout::Anchor m_anchor;
    TranscriptSelection m_selection;
    TranscriptFinder m_finder;
    JumpButton *m_jump;
    MessageEditor *m_editor = nullptr;
    int m_edited = -1;
    std::optional<ControlRef> m_focusedBeforeEditing;
    QPointer<QVariantAnimation> m_animation;
    TranscriptAnnouncer m_announcer;
    std::vector<int> m_dirty; ///< messages with text that is not taken up yet
    QTimer m_frame;           ///< at most one layout a frame, whatever the speed of the tokens
    QElapsedTimer m_sinceFrame;
    QTimer m_pulse; ///< clock of a running thought
    QTimer m_copiedTimer;
    double m_phase = 0.0;
    std::optional<ControlRef> m_hot;
    std::optional<ControlRef> m_focused;
    std::optional<ControlRef> m_copied;
    int m_hotItem = -1;
    ThinkingDisplay m_display = ThinkingDisplay::OpenWhileThinking;
    bool m_follow = true;
    bool m_settling = false;
    bool m_settleAgain = false;
    AllowedActions m_allowed;
    bool m_copyWithThinking = false;
};

} // namespace ui
