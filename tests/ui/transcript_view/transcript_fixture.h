#pragma once
// Messages and a shown view for the tests of the transcript.

#include "ui/theme/theme.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"

#include <QScrollBar>
#include <QTest>

namespace fixture {

using storage::MessageRole;
using storage::MessageState;
using storage::PartKind;

inline ui::TranscriptMessage userMessage(storage::MessageId id, const QString &text)
{
    ui::TranscriptMessage message;
    message.id = id;
    message.role = MessageRole::User;
    message.answer = text;
    return message;
}

inline ui::TranscriptMessage reply(storage::MessageId id, const QString &answer, const QString &thinking = {})
{
    ui::TranscriptMessage message;
    message.id = id;
    message.role = MessageRole::Assistant;
    message.modelName = "nano-r1";
    message.answer = answer;
    message.thinking = thinking;
    return message;
}

inline ui::TranscriptMessage streamingReply(storage::MessageId id)
{
    ui::TranscriptMessage message = reply(id, {});
    message.state = MessageState::Streaming;
    message.thinkingClosed = false;
    return message;
}

inline QString paragraphs(int count, const QString &word = "Some words that fill a line of the page and then some more")
{
    QString text;
    for (int i = 0; i < count; ++i)
        text += QStringLiteral("%1 %2, %2, %2.\n\n").arg(i).arg(word);
    return text;
}

/// A view of a fixed size on the offscreen screen, with the light theme.
class ShownView : public ui::TranscriptView {
public:
    explicit ShownView(QSize size = {900, 700})
    {
        ui::theme::apply({});
        resize(size);
        show();
        static_cast<void>(QTest::qWaitForWindowExposed(this));
    }

    ui::TranscriptLayout &page() { return stage()->page(); }
    ui::MessageItem &item(int index) { return page().item(index); }
    int top() const { return verticalScrollBar()->value(); }
    bool isAtEnd() const { return top() == verticalScrollBar()->maximum(); }

    /// What is written at the top of the window: keeps its place when nothing moves for the reader.
    ui::TextPlace placeOnTop() { return stage()->placeAt({viewport()->width() / 2, 4}); }

    std::optional<ui::ControlBox> control(int index, ui::ControlKind kind)
    {
        for (const ui::ControlBox &box : stage()->controlsOf(index)) {
            if (box.control.kind == kind)
                return box;
        }
        return std::nullopt;
    }
    QPoint centerOf(int index, ui::ControlKind kind)
    {
        const auto box = control(index, kind);
        return box ? stage()->toViewport(box->rect, index).center() : QPoint(-1, -1);
    }
    void click(int index, ui::ControlKind kind)
    {
        const QPoint point = centerOf(index, kind);
        QTest::mouseMove(viewport(), point);
        QTest::mouseClick(viewport(), Qt::LeftButton, {}, point);
    }
    /// Point in the viewport before the given character of a block.
    QPoint pointAt(int index, ui::MessagePart part, int block, int offset)
    {
        ui::BlockColumn &column = item(index).column(part);
        const auto rects = ui::rectsOf(column.layoutOf(block), offset, offset + 1);
        const QPointF corner =
            rects.isEmpty() ? QPointF() : QPointF(rects.first().left() + 1, rects.first().center().y());
        const QPoint inItem = corner.toPoint() + item(index).origin(part) + QPoint(0, column.top(block));
        return stage()->toViewport(QRect(inItem, QSize(1, 1)), index).topLeft();
    }
    void wheel(QPoint point, int steps)
    {
        QWheelEvent event(point, viewport()->mapToGlobal(point), QPoint(), QPoint(0, steps * 120), Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(viewport(), &event);
    }
};

} // namespace fixture
