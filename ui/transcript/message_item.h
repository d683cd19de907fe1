#pragma once
// One message on the page: its parts, their blocks, and where each of them is. Coordinates are px from the message's
// top left corner; the width is that of the text column.

#include "ui/transcript/block_column.h"
#include "ui/transcript/controls.h"
#include "ui/transcript/message_text.h"
#include "ui/transcript/thinking_box.h"
#include "ui/transcript_message.h"

#include <QRect>
#include <memory>
#include <optional>

namespace ui {

/// Where the parts of a message are; empty rectangles for parts it does not have.
struct MessageGeometry {
    QRect header; ///< who speaks
    QRect status; ///< before the first token: prompt progress
    QRect thinkingHeader;
    QRect thinkingBody; ///< the visible box
    QRect thinkingCollapse;
    QRect answer; ///< the column of blocks; of a user message inside the bubble
    QRect bubble;
    QRect caption; ///< how the reply ended, if not well
    QRect footer;  ///< statistics and actions
    int height = 0;
};

class MessageItem {
    Q_DECLARE_TR_FUNCTIONS(ui::MessageItem)

public:
    explicit MessageItem(TranscriptMessage message);

    const TranscriptMessage &message() const { return m_message; }
    bool isSystem() const { return m_message.role == storage::MessageRole::System; }
    bool isUser() const { return m_message.role == storage::MessageRole::User; }
    bool isReply() const { return m_message.role == storage::MessageRole::Assistant; }
    bool isStreaming() const { return m_message.state == storage::MessageState::Streaming; }
    QString speaker() const;        ///< "You", the model's name
    QString accessibleName() const; ///< with what it is doing: "nano-r1, thinking"
    QString caption() const;        ///< empty for a reply that ended well
    bool canContinue() const;
    int continueWidth() const; ///< room for the button beside the caption; 0: none
    bool isLast() const { return m_last; }
    void setLast(bool last); ///< of the branch shown; only there a reply can go on
    bool hasThinking() const;

    // --- growing ---------------------------------------------------------------------------------
    void appendText(storage::PartKind kind, const QString &text);
    void setLive(const LiveStatistics &live);
    void finish(const TranscriptMessage &message);
    /// Takes up appended text. Blocks that did not change keep their layout.
    void update();
    const std::optional<LiveStatistics> &live() const { return m_live; }

    // --- parts -----------------------------------------------------------------------------------
    const MessageText &text(MessagePart part) const;
    BlockColumn &column(MessagePart part);
    ThinkingBox &thinking() { return m_thinking; }
    const ThinkingBox &thinking() const { return m_thinking; }
    /// The last line of the thought, for the collapsed block.
    QString thinkingPreview() const;
    /// As Markdown or plain text; thinking between <think> tags.
    QString source(bool withThinking) const;

    // --- geometry --------------------------------------------------------------------------------
    void setWidth(int width);
    void restyle();
    void retranslate();               ///< the language changed: our own words stand in the blocks, too
    void setEditorHeight(int height); ///< of the editor that lies over a user message; 0 without
    void setLayoutChanged() { m_geometryValid = false; } ///< after laying out a column from outside
    const MessageGeometry &geometry();
    int height() { return geometry().height; }
    /// Lays out what touches [from, to). Returns whether the height changed.
    bool layOutRange(int from, int to);
    void release(int from, int to);
    /// Top left corner of a part's column (scrolled, for thinking).
    QPoint origin(MessagePart part);
    /// What part of the column can be seen.
    QRect clip(MessagePart part);
    int layoutsMade() const { return m_answer.layoutsMade() + m_thought.layoutsMade(); }

private:
    void prepare(); ///< parses on first need
    void computeGeometry();
    int addThinking(MessageGeometry &g, int y);
    int addAnswer(MessageGeometry &g, int y);
    int bubbleWidth();

    TranscriptMessage m_message;
    std::optional<LiveStatistics> m_live;
    MessageText m_thoughtText;
    MessageText m_answerText;
    BlockColumn m_thought;
    BlockColumn m_answer;
    ThinkingBox m_thinking;
    MessageGeometry m_geometry;
    int m_width = 0;
    int m_editorHeight = 0;
    bool m_parsed = false;
    bool m_geometryValid = false;
    int m_answerHeight = 0; ///< of the columns when the geometry was made
    int m_thoughtHeight = 0;
    bool m_last = false;
};

} // namespace ui
