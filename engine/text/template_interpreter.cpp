#include "engine/text/detail/template_program.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace engine::text::detail {
namespace {

using Node = TemplateNode::Kind;
using Value = TemplateValue;

constexpr int maxSteps = 100'000;
constexpr std::size_t maxOutput = std::size_t{4} << 20U;
constexpr std::size_t maxCopied = std::size_t{256} << 20U; // bytes of values copied in one run
constexpr int maxDepth = 256;
constexpr std::string_view whiteSpace = " \t\n\v\f\r";

template <class T>
bool holds(const Value &value)
{
    return std::holds_alternative<T>(value.held);
}

bool isTrue(const Value &value)
{
    struct Truth {
        bool operator()(TemplateUndefined) const { return false; }
        bool operator()(TemplateNone) const { return false; }
        bool operator()(bool b) const { return b; }
        bool operator()(std::int64_t i) const { return i != 0; }
        bool operator()(const std::string &s) const { return !s.empty(); }
        bool operator()(const TemplateList &l) const { return !l->empty(); }
        bool operator()(const TemplateDict &d) const { return !d->empty(); }
    };
    return std::visit(Truth{}, value.held);
}

std::string stripped(std::string_view text, bool front, bool back)
{
    const std::size_t begin = front ? text.find_first_not_of(whiteSpace) : 0;
    if (begin == std::string_view::npos)
        return {};
    const std::size_t last = back ? text.find_last_not_of(whiteSpace) : text.size() - 1;
    return last == std::string_view::npos ? std::string() : std::string(text.substr(begin, last + 1 - begin));
}

std::size_t bytesOf(const Value &value)
{
    const auto *text = std::get_if<std::string>(&value.held);
    return sizeof(Value) + (text != nullptr ? text->size() : 0);
}

template <class Iterator>
std::size_t bytesOf(Iterator begin, Iterator end)
{
    return std::accumulate(begin, end, std::size_t{0},
                           [](std::size_t sum, const Value &value) { return sum + bytesOf(value); });
}

/// std::string::find compares the sought text at every place of the other; a comparison takes 16 bytes at a time.
std::size_t searchCost(std::string_view text, std::string_view sought)
{
    return text.size() * (1 + sought.size() / 16);
}

std::vector<Value> splitText(std::string_view text, std::string_view separator, std::int64_t most)
{
    std::vector<Value> parts;
    for (; most != 0; --most) {
        const std::size_t at = text.find(separator);
        if (at == std::string_view::npos)
            break;
        parts.push_back({std::string(text.substr(0, at))});
        text.remove_prefix(at + separator.size());
    }
    parts.push_back({std::string(text)});
    return parts;
}

class Interpreter {
public:
    explicit Interpreter(std::map<std::string, Value> variables) { m_scopes.push_back(std::move(variables)); }

    std::string run(const TemplateNode &program)
    {
        execute(program);
        return std::move(m_output);
    }

private:
    std::vector<std::map<std::string, Value>> m_scopes;
    std::string m_output;
    int m_steps = 0;
    int m_depth = 0;
    std::size_t m_copied = 0;

    [[noreturn]] static void fail(const TemplateNode &node, const std::string &why)
    {
        throw TemplateError(node.line, why);
    }

    class Step {
    public:
        Step(Interpreter &interpreter, const TemplateNode &node) : m_depth(interpreter.m_depth)
        {
            if (++interpreter.m_steps > maxSteps)
                fail(node, "more than " + std::to_string(maxSteps) + " steps");
            if (++m_depth > maxDepth)
                fail(node, "nested too deeply");
        }
        ~Step() { --m_depth; }
        Step(const Step &) = delete;
        Step &operator=(const Step &) = delete;

    private:
        int &m_depth;
    };

