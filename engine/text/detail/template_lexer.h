#pragma once
// Cuts a Jinja chat template into text and the tokens of its tags, white-space control applied as
// Hugging Face sets it up (trim_blocks, lstrip_blocks).

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace engine::text::detail {

/// What is wrong with a template, and where. Becomes an engine::Error in ChatTemplate.
class TemplateError : public std::runtime_error {
public:
    TemplateError(int line, const std::string &why) : std::runtime_error(why), m_line(line) {}
    int line() const { return m_line; }

private:
    int m_line;
};

struct TemplateToken {
    enum class Kind {
        Text,       ///< outside of tags; `text` is the output
        BlockBegin, ///< {%
        BlockEnd,
        OutputBegin, ///< {{
        OutputEnd,
        Name,
        String, ///< `text` without quotes, escapes resolved
        Integer,
        Operator, ///< punctuation of one or two characters
        End,
    };
    Kind kind;
    std::string text;
    int line;
};

/// Ends with Kind::End. Throws TemplateError.
std::vector<TemplateToken> lexTemplate(std::string_view source);

} // namespace engine::text::detail
