// The splitting rules that GGUF files name instead of carrying them (ggml-org/llama.cpp src/llama-vocab.cpp); the rules
// are those of the models' tokenizer.json.

#include "engine/text/detail/pre_tokenizer.h"

#include <algorithm>
#include <iterator>

namespace engine::text::detail {

namespace {

// Code points of the classes that the tokenizer of DeepSeek LLM spells out.
constexpr std::string_view letters =
    "41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 "
    "3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A "
    "1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 "
    "1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 "
    "212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D "
    "A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3 "
    "104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943";
constexpr std::string_view punctuation = "21-2F 3A-7E FF01-FF0F FF1A-FF5E 2018-201F 3000-3002";

constexpr const char *lineBreak = "[\r\n]";
constexpr const char *ideographs = "[一-龥ࠀ-一가-퟿]+";
constexpr const char *digit = R"(\p{N})";

/// "41-5A B5" → "[\x{41}-\x{5A}\x{B5}]"
std::string charClass(std::string_view ranges)
{
    std::string result = "[";
    std::string number;
    const auto flush = [&] {
        result += "\\x{" + number + "}";
        number.clear();
    };
    for (const char c : ranges) {
        if (c == ' ' || c == '-') {
            flush();
            result += c == '-' ? "-" : "";
        } else {
            number += c;
        }
    }
    flush();
    return result + "]";
}

std::vector<std::string> deepseekLlm()
{
    return {lineBreak, "\\s?" + charClass(letters) + "+", "\\s?" + charClass(punctuation) + "+", R"(\s+$)", ideographs,
            digit};
}

std::vector<std::string> deepseekCoder()
{
    return {lineBreak, R"(\s?\p{L}+)", R"(\s?\p{P}+)", ideographs, digit};
}

std::vector<std::string> deepseekV3()
{
    return {R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
            " ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"};
}

/// Qwen2 and Llama 3 differ in the digits only.
std::vector<std::string> contractions(const std::string &digits)
{
    return {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)" + digits +
            R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
}

std::vector<std::string> qwen2()
{
    return contractions(digit);
}

std::vector<std::string> llama3()
{
    return contractions(R"(\p{N}{1,3})");
}

struct NamedRule {
    std::string_view name;
    std::vector<std::string> (*patterns)();
};

constexpr NamedRule rules[] = {
    {"deepseek-llm", deepseekLlm},
    {"deepseek-coder", deepseekCoder},
    {"deepseek-v3", deepseekV3},
    {"qwen2", qwen2},
    {"deepseek-r1-qwen", qwen2},
    {"llama-bpe", llama3},
    {"llama3", llama3},
    {"llama-v3", llama3},
};

} // namespace

std::optional<PreTokenizer> PreTokenizer::named(std::string_view name, const JsonPlace &where)
{
    const auto *rule =
        std::find_if(std::begin(rules), std::end(rules), [name](const auto &r) { return r.name == name; });
    if (rule == std::end(rules))
        return std::nullopt;
    PreTokenizer result;
    for (const std::string &pattern : rule->patterns())
        result.m_patterns.push_back(Regex::compile(pattern, where));
    return result;
}

std::string PreTokenizer::knownNames()
{
    std::string list;
    for (const NamedRule &rule : rules)
        list += (list.empty() ? "\"" : ", \"") + std::string(rule.name) + "\"";
    return list;
}

} // namespace engine::text::detail