    /// Steps alone do not bound the time: one step can copy a text that earlier ones have doubled again and again.
    /// Every value an expression gives is charged, as each may be a copy.
    void charge(const TemplateNode &node, std::size_t bytes)
    {
        m_copied += bytes;
        if (bytes > maxOutput || m_copied > maxCopied)
            fail(node, "the texts grow too long");
    }

    // Statements

    void execute(const TemplateNode &node)
    {
        const Step step(*this, node);
        switch (node.kind) {
        case Node::Sequence:
            for (const TemplateNodePtr &child : node.children)
                execute(*child);
            break;
        case Node::Text:
            write(node, node.text);
            break;
        case Node::Output:
            write(node, shown(node, evaluate(*node.children[0])));
            break;
        case Node::If:
            executeIf(node);
            break;
        case Node::For:
            executeFor(node);
            break;
        case Node::Set:
            m_scopes.back()[node.text] = evaluate(*node.children[0]);
            break;
        case Node::SetMember:
            setMember(node);
            break;
        default:
            fail(node, "an expression stands where a statement is expected");
        }
    }

    void write(const TemplateNode &node, std::string_view text)
    {
        if (m_output.size() + text.size() > maxOutput)
            fail(node, "more than 4 MiB of output");
        m_output += text;
    }

    static std::string shown(const TemplateNode &node, const Value &value)
    {
        if (const auto *text = std::get_if<std::string>(&value.held))
            return *text;
        if (const auto *number = std::get_if<std::int64_t>(&value.held))
            return std::to_string(*number);
        if (const auto *truth = std::get_if<bool>(&value.held))
            return *truth ? "True" : "False";
        if (holds<TemplateNone>(value))
            return "None";
        if (holds<TemplateUndefined>(value))
            return {};
        fail(node, "a list or dictionary cannot be written as text");
    }

    void executeIf(const TemplateNode &node)
    {
        std::size_t i = 0;
        for (; i + 1 < node.children.size(); i += 2) {
            if (isTrue(evaluate(*node.children[i]))) {
                execute(*node.children[i + 1]);
                return;
            }
        }
        if (i < node.children.size())
            execute(*node.children[i]);
    }

    void executeFor(const TemplateNode &node)
    {
        const Value iterable = evaluate(*node.children[0]);
        const auto *list = std::get_if<TemplateList>(&iterable.held);
        if (list == nullptr)
            fail(node, "only lists can be iterated over");
        charge(node, bytesOf((*list)->begin(), (*list)->end()));
        const std::vector<Value> items = **list;
        for (std::size_t i = 0; i < items.size(); ++i) {
            std::map<std::string, Value> loop;
            loop["index"].held = static_cast<std::int64_t>(i + 1);
            loop["index0"].held = static_cast<std::int64_t>(i);
            loop["first"].held = i == 0;
            loop["last"].held = i + 1 == items.size();
            loop["length"].held = static_cast<std::int64_t>(items.size());
            m_scopes.emplace_back();
            m_scopes.back()["loop"].held = std::make_shared<std::map<std::string, Value>>(std::move(loop));
            m_scopes.back()[node.text] = items[i];
            execute(*node.children[1]);
            m_scopes.pop_back();
        }
    }

    void setMember(const TemplateNode &node)
    {
        const Value object = evaluate(*node.children[0]);
        const auto *dict = std::get_if<TemplateDict>(&object.held);
        if (dict == nullptr)
            fail(node, "only a namespace can be assigned to");
        Value value = evaluate(*node.children[1]);
        if (holds<TemplateList>(value) || holds<TemplateDict>(value)) // could contain the namespace: a cycle
            fail(node, "a namespace may hold only texts, numbers and truth values");
        (**dict)[node.text] = std::move(value);
    }

    // Expressions

    Value evaluate(const TemplateNode &node)
    {
        const Step step(*this, node);
        Value value = valueOf(node);
        charge(node, bytesOf(value));
        return value;
    }

