#include "ui/widgets/format.h"

#include <QLocale>

namespace ui {

namespace {

/// One decimal below 10, none above: at least two figures, at most three before the next unit.
QString shortNumber(double value)
{
    return QString::number(value, 'f', value < 9.95 ? 1 : 0);
}

} // namespace

QString formatParameters(std::uint64_t count)
{
    const auto value = static_cast<double>(count);
    if (value < 999.5)
        return QString::number(count);
    if (value < 999.5e3)
        return shortNumber(value / 1e3) + QLatin1Char('K');
    if (value < 999.5e6)
        return shortNumber(value / 1e6) + QLatin1Char('M');
    return shortNumber(value / 1e9) + QLatin1Char('B');
}

QString formatBytes(std::uint64_t bytes)
{
    constexpr double kibi = 1024.0;
    const auto value = static_cast<double>(bytes);
    if (value < kibi)
        return QStringLiteral("%1 B").arg(bytes);
    if (value < kibi * kibi)
        return shortNumber(value / kibi) + QLatin1String(" KiB");
    if (value < kibi * kibi * kibi)
        return shortNumber(value / (kibi * kibi)) + QLatin1String(" MiB");
    return shortNumber(value / (kibi * kibi * kibi)) + QLatin1String(" GiB");
}

QString formatRate(double tokensPerSecond)
{
    return QString::number(tokensPerSecond, 'f', tokensPerSecond < 99.95 ? 1 : 0);
}

QString formatCount(std::int64_t count)
{
    return QLocale(QLocale::English).toString(static_cast<qlonglong>(count));
}

} // namespace ui
