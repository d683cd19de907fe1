#include "ui/transcript/accessible_message.h"

#include "ui/transcript/statistics_text.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"

#include <QAccessibleActionInterface>
#include <QWindow>
#include <algorithm>

namespace ui {

namespace {

/// A button or link of a message.
class AccessibleControl final : public QAccessibleInterface, public QAccessibleActionInterface {
public:
    AccessibleControl(TranscriptView *view, ControlRef ref) : m_view(view), m_ref(ref) {}

    const ControlRef &ref() const { return m_ref; }

    bool isValid() const override { return box().has_value(); }
    QObject *object() const override { return nullptr; }
    QWindow *window() const override { return m_view->window()->windowHandle(); }
    QAccessibleInterface *parent() const override
    {
        QAccessibleInterface *transcript = QAccessible::queryAccessibleInterface(m_view);
        return transcript != nullptr ? transcript->child(m_ref.item) : nullptr;
    }
    QAccessibleInterface *child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface *) const override { return -1; }
    QAccessibleInterface *childAt(int, int) const override { return nullptr; }

    QString text(QAccessible::Text kind) const override
    {
        const auto known = box();
        return kind == QAccessible::Name && known ? known->name : QString();
    }
    void setText(QAccessible::Text, const QString &) override {}

    QRect rect() const override
    {
        const QRect local = m_view->stage()->rectOf(m_ref);
        return {m_view->viewport()->mapToGlobal(local.topLeft()), local.size()};
    }

    QAccessible::Role role() const override
    {
        return m_ref.control.kind == ControlKind::Link ? QAccessible::Link : QAccessible::Button;
    }

    QAccessible::State state() const override
    {
        QAccessible::State state;
        const auto known = box();
        state.focusable = true;
        state.focused = m_view->hasFocus() && m_view->stage()->focused() == m_ref;
        state.disabled = !known || !known->enabled;
        if (m_ref.control.kind == ControlKind::ThinkingToggle) {
            const bool open = m_view->stage()->page().item(m_ref.item).thinking().isOpen();
            state.expandable = true;
            state.expanded = open;
            state.collapsed = !open;
        }
        return state;
    }

    void *interface_cast(QAccessible::InterfaceType type) override
    {
        return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface *>(this) : nullptr;
    }

    QStringList actionNames() const override { return {pressAction(), setFocusAction()}; }
    void doAction(const QString &name) override
    {
        if (name == pressAction())
            m_view->stage()->activate(m_ref);
        else if (name == setFocusAction())
            m_view->stage()->setFocused(m_ref);
    }
    QStringList keyBindingsForAction(const QString &) const override { return {}; }

private:
    std::optional<ControlBox> box() const { return m_view->stage()->boxOf(m_ref); }

    TranscriptView *m_view;
    ControlRef m_ref;
};

} // namespace

AccessibleMessage::~AccessibleMessage()
{
    forgetChildren();
}

TranscriptStage &AccessibleMessage::stage() const
{
    return *m_view->stage();
}

MessageItem &AccessibleMessage::item() const
{
    return stage().page().item(m_index);
}

bool AccessibleMessage::isValid() const
{
    return m_index < stage().page().count();
}

QWindow *AccessibleMessage::window() const
{
    return m_view->window()->windowHandle();
}

QAccessibleInterface *AccessibleMessage::parent() const
{
    return QAccessible::queryAccessibleInterface(m_view);
}

std::vector<ControlBox> AccessibleMessage::controls() const
{
    return isValid() ? stage().controlsOf(m_index) : std::vector<ControlBox>();
}

int AccessibleMessage::childCount() const
{
    return static_cast<int>(controls().size());
}

QAccessibleInterface *AccessibleMessage::child(int index) const
{
    const auto boxes = controls();
    if (index < 0 || index >= static_cast<int>(boxes.size()))
        return nullptr;
    const Control &control = boxes[static_cast<std::size_t>(index)].control;
    for (const auto &[known, id] : m_children) {
        if (known == control)
            return QAccessible::accessibleInterface(id);
    }
    const QAccessible::Id id =
        QAccessible::registerAccessibleInterface(new AccessibleControl(m_view, {m_index, control}));
    m_children.emplace_back(control, id);
    return QAccessible::accessibleInterface(id);
}

