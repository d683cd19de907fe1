#include "engine/text/detail/regex.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace engine::text::detail {
namespace {

// The White_Space property, which is \s in Oniguruma; \s of PCRE2 also holds U+180E.
constexpr std::string_view whiteSpace =
    R"(\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

class Translator {
public:
    Translator(std::string_view pattern, const JsonPlace &where) : m_rest(pattern), m_where(where) {}

    std::string run()
    {
        while (!m_rest.empty()) {
            if (m_rest.front() == '\\')
                escape();
            else if (m_inClass)
                classCharacter();
            else
                character();
        }
        return m_result;
    }

private:
    std::string_view m_rest;
    const JsonPlace &m_where;
    std::string m_result;
    bool m_inClass = false;

    [[noreturn]] void refuse(std::string_view construct)
    {
        m_where.unsupported("the splitting rule uses " + inQuotes(construct) +
                            ", which this program does not support.");
    }

    void take(std::size_t length)
    {
        m_result += m_rest.substr(0, length);
        m_rest.remove_prefix(length);
    }

    void replace(std::size_t length, std::string_view by)
    {
        m_result += by;
        m_rest.remove_prefix(length);
    }

    void escape()
    {
        if (m_rest.size() < 2)
            refuse("\\");
        const char c = m_rest[1];
        if (c == 's')
            m_inClass ? replace(2, whiteSpace) : replace(2, "[" + std::string(whiteSpace) + "]");
        else if (c == 'S' && !m_inClass)
            replace(2, "[^" + std::string(whiteSpace) + "]");
        else if (c == 'd' || c == 'D')
            replace(2, c == 'd' ? "\\p{Nd}" : "\\P{Nd}");
        else if (c == 'p' || c == 'P')
            category();
        else if (c == 'x')
            codePoint();
        else if (std::string_view("rntf").find(c) != std::string_view::npos ||
                 std::ispunct(static_cast<unsigned char>(c)))
            take(2);
        else
            refuse(m_rest.substr(0, 2));
    }

    /// \p{Lu}: general categories only; a script name means Script there and Script_Extensions here.
    void category()
    {
        const std::size_t end = m_rest.find('}');
        const std::string_view name = m_rest.substr(0, end == std::string_view::npos ? m_rest.size() : end + 1);
        const bool known = name.size() >= 5 && name.size() <= 6 && name[2] == '{' &&
                           std::string_view("LMNPSZC").find(name[3]) != std::string_view::npos &&
                           (name.size() == 5 || std::islower(static_cast<unsigned char>(name[4])));
        if (!known)
            refuse(name);
        take(name.size());
    }

    void codePoint()
    {
        const std::size_t end = m_rest.find('}');
        const bool braced = m_rest.substr(2, 1) == "{" && end != std::string_view::npos && end > 3 && end < 10;
        if (!braced || !std::all_of(m_rest.begin() + 3, m_rest.begin() + static_cast<std::ptrdiff_t>(end),
                                    [](unsigned char c) { return std::isxdigit(c) != 0; }))
            refuse(m_rest.substr(0, 4));
        take(end + 1);
    }

    void classCharacter()
    {
        if (m_rest.front() == '[' || m_rest.substr(0, 2) == "&&") // nested set and intersection in Oniguruma
            refuse(m_rest.substr(0, 2));
        m_inClass = m_rest.front() != ']';
        take(1);
    }

    void character()
    {
        switch (m_rest.front()) {
        case '[':
            m_inClass = true;
            take(m_rest.substr(0, 2) == "[^" ? 2 : 1);
            if (m_rest.empty() || m_rest.front() == ']')
                refuse("[]");
            break;
        case '(':
            group();
            break;
        case '{':
            counted();
            break;
        default:
            take(1);
        }
    }

    void group()
    {
        static constexpr std::array<std::string_view, 7> known = {"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>"};
        const auto opens = [this](std::string_view opening) { return m_rest.substr(0, opening.size()) == opening; };
        const auto found = std::find_if(known.begin(), known.end(), opens);
        if (found != known.end())
            take(found->size());
        else if (opens("(?") || opens("(*"))
            refuse(m_rest.substr(0, 3));
        else
            take(1);
    }

    /// {2}, {2,} and {2,3}; a suffix means "possessive" or "lazy" in PCRE2 only.
    void counted()
    {
        const std::size_t end = m_rest.find('}');
        const std::string_view counts = m_rest.substr(1, end == std::string_view::npos ? end : end - 1);
        const bool plain =
            end != std::string_view::npos && !counts.empty() && counts.front() != ',' &&
            std::count(counts.begin(), counts.end(), ',') <= 1 &&
            std::all_of(counts.begin(), counts.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == ','; });
        if (!plain)
            refuse(m_rest.substr(0, 8));
        take(end + 1);
        if (!m_rest.empty() && std::string_view("+?*").find(m_rest.front()) != std::string_view::npos)
            refuse("}" + std::string(1, m_rest.front()));
    }
};

} // namespace

std::string translatePattern(const std::string &pattern, const JsonPlace &where)
{
    const std::string translated = Translator(pattern, where).run();
    // Rule 4 of the DeepSeek LLM tokenizer. If the run of spaces does not reach an end of line from its first
    // character, it does not from the later ones either; without this every one of them is tried: quadratic.
    if (pattern == "\\s+$")
        return "(?<![" + std::string(whiteSpace) + "])" + translated;
    return translated;
}

} // namespace engine::text::detail
