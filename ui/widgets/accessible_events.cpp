#include "ui/widgets/accessible_events.h"

#include <utility>

namespace ui {

namespace {

std::function<void(QAccessibleEvent &)> &listener()
{
    static std::function<void(QAccessibleEvent &)> instance;
    return instance;
}

} // namespace

bool somebodyListens()
{
    return listener() || QAccessible::isActive();
}

void tellListener(QAccessibleEvent &event)
{
    if (listener())
        listener()(event);
    else
        QAccessible::updateAccessibility(&event);
}

void setAccessibleListener(std::function<void(QAccessibleEvent &)> wanted)
{
    listener() = std::move(wanted);
}

} // namespace ui
