#pragma once
// Search in the shown text of a conversation, thoughts included. Case does not matter.

#include "ui/transcript/transcript_selection.h"

#include <QString>
#include <optional>

namespace ui {

class TranscriptFinder {
public:
    /// The next occurrence of `text` after the current one, or from `start` on for a new text. nullopt when there is no
    /// further one; the search after that begins at the other end.
    std::optional<TextPlace> next(TranscriptLayout &layout, const QString &text, bool backward, const TextPlace &start);
    void clear();
    bool isActive() const { return !m_text.isEmpty(); }
    const QString &text() const { return m_text; }

    /// Occurrences in one block and which of them is the current one, or -1.
    std::pair<std::vector<TextMark>, int> matchesIn(const Block &block, int item, MessagePart part, int index) const;

private:
    QString m_text;
    TextPlace m_current;
};

} // namespace ui
