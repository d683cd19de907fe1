#include "engine/training/detail/task_parts.h"

#include <algorithm>
#include <cctype>

namespace engine::training::detail {
namespace {

bool endsWith(std::string_view text, std::string_view end)
{
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

void replaceEnd(std::string &text, std::string_view end, std::string_view by)
{
    text.replace(text.size() - end.size(), end.size(), by);
}

} // namespace

std::size_t below(std::mt19937_64 &rng, std::size_t bound)
{
    return static_cast<std::size_t>((rng() >> 11) % bound);
}

int between(std::mt19937_64 &rng, int low, int high)
{
    return low + static_cast<int>(below(rng, static_cast<std::size_t>(high - low + 1)));
}

bool chance(std::mt19937_64 &rng, double probability)
{
    return static_cast<double>(rng() >> 11) * 0x1.0p-53 < probability;
}

int numberOfDigits(std::mt19937_64 &rng, int digits)
{
    int low = 1;
    for (int i = 1; i < digits; ++i)
        low *= 10;
    return between(rng, digits == 1 ? 0 : low, low * 10 - 1);
}

std::string fill(std::string_view pattern, Fields fields)
{
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}') {
            for (const auto &[name, value] : fields) {
                if (name == pattern[i + 1])
                    text += value;
            }
            i += 2;
        } else {
            text += pattern[i];
        }
    }
    return text;
}

std::string asTyped(std::string text, Language language, std::mt19937_64 &rng)
{
    if (language == Language::English) {
        static const std::vector<std::string> courtesies{"Please ",           "Hi, ",       "Hello! ",
                                                         "Can you tell me: ", "Question: ", "ok, "};
        if (chance(rng, 0.4) && !text.empty())
            text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
        else if (chance(rng, 0.1))
            text = pick(rng, courtesies) + text;
        const char last = text.empty() ? ' ' : text.back();
        if ((last == '?' || last == '.') && chance(rng, 0.35))
            text.pop_back();
        else if (last != '?' && last != '.' && chance(rng, 0.1))
            text += '.';
        if (chance(rng, 0.03))
            text += last == '?' ? " Thanks!" : " please";
        return text;
    }
    static const std::vector<std::string> courtesies{"请问", "请问，", "你好，", "请", "麻烦", "请问一下，"};
    if (chance(rng, 0.12) && text.compare(0, 3, "请") != 0)
        text = pick(rng, courtesies) + text;
    for (const std::string_view end : {std::string_view("？"), std::string_view("。")}) {
        if (!endsWith(text, end))
            continue;
        if (chance(rng, 0.3))
            replaceEnd(text, end, "");
        else if (chance(rng, 0.25))
            replaceEnd(text, end, end == "？" ? "?" : ".");
        break;
    }
    return text;
}

std::string bold(std::string_view text)
{
    return "**" + std::string(text) + "**";
}

int digitCount(long long number)
{
    return static_cast<int>(std::to_string(number < 0 ? -number : number).size());
}

std::string padded(long long number, int width)
{
    std::string digits = std::to_string(number);
    const auto wanted = static_cast<std::size_t>(width);
    if (digits.size() < wanted)
        digits.insert(0, wanted - digits.size(), '0');
    return digits;
}

} // namespace engine::training::detail
