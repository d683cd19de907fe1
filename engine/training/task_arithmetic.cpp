// Column arithmetic. Every worked step has a fixed width and uses single digits only: a
// small transformer then finds its inputs at constant distances instead of having to count.

#include "engine/training/detail/task_parts.h"

#include <algorithm>
#include <cstdlib>

namespace engine::training::detail {
namespace {

char digitChar(int digit)
{
    return static_cast<char>('0' + digit);
}

int digitAt(std::string_view digits, std::size_t fromRight)
{
    return digits[digits.size() - 1 - fromRight] - '0';
}

/// "7+6+0=13" per column: digit + digit + carry, so the first digit of the sum is the next carry.
std::string addColumns(const std::string &a, const std::string &b)
{
    std::string work;
    std::string digits;
    int carry = 0;
    for (std::size_t column = 0; column < a.size(); ++column) {
        const int x = digitAt(a, column);
        const int y = digitAt(b, column);
        const int sum = x + y + carry;
        work += {digitChar(x), '+', digitChar(y), '+', digitChar(carry), '='};
        work += padded(sum, 2) + '\n';
        carry = sum / 10;
        digits += digitChar(sum % 10);
    }
    digits += digitChar(carry);
    std::reverse(digits.begin(), digits.end());
    return work + '=' + digits;
}

/// "3-8-1=4 b1" per column: the digit that stays, and whether the next column lends one.
std::string subtractColumns(const std::string &a, const std::string &b)
{
    std::string work;
    std::string digits;
    int borrow = 0;
    for (std::size_t column = 0; column < a.size(); ++column) {
        const int x = digitAt(a, column);
        const int y = digitAt(b, column);
        const int difference = x - y - borrow;
        work += {digitChar(x), '-', digitChar(y), '-', digitChar(borrow), '='};
        borrow = difference < 0 ? 1 : 0;
        const int digit = difference + 10 * borrow;
        work += {digitChar(digit), ' ', 'b', digitChar(borrow), '\n'};
        digits += digitChar(digit);
    }
    std::reverse(digits.begin(), digits.end());
    return work + '=' + digits;
}

/// "7*6=42+4=46" per digit of `a`; `product` receives one digit more than `a` has.
std::string multiplyByDigit(const std::string &a, int factor, std::string &product)
{
    std::string work = a + '*' + digitChar(factor) + '\n';
    std::string digits;
    int carry = 0;
    for (std::size_t column = 0; column < a.size(); ++column) {
        const int x = digitAt(a, column);
        const int sum = x * factor + carry;
        work += {digitChar(x), '*', digitChar(factor), '='};
        work += padded(x * factor, 2) + '+' + digitChar(carry) + '=' + padded(sum, 2) + '\n';
        carry = sum / 10;
        digits += digitChar(sum % 10);
    }
    digits += digitChar(carry);
    std::reverse(digits.begin(), digits.end());
    product = digits;
    return work + '=' + digits + '\n';
}

std::string arrow(long long result)
{
    return "→ " + std::to_string(result);
}

struct Wordings {
    std::vector<std::string> symbols; ///< between the operands, as typed in any language
    std::vector<std::string> english; ///< words between the operands
    std::vector<std::string> chinese;
    std::vector<std::string> englishWhole; ///< {a} and {b} in the order of the expression
    std::vector<std::string> chineseWhole;
};

const Wordings &wordings(Task task)
{
    static const Wordings addition{{"+", " + ", "+", " + ", " +", "+ ", "＋"},
                                   {" plus ", " plus ", " and ", " added to "},
                                   {"加", "加上", "加", " 加 "},
                                   {"What is the sum of {a} and {b}?", "Add {a} and {b}.", "Add {a} to {b}",
                                    "Sum of {a} and {b}", "Find the sum of {a} and {b}.",
                                    "What do you get when you add {a} and {b}?"},
                                   {"{a}与{b}的和是多少？", "{a}和{b}的和", "{a}和{b}加起来是多少？",
                                    "求{a}与{b}的和。", "把{a}和{b}相加。", "{a}和{b}相加等于多少？"}};
    static const Wordings subtraction{
        {"-", " - ", "-", " - ", " -", "- ", "−", "－"},
        {" minus ", " minus ", " take away ", " less "},
        {"减", "减去", "减", " 减 "},
        {"What is the difference between {a} and {b}?", "Subtract {b} from {a}.", "Take {b} away from {a}.",
         "What is left if you take {b} from {a}?", "What do you get when you subtract {b} from {a}?"},
        {"{a}与{b}的差是多少？", "{a}和{b}的差", "求{a}与{b}的差。", "从{a}里减去{b}是多少？", "{a}去掉{b}还剩多少？"}};
    static const Wordings multiplication{
        {"*", " * ", "*", " * ", "×", " × ", "x", " x ", " *", "* ", " X "},
        {" times ", " times ", " multiplied by "},
        {"乘以", "乘", "乘以", "乘上", " 乘以 "},
        {"What is the product of {a} and {b}?", "Multiply {a} by {b}.", "Multiply {a} and {b}",
         "Product of {a} and {b}", "Find the product of {a} and {b}.", "What do you get when you multiply {a} by {b}?"},
        {"{a}与{b}的积是多少？", "{a}和{b}的乘积", "求{a}与{b}的积。", "把{a}和{b}相乘。", "{a}和{b}相乘等于多少？"}};
    if (task == Task::Addition)
        return addition;
    return task == Task::Subtraction ? subtraction : multiplication;
}

std::string ask(Task task, Language language, int a, int b, std::mt19937_64 &rng)
{
    static const std::vector<std::string> englishFrames{"What is {e}?",
                                                        "What is {e}?",
                                                        "What is {e}?",
                                                        "What's {e}?",
                                                        "What's {e}?",
                                                        "Calculate {e}",
                                                        "Calculate {e}.",
                                                        "Compute {e}.",
                                                        "Compute {e}",
                                                        "How much is {e}?",
                                                        "How much is {e}?",
                                                        "Work out {e}.",
                                                        "Solve {e}",
                                                        "Solve {e}.",
                                                        "Evaluate {e}.",
                                                        "Find {e}",
                                                        "Tell me {e}",
                                                        "Can you compute {e}?",
                                                        "Can you calculate {e}?",
                                                        "Could you work out {e}?",
                                                        "What does {e} equal?",
                                                        "I want to know {e}.",
                                                        "Do you know {e}?",
                                                        "What is the result of {e}?",
                                                        "What is the answer to {e}?",
                                                        "Give me the result of {e}.",
                                                        "Now {e}",
                                                        "And {e}?",
                                                        "Help me with {e}.",
                                                        "{e} is what?",
                                                        "Try {e}",
                                                        "Think: {e}"};
    static const std::vector<std::string> bareFrames{"{e}",  "{e}",   "{e}",  "{e}=?", "{e} = ?",
                                                     "{e}=", "{e} =", "{e}?", "{e} ?"};
    static const std::vector<std::string> chineseFrames{
        "{e}等于多少？",   "{e}等于多少？",       "{e}等于几？",       "{e}是多少？",     "{e}是多少？",
        "计算{e}",         "计算{e}。",           "计算：{e}",         "请计算{e}。",     "请问{e}等于几？",
        "请问{e}是多少？", "算一下{e}。",         "帮我算{e}",         "帮我算一下{e}。", "求{e}的值。",
        "{e}得多少？",     "{e}的结果是多少？",   "{e}的答案是什么？", "你知道{e}吗？",   "告诉我{e}等于多少。",
        "你能算{e}吗？",   "我想知道{e}是多少。", "那{e}呢？",         "{e}等于？",       "求{e}",
        "试试{e}",         "想一想{e}等于多少？"};
    const Wordings &words = wordings(task);
    const bool english = language == Language::English;
    const std::string left = std::to_string(a);
    const std::string right = std::to_string(b);
    const double style = static_cast<double>(below(rng, 1000)) / 1000.0;
    if (style < 0.15)
        return asTyped(fill(pick(rng, english ? words.englishWhole : words.chineseWhole), {{'a', left}, {'b', right}}),
                       language, rng);
    if (english && style < 0.35)
        return fill(pick(rng, bareFrames), {{'e', left + pick(rng, words.symbols) + right}});
    const bool spelled = style < 0.6;
    const std::string &between =
        spelled ? pick(rng, english ? words.english : words.chinese) : pick(rng, words.symbols);
    return asTyped(fill(pick(rng, english ? englishFrames : chineseFrames), {{'e', left + between + right}}), language,
                   rng);
}

Draft draftOf(Task task, Language language, int a, int b, char sign, long long result, std::string thinking,
              std::mt19937_64 &rng)
{
    Draft draft;
    draft.problem.task = task;
    draft.problem.language = language;
    draft.problem.prompt = ask(task, language, a, b, rng);
    draft.problem.thinking = std::move(thinking);
    draft.problem.answer =
        std::to_string(a) + ' ' + sign + ' ' + std::to_string(b) + " = " + bold(std::to_string(result));
    if (language == Language::Chinese)
        draft.problem.answer += "。";
    // 3+5 and 5+3 are one problem; so are 5-3 and 3-5.
    draft.key = std::to_string(std::min(a, b)) + ',' + std::to_string(std::max(a, b));
    return draft;
}

} // namespace

std::string workAddition(int a, int b)
{
    const int width = std::max(digitCount(a), digitCount(b));
    const std::string left = padded(a, width);
    const std::string right = padded(b, width);
    return left + '+' + right + '\n' + addColumns(left, right) + '\n' + arrow(static_cast<long long>(a) + b);
}

std::string workDigitComparison(std::string_view a, std::string_view b)
{
    std::string work;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == '.')
            continue;
        work += a[i];
        work += a[i] == b[i] ? '=' : a[i] < b[i] ? '<' : '>';
        work += {b[i], '\n'};
        if (a[i] != b[i])
            break;
    }
    work.pop_back();
    return work;
}

