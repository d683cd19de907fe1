#pragma once
// A small interpreter for the part of Jinja that chat templates of the DeepSeek family use. ChatTemplate runs it on a
// few probe conversations only, to find out which built-in format a template is.
//
// A template comes with a model from strangers: there are no files, no imports, no recursion; depth, steps and output
// are limited. What is not supported fails only when it is reached, with the line: tool branches may hold anything.

#include "engine/text/detail/template_lexer.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace engine::text::detail {

struct TemplateUndefined {};
struct TemplateNone {};
struct TemplateValue;
using TemplateList = std::shared_ptr<std::vector<TemplateValue>>;
/// Dictionaries and namespace() objects; shared, as in Python.
using TemplateDict = std::shared_ptr<std::map<std::string, TemplateValue>>;

struct TemplateValue {
    std::variant<TemplateUndefined, TemplateNone, bool, std::int64_t, std::string, TemplateList, TemplateDict> held;
};

struct TemplateNode;
using TemplateNodePtr = std::unique_ptr<TemplateNode>;

struct TemplateNode {
    enum class Kind {
        Sequence,    ///< children
        Text,        ///< text
        Output,      ///< [expression]
        If,          ///< condition, body, condition, body, ..., [else body]
        For,         ///< text = variable; [iterable, body]
        Set,         ///< text = variable; [value]
        SetMember,   ///< text = member; [object, value]
        Name,        ///< text
        Literal,     ///< value
        List,        ///< children
        Dict,        ///< key, value, ...
        Or,          ///< children
        And,         ///< children
        Not,         ///< [operand]
        Negative,    ///< [operand]
        Chain,       ///< operands; operators[i] stands between children i and i + 1, evaluated left to right
        Conditional, ///< [value, condition] or [value, condition, else]
        Member,      ///< text = name; [object]
        Item,        ///< [object, index]
        Slice,       ///< [object, from, to], the last two may be null
        Call,        ///< [function, arguments...]; names[i] of argument i, "" if positional
        Filter,      ///< text = name; [input, arguments...]
        Test,        ///< text = name; [input]
    };
    Kind kind;
    int line;
    std::string text;
    TemplateValue value;
    std::vector<TemplateNodePtr> children;
    std::vector<std::string> operators; ///< Chain
    std::vector<std::string> names;     ///< Call
};

inline constexpr int maxTemplateDepth = 64;

/// Throws TemplateError.
TemplateNodePtr parseTemplate(std::string_view source);

/// Runs a parsed template. Throws TemplateError, also after 100,000 steps or 4 MiB of output.
std::string runTemplate(const TemplateNode &program, std::map<std::string, TemplateValue> variables);

} // namespace engine::text::detail
