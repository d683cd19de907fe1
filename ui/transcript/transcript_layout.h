#pragma once
// All messages under each other, and which part of them is seen. Heights that were only estimated are corrected when
// their messages come into view, without a jump: what the reader looks at (the anchor) keeps its place on screen.
// Coordinates are px from the top of the page.

#include "ui/transcript/message_item.h"

#include <memory>
#include <vector>

namespace ui {

class TranscriptLayout {
public:
    /// A place in a message that keeps its meaning when heights change.
    struct Anchor {
        int item = 0;   ///< the number of messages: the end of the last one
        int block = -1; ///< of the answer; -1: the message's top
        int offset = 0; ///< px from there to the top of the window; may lie outside of the block
    };

    void setItems(std::vector<std::unique_ptr<MessageItem>> items);
    void append(std::unique_ptr<MessageItem> item);
    int count() const { return static_cast<int>(m_items.size()); }
    MessageItem &item(int index) { return *m_items[static_cast<std::size_t>(index)]; }
    const MessageItem &item(int index) const { return *m_items[static_cast<std::size_t>(index)]; }
    int indexOf(storage::MessageId id) const; ///< -1 if there is none
    /// How many messages at the start are also those of the page.
    int sharedWith(const std::vector<TranscriptMessage> &messages) const;

    void setWidth(int width);
    int width() const { return m_width; }
    void restyle();
    /// The message's height may have changed.
    void invalidate(int index);

    int height() const;
    int top(int index) const;
    int itemAt(int y) const; ///< nearest; -1 without messages

    Anchor anchorAt(int y);
    int yOf(const Anchor &anchor);
    /// Lays out what a window of `height` px at the anchor shows. Returns the window's top.
    int settle(const Anchor &anchor, int height);
    /// The same for a window at the end of the page.
    int settleAtEnd(int height);
    int layoutsMade() const;

    static constexpr int marginTop = 8;
    static constexpr int marginBottom = 24;

private:
    bool layOutWindow(int from, int to);
    void release(int from, int to);

    std::vector<std::unique_ptr<MessageItem>> m_items;
    int m_width = 0;
    mutable std::vector<int> m_tops; ///< [count + 1], valid up to m_validTops
    mutable int m_validTops = 0;
    int m_released = 0; ///< where layouts were last thrown away
};

} // namespace ui
