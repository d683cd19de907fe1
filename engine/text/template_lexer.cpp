#include "engine/text/detail/template_lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace engine::text::detail {
namespace {

using Kind = TemplateToken::Kind;

bool isNameStart(char c)
{
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool isDigit(char c)
{
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool isSpace(char c)
{
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

class Lexer {
public:
    explicit Lexer(std::string_view source) : m_rest(source)
    {
        // Jinja leaves out one newline at the end of a template.
        if (m_rest.ends_with('\n'))
            m_rest.remove_suffix(1);
    }

    std::vector<TemplateToken> run()
    {
        while (!m_rest.empty())
            textAndTag();
        push(Kind::End, "");
        return std::move(m_tokens);
    }

private:
    std::string_view m_rest;
    std::vector<TemplateToken> m_tokens;
    int m_line = 1;
    bool m_lineStart = true; ///< the rest begins at the start of a line of the source

    void push(Kind kind, std::string_view text) { m_tokens.push_back({kind, std::string(text), m_line}); }

    void skip(std::size_t length)
    {
        const std::string_view skipped = m_rest.substr(0, length);
        m_line += static_cast<int>(std::count(skipped.begin(), skipped.end(), '\n'));
        if (!skipped.empty())
            m_lineStart = skipped.back() == '\n';
        m_rest.remove_prefix(length);
    }

    static std::size_t findTag(std::string_view source)
    {
        for (std::size_t at = source.find('{'); at != std::string_view::npos; at = source.find('{', at + 1)) {
            if (at + 1 < source.size() && std::string_view("{%#").find(source[at + 1]) != std::string_view::npos)
                return at;
        }
        return std::string_view::npos;
    }

    void textAndTag()
    {
        const std::size_t at = findTag(m_rest);
        std::string_view text = m_rest.substr(0, at);
        if (at == std::string_view::npos) {
            emitText(text);
            skip(text.size());
            return;
        }
        const char type = m_rest[at + 1];
        const char control = at + 2 < m_rest.size() ? m_rest[at + 2] : ' ';
        if (control == '-')
            text = trimmedEnd(text);
        else if (type != '{' && control != '+')
            text = withoutIndent(text);
        emitText(text);
        skip(at + 2 + (control == '-' || control == '+' ? 1 : 0));
        if (type == '#')
            comment();
        else
            tag(type == '%');
    }

    void emitText(std::string_view text)
    {
        if (!text.empty())
            push(Kind::Text, text);
    }

    static std::string_view trimmedEnd(std::string_view text)
    {
        while (!text.empty() && isSpace(text.back()))
            text.remove_suffix(1);
        return text;
    }

    /// lstrip_blocks: spaces between the start of a line and a block do not count.
    std::string_view withoutIndent(std::string_view text) const
    {
        std::string_view stripped = text;
        while (!stripped.empty() && stripped.back() != '\n' && isSpace(stripped.back()))
            stripped.remove_suffix(1);
        const bool atLineStart = stripped.empty() ? m_lineStart : stripped.back() == '\n';
        return atLineStart ? stripped : text;
    }

    void comment()
    {
        const std::size_t end = m_rest.find("#}");
        if (end == std::string_view::npos)
            throw TemplateError(m_line, "a comment is not closed");
        const bool trim = end > 0 && m_rest[end - 1] == '-';
        skip(end + 2);
        afterTag(trim, true);
    }

    void tag(bool block)
    {
        push(block ? Kind::BlockBegin : Kind::OutputBegin, "");
        const std::string_view close = block ? "%}" : "}}";
        for (;;) {
            while (!m_rest.empty() && isSpace(m_rest.front()))
                skip(1);
            if (m_rest.empty())
                throw TemplateError(m_line, "a tag is not closed");
            const bool minus = m_rest.front() == '-' && m_rest.substr(1).starts_with(close);
            if (minus || (m_rest.starts_with(close) && m_braces == 0)) {
                push(block ? Kind::BlockEnd : Kind::OutputEnd, "");
                skip(minus ? 3 : 2);
                afterTag(minus, block);
                return;
            }
            token();
        }
    }

    int m_braces = 0; ///< open { inside a tag: "}}" may close two dictionaries

    void afterTag(bool trim, bool block)
    {
        if (trim) {
            while (!m_rest.empty() && isSpace(m_rest.front()))
                skip(1);
        } else if (block && m_rest.starts_with('\n')) { // trim_blocks
            skip(1);
        }
    }

    void token()
    {
        const char c = m_rest.front();
        if (c == '\'' || c == '"')
            string(c);
        else if (isDigit(c))
            run(Kind::Integer, isDigit);
        else if (isNameStart(c))
            run(Kind::Name, [](char x) { return isNameStart(x) || isDigit(x); });
        else
            op();
    }

    template <class Predicate>
    void run(Kind kind, Predicate belongs)
    {
        const auto end = std::find_if_not(m_rest.begin(), m_rest.end(), belongs);
        const auto length = static_cast<std::size_t>(end - m_rest.begin());
        push(kind, m_rest.substr(0, length));
        skip(length);
    }

    void op()
    {
        static constexpr std::array<std::string_view, 6> twoCharacters = {"==", "!=", "<=", ">=", "//", "**"};
        const auto matches = [this](std::string_view candidate) { return m_rest.starts_with(candidate); };
        const bool two = std::any_of(twoCharacters.begin(), twoCharacters.end(), matches);
        if (!two && std::string_view("+-~*/%<>=.,:|()[]{}").find(m_rest.front()) == std::string_view::npos)
            throw TemplateError(m_line, "unexpected character");
        m_braces += m_rest.front() == '{' ? 1 : m_rest.front() == '}' ? -1 : 0;
        push(Kind::Operator, m_rest.substr(0, two ? 2 : 1));
        skip(two ? 2 : 1);
    }

    void string(char quote)
    {
        std::string text;
        std::size_t i = 1;
        for (; i < m_rest.size() && m_rest[i] != quote; ++i) {
            if (m_rest[i] != '\\') {
                text += m_rest[i];
                continue;
            }
            ++i;
            text += escaped(i < m_rest.size() ? m_rest[i] : '\0');
        }
        if (i >= m_rest.size())
            throw TemplateError(m_line, "a string is not closed");
        push(Kind::String, text);
        skip(i + 1);
    }

    std::string escaped(char c) const
    {
        switch (c) {
        case 'n':
            return "\n";
        case 't':
            return "\t";
        case 'r':
            return "\r";
        case '\\':
        case '\'':
        case '"':
            return {c};
        default:
            throw TemplateError(m_line, std::string("unknown escape \\") + c);
        }
    }
};

} // namespace

std::vector<TemplateToken> lexTemplate(std::string_view source)
{
    return Lexer(source).run();
}

} // namespace engine::text::detail
