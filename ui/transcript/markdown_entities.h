#pragma once
// HTML character references as models write them.

#include <QString>
#include <QStringView>

namespace ui::markdown {

/// "&lt;", "&#955;", "&#x3bb;" to the character; empty for a name that is not known.
QString decodeEntity(QStringView entity);

} // namespace ui::markdown
