#pragma once
// Tells assistive technology what a reply says, sentence by sentence: a screen reader that is interrupted by every
// token reads nothing.

#include "storage/records.h"

#include <QString>

namespace ui {

class TranscriptView;

class TranscriptAnnouncer {
public:
    explicit TranscriptAnnouncer(TranscriptView *view) : m_view(view) {}

    void appended(storage::MessageId id, int item, storage::PartKind kind, const QString &text);
    void finished(storage::MessageId id, int item);
    void focusMoved();

private:
    void flush(int item);
    void announce(int item, const QString &text);

    TranscriptView *m_view;
    storage::MessageId m_id = 0;
    storage::PartKind m_kind = storage::PartKind::Answer;
    QString m_pending;
};

/// End of the last whole sentence in the text, 0 if there is none yet.
qsizetype sentenceEnd(const QString &text);

} // namespace ui
