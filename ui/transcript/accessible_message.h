#pragma once
// One message for assistive technology. Used by transcript_accessible.cpp alone.

#include "ui/transcript/controls.h"

#include <QAccessibleInterface>
#include <QAccessibleTextInterface>
#include <vector>

namespace ui {

class MessageItem;
class TranscriptStage;
class TranscriptView;

class AccessibleMessage final : public QAccessibleInterface, public QAccessibleTextInterface {
public:
    AccessibleMessage(TranscriptView *view, int index) : m_view(view), m_index(index) {}
    ~AccessibleMessage() override;

    int index() const { return m_index; }

    // --- QAccessibleInterface
    bool isValid() const override;
    QObject *object() const override { return nullptr; }
    QWindow *window() const override;
    QAccessibleInterface *parent() const override;
    QAccessibleInterface *child(int index) const override;
    int childCount() const override;
    int indexOfChild(const QAccessibleInterface *wanted) const override;
    QAccessibleInterface *childAt(int x, int y) const override;
    QAccessibleInterface *focusChild() const override;
    QString text(QAccessible::Text kind) const override;
    void setText(QAccessible::Text, const QString &) override {}
    QRect rect() const override;
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    QAccessible::State state() const override;
    void *interface_cast(QAccessible::InterfaceType type) override;

    // --- QAccessibleTextInterface: the message as it is read, thinking first if it is open
    void selection(int index, int *start, int *end) const override;
    int selectionCount() const override { return 0; }
    void addSelection(int, int) override {}
    void removeSelection(int) override {}
    void setSelection(int, int, int) override {}
    int cursorPosition() const override { return 0; }
    void setCursorPosition(int) override {}
    QString text(int start, int end) const override;
    int characterCount() const override { return static_cast<int>(content().size()); }
    QRect characterRect(int offset) const override;
    int offsetAtPoint(const QPoint &point) const override;
    void scrollToSubstring(int start, int end) override;
    QString attributes(int offset, int *start, int *end) const override;

private:
    TranscriptStage &stage() const;
    MessageItem &item() const;
    QString content() const;
    std::vector<ControlBox> controls() const;
    void forgetChildren() const;

    TranscriptView *m_view;
    int m_index;
    mutable std::vector<std::pair<Control, QAccessible::Id>> m_children;
};

} // namespace ui
