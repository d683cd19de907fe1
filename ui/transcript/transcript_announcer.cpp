#include "ui/transcript/transcript_announcer.h"

#include "ui/transcript/transcript_accessible.h"
#include "ui/transcript/transcript_view.h"
#include "ui/widgets/accessible_events.h"

namespace ui {

qsizetype sentenceEnd(const QString &text)
{
    for (qsizetype i = text.size() - 1; i >= 0; --i) {
        const QChar c = text[i];
        if (c == QLatin1Char('\n') || QStringView(u"。！？").contains(c))
            return i + 1;
        if (QStringView(u".!?").contains(c) && i + 1 < text.size() && text[i + 1].isSpace())
            return i + 1;
    }
    return 0;
}

void TranscriptAnnouncer::appended(storage::MessageId id, int item, storage::PartKind kind, const QString &text)
{
    if (!somebodyListens())
        return;
    if (m_id != id)
        m_pending.clear();
    else if (m_kind != kind)
        flush(item); // the last sentence of a thought has no white space after it
    m_id = id;
    m_kind = kind;
    m_pending += text;
    if (const qsizetype end = sentenceEnd(m_pending); end > 0) {
        announce(item, m_pending.left(end));
        m_pending.remove(0, end);
    }
}

void TranscriptAnnouncer::finished(storage::MessageId id, int item)
{
    if (!somebodyListens())
        return;
    if (m_id == id)
        flush(item);
    if (QAccessibleInterface *message = accessibleMessage(m_view, item)) {
        QAccessibleEvent event(message, QAccessible::NameChanged);
        tellListener(event);
    }
}

void TranscriptAnnouncer::focusMoved()
{
    if (!somebodyListens() || !m_view->hasFocus())
        return;
    QAccessibleInterface *transcript = QAccessible::queryAccessibleInterface(m_view);
    QAccessibleInterface *focused = transcript != nullptr ? transcript->focusChild() : nullptr;
    if (focused == nullptr)
        return;
    QAccessibleEvent event(focused, QAccessible::Focus);
    tellListener(event);
}

void TranscriptAnnouncer::flush(int item)
{
    if (!m_pending.isEmpty())
        announce(item, std::exchange(m_pending, {}));
}

void TranscriptAnnouncer::announce(int item, const QString &text)
{
    QAccessibleInterface *message = accessibleMessage(m_view, item);
    if (message == nullptr || message->textInterface() == nullptr)
        return;
    const int end = message->textInterface()->characterCount();
    const int length = static_cast<int>(text.size());
    QAccessibleTextInsertEvent event(message, std::max(end - length, 0), text);
    tellListener(event);
}

} // namespace ui