void AccessibleMessage::forgetChildren() const
{
    for (const auto &[control, id] : m_children)
        QAccessible::deleteAccessibleInterface(id);
    m_children.clear();
}

int AccessibleMessage::indexOfChild(const QAccessibleInterface *wanted) const
{
    const auto *control = dynamic_cast<const AccessibleControl *>(wanted);
    if (control == nullptr || control->ref().item != m_index)
        return -1;
    const auto boxes = controls();
    const auto found = std::find_if(boxes.begin(), boxes.end(),
                                    [&](const ControlBox &box) { return box.control == control->ref().control; });
    return found == boxes.end() ? -1 : static_cast<int>(found - boxes.begin());
}

QAccessibleInterface *AccessibleMessage::childAt(int x, int y) const
{
    const auto ref = stage().controlAt(m_view->viewport()->mapFromGlobal(QPoint(x, y)));
    if (!ref || ref->item != m_index)
        return nullptr;
    const auto boxes = controls();
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (boxes[i].control == ref->control)
            return child(static_cast<int>(i));
    }
    return nullptr;
}

QAccessibleInterface *AccessibleMessage::focusChild() const
{
    const auto &focused = stage().focused();
    for (int i = 0; focused && focused->item == m_index && i < childCount(); ++i) {
        QAccessibleInterface *control = child(i);
        if (control->state().focused)
            return control;
    }
    return nullptr;
}

QString AccessibleMessage::content() const
{
    if (!isValid())
        return {};
    QStringList lines;
    const auto add = [&](MessagePart part) {
        const BlockColumn &column = item().column(part);
        for (int i = 0; i < column.count(); ++i) {
            const Block &block = column.block(i);
            lines.append(block.marker.isEmpty() ? block.text : block.marker + QLatin1Char(' ') + block.text);
        }
    };
    if (item().hasThinking() && item().thinking().isOpen())
        add(MessagePart::Thinking);
    add(MessagePart::Answer);
    return lines.join(QLatin1Char('\n'));
}

QString AccessibleMessage::text(QAccessible::Text kind) const
{
    if (!isValid())
        return {};
    switch (kind) {
    case QAccessible::Name:
        return item().accessibleName();
    case QAccessible::Value:
        return content();
    case QAccessible::Description: {
        QStringList parts;
        if (item().hasThinking())
            parts.append(item().thinking().title());
        if (const QString caption = item().caption(); !caption.isEmpty())
            parts.append(caption);
        if (const auto &statistics = item().message().statistics)
            parts.append(StatisticsText().summary(*statistics));
        return parts.join(QStringLiteral(". "));
    }
    default:
        return {};
    }
}

QRect AccessibleMessage::rect() const
{
    if (!isValid())
        return {};
    const QRect local = stage().toViewport(QRect(0, 0, stage().page().width(), item().height()), m_index);
    return {m_view->viewport()->mapToGlobal(local.topLeft()), local.size()};
}

QAccessible::State AccessibleMessage::state() const
{
    QAccessible::State state;
    state.readOnly = true;
    state.multiLine = true;
    if (!isValid()) {
        state.invalid = true;
        return state;
    }
    const QRect local = stage().toViewport(QRect(0, 0, 1, item().height()), m_index);
    state.offscreen = !local.intersects(QRect(0, 0, m_view->viewport()->width(), m_view->viewport()->height()));
    state.busy = item().isStreaming();
    return state;
}

void *AccessibleMessage::interface_cast(QAccessible::InterfaceType type)
{
    return type == QAccessible::TextInterface ? static_cast<QAccessibleTextInterface *>(this) : nullptr;
}

void AccessibleMessage::selection(int, int *start, int *end) const
{
    *start = 0;
    *end = 0;
}

QString AccessibleMessage::text(int start, int end) const
{
    return content().mid(start, end - start);
}

QRect AccessibleMessage::characterRect(int) const
{
    return rect();
}

int AccessibleMessage::offsetAtPoint(const QPoint &point) const
{
    return rect().contains(point) ? 0 : -1;
}

void AccessibleMessage::scrollToSubstring(int, int)
{
    if (isValid())
        stage().reveal(m_index, QRect(0, 0, 1, item().height()));
}

QString AccessibleMessage::attributes(int, int *start, int *end) const
{
    *start = 0;
    *end = characterCount();
    return {};
}

} // namespace ui