std::string workSubtraction(int a, int b)
{
    const int width = std::max(digitCount(a), digitCount(b));
    std::string left = padded(a, width);
    std::string right = padded(b, width);
    std::string work = left + '-' + right + '\n' + workDigitComparison(left, right) + '\n';
    if (a < b)
        std::swap(left, right); // the sign comes back in the last line
    work += left + '-' + right + '\n';
    return work + subtractColumns(left, right) + '\n' + arrow(static_cast<long long>(a) - b);
}

std::string workMultiplication(int a, int b)
{
    // The longer factor is worked through digit by digit for each digit of the shorter.
    const std::string longer = std::to_string(digitCount(a) >= digitCount(b) ? a : b);
    const std::string shorter = std::to_string(digitCount(a) >= digitCount(b) ? b : a);
    std::string work = longer + '*' + shorter + '\n';
    std::string ones;
    work += multiplyByDigit(longer, digitAt(shorter, 0), ones);
    if (shorter.size() > 1) {
        std::string tens;
        work += multiplyByDigit(longer, digitAt(shorter, 1), tens);
        ones.insert(0, 1, '0');
        tens += '0';
        work += ones + '+' + tens + '\n' + addColumns(ones, tens) + '\n';
    }
    return work + arrow(static_cast<long long>(a) * b);
}

