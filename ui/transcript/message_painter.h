#pragma once
// Draws one message: header, thinking block, answer, how it ended, statistics and actions.

#include "ui/transcript/block_painter.h"
#include "ui/transcript/controls.h"
#include "ui/transcript/message_item.h"

#include <QPainter>
#include <functional>
#include <optional>

namespace ui {

struct MessagePaint {
    MessageItem &item;
    QPoint origin;
    QRect visible;       ///< in the message's coordinates
    bool active = false; ///< the pointer or the focus is in it, or it is the last one: its actions are shown
    AllowedActions allowed = {};
    std::optional<Control> hot = {};
    std::optional<Control> focused = {};
    std::optional<Control> copied = {}; ///< done just now
    double pulse = 1.0;                 ///< 0 … 1, of what is running
    std::function<TextMark(MessagePart, int block)> selection = {};
    /// Matches of a search in a block and which of them is the current one (or -1).
    std::function<std::pair<std::vector<TextMark>, int>(MessagePart, int block)> matches = {};
};

void paintMessage(QPainter &painter, const MessagePaint &paint);

} // namespace ui
