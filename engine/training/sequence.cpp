#include "sequence.h"

#include "detail/task_parts.h"

#include <algorithm>
#include <array>
#include <utility>

namespace engine::training {
namespace {

constexpr std::size_t kLongestSequence = 420;
constexpr std::size_t kLongestEarlierExchange = 110;

/// The share of each task. Tasks whose solutions are long chains get more.
constexpr std::array<std::pair<Task, unsigned>, 9> kMix{{
    {Task::Multiplication, 21},
    {Task::Sorting, 14},
    {Task::Reversing, 13},
    {Task::Addition, 10},
    {Task::Subtraction, 11},
    {Task::WordProblem, 13},
    {Task::Counting, 8},
    {Task::Comparing, 6},
    {Task::SmallTalk, 4},
}};

Task sampleTask(std::mt19937_64 &rng)
{
    unsigned total = 0;
    for (const auto &[task, weight] : kMix)
        total += weight;
    auto ticket = static_cast<unsigned>(detail::below(rng, total));
    for (const auto &[task, weight] : kMix) {
        if (ticket < weight)
            return task;
        ticket -= weight;
    }
    return Task::SmallTalk;
}

void append(std::vector<std::int32_t> &ids, const std::vector<std::int32_t> &more)
{
    ids.insert(ids.end(), more.begin(), more.end());
}

} // namespace

TrainingSequence buildSequence(const Vocabulary &vocabulary, const std::vector<Exchange> &history, const Problem &problem)
{
    TrainingSequence sequence;
    auto &ids = sequence.ids;
    ids.push_back(vocabulary.bos());
    for (const Exchange &exchange : history) {
        ids.push_back(vocabulary.user());
        append(ids, vocabulary.encode(exchange.prompt));
        ids.push_back(vocabulary.assistant());
        append(ids, vocabulary.encode("\n\n" + exchange.answer));
        ids.push_back(vocabulary.eos());
    }
    ids.push_back(vocabulary.user());
    append(ids, vocabulary.encode(problem.prompt));
    ids.push_back(vocabulary.assistant());
    ids.push_back(vocabulary.thinkOpen());
    append(ids, vocabulary.encode("\n"));
    sequence.lossBegin = ids.size();
    append(ids, vocabulary.encode(problem.thinking + "\n"));
    ids.push_back(vocabulary.thinkClose());
    append(ids, vocabulary.encode("\n\n" + problem.answer));
    ids.push_back(vocabulary.eos());
    return sequence;
}

TrainingSequence sampleTrainingSequence(const Vocabulary &vocabulary, std::mt19937_64 &rng)
{
    const Problem problem = generateProblem(sampleTask(rng), Split::Train, rng);
    TrainingSequence alone = buildSequence(vocabulary, {}, problem);
    if (!detail::chance(rng, 0.2))
        return alone;

    std::vector<Exchange> history;
    std::size_t length = alone.ids.size();
    const std::size_t wanted = 1 + detail::below(rng, 3);
    for (std::size_t i = 0; i < wanted; ++i) {
        Problem earlier = generateProblem(sampleTask(rng), Split::Train, rng);
        const std::size_t cost = vocabulary.encode(earlier.prompt).size() + vocabulary.encode(earlier.answer).size() + 5;
        if (cost > kLongestEarlierExchange || length + cost > kLongestSequence)
            continue;
        length += cost;
        history.push_back({std::move(earlier.prompt), std::move(earlier.answer)});
    }
    return history.empty() ? alone : buildSequence(vocabulary, history, problem);
}

} // namespace engine::training
