#include "ui/transcript/untrusted_text.h"

#include <QUrl>

namespace ui {

namespace {

constexpr char32_t waveFlag = 0x1F3F4; // begins the flags of England, Scotland, Wales: written with tag characters
constexpr int longestMarkRun = 8;      // no script stacks more; beyond it marks only smear over other lines

bool isTag(char32_t c)
{
    return c >= 0xE0000 && c <= 0xE007F;
}

bool reordersText(char32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Joiners, direction marks and variation selectors belong to ordinary writing; in code they only deceive.
bool isInvisible(char32_t c)
{
    return c == 0x00AD || c == 0x034F || c == 0x061C || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
           (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2060 && c <= 0x2064) ||
           (c >= 0x206A && c <= 0x206F) || c == 0x3164 || c == 0xFEFF || c == 0xFFA0 || (c >= 0xFFF9 && c <= 0xFFFB) ||
           QChar::category(c) == QChar::Other_Format;
}

bool isControl(char32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F);
}

bool mustBeShown(char32_t c, char32_t previous, bool inFlag, Strictness strictness)
{
    if (isControl(c) || reordersText(c))
        return true;
    if (isTag(c))
        return !(inFlag || previous == waveFlag);
    if (c == 0x2028 || c == 0x2029)
        return strictness == Strictness::Exact;
    return strictness == Strictness::Exact && isInvisible(c);
}

QString nameOf(char32_t c)
{
    return QStringLiteral("\u2039U+%1\u203A").arg(static_cast<uint>(c), 4, 16, QLatin1Char('0')).toUpper();
}

bool isMark(char32_t c)
{
    const auto category = QChar::category(c);
    return category == QChar::Mark_NonSpacing || category == QChar::Mark_Enclosing;
}

} // namespace

bool appendVisible(QString &target, QStringView text, Strictness strictness)
{
    bool replaced = false;
    bool inFlag = false;
    int marks = 0;
    char32_t previous = 0;
    target.reserve(target.size() + text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        char32_t c = text[i].unicode();
        if (c < 0x80 && c >= 0x20 && c != 0x7F) { // nearly all of it
            target += QChar(static_cast<char16_t>(c));
            previous = c;
            inFlag = false;
            marks = 0;
            continue;
        }
        if (text[i].isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate())
            c = QChar::surrogateToUcs4(text[i], text[i + 1]);
        else if (text[i].isSurrogate())
            c = QChar::ReplacementCharacter;
        i += c > 0xFFFF ? 1 : 0;
        const bool show = mustBeShown(c, previous, inFlag, strictness);
        inFlag = isTag(c) && !show;
        marks = isMark(c) ? marks + 1 : 0;
        if (show) {
            target += nameOf(c);
            replaced = true;
        } else if (c == 0x2029) {
            target += QChar(QChar::LineSeparator);
        } else {
            if (marks > longestMarkRun) { // a fresh base for every few marks keeps each of them on its own line
                target += QChar(0x25CC);
                marks = 1;
            }
            target += QChar::fromUcs4(c);
        }
        previous = c;
    }
    return replaced;
}

bool isActiveLink(const QString &url)
{
    const QUrl parsed(url, QUrl::StrictMode);
    if (!parsed.isValid())
        return false;
    const QString scheme = parsed.scheme();
    if (scheme == QLatin1String("mailto"))
        return parsed.path().contains(QLatin1Char('@'));
    return (scheme == QLatin1String("http") || scheme == QLatin1String("https")) && !parsed.host().isEmpty();
}

QString linkHost(const QString &url)
{
    const QUrl parsed(url, QUrl::StrictMode);
    if (parsed.scheme() == QLatin1String("mailto"))
        return parsed.path();
    return QString::fromLatin1(QUrl::toAce(parsed.host()));
}

} // namespace ui
