#pragma once
// What can be pressed in a message, by mouse, keyboard and assistive technology alike.

#include <QRect>
#include <QString>

namespace ui {

enum class ControlKind {
    ThinkingToggle,   ///< header of the thinking block
    ThinkingCollapse, ///< its bottom edge
    CopyCode,
    Link,
    Continue,
    BranchPrevious,
    BranchNext,
    Edit,
    Regenerate,
    ShowPrompt, ///< the exact prompt of a reply
    Copy,
};

enum class MessagePart { Thinking, Answer };

/// What may be done now. Copying, folding and following a link always may.
struct AllowedActions {
    bool reply = true;  ///< regenerate, edit, continue: they need a model that is free
    bool branch = true; ///< show another version
    bool prompt = true; ///< show the exact prompt: a model makes it
    bool onCpu = false; ///< continue means: on the CPU, as the device of the model has failed

    bool operator==(const AllowedActions &) const = default;
};

struct Control {
    ControlKind kind = ControlKind::Copy;
    MessagePart part = MessagePart::Answer; ///< of CopyCode and Link
    int block = -1;
    int span = -1; ///< of Link: index in Block::spans

    bool operator==(const Control &) const = default;
};

/// A control where it is now, in the coordinates of its message.
struct ControlBox {
    Control control;
    QRect rect;
    QString name;
    bool enabled = true;
};

} // namespace ui
