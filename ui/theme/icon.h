#pragma once
// The application's own icons: SVGs of one colour that take the theme's colour when they are painted, so an icon made
// once stays right after a change between light and dark. UI thread only.

#include <QIcon>
#include <QString>

namespace ui::theme {

enum class Tint {
    Text,     ///< secondary text, primary under the pointer
    Accent,   ///< the accent colour
    OnAccent, ///< on an accent-coloured button
    Muted,
    Danger,
    Warning,
};

/// `name` is the file name in resources/icons without ".svg".
QIcon icon(const QString &name, Tint tint = Tint::Text);

} // namespace ui::theme
