#pragma once
// The look as values: colours, spacing, radii and fonts for light and dark. Widgets read current() when they paint and
// never keep a copy; after a change every widget receives PaletteChange or FontChange, everything else listens to
// notifier(). Text colours reach a contrast of 4.5:1 (WCAG 2.1 AA) on every surface they are meant for.
// UI thread only.

#include "ui/ui_settings.h"

#include <QColor>
#include <QFont>
#include <QObject>
#include <array>

namespace ui::theme {

struct Colors {
    // Surfaces, from back to front.
    QColor window;        ///< behind the transcript
    QColor surface;       ///< sidebar, bars
    QColor surfaceRaised; ///< cards, menus, composer, dialogs
    QColor hover;         ///< a row or flat button under the pointer
    QColor pressed;       ///< the selected row, a held button
    QColor border;
    QColor borderStrong; ///< around input fields: 3:1 on surfaceRaised
    // Text; readable on window, surface, surfaceRaised, hover, codeBackground and userBubble.
    QColor textPrimary;
    QColor textSecondary;
    QColor textMuted;
    QColor accent;     ///< links, primary buttons, the running state
    QColor accentText; ///< text on accent
    QColor accentSoft; ///< tinted background that carries textPrimary
    QColor danger;
    QColor warning;
    QColor success;
    QColor thinkingText; ///< on window and surface
    QColor thinkingRule; ///< the line beside a thinking block
    QColor codeBackground;
    QColor userBubble;
    QColor selection; ///< behind selected text, which stays textPrimary
    QColor focusRing; ///< 3:1 on window, surface and surfaceRaised
    QColor findMatch; ///< behind a search hit, which stays textPrimary
    // Syntax, on codeBackground.
    QColor keyword;
    QColor string;
    QColor number;
    QColor comment;
    QColor type;
    QColor function;
    /// Sequential ramp from "no use" to "most"; lightness is monotone.
    std::array<QColor, 6> heat;
};

/// Device-independent pixels on a 4-px grid.
struct Spacing {
    int half = 2;
    int xs = 4;
    int s = 8;
    int m = 12;
    int l = 16;
    int xl = 24;
    int xxl = 32;
    int readingWidth = 760; ///< widest text column
};

struct Radii {
    int small = 4;
    int medium = 8;
    int large = 12;
    int bubble = 16;
};

/// Inter, Noto Sans, the system's; Noto Sans CJK SC behind them; JetBrains Mono for code. Scaled by the text size.
struct Fonts {
    QFont body;    ///< 14 px
    QFont strong;  ///< body, semi-bold
    QFont small;   ///< 12 px: captions, statistics
    QFont heading; ///< 16 px, semi-bold
    QFont title;   ///< 22 px, semi-bold
    QFont reading; ///< 15 px: transcript and composer
    QFont mono;    ///< 13 px
};

struct Tokens {
    bool dark = false;
    bool reducedMotion = false; ///< no fades, no smooth scrolling
    Colors colors;
    Spacing space;
    Radii radius;
    Fonts fonts;
};

/// The tokens for one mode; pure, for tests and previews.
Tokens makeTokens(bool dark, int textScalePercent);

/// What is applied now; light before the first apply().
const Tokens &current();

/// Sets palette, fonts and style sheet of the application from theme and text scale. System follows the desktop.
void apply(const UiSettings &settings);

/// Colour of the heat ramp at `value` in [0, 1].
QColor heatColor(double value);

/// Foreground against background, 1 … 21 (WCAG 2.1 relative luminance). Opaque colours.
double contrastRatio(const QColor &foreground, const QColor &background);

class Notifier : public QObject {
    Q_OBJECT

signals:
    void changed(); ///< after palette, fonts and style sheet are in place
};

Notifier *notifier();

} // namespace ui::theme
