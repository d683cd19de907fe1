#include "engine/model/gguf_split.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace engine::model {

namespace {

constexpr std::string_view suffix = ".gguf";
constexpr std::string_view numbers = "-00001-of-00005";

/// Five digits, or −1.
int fiveDigits(std::string_view text)
{
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    return value;
}

} // namespace

std::string GgufPartName::ofPart(int part) const
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "-%05d-of-%05d.gguf", part, count);
    return stem + text.data();
}

std::optional<GgufPartName> parseGgufPartName(std::string_view fileName)
{
    if (!fileName.ends_with(suffix) || fileName.size() <= suffix.size() + numbers.size()) {
        return std::nullopt;
    }
    const std::string_view name = fileName.substr(0, fileName.size() - suffix.size());
    const std::string_view tail = name.substr(name.size() - numbers.size());
    const int number = fiveDigits(tail.substr(1, 5));
    const int count = fiveDigits(tail.substr(10, 5));
    if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || number < 1 || count < number) {
        return std::nullopt;
    }
    return GgufPartName{std::string(name.substr(0, name.size() - numbers.size())), number, count};
}

std::string ggufModelName(std::string_view fileName)
{
    if (const auto part = parseGgufPartName(fileName)) {
        return part->stem;
    }
    return std::string(fileName.ends_with(suffix) ? fileName.substr(0, fileName.size() - suffix.size()) : fileName);
}

} // namespace engine::model
