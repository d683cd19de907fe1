#include "ui/theme/theme.h"

#include "ui/theme/base_style.h"
#include "ui/theme/desktop_preferences.h"

#include <QApplication>
#include <QFile>
#include <QPalette>

// In a static library nothing refers to the resources, so the linker would leave them out. Must stand outside
// namespaces.
static void loadResources()
{
    Q_INIT_RESOURCE(ui);
}

namespace ui::theme {

namespace {

Tokens &mutableTokens()
{
    static Tokens tokens = makeTokens(false, 100);
    return tokens;
}

QPalette makePalette(const Colors &c)
{
    QPalette palette;
    palette.setColor(QPalette::Window, c.window);
    palette.setColor(QPalette::WindowText, c.textPrimary);
    palette.setColor(QPalette::Base, c.surfaceRaised);
    palette.setColor(QPalette::AlternateBase, c.surface);
    palette.setColor(QPalette::Text, c.textPrimary);
    palette.setColor(QPalette::PlaceholderText, c.textMuted);
    palette.setColor(QPalette::Button, c.surfaceRaised);
    palette.setColor(QPalette::ButtonText, c.textPrimary);
    palette.setColor(QPalette::BrightText, c.danger);
    palette.setColor(QPalette::Highlight, c.selection);
    palette.setColor(QPalette::HighlightedText, c.textPrimary);
    palette.setColor(QPalette::Link, c.accent);
    palette.setColor(QPalette::LinkVisited, c.accent);
    palette.setColor(QPalette::ToolTipBase, c.surfaceRaised);
    palette.setColor(QPalette::ToolTipText, c.textPrimary);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, c.textMuted);
    return palette;
}

void replaceToken(QString &sheet, const char *name, const QString &value)
{
    sheet.replace(QLatin1Char('@') + QLatin1String(name) + QLatin1Char('@'), value);
}

QString makeStyleSheet(const Tokens &tokens)
{
    QFile file(QStringLiteral(":/theme/bathyscope.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString sheet = QString::fromUtf8(file.readAll());
    const Colors &c = tokens.colors;
    const std::pair<const char *, QColor> colors[] = {
        {"window", c.window},
        {"surface", c.surface},
        {"surfaceRaised", c.surfaceRaised},
        {"hover", c.hover},
        {"pressed", c.pressed},
        {"border", c.border},
        {"borderStrong", c.borderStrong},
        {"textPrimary", c.textPrimary},
        {"textSecondary", c.textSecondary},
        {"textMuted", c.textMuted},
        {"accent", c.accent},
        {"accentText", c.accentText},
        {"accentSoft", c.accentSoft},
        {"danger", c.danger},
        {"warning", c.warning},
        {"success", c.success},
        {"selection", c.selection},
        {"focusRing", c.focusRing},
    };
    for (const auto &[name, color] : colors)
        replaceToken(sheet, name, color.name());
    replaceToken(sheet, "mode", tokens.dark ? QStringLiteral("dark") : QStringLiteral("light"));
    const std::pair<const char *, QFont> fonts[] = {
        {"smallSize", tokens.fonts.small},     {"headingSize", tokens.fonts.heading}, {"titleSize", tokens.fonts.title},
        {"readingSize", tokens.fonts.reading}, {"monoSize", tokens.fonts.mono},
    };
    for (const auto &[name, font] : fonts)
        replaceToken(sheet, name, QStringLiteral("%1px").arg(font.pixelSize()));
    replaceToken(sheet, "iconSize", QStringLiteral("%1px").arg(tokens.fonts.body.pixelSize() + 2));
    replaceToken(sheet, "monoFamilies",
                 QLatin1Char('"') + tokens.fonts.mono.families().join(QStringLiteral("\", \"")) + QLatin1Char('"'));
    return sheet;
}

bool wantsDark(Theme theme)
{
    if (theme != Theme::System)
        return theme == Theme::Dark;
    QApplication::setPalette(QPalette()); // back to the desktop's, so that its choice can be seen
    return desktopPrefersDark();
}

} // namespace

const Tokens &current()
{
    return mutableTokens();
}

void apply(const UiSettings &settings)
{
    loadResources();
    Tokens tokens = makeTokens(wantsDark(settings.theme), settings.textScalePercent);
    tokens.reducedMotion = desktopReducesMotion();
    mutableTokens() = tokens;
    if (qApp->styleSheet().isEmpty()) // the first time: a style sheet on top of a native style would mix two looks
        QApplication::setStyle(new BaseStyle);
    QApplication::setPalette(makePalette(tokens.colors));
    QApplication::setFont(tokens.fonts.body);
    qApp->setStyleSheet(makeStyleSheet(tokens));
    emit notifier()->changed();
}

Notifier *notifier()
{
    static Notifier instance;
    return &instance;
}

} // namespace ui::theme
