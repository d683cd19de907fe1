#include "app/cli/format.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace app::cli {

namespace {

std::string scaled(std::uint64_t value, const std::array<const char *, 5> &units)
{
    auto number = static_cast<double>(value);
    std::size_t unit = 0;
    while (number >= 999.5 && unit + 1 < units.size()) {
        number /= 1000.0;
        ++unit;
    }
    const int decimals = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
    const std::string suffix = units[unit];
    return fixed(number, decimals) + (suffix.empty() ? "" : " " + suffix);
}

} // namespace

std::string fixed(double value, int decimals)
{
    std::array<char, 400> text; // the largest double has 309 digits
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
    return {text.data(), end.ptr};
}

std::string rate(double perSecond)
{
    return fixed(perSecond, perSecond < 1000.0 ? 1 : 0) + " tok/s";
}

std::string count(std::uint64_t value)
{
    return scaled(value, {"", "k", "M", "B", "T"});
}

std::string byteSize(std::uint64_t bytes)
{
    return scaled(bytes, {"B", "kB", "MB", "GB", "TB"});
}

std::string table(const std::vector<std::vector<std::string>> &rows)
{
    std::vector<std::size_t> widths;
    for (const auto &row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t column = 0; column < row.size(); ++column)
            widths[column] = std::max(widths[column], row[column].size());
    }
    std::string text;
    for (const auto &row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            const std::string padding(widths[column] - row[column].size(), ' ');
            text += column == 0 ? row[column] + padding : "  " + padding + row[column];
        }
        text += '\n';
    }
    return text;
}

std::string properties(const std::vector<std::pair<std::string, std::string>> &lines)
{
    std::size_t width = 0;
    for (const auto &[name, value] : lines)
        width = std::max(width, name.size());
    std::string text;
    for (const auto &[name, value] : lines)
        text += name + std::string(width - name.size() + 2, ' ') + value + '\n';
    return text;
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0.0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

} // namespace app::cli
