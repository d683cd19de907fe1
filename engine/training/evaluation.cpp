#include "engine/evaluation.h"

#include "engine/error.h"
#include "engine/training/tasks.h"

#include <algorithm>
#include <optional>
#include <random>
#include <unordered_set>
#include <utility>

namespace engine {

namespace {

using training::Task;

/// Draws per wanted problem before the held-out problems count as exhausted.
constexpr int drawsPerProblem = 50;

bool isHeldOut(Task task)
{
    return task != Task::SmallTalk;
}

std::optional<Task> heldOutTask(const std::string &name)
{
    const auto &tasks = training::allTasks();
    const auto found = std::find_if(tasks.begin(), tasks.end(),
                                    [&](Task task) { return isHeldOut(task) && training::taskName(task) == name; });
    return found == tasks.end() ? std::nullopt : std::optional(*found);
}

[[noreturn]] void refuse(const std::string &field, const std::string &sentence)
{
    throw Error(ErrorCode::RequestInvalid, {}, field, sentence);
}

Task requireTask(const std::string &name)
{
    if (const auto task = heldOutTask(name))
        return *task;
    std::string known;
    for (const std::string &task : evaluationTasks())
        known += (known.empty() ? "" : ", ") + task;
    refuse("task", "There is no evaluation task named \"" + name + "\"; the tasks are " + known + ".");
}

} // namespace

std::vector<std::string> evaluationTasks()
{
    std::vector<std::string> names;
    for (const Task task : training::allTasks()) {
        if (isHeldOut(task))
            names.emplace_back(training::taskName(task));
    }
    return names;
}

std::vector<EvaluationProblem> heldOutProblems(const std::string &task, int count, std::uint64_t seed)
{
    const Task wanted = requireTask(task);
    if (count < 0)
        refuse("count", "The number of evaluation problems is " + std::to_string(count) + "; it must not be negative.");
    // Each task has its own stream, so that the choice of tasks does not change the problems.
    std::seed_seq seeds{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                        static_cast<std::uint32_t>(wanted)};
    std::mt19937_64 rng(seeds);
    std::vector<EvaluationProblem> problems;
    std::unordered_set<std::string> seen;
    const auto size = static_cast<std::size_t>(count);
    for (std::size_t draw = 0; problems.size() < size && draw < size * drawsPerProblem; ++draw) {
        training::Problem problem = training::generateProblem(wanted, training::Split::HeldOut, rng);
        if (seen.insert(problem.prompt).second)
            problems.push_back({task, std::move(problem.prompt), std::move(problem.answer)});
    }
    return problems;
}

} // namespace engine