    Value valueOf(const TemplateNode &node)
    {
        switch (node.kind) {
        case Node::Literal:
            return node.value;
        case Node::Name:
            return lookUp(node);
        case Node::List:
            return listOf(node);
        case Node::Dict:
            return dictOf(node);
        case Node::Or:
        case Node::And:
            return logical(node);
        case Node::Not:
            return {!isTrue(evaluate(*node.children[0]))};
        case Node::Negative:
            return {-integer(node, evaluate(*node.children[0]))};
        case Node::Chain:
            return chain(node);
        case Node::Conditional:
            return conditional(node);
        case Node::Member:
            return item(node, evaluate(*node.children[0]), {node.text});
        case Node::Item:
            return item(node, evaluate(*node.children[0]), evaluate(*node.children[1]));
        case Node::Slice:
            return slice(node);
        case Node::Call:
            return call(node);
        case Node::Filter:
            return filter(node);
        case Node::Test:
            return {test(node, evaluate(*node.children[0]))};
        default:
            fail(node, "a statement stands where an expression is expected");
        }
    }

    Value lookUp(const TemplateNode &node)
    {
        for (auto scope = m_scopes.rbegin(); scope != m_scopes.rend(); ++scope) {
            const auto found = scope->find(node.text);
            if (found != scope->end())
                return found->second;
        }
        return {};
    }

    Value listOf(const TemplateNode &node)
    {
        auto list = std::make_shared<std::vector<Value>>();
        for (const TemplateNodePtr &child : node.children)
            list->push_back(evaluate(*child));
        return {list};
    }

    Value dictOf(const TemplateNode &node)
    {
        auto dict = std::make_shared<std::map<std::string, Value>>();
        for (std::size_t i = 0; i + 1 < node.children.size(); i += 2)
            (*dict)[text(node, evaluate(*node.children[i]))] = evaluate(*node.children[i + 1]);
        return {dict};
    }

    Value logical(const TemplateNode &node)
    {
        Value value;
        for (const TemplateNodePtr &child : node.children) {
            value = evaluate(*child);
            if (isTrue(value) == (node.kind == Node::Or))
                break;
        }
        return value;
    }

    Value conditional(const TemplateNode &node)
    {
        if (isTrue(evaluate(*node.children[1])))
            return evaluate(*node.children[0]);
        return node.children.size() > 2 ? evaluate(*node.children[2]) : Value{};
    }

    static const std::string &text(const TemplateNode &node, const Value &value)
    {
        const auto *result = std::get_if<std::string>(&value.held);
        if (result == nullptr)
            fail(node, "a text is expected");
        return *result;
    }

    static std::int64_t integer(const TemplateNode &node, const Value &value)
    {
        // Template numbers are indices and counts; the bound keeps all arithmetic below from overflowing.
        constexpr std::int64_t bound = 1LL << 31U;
        const auto *result = std::get_if<std::int64_t>(&value.held);
        if (result == nullptr)
            fail(node, "a number is expected");
        if (*result > bound || *result < -bound)
            fail(node, "a number is out of range");
        return *result;
    }

    Value chain(const TemplateNode &node)
    {
        Value value = evaluate(*node.children[0]);
        for (std::size_t i = 0; i < node.operators.size(); ++i)
            value = apply(node, node.operators[i], value, evaluate(*node.children[i + 1]));
        return value;
    }

    Value apply(const TemplateNode &node, const std::string &op, const Value &a, const Value &b)
    {
        if (op == "==")
            return {equal(node, a, b)};
        if (op == "!=")
            return {!equal(node, a, b)};
        if (op == "in")
            return {contains(node, b, a)};
        if (op == "not in")
            return {!contains(node, b, a)};
        if (op == "~")
            return {joined(node, shown(node, a), shown(node, b))};
        if (op == "+" && holds<std::string>(a))
            return {joined(node, text(node, a), text(node, b))};
        const std::int64_t x = integer(node, a);
        const std::int64_t y = integer(node, b);
        if (op == "+")
            return {x + y};
        if (op == "-")
            return {x - y};
        if (op == "<")
            return {x < y};
        if (op == ">")
            return {x > y};
        if (op == "<=")
            return {x <= y};
        if (op == ">=")
            return {x >= y};
        if (op == "%" && x >= 0 && y > 0)
            return {x % y};
        fail(node, "the operator " + op + " is not supported here");
    }

