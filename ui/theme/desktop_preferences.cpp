#include "ui/theme/desktop_preferences.h"

#include <QGuiApplication>
#include <QPalette>
#include <QSettings>
#include <QStandardPaths>

namespace ui::theme {

namespace {

QVariant iniValue(const QString &file, const QString &key)
{
    const QString path = QStandardPaths::locate(QStandardPaths::GenericConfigLocation, file);
    return path.isEmpty() ? QVariant() : QSettings(path, QSettings::IniFormat).value(key);
}

QVariant gtkValue(const QString &key)
{
    for (const char *file : {"gtk-4.0/settings.ini", "gtk-3.0/settings.ini"}) {
        const QVariant value = iniValue(QLatin1String(file), QStringLiteral("Settings/") + key);
        if (value.isValid())
            return value;
    }
    return {};
}

} // namespace

bool desktopPrefersDark()
{
    const bool ownPalette = QGuiApplication::testAttribute(Qt::AA_SetPalette);
    if (!ownPalette) {
        const QPalette palette = QGuiApplication::palette();
        if (palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness())
            return true;
    }
    if (gtkValue(QStringLiteral("gtk-application-prefer-dark-theme")).toBool())
        return true;
    return gtkValue(QStringLiteral("gtk-theme-name")).toString().endsWith(QLatin1String("-dark"), Qt::CaseInsensitive);
}

bool desktopReducesMotion()
{
    const QVariant gtk = gtkValue(QStringLiteral("gtk-enable-animations"));
    if (gtk.isValid() && !gtk.toBool())
        return true;
    const QVariant kde = iniValue(QStringLiteral("kdeglobals"), QStringLiteral("KDE/AnimationDurationFactor"));
    return kde.isValid() && kde.toDouble() == 0.0;
}

} // namespace ui::theme
