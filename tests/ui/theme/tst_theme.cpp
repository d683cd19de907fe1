// The tokens keep what they promise: readable text on every surface, a monotone heat ramp, a scale that scales.

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

using namespace ui;
using theme::Colors;

namespace {

constexpr double readable = 4.5;
constexpr double visible = 3.0;

struct Named {
    const char *name;
    QColor Colors::*color;
};

const Named texts[] = {{"textPrimary", &Colors::textPrimary},
                       {"textSecondary", &Colors::textSecondary},
                       {"textMuted", &Colors::textMuted}};
const Named textSurfaces[] = {
    {"window", &Colors::window},        {"surface", &Colors::surface}, {"surfaceRaised", &Colors::surfaceRaised},
    {"hover", &Colors::hover},          {"pressed", &Colors::pressed}, {"codeBackground", &Colors::codeBackground},
    {"userBubble", &Colors::userBubble}};
const Named signalColors[] = {{"accent", &Colors::accent},
                              {"danger", &Colors::danger},
                              {"warning", &Colors::warning},
                              {"success", &Colors::success}};
const Named syntax[] = {{"keyword", &Colors::keyword}, {"string", &Colors::string}, {"number", &Colors::number},
                        {"comment", &Colors::comment}, {"type", &Colors::type},     {"function", &Colors::function}};

void addPair(bool dark, const Named &text, const Named &surface, double least)
{
    const Colors colors = theme::makeTokens(dark, 100).colors;
    const QString name = QStringLiteral("%1: %2 on %3").arg(dark ? "dark" : "light", text.name, surface.name);
    QTest::newRow(qPrintable(name)) << colors.*(text.color) << colors.*(surface.color) << least;
}

void addPairs(bool dark)
{
    for (const Named &surface : textSurfaces) {
        for (const Named &text : texts)
            addPair(dark, text, surface, readable);
    }
    for (const Named &surface : {textSurfaces[0], textSurfaces[1], textSurfaces[2], textSurfaces[5]}) {
        for (const Named &text : signalColors)
            addPair(dark, text, surface, readable);
    }
    const Named code{"codeBackground", &Colors::codeBackground};
    for (const Named &text : syntax)
        addPair(dark, text, code, readable);
    const Named primary{"textPrimary", &Colors::textPrimary};
    for (const Named &surface : {Named{"accentSoft", &Colors::accentSoft}, Named{"selection", &Colors::selection},
                                 Named{"findMatch", &Colors::findMatch}})
        addPair(dark, primary, surface, readable);
    addPair(dark, {"accentText", &Colors::accentText}, {"accent", &Colors::accent}, readable);
    for (const Named &surface : {textSurfaces[0], textSurfaces[1], textSurfaces[2]}) {
        addPair(dark, {"focusRing", &Colors::focusRing}, surface, visible);
        addPair(dark, {"thinkingText", &Colors::thinkingText}, surface, readable);
    }
    addPair(dark, {"borderStrong", &Colors::borderStrong}, textSurfaces[2], visible);
}

} // namespace

class ThemeTest : public QObject {
    Q_OBJECT

private slots:
    void contrastFollowsTheStandard()
    {
        QCOMPARE(theme::contrastRatio(Qt::black, Qt::white), 21.0);
        QCOMPARE(theme::contrastRatio(Qt::white, Qt::white), 1.0);
        QVERIFY(std::abs(theme::contrastRatio(QColor(0x777777), Qt::white) - 4.48) < 0.01); // known from WCAG examples
    }

    void colorsAreReadable_data()
    {
        QTest::addColumn<QColor>("text");
        QTest::addColumn<QColor>("surface");
        QTest::addColumn<double>("least");
        addPairs(false);
        addPairs(true);
    }

    void colorsAreReadable()
    {
        QFETCH(QColor, text);
        QFETCH(QColor, surface);
        QFETCH(double, least);
        const double ratio = theme::contrastRatio(text, surface);
        QVERIFY2(ratio >= least,
                 qPrintable(QStringLiteral("%1 on %2: %3").arg(text.name(), surface.name()).arg(ratio)));
    }

