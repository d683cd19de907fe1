#include "engine/training/tasks.h"

#include "engine/training/detail/task_parts.h"

#include <utility>

namespace engine::training {
namespace {

constexpr std::uint64_t kHeldOutShare = 50; ///< one problem in this many is held out

/// FNV-1a with a finishing mix, since FNV's low bits alone are uneven for short keys.
std::uint64_t hashOf(std::string_view key)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : key) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    return hash;
}

detail::Draft draft(Task task, Language language, std::mt19937_64 &rng)
{
    switch (task) {
    case Task::Addition:
        return detail::draftAddition(language, rng);
    case Task::Subtraction:
        return detail::draftSubtraction(language, rng);
    case Task::Multiplication:
        return detail::draftMultiplication(language, rng);
    case Task::Comparing:
        return detail::draftComparing(language, rng);
    case Task::Sorting:
        return detail::draftSorting(language, rng);
    case Task::Counting:
        return detail::draftCounting(language, rng);
    case Task::Reversing:
        return detail::draftReversing(language, rng);
    case Task::WordProblem:
        return detail::draftWordProblem(language, rng);
    case Task::SmallTalk:
        return detail::draftSmallTalk(language, rng);
    }
    return {};
}

} // namespace

const std::vector<Task> &allTasks()
{
    static const std::vector<Task> tasks{Task::Addition,  Task::Subtraction, Task::Multiplication,
                                         Task::Comparing, Task::Sorting,     Task::Counting,
                                         Task::Reversing, Task::WordProblem, Task::SmallTalk};
    return tasks;
}

std::string_view taskName(Task task)
{
    switch (task) {
    case Task::Addition:
        return "addition";
    case Task::Subtraction:
        return "subtraction";
    case Task::Multiplication:
        return "multiplication";
    case Task::Comparing:
        return "comparing";
    case Task::Sorting:
        return "sorting";
    case Task::Counting:
        return "counting";
    case Task::Reversing:
        return "reversing";
    case Task::WordProblem:
        return "word_problem";
    case Task::SmallTalk:
        return "small_talk";
    }
    return "";
}

Problem generateProblem(Task task, Split split, std::mt19937_64 &rng)
{
    // The language is fixed before the search, or the rarer split would favour the
    // language whose wordings meet it sooner.
    const Language language = detail::chance(rng, 0.55) ? Language::English : Language::Chinese;
    for (;;) {
        detail::Draft candidate = draft(task, language, rng);
        // Small talk is a closed set of intents: holding some out would only leave them untaught.
        if (task == Task::SmallTalk)
            return std::move(candidate.problem);
        const std::string key = std::string(taskName(task)) + ':' + candidate.key;
        if ((hashOf(key) % kHeldOutShare == 0) == (split == Split::HeldOut))
            return std::move(candidate.problem);
    }
}

} // namespace engine::training
