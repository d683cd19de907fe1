#include "engine/text/detail/template_program.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

namespace engine::text::detail {
namespace {

using Kind = TemplateToken::Kind;
using Node = TemplateNode::Kind;

constexpr int maxSuffixes = 16;

class Parser {
public:
    explicit Parser(std::vector<TemplateToken> tokens) : m_tokens(std::move(tokens)) {}

    TemplateNodePtr run() { return body({}); }

private:
    std::vector<TemplateToken> m_tokens;
    std::size_t m_at = 0;
    int m_depth = 0;
    std::string m_ended; ///< the statement that ended the last body

    /// Counts nesting: the tree is walked recursively, so its depth is limited.
    class Level {
    public:
        explicit Level(Parser &parser) : m_parser(parser)
        {
            if (++m_parser.m_depth > maxTemplateDepth)
                m_parser.fail("nested deeper than " + std::to_string(maxTemplateDepth) + " levels");
        }
        ~Level() { --m_parser.m_depth; }
        Level(const Level &) = delete;
        Level &operator=(const Level &) = delete;

    private:
        Parser &m_parser;
    };

    const TemplateToken &current() const { return m_tokens[m_at]; }
    [[noreturn]] void fail(const std::string &why) const { throw TemplateError(current().line, why); }

    bool is(Kind kind, std::string_view text) const { return current().kind == kind && current().text == text; }
    bool isName(std::string_view text) const { return is(Kind::Name, text); }
    bool isOperator(std::string_view text) const { return is(Kind::Operator, text); }
    bool nextIsName(std::string_view text) const
    {
        return m_at + 1 < m_tokens.size() && m_tokens[m_at + 1].kind == Kind::Name && m_tokens[m_at + 1].text == text;
    }

    bool accept(Kind kind, std::string_view text)
    {
        const bool found = is(kind, text);
        m_at += found ? 1 : 0;
        return found;
    }

    void expect(Kind kind, std::string_view text)
    {
        if (!accept(kind, text))
            fail("expected \"" + std::string(text) + "\"");
    }

    std::string expectName()
    {
        if (current().kind != Kind::Name)
            fail("expected a name");
        return m_tokens[m_at++].text;
    }

    void expectBlockEnd()
    {
        if (current().kind != Kind::BlockEnd)
            fail("unexpected \"" + current().text + "\" in a statement");
        ++m_at;
    }

    TemplateNodePtr make(Node kind, std::string text = {}) const
    {
        auto node = std::make_unique<TemplateNode>();
        node->kind = kind;
        node->line = current().line;
        node->text = std::move(text);
        return node;
    }

    /// Statements up to one of `terminators` (consumed up to its name, which is kept in m_ended) or the end.
    TemplateNodePtr body(std::initializer_list<std::string_view> terminators)
    {
        const Level level(*this);
        TemplateNodePtr sequence = make(Node::Sequence);
        m_ended.clear();
        while (current().kind != Kind::End) {
            if (current().kind == Kind::Text) {
                sequence->children.push_back(make(Node::Text, current().text));
                ++m_at;
            } else if (current().kind == Kind::OutputBegin) {
                ++m_at;
                TemplateNodePtr output = make(Node::Output);
                output->children.push_back(expression());
                if (current().kind != Kind::OutputEnd)
                    fail("unexpected \"" + current().text + "\" in an expression");
                ++m_at;
                sequence->children.push_back(std::move(output));
            } else {
                ++m_at; // {%
                const std::string name = expectName();
                if (std::find(terminators.begin(), terminators.end(), name) != terminators.end()) {
                    m_ended = name;
                    return sequence;
                }
                sequence->children.push_back(statement(name));
            }
        }
        if (terminators.size() > 0)
            fail("the template ends inside a statement, \"" + std::string(*terminators.begin()) + "\" is missing");
        return sequence;
    }

    TemplateNodePtr statement(const std::string &name)
    {
        if (name == "if")
            return ifStatement();
        if (name == "for")
            return forStatement();
        if (name == "set")
            return setStatement();
        fail("the statement \"" + name + "\" is not supported");
    }

    TemplateNodePtr ifStatement()
    {
        TemplateNodePtr node = make(Node::If);
        do {
            node->children.push_back(expression());
            expectBlockEnd();
            node->children.push_back(body({"endif", "else", "elif"}));
        } while (m_ended == "elif");
        if (m_ended == "else") {
            expectBlockEnd();
            node->children.push_back(body({"endif"}));
        }
        expectBlockEnd();
        return node;
    }

