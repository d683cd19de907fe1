#include "ui/theme/theme.h"

#include <QFontDatabase>
#include <algorithm>
#include <cmath>

namespace ui::theme {

namespace {

Colors lightColors()
{
    Colors c;
    c.window = QColor(0xffffff);
    c.surface = QColor(0xf3f6f9);
    c.surfaceRaised = QColor(0xffffff);
    c.hover = QColor(0xe9eef3);
    c.pressed = QColor(0xdfe7ee);
    c.border = QColor(0xdfe5eb);
    c.borderStrong = QColor(0x8593a1);
    c.textPrimary = QColor(0x13212d);
    c.textSecondary = QColor(0x42535f);
    c.textMuted = QColor(0x566775);
    c.accent = QColor(0x0b6a8a);
    c.accentText = QColor(0xffffff);
    c.accentSoft = QColor(0xdff0f6);
    c.danger = QColor(0xb3261e);
    c.warning = QColor(0x8a4f00);
    c.success = QColor(0x1a6a3b);
    c.thinkingText = QColor(0x52636f);
    c.thinkingRule = QColor(0xb5cbd6);
    c.codeBackground = QColor(0xf4f7f9);
    c.userBubble = QColor(0xe6f1f6);
    c.selection = QColor(0xb9e0ee);
    c.focusRing = QColor(0x0e86ad);
    c.findMatch = QColor(0xffe08a);
    c.keyword = QColor(0x8a2a8f);
    c.string = QColor(0x1a6a3b);
    c.number = QColor(0x9a4a00);
    c.comment = QColor(0x5c6c79);
    c.type = QColor(0x0b6272);
    c.function = QColor(0x1d55b5);
    c.heat = {QColor(0xeaf1f5), QColor(0xc6e3ee), QColor(0x84c3da),
              QColor(0x3d98bb), QColor(0x12688a), QColor(0x063a52)};
    return c;
}

Colors darkColors()
{
    Colors c;
    c.window = QColor(0x0f161d);
    c.surface = QColor(0x0a1016);
    c.surfaceRaised = QColor(0x18222c);
    c.hover = QColor(0x1f2c38);
    c.pressed = QColor(0x283847);
    c.border = QColor(0x233040);
    c.borderStrong = QColor(0x5d7184);
    c.textPrimary = QColor(0xe6edf3);
    c.textSecondary = QColor(0xb3c0cc);
    c.textMuted = QColor(0x90a1b0);
    c.accent = QColor(0x4dbfe0);
    c.accentText = QColor(0x03222c);
    c.accentSoft = QColor(0x12384a);
    c.danger = QColor(0xff8f86);
    c.warning = QColor(0xf0b460);
    c.success = QColor(0x74cf96);
    c.thinkingText = QColor(0x9fb0be);
    c.thinkingRule = QColor(0x2f4a5a);
    c.codeBackground = QColor(0x141d26);
    c.userBubble = QColor(0x17303e);
    c.selection = QColor(0x1d5266);
    c.focusRing = QColor(0x4dbfe0);
    c.findMatch = QColor(0x6a5310);
    c.keyword = QColor(0xd7a4ea);
    c.string = QColor(0x93d6a4);
    c.number = QColor(0xf0b878);
    c.comment = QColor(0x8b9cab);
    c.type = QColor(0x7fd6d6);
    c.function = QColor(0x8ebcff);
    c.heat = {QColor(0x1b2a36), QColor(0x14404f), QColor(0x17677f),
              QColor(0x2a97b3), QColor(0x6bcbe0), QColor(0xd8f6ff)};
    return c;
}

QFont font(const QStringList &families, int pixels, int scalePercent, QFont::Weight weight = QFont::Normal)
{
    QFont result;
    result.setFamilies(families);
    result.setPixelSize(std::max(6, static_cast<int>(std::lround(pixels * scalePercent / 100.0))));
    result.setWeight(weight);
    result.setHintingPreference(QFont::PreferNoHinting);
    return result;
}

Fonts makeFonts(int scale)
{
    const QString system = QFontDatabase::systemFont(QFontDatabase::GeneralFont).family();
    const QString systemMono = QFontDatabase::systemFont(QFontDatabase::FixedFont).family();
    const QStringList sans{QStringLiteral("Inter"), QStringLiteral("Noto Sans"), QStringLiteral("Noto Sans CJK SC"),
                           system};
    const QStringList monospace{QStringLiteral("JetBrains Mono"), QStringLiteral("Noto Sans Mono"),
                                QStringLiteral("Noto Sans Mono CJK SC"), systemMono, QStringLiteral("monospace")};
    Fonts fonts;
    fonts.body = font(sans, 14, scale);
    fonts.strong = font(sans, 14, scale, QFont::DemiBold);
    fonts.small = font(sans, 12, scale);
    fonts.heading = font(sans, 16, scale, QFont::DemiBold);
    fonts.title = font(sans, 22, scale, QFont::DemiBold);
    fonts.reading = font(sans, 15, scale);
    fonts.mono = font(monospace, 13, scale);
    fonts.mono.setStyleHint(QFont::Monospace);
    fonts.mono.setFixedPitch(true);
    return fonts;
}

double linear(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor &color)
{
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

} // namespace

Tokens makeTokens(bool dark, int textScalePercent)
{
    Tokens tokens;
    tokens.dark = dark;
    tokens.colors = dark ? darkColors() : lightColors();
    tokens.fonts = makeFonts(std::clamp(textScalePercent, 80, 200));
    return tokens;
}

QColor heatColor(double value)
{
    const auto &ramp = current().colors.heat;
    const double position = std::clamp(value, 0.0, 1.0) * static_cast<double>(ramp.size() - 1);
    const auto lower = std::min(static_cast<std::size_t>(position), ramp.size() - 2);
    const auto part = static_cast<float>(position - static_cast<double>(lower));
    const QColor &from = ramp[lower];
    const QColor &to = ramp[lower + 1];
    const auto mix = [part](float a, float b) { return a + (b - a) * part; };
    return QColor::fromRgbF(mix(from.redF(), to.redF()), mix(from.greenF(), to.greenF()),
                            mix(from.blueF(), to.blueF()));
}

double contrastRatio(const QColor &foreground, const QColor &background)
{
    const double a = luminance(foreground);
    const double b = luminance(background);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

} // namespace ui::theme