    void heatRampIsMonotone()
    {
        for (const bool dark : {false, true}) {
            const auto heat = theme::makeTokens(dark, 100).colors.heat;
            const QColor window = theme::makeTokens(dark, 100).colors.window;
            for (std::size_t i = 1; i < heat.size(); ++i)
                QVERIFY(theme::contrastRatio(heat[i], window) > theme::contrastRatio(heat[i - 1], window));
        }
    }

    void textScaleScalesEveryFont()
    {
        const auto normal = theme::makeTokens(false, 100).fonts;
        const auto twice = theme::makeTokens(false, 200).fonts;
        QCOMPARE(normal.body.pixelSize(), 14);
        QCOMPARE(twice.body.pixelSize(), 28);
        QCOMPARE(twice.mono.pixelSize(), 2 * normal.mono.pixelSize());
        QCOMPARE(twice.title.pixelSize(), 2 * normal.title.pixelSize());
        QCOMPARE(theme::makeTokens(false, 1000).fonts.body.pixelSize(), 28); // clamped
    }

    void chineseHasAFallbackFont()
    {
        const auto fonts = theme::makeTokens(false, 100).fonts;
        QVERIFY(fonts.body.families().contains(QStringLiteral("Noto Sans CJK SC")));
        QVERIFY(fonts.mono.families().contains(QStringLiteral("Noto Sans Mono CJK SC")));
        QCOMPARE(fonts.body.families().first(), QStringLiteral("Inter"));
    }

    void applyingChangesPaletteFontAndStyleSheet()
    {
        QSignalSpy changed(theme::notifier(), &theme::Notifier::changed);
        UiSettings settings;
        settings.theme = Theme::Dark;
        settings.textScalePercent = 150;
        theme::apply(settings);
        QCOMPARE(changed.count(), 1);
        QVERIFY(theme::current().dark);
        QCOMPARE(QApplication::palette().color(QPalette::Window), theme::current().colors.window);
        QCOMPARE(QApplication::font().pixelSize(), 21);
        QVERIFY(qApp->styleSheet().contains(theme::current().colors.accent.name()));
        settings.theme = Theme::Light;
        settings.textScalePercent = 100;
        theme::apply(settings);
        QVERIFY(!theme::current().dark);
        QCOMPARE(QApplication::palette().color(QPalette::Text), theme::current().colors.textPrimary);
    }

    void styleSheetHasNoUnknownToken()
    {
        theme::apply(UiSettings());
        QVERIFY(!qApp->styleSheet().isEmpty());
        QVERIFY2(!qApp->styleSheet().contains(QLatin1Char('@')), qPrintable(qApp->styleSheet()));
    }

    void widgetsLearnOfTheChange()
    {
        struct Listener : QLabel {
            int changes = 0;
            void changeEvent(QEvent *event) override { changes += event->type() == QEvent::PaletteChange ? 1 : 0; }
        } listener;
        listener.show();
        UiSettings settings;
        settings.theme = theme::current().dark ? Theme::Light : Theme::Dark;
        theme::apply(settings);
        QVERIFY(listener.changes > 0);
    }

    void iconsTakeTheColourOfTheTheme()
    {
        UiSettings settings;
        settings.theme = Theme::Light;
        theme::apply(settings);
        const QIcon icon = theme::icon(QStringLiteral("stop"), theme::Tint::Accent);
        const auto middle = [&icon] { return icon.pixmap(QSize(24, 24)).toImage().pixelColor(12, 12).name(); };
        QCOMPARE(middle(), theme::current().colors.accent.name());
        settings.theme = Theme::Dark;
        theme::apply(settings);
        QCOMPARE(middle(), theme::current().colors.accent.name());
    }

    void everyIconCanBeDrawn()
    {
        const QDir icons(QStringLiteral(":/icons"));
        QVERIFY(icons.entryList().size() > 20);
        for (const QString &file : icons.entryList()) {
            const QImage image = theme::icon(file.chopped(4), theme::Tint::Text).pixmap(QSize(32, 32)).toImage();
            bool drawn = false;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    drawn = drawn || image.pixelColor(x, y).alpha() > 128;
            QVERIFY2(drawn, qPrintable(file));
        }
    }
};

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"
