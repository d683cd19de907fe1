// Comparing two numbers: pad both to the same shape, then digit by digit from the left.

#include "engine/training/detail/task_parts.h"

#include <algorithm>

namespace engine::training::detail {
namespace {

struct Decimal {
    std::string text; ///< as written
    std::string whole;
    std::string fraction;
};

Decimal decimalOf(int whole, std::string fraction)
{
    Decimal decimal;
    decimal.whole = std::to_string(whole);
    decimal.fraction = std::move(fraction);
    decimal.text = decimal.fraction.empty() ? decimal.whole : decimal.whole + '.' + decimal.fraction;
    return decimal;
}

std::string randomFraction(std::mt19937_64 &rng, std::size_t length)
{
    std::string digits;
    for (std::size_t i = 0; i < length; ++i)
        digits += static_cast<char>('0' + below(rng, 10));
    if (digits.back() == '0')
        digits.back() = static_cast<char>('1' + below(rng, 9)); // nobody writes 9.10 for 9.1 here
    return digits;
}

std::pair<Decimal, Decimal> integers(std::mt19937_64 &rng)
{
    const int digits = between(rng, 1, 4);
    const int a = numberOfDigits(rng, digits);
    const double style = static_cast<double>(below(rng, 100)) / 100.0;
    int b = numberOfDigits(rng, style < 0.6 ? digits : between(rng, 1, 4));
    if (style < 0.25)
        b = std::clamp(a + between(rng, -12, 12), 0, 9999);
    if (style > 0.96)
        b = a;
    return {decimalOf(a, {}), decimalOf(b, {})};
}

std::pair<Decimal, Decimal> decimals(std::mt19937_64 &rng)
{
    const int whole = numberOfDigits(rng, between(rng, 1, 2));
    const int other = chance(rng, 0.75) ? whole : numberOfDigits(rng, between(rng, 1, 2));
    const std::size_t length = 1 + below(rng, 3);
    Decimal a = decimalOf(whole, randomFraction(rng, length));
    Decimal b = decimalOf(other, randomFraction(rng, chance(rng, 0.7) ? 1 + below(rng, 3) : length));
    if (chance(rng, 0.08))
        b = decimalOf(other, {});
    if (chance(rng, 0.03))
        b = a;
    if (chance(rng, 0.5))
        std::swap(a, b);
    return {a, b};
}

std::string shaped(const Decimal &number, std::size_t whole, std::size_t fraction)
{
    std::string text = std::string(whole - number.whole.size(), '0') + number.whole;
    if (fraction > 0)
        text += '.' + number.fraction + std::string(fraction - number.fraction.size(), '0');
    return text;
}

} // namespace

Draft draftComparing(Language language, std::mt19937_64 &rng)
{
    static const std::vector<std::string> englishLarger{"Which is larger, {a} or {b}?",
                                                        "Which is bigger, {a} or {b}?",
                                                        "Which number is greater, {a} or {b}?",
                                                        "What is larger: {a} or {b}?",
                                                        "Is {a} or {b} bigger?",
                                                        "Which one is larger: {a} or {b}?",
                                                        "Compare {a} and {b}. Which is larger?",
                                                        "Which is bigger: {a} or {b}?",
                                                        "Which of {a} and {b} is larger?",
                                                        "{a} or {b}, which is bigger?",
                                                        "Tell me the larger of {a} and {b}.",
                                                        "{a} vs {b}, which is larger?",
                                                        "Compare {a} and {b}",
                                                        "Find the maximum of {a} and {b}."};
    static const std::vector<std::string> englishSmaller{
        "Which is smaller, {a} or {b}?",       "Which number is less, {a} or {b}?",
        "What is smaller: {a} or {b}?",        "Is {a} or {b} smaller?",
        "Which one is smaller: {a} or {b}?",   "Compare {a} and {b}. Which is smaller?",
        "Which of {a} and {b} is smaller?",    "{a} or {b}, which is smaller?",
        "Tell me the smaller of {a} and {b}.", "{a} vs {b}, which is smaller?",
        "Find the minimum of {a} and {b}."};
    static const std::vector<std::string> chineseLarger{
        "{a}和{b}哪个大？",     "{a}和{b}哪个更大？",       "{a}与{b}谁大？",           "{a}和{b}谁更大？",
        "比较{a}和{b}的大小。", "{a}和{b}比较，哪个大？",   "哪个数更大，{a}还是{b}？", "{a}大还是{b}大？",
        "哪个大：{a}还是{b}？", "找出{a}和{b}中较大的数。", "{a}、{b}哪个数大？"};
    static const std::vector<std::string> chineseSmaller{
        "{a}和{b}哪个小？",         "{a}和{b}哪个更小？",       "{a}与{b}谁小？",   "{a}和{b}谁更小？",
        "{a}和{b}比较，哪个小？",   "哪个数更小，{a}还是{b}？", "{a}小还是{b}小？", "哪个小：{a}还是{b}？",
        "找出{a}和{b}中较小的数。", "{a}、{b}哪个数小？"};

    const auto [a, b] = chance(rng, 0.6) ? integers(rng) : decimals(rng);
    const bool larger = chance(rng, 0.6);
    const bool english = language == Language::English;
    const auto &patterns =
        english ? (larger ? englishLarger : englishSmaller) : (larger ? chineseLarger : chineseSmaller);

    const std::size_t whole = std::max(a.whole.size(), b.whole.size());
    const std::size_t fraction = std::max(a.fraction.size(), b.fraction.size());
    const std::string left = shaped(a, whole, fraction);
    const std::string right = shaped(b, whole, fraction);
    const char relation = left == right ? '=' : left < right ? '<' : '>';
    const std::string &chosen = (relation == '>') == larger ? a.text : b.text;

    Draft draft;
    draft.problem.task = Task::Comparing;
    draft.problem.language = language;
    draft.problem.prompt = asTyped(fill(pick(rng, patterns), {{'a', a.text}, {'b', b.text}}), language, rng);
    draft.problem.thinking =
        left + ' ' + right + '\n' + workDigitComparison(left, right) + '\n' + a.text + relation + b.text;
    if (relation == '=') {
        draft.problem.answer = a.text + " = " + b.text + (english ? ": they are **equal**." : "，两个数**相等**。");
    } else {
        draft.problem.thinking += "\n→ " + chosen;
        draft.problem.answer =
            bold(chosen) + (english ? (larger ? " is larger." : " is smaller.") : (larger ? "更大。" : "更小。"));
    }
    draft.key = std::min(a.text, b.text) + ',' + std::max(a.text, b.text);
    return draft;
}

} // namespace engine::training::detail