Draft draftAddition(Language language, std::mt19937_64 &rng)
{
    const int a = numberOfDigits(rng, between(rng, 1, 4));
    const int b = numberOfDigits(rng, between(rng, 1, 4));
    return draftOf(Task::Addition, language, a, b, '+', a + b, workAddition(a, b), rng);
}

Draft draftSubtraction(Language language, std::mt19937_64 &rng)
{
    int a = numberOfDigits(rng, between(rng, 1, 4));
    int b = numberOfDigits(rng, between(rng, 1, 4));
    // Numbers that begin alike, or the comparison would nearly always end at the first digit.
    if (chance(rng, 0.15))
        b = std::max(0, a + between(rng, -99, 99));
    if (b > 9999)
        b = a;
    if (a < b && chance(rng, 0.4))
        std::swap(a, b);
    return draftOf(Task::Subtraction, language, a, b, '-', a - b, workSubtraction(a, b), rng);
}

Draft draftMultiplication(Language language, std::mt19937_64 &rng)
{
    static const std::vector<std::pair<int, int>> others{{1, 1}, {2, 1}, {2, 1}, {1, 2}, {3, 1},
                                                         {1, 3}, {3, 2}, {3, 2}, {2, 3}};
    const auto [first, second] = chance(rng, 0.62) ? std::pair(2, 2) : pick(rng, others);
    const int a = numberOfDigits(rng, first);
    const int b = numberOfDigits(rng, second);
    return draftOf(Task::Multiplication, language, a, b, '*', static_cast<long long>(a) * b, workMultiplication(a, b),
                   rng);
}

} // namespace engine::training::detail
