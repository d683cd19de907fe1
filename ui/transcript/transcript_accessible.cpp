#include "ui/transcript/transcript_accessible.h"

#include "ui/transcript/accessible_message.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"
#include "ui/widgets/accessible_events.h"

#include <QAccessibleWidget>

namespace ui {

namespace {

class AccessibleTranscript final : public QAccessibleWidget {
public:
    explicit AccessibleTranscript(TranscriptView *view) : QAccessibleWidget(view, QAccessible::List), m_view(view) {}
    ~AccessibleTranscript() override { forget(); }

    QString text(QAccessible::Text kind) const override
    {
        const QString own = QAccessibleWidget::text(kind);
        return kind == QAccessible::Name && own.isEmpty() ? TranscriptView::tr("Conversation") : own;
    }

    int childCount() const override { return stage().page().count(); }

    QAccessibleInterface *child(int index) const override
    {
        if (index < 0 || index >= childCount())
            return nullptr;
        refresh();
        QAccessible::Id &id = m_children[static_cast<std::size_t>(index)].interface;
        if (id == 0)
            id = QAccessible::registerAccessibleInterface(new AccessibleMessage(m_view, index));
        return QAccessible::accessibleInterface(id);
    }

    int indexOfChild(const QAccessibleInterface *wanted) const override
    {
        const auto *message = dynamic_cast<const AccessibleMessage *>(wanted);
        return message != nullptr && message->parent() == this ? message->index() : -1;
    }

    QAccessibleInterface *childAt(int x, int y) const override
    {
        const QPoint point = m_view->viewport()->mapFromGlobal(QPoint(x, y));
        return m_view->viewport()->rect().contains(point) ? child(stage().page().itemAt(stage().toPage(point).y()))
                                                          : nullptr;
    }

    QAccessibleInterface *focusChild() const override
    {
        const auto &focused = stage().focused();
        if (!m_view->hasFocus() || !focused)
            return QAccessibleWidget::focusChild();
        QAccessibleInterface *message = child(focused->item);
        return message != nullptr ? message->focusChild() : nullptr;
    }

private:
    struct Child {
        storage::MessageId message = 0;
        QAccessible::Id interface = 0;
    };

    TranscriptStage &stage() const { return *m_view->stage(); }

    /// Interfaces belong to messages: when another conversation is shown, the old ones go.
    void refresh() const
    {
        const TranscriptLayout &page = stage().page();
        bool same = m_children.size() <= static_cast<std::size_t>(page.count());
        for (std::size_t i = 0; same && i < m_children.size(); ++i)
            same = page.item(static_cast<int>(i)).message().id == m_children[i].message;
        if (!same)
            forget();
        for (int i = static_cast<int>(m_children.size()); i < page.count(); ++i)
            m_children.push_back({page.item(i).message().id, 0});
    }

    void forget() const
    {
        for (const Child &known : m_children) {
            if (known.interface != 0)
                QAccessible::deleteAccessibleInterface(known.interface);
        }
        m_children.clear();
    }

    TranscriptView *m_view;
    mutable std::vector<Child> m_children;
};

QAccessibleInterface *factory(const QString &className, QObject *object)
{
    auto *view = qobject_cast<TranscriptView *>(object);
    return view != nullptr && className == QLatin1String("ui::TranscriptView") ? new AccessibleTranscript(view)
                                                                               : nullptr;
}

} // namespace

void installTranscriptAccessibility()
{
    static const bool once = [] {
        QAccessible::installFactory(factory);
        return true;
    }();
    Q_UNUSED(once);
}

QAccessibleInterface *accessibleMessage(TranscriptView *view, int item)
{
    if (!somebodyListens())
        return nullptr;
    QAccessibleInterface *transcript = QAccessible::queryAccessibleInterface(view);
    return transcript != nullptr ? transcript->child(item) : nullptr;
}

} // namespace ui