    std::string joined(const TemplateNode &node, const std::string &a, const std::string &b)
    {
        charge(node, a.size() + b.size());
        return a + b;
    }

    static bool equal(const TemplateNode &node, const Value &a, const Value &b)
    {
        if (holds<TemplateList>(a) || holds<TemplateDict>(a))
            fail(node, "lists and dictionaries cannot be compared");
        if (a.held.index() != b.held.index())
            return false;
        if (holds<std::string>(a))
            return std::get<std::string>(a.held) == std::get<std::string>(b.held);
        if (holds<std::int64_t>(a))
            return std::get<std::int64_t>(a.held) == std::get<std::int64_t>(b.held);
        return !holds<bool>(a) || std::get<bool>(a.held) == std::get<bool>(b.held);
    }

    bool contains(const TemplateNode &node, const Value &container, const Value &element)
    {
        if (const auto *whole = std::get_if<std::string>(&container.held)) {
            charge(node, searchCost(*whole, text(node, element)));
            return whole->find(text(node, element)) != std::string::npos;
        }
        if (const auto *dict = std::get_if<TemplateDict>(&container.held))
            return holds<std::string>(element) && (*dict)->count(std::get<std::string>(element.held)) > 0;
        if (const auto *list = std::get_if<TemplateList>(&container.held)) {
            charge(node, bytesOf((*list)->begin(), (*list)->end()));
            return std::any_of((*list)->begin(), (*list)->end(),
                               [&](const Value &value) { return equal(node, element, value); });
        }
        fail(node, "\"in\" needs a text, a list or a dictionary");
    }

    Value item(const TemplateNode &node, const Value &object, const Value &index)
    {
        if (holds<TemplateUndefined>(object))
            fail(node, "an undefined value has no members");
        if (const auto *dict = std::get_if<TemplateDict>(&object.held)) {
            const auto found = (*dict)->find(text(node, index));
            return found == (*dict)->end() ? Value{} : found->second;
        }
        const auto *list = std::get_if<TemplateList>(&object.held);
        if (list == nullptr || !holds<std::int64_t>(index))
            return {};
        const auto size = static_cast<std::int64_t>((*list)->size());
        std::int64_t at = integer(node, index);
        at += at < 0 ? size : 0;
        return at < 0 || at >= size ? Value{} : (**list)[static_cast<std::size_t>(at)];
    }

    Value slice(const TemplateNode &node)
    {
        const Value object = evaluate(*node.children[0]);
        const auto *list = std::get_if<TemplateList>(&object.held);
        if (list == nullptr)
            fail(node, "only lists can be sliced");
        const auto size = static_cast<std::int64_t>((*list)->size());
        const auto bound = [&](std::size_t child, std::int64_t absent) {
            if (node.children[child] == nullptr)
                return absent;
            const std::int64_t at = integer(node, evaluate(*node.children[child]));
            return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
        };
        const std::int64_t from = bound(1, 0);
        const std::int64_t to = std::max(from, bound(2, size));
        const auto begin = (*list)->begin();
        charge(node, bytesOf(begin + from, begin + to));
        return {std::make_shared<std::vector<Value>>(begin + from, begin + to)};
    }

    std::vector<Value> argumentsOf(const TemplateNode &node)
    {
        std::vector<Value> values;
        for (std::size_t i = 1; i < node.children.size(); ++i)
            values.push_back(evaluate(*node.children[i]));
        return values;
    }

