// Sorting by repeated passes. A pass holds one number, compares it with the next, keeps the
// one that comes first and leaves the other behind; what is left behind is the next list.
// All numbers are padded to three digits so that every pass has the same shape.

#include "engine/training/detail/task_parts.h"

#include <algorithm>

namespace engine::training::detail {
namespace {

std::string joined(const std::vector<int> &numbers, std::string_view separator)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i > 0)
            text += separator;
        text += std::to_string(numbers[i]);
    }
    return text;
}

std::string workSorting(std::vector<int> left, bool ascending)
{
    std::vector<int> sorted;
    std::string work;
    while (!left.empty()) {
        std::vector<int> behind;
        int held = left.front();
        if (left.size() > 1) {
            // The arrow carries the direction into every pass.
            work += ascending ? "↑" : "↓";
            for (std::size_t i = 0; i < left.size(); ++i)
                work += (i > 0 ? " " : "") + padded(left[i], 3);
            work += '\n';
            for (std::size_t i = 1; i < left.size(); ++i) {
                const int next = left[i];
                work += (i > 1 ? " " : "") + padded(held, 3) +
                        (held < next   ? '<'
                         : held > next ? '>'
                                       : '=') +
                        padded(next, 3);
                const bool swap = ascending ? next < held : next > held;
                behind.push_back(swap ? held : next);
                held = swap ? next : held;
            }
            work += '\n';
        }
        sorted.push_back(held);
        work += std::to_string(sorted.size()) + ':' + padded(held, 3) + '\n';
        left = std::move(behind);
    }
    work += "→";
    for (std::size_t i = 0; i < sorted.size(); ++i)
        work += ' ' + std::to_string(i + 1) + ':' + std::to_string(sorted[i]);
    return work;
}

std::vector<int> sampleNumbers(std::mt19937_64 &rng)
{
    static const std::vector<std::size_t> lengths{3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 6, 6};
    const std::size_t length = pick(rng, lengths);
    // Some lists keep to one number of digits, as people often type them.
    const int fixedDigits = chance(rng, 0.4) ? between(rng, 1, 3) : 0;
    const bool repeats = chance(rng, 0.08);
    std::vector<int> numbers;
    while (numbers.size() < length) {
        const int number = numberOfDigits(rng, fixedDigits > 0 ? fixedDigits : between(rng, 1, 3));
        if (repeats || std::find(numbers.begin(), numbers.end(), number) == numbers.end())
            numbers.push_back(number);
    }
    return numbers;
}

} // namespace

Draft draftSorting(Language language, std::mt19937_64 &rng)
{
    static const std::vector<std::string> englishAscending{"Sort {l} in ascending order.",
                                                           "Sort these numbers in ascending order: {l}",
                                                           "Sort {l} from smallest to largest.",
                                                           "Sort these numbers: {l}",
                                                           "Sort {l}",
                                                           "Sort {l}.",
                                                           "Put {l} in order from small to large.",
                                                           "Arrange {l} in increasing order.",
                                                           "Order these numbers from smallest to largest: {l}",
                                                           "Please sort {l}",
                                                           "Can you sort {l}?",
                                                           "Sort the list {l} ascending",
                                                           "sort ascending: {l}",
                                                           "Put these numbers in order: {l}",
                                                           "Rank {l} from low to high.",
                                                           "Sort [{l}]"};
    static const std::vector<std::string> englishDescending{
        "Sort {l} in descending order.",      "Sort these numbers in descending order: {l}",
        "Sort {l} from largest to smallest.", "Put {l} in order from large to small.",
        "Arrange {l} in decreasing order.",   "Order these numbers from largest to smallest: {l}",
        "Sort the list {l} descending",       "sort descending: {l}",
        "Rank {l} from high to low.",         "Sort {l} with the biggest first.",
        "Sort [{l}] in descending order",     "Sort {l} in reverse order."};
    static const std::vector<std::string> chineseAscending{"把{l}从小到大排序。",
                                                           "将{l}按升序排列。",
                                                           "从小到大排列：{l}",
                                                           "请把{l}从小到大排列。",
                                                           "给{l}排序。",
                                                           "对{l}进行升序排序。",
                                                           "排序：{l}",
                                                           "升序排列{l}",
                                                           "请排序{l}",
                                                           "把这些数从小到大排好：{l}",
                                                           "按从小到大的顺序排列{l}",
                                                           "帮我把{l}排个序。"};
    static const std::vector<std::string> chineseDescending{"把{l}从大到小排序。",
                                                            "将{l}按降序排列。",
                                                            "从大到小排列：{l}",
                                                            "请把{l}从大到小排列。",
                                                            "对{l}进行降序排序。",
                                                            "降序排列{l}",
                                                            "降序：{l}",
                                                            "把这些数从大到小排好：{l}",
                                                            "按从大到小的顺序排列{l}",
                                                            "帮我把{l}从大到小排个序。"};

    const std::vector<int> numbers = sampleNumbers(rng);
    const bool ascending = chance(rng, 0.55);
    const bool english = language == Language::English;
    static const std::vector<std::string> englishSeparators{", ", ", ", ", ", ",", " "};
    static const std::vector<std::string> chineseSeparators{"、", "，", ", ", ",", " "};
    const std::string &separator = pick(rng, english ? englishSeparators : chineseSeparators);
    std::string list = joined(numbers, separator);
    if (english && separator == ", " && chance(rng, 0.2))
        list.replace(list.rfind(", "), 2, " and ");
    if (!english && separator == "、" && chance(rng, 0.2))
        list.replace(list.rfind("、"), std::string_view("、").size(), "和");

    std::vector<int> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    const std::string key = joined(sorted, ",");
    if (!ascending)
        std::reverse(sorted.begin(), sorted.end());

    Draft draft;
    draft.problem.task = Task::Sorting;
    draft.problem.language = language;
    const auto &patterns = english ? (ascending ? englishAscending : englishDescending)
                                   : (ascending ? chineseAscending : chineseDescending);
    draft.problem.prompt = asTyped(fill(pick(rng, patterns), {{'l', list}}), language, rng);
    draft.problem.thinking = workSorting(numbers, ascending);
    draft.problem.answer = bold(joined(sorted, ", "));
    draft.key = key;
    return draft;
}

} // namespace engine::training::detail