    TemplateNodePtr forStatement()
    {
        TemplateNodePtr node = make(Node::For, expectName());
        expect(Kind::Name, "in");
        node->children.push_back(expression());
        expectBlockEnd();
        node->children.push_back(body({"endfor"}));
        expectBlockEnd();
        return node;
    }

    TemplateNodePtr setStatement()
    {
        const std::string name = expectName();
        TemplateNodePtr node;
        if (accept(Kind::Operator, ".")) {
            node = make(Node::SetMember, expectName());
            node->children.push_back(make(Node::Name, name));
        } else {
            node = make(Node::Set, name);
        }
        expect(Kind::Operator, "=");
        node->children.push_back(expression());
        expectBlockEnd();
        return node;
    }

    TemplateNodePtr expression()
    {
        const Level level(*this);
        TemplateNodePtr value = orExpression();
        if (!accept(Kind::Name, "if"))
            return value;
        TemplateNodePtr node = make(Node::Conditional);
        node->children.push_back(std::move(value));
        node->children.push_back(orExpression());
        if (accept(Kind::Name, "else"))
            node->children.push_back(expression());
        return node;
    }

    /// Operands of one operator in one node, so that a long chain is not a deep tree.
    template <class Operand>
    TemplateNodePtr joined(Node kind, std::string_view keyword, Operand operand)
    {
        TemplateNodePtr first = operand();
        if (!isName(keyword))
            return first;
        TemplateNodePtr node = make(kind);
        node->children.push_back(std::move(first));
        while (accept(Kind::Name, keyword))
            node->children.push_back(operand());
        return node;
    }

    TemplateNodePtr orExpression()
    {
        return joined(Node::Or, "or", [this] { return andExpression(); });
    }

    TemplateNodePtr andExpression()
    {
        return joined(Node::And, "and", [this] { return notExpression(); });
    }

    TemplateNodePtr notExpression()
    {
        if (!isName("not"))
            return comparison();
        const Level level(*this);
        TemplateNodePtr node = make(Node::Not);
        ++m_at;
        node->children.push_back(notExpression());
        return node;
    }

    template <class Operator, class Operand>
    TemplateNodePtr chained(Operator nextOperator, Operand operand)
    {
        TemplateNodePtr first = operand();
        std::optional<std::string> next = nextOperator();
        if (!next)
            return first;
        TemplateNodePtr node = make(Node::Chain);
        node->children.push_back(std::move(first));
        for (; next; next = nextOperator()) {
            node->operators.push_back(*next);
            node->children.push_back(operand());
        }
        return node;
    }

    std::optional<std::string> acceptOneOf(std::initializer_list<std::string_view> operators)
    {
        for (const std::string_view candidate : operators) {
            if (accept(Kind::Operator, candidate))
                return std::string(candidate);
        }
        return std::nullopt;
    }

    TemplateNodePtr comparison()
    {
        const auto nextOperator = [this]() -> std::optional<std::string> {
            if (accept(Kind::Name, "in"))
                return "in";
            if (isName("not") && nextIsName("in")) {
                m_at += 2;
                return "not in";
            }
            return acceptOneOf({"==", "!=", "<=", ">=", "<", ">"});
        };
        return chained(nextOperator, [this] { return sum(); });
    }

    TemplateNodePtr sum()
    {
        return chained([this] { return acceptOneOf({"+", "-"}); }, [this] { return concatenation(); });
    }

    TemplateNodePtr concatenation()
    {
        return chained([this] { return acceptOneOf({"~"}); }, [this] { return product(); });
    }

    TemplateNodePtr product()
    {
        return chained([this] { return acceptOneOf({"*", "//", "/", "%"}); }, [this] { return unary(); });
    }

    TemplateNodePtr unary()
    {
        const Level level(*this);
        if (!isOperator("-"))
            return postfix(primary());
        TemplateNodePtr node = make(Node::Negative);
        ++m_at;
        node->children.push_back(unary());
        return node;
    }