    Value call(const TemplateNode &node)
    {
        const TemplateNode &function = *node.children[0];
        const std::vector<Value> arguments = argumentsOf(node);
        if (function.kind == Node::Member)
            return method(node, evaluate(*function.children[0]), function.text, arguments);
        if (function.kind == Node::Name && function.text == "namespace") {
            auto members = std::make_shared<std::map<std::string, Value>>();
            for (std::size_t i = 0; i < arguments.size(); ++i)
                (*members)[node.names[i]] = arguments[i];
            return {members};
        }
        if (function.kind == Node::Name && function.text == "raise_exception" && arguments.size() == 1)
            fail(node, "the template reports: " + shown(node, arguments[0]));
        fail(node, "the function \"" + function.text + "\" is not supported");
    }

    Value method(const TemplateNode &node, const Value &object, const std::string &name,
                 const std::vector<Value> &arguments)
    {
        if (name == "get" && holds<TemplateDict>(object) && arguments.size() == 1) {
            const Value found = item(node, object, arguments[0]);
            return holds<TemplateUndefined>(found) ? Value{TemplateNone{}} : found;
        }
        const std::string &self = text(node, object);
        if (arguments.empty() && (name == "strip" || name == "lstrip" || name == "rstrip"))
            return {stripped(self, name != "rstrip", name != "lstrip")};
        if (name == "startswith" && arguments.size() == 1)
            return {self.starts_with(text(node, arguments[0]))};
        if (name == "endswith" && arguments.size() == 1)
            return {self.ends_with(text(node, arguments[0]))};
        if (name == "split" && !arguments.empty() && arguments.size() <= 2 && !text(node, arguments[0]).empty()) {
            const std::string &separator = text(node, arguments[0]);
            charge(node, self.size() * sizeof(Value)); // as many parts as characters at worst
            charge(node, searchCost(self, separator));
            const std::int64_t most = arguments.size() == 2 ? integer(node, arguments[1]) : -1;
            return {std::make_shared<std::vector<Value>>(splitText(self, separator, most))};
        }
        fail(node, "the method \"" + name + "\" is not supported");
    }

    Value filter(const TemplateNode &node)
    {
        const Value input = evaluate(*node.children[0]);
        const std::vector<Value> arguments = argumentsOf(node);
        const std::string &name = node.text;
        if (name == "trim" && arguments.empty())
            return {stripped(text(node, input), true, true)};
        if (name == "string" && arguments.empty())
            return {shown(node, input)};
        if ((name == "default" || name == "d") && arguments.size() == 1)
            return holds<TemplateUndefined>(input) ? arguments[0] : input;
        const auto *list = std::get_if<TemplateList>(&input.held);
        if (list != nullptr && (name == "length" || name == "count"))
            return {static_cast<std::int64_t>((*list)->size())};
        if (list != nullptr && (name == "first" || name == "last") && arguments.empty())
            return item(node, input, {std::int64_t{name == "first" ? 0 : -1}});
        fail(node, "the filter \"" + name + "\" is not supported");
    }

    static bool test(const TemplateNode &node, const Value &value)
    {
        const std::string &name = node.text;
        if (name == "defined")
            return !holds<TemplateUndefined>(value);
        if (name == "undefined")
            return holds<TemplateUndefined>(value);
        if (name == "none")
            return holds<TemplateNone>(value);
        if (name == "string")
            return holds<std::string>(value);
        if (name == "mapping")
            return holds<TemplateDict>(value);
        if (name == "true" || name == "false")
            return holds<bool>(value) && std::get<bool>(value.held) == (name == "true");
        if (name == "iterable" || name == "sequence")
            return holds<std::string>(value) || holds<TemplateList>(value) || holds<TemplateDict>(value);
        fail(node, "the test \"" + name + "\" is not supported");
    }
};

} // namespace

std::string runTemplate(const TemplateNode &program, std::map<std::string, TemplateValue> variables)
{
    return Interpreter(std::move(variables)).run(program);
}

} // namespace engine::text::detail
