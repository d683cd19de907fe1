#include "ui/widgets/visible_text.h"

#include <QList>

namespace ui {

namespace {

constexpr char32_t zeroWidthJoiner = 0x200D;

bool isInvisible(char32_t code)
{
    const QChar::Category category = QChar::category(code);
    return category == QChar::Other_Control || category == QChar::Other_Format || category == QChar::Other_Surrogate ||
           code == 0x2028 || code == 0x2029;
}

} // namespace

QString visibleText(const QString &text)
{
    QString result;
    result.reserve(text.size());
    char32_t previous = 0;
    for (const char32_t code : text.toUcs4()) {
        const bool emojiJoiner = code == zeroWidthJoiner && previous >= 0x2190;
        if (code == U'\n' || code == U'\r' || code == U'\t')
            result += QLatin1Char(' ');
        else if (isInvisible(code) && !emojiJoiner)
            result += QStringLiteral("⟨U+%1⟩").arg(static_cast<uint>(code), 4, 16, QLatin1Char('0')).toUpper();
        else
            result += QString::fromUcs4(&code, 1);
        previous = code;
    }
    return result;
}

} // namespace ui
