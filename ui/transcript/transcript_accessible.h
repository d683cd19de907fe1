#pragma once
// The transcript for assistive technology: a list of messages; each has a name ("nano-r1, thinking"), its text, its
// figures as description, and its controls as buttons and links. Installed by TranscriptView.

#include <QAccessible>

namespace ui {

class TranscriptView;

/// Makes the factory known to Qt; may be called again.
void installTranscriptAccessibility();

/// Interface of one message, or null when assistive technology is not in use or the message is not there.
QAccessibleInterface *accessibleMessage(TranscriptView *view, int item);

} // namespace ui