    TemplateNodePtr primary()
    {
        const TemplateToken token = current();
        ++m_at;
        switch (token.kind) {
        case Kind::Name:
            return nameOrConstant(token.text);
        case Kind::String: {
            TemplateNodePtr node = make(Node::Literal);
            node->value.held = token.text;
            return node;
        }
        case Kind::Integer: {
            TemplateNodePtr node = make(Node::Literal);
            std::int64_t number = 0;
            if (std::from_chars(token.text.data(), token.text.data() + token.text.size(), number).ec != std::errc())
                fail("the number " + token.text + " is too large");
            node->value.held = number;
            return node;
        }
        case Kind::Operator:
            if (token.text == "(") {
                TemplateNodePtr inner = expression();
                expect(Kind::Operator, ")");
                return inner;
            }
            if (token.text == "[")
                return listLiteral();
            if (token.text == "{")
                return dictLiteral();
            break;
        default:
            break;
        }
        --m_at;
        fail("expected an expression, found \"" + token.text + "\"");
    }

    TemplateNodePtr nameOrConstant(const std::string &name)
    {
        TemplateNodePtr node = make(Node::Literal);
        if (name == "true" || name == "True")
            node->value.held = true;
        else if (name == "false" || name == "False")
            node->value.held = false;
        else if (name == "none" || name == "None")
            node->value.held = TemplateNone{};
        else
            return make(Node::Name, name);
        return node;
    }

    TemplateNodePtr listLiteral()
    {
        TemplateNodePtr node = make(Node::List);
        while (!accept(Kind::Operator, "]")) {
            node->children.push_back(expression());
            if (!isOperator("]"))
                expect(Kind::Operator, ",");
        }
        return node;
    }

    TemplateNodePtr dictLiteral()
    {
        TemplateNodePtr node = make(Node::Dict);
        while (!accept(Kind::Operator, "}")) {
            node->children.push_back(expression());
            expect(Kind::Operator, ":");
            node->children.push_back(expression());
            if (!isOperator("}"))
                expect(Kind::Operator, ",");
        }
        return node;
    }

    /// x.a, x[i], x(…), x | filter, x is test: each wraps what stands before it, so each is one level.
    TemplateNodePtr postfix(TemplateNodePtr value)
    {
        for (int length = 0;; ++length) {
            if (length > maxSuffixes)
                fail("too many suffixes");
            TemplateNodePtr node;
            if (accept(Kind::Operator, ".")) {
                node = wrap(Node::Member, std::move(value));
                node->text = expectName();
            } else if (accept(Kind::Operator, "[")) {
                node = itemOrSlice(std::move(value));
            } else if (accept(Kind::Operator, "(")) {
                node = wrap(Node::Call, std::move(value));
                arguments(*node);
            } else if (accept(Kind::Operator, "|")) {
                node = wrap(Node::Filter, std::move(value));
                node->text = expectName();
                if (accept(Kind::Operator, "("))
                    arguments(*node);
            } else if (accept(Kind::Name, "is")) {
                const bool negated = accept(Kind::Name, "not");
                node = wrap(Node::Test, std::move(value));
                node->text = expectName();
                if (negated)
                    node = wrap(Node::Not, std::move(node));
            } else {
                return value;
            }
            value = std::move(node);
        }
    }

    TemplateNodePtr wrap(Node kind, TemplateNodePtr child) const
    {
        TemplateNodePtr node = make(kind);
        node->children.push_back(std::move(child));
        return node;
    }

    TemplateNodePtr itemOrSlice(TemplateNodePtr object)
    {
        TemplateNodePtr from = isOperator(":") ? nullptr : expression();
        if (accept(Kind::Operator, "]")) {
            TemplateNodePtr node = wrap(Node::Item, std::move(object));
            node->children.push_back(std::move(from));
            return node;
        }
        expect(Kind::Operator, ":");
        TemplateNodePtr node = wrap(Node::Slice, std::move(object));
        node->children.push_back(std::move(from));
        node->children.push_back(isOperator("]") ? nullptr : expression());
        expect(Kind::Operator, "]");
        return node;
    }

    void arguments(TemplateNode &call)
    {
        while (!accept(Kind::Operator, ")")) {
            const bool named = current().kind == Kind::Name && m_tokens[m_at + 1].kind == Kind::Operator &&
                               m_tokens[m_at + 1].text == "=";
            call.names.push_back(named ? current().text : "");
            m_at += named ? 2 : 0;
            call.children.push_back(expression());
            if (!isOperator(")"))
                expect(Kind::Operator, ",");
        }
    }
};

} // namespace

TemplateNodePtr parseTemplate(std::string_view source)
{
    return Parser(lexTemplate(source)).run();
}

} // namespace engine::text::detail
