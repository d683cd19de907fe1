#include "engine/text/detail/pre_tokenizer.h"

#include <cctype>

namespace engine::text::detail {
namespace {

constexpr const char *gpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::size_t maxSteps = 64;

std::string escaped(const std::string &literal)
{
    std::string pattern;
    for (const char c : literal) {
        if (std::ispunct(static_cast<unsigned char>(c)))
            pattern += '\\';
        pattern += c;
    }
    return pattern;
}

Regex readSplit(const JsonPlace &split)
{
    const JsonPlace behavior = split.member("behavior");
    if (behavior.text() != "Isolated")
        behavior.unsupported("the split behaviour " + inQuotes(behavior.text()) +
                             " is not supported, only \"Isolated\".");
    if (split.member("invert").boolean(false))
        split.member("invert").unsupported("inverted splits are not supported.");
    const JsonPlace pattern = split.member("pattern");
    const JsonPlace regex = pattern.member("Regex");
    const JsonPlace literal = pattern.member("String");
    if (regex.isNull() == literal.isNull())
        pattern.invalid("must have either \"Regex\" or \"String\".");
    if (!regex.isNull())
        return Regex::compile(regex.text(), regex);
    if (literal.text().empty())
        literal.invalid("must not be empty.");
    return Regex::compile(escaped(literal.text()), literal);
}

std::vector<JsonPlace> stepsOf(const JsonPlace &place)
{
    if (place.isNull())
        place.unsupported("a tokenizer without pre-tokenizer is not supported, it must end with \"ByteLevel\".");
    if (place.member("type").text() != "Sequence")
        return {place};
    const JsonPlace list = place.member("pretokenizers");
    if (list.arraySize() > maxSteps)
        list.invalid("more than " + std::to_string(maxSteps) + " steps.");
    std::vector<JsonPlace> steps;
    for (std::size_t i = 0; i < list.arraySize(); ++i)
        steps.push_back(list.element(i));
    return steps;
}

} // namespace

PreTokenizer PreTokenizer::read(const JsonPlace &place)
{
    PreTokenizer result;
    bool bytes = false;
    for (const JsonPlace &step : stepsOf(place)) {
        if (bytes)
            step.unsupported("a step after \"ByteLevel\" is not supported.");
        const std::string &type = step.member("type").text();
        if (type == "Split") {
            result.m_patterns.push_back(readSplit(step));
        } else if (type == "Digits") {
            const bool individual = step.member("individual_digits").boolean(false);
            result.m_patterns.push_back(Regex::compile(individual ? R"(\p{N})" : R"(\p{N}+)", step));
        } else if (type == "ByteLevel") {
            bytes = true;
            if (step.member("add_prefix_space").boolean(true))
                step.member("add_prefix_space").unsupported("adding a space in front of the text is not supported.");
            if (step.member("use_regex").boolean(true))
                result.m_patterns.push_back(Regex::compile(gpt2Pattern, step));
        } else {
            step.member("type").unsupported("the pre-tokenizer " + inQuotes(type) + " is not supported.");
        }
    }
    if (!bytes)
        place.unsupported("a tokenizer that does not end with \"ByteLevel\" is not supported.");
    return result;
}

void PreTokenizer::split(std::string_view text, Matcher &matcher, std::vector<std::string_view> &pieces) const
{
    std::vector<std::string_view> current = {text};
    std::vector<std::string_view> next;
    for (const Regex &pattern : m_patterns) {
        next.clear();
        for (const std::string_view piece : current) {
            std::size_t done = 0;
            while (const std::optional<Range> match = matcher.find(pattern, piece, done)) {
                if (match->begin > done)
                    next.push_back(piece.substr(done, match->begin - done));
                next.push_back(piece.substr(match->begin, match->end - match->begin));
                done = match->end;
            }
            if (done < piece.size())
                next.push_back(piece.substr(done));
        }
        current.swap(next);
    }
    pieces.insert(pieces.end(), current.begin(), current.end());
}

} // namespace engine::text::detail
