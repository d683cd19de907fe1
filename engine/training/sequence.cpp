#include "engine/training/sequence.h"

#include "engine/training/detail/task_parts.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace engine::training {
namespace {

constexpr std::size_t kLongestSequence = 420;
constexpr std::size_t kLongestEarlierExchange = 110;

Task sampleTask(const TaskMix &mix, std::mt19937_64 &rng)
{
    unsigned total = 0;
    for (const auto &[task, share] : mix)
        total += share;
    auto ticket = static_cast<unsigned>(detail::below(rng, total));
    for (const auto &[task, share] : mix) {
        if (ticket < share)
            return task;
        ticket -= share;
    }
    return Task::SmallTalk;
}

void replaceShare(TaskMix &mix, std::string_view part)
{
    constexpr unsigned largestShare = 1000;
    const std::size_t equals = part.find('=');
    for (auto &[task, share] : mix) {
        if (equals == std::string_view::npos || part.substr(0, equals) != taskName(task))
            continue;
        const std::string_view digits = part.substr(equals + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), share);
        if (error == std::errc() && end == digits.data() + digits.size() && share <= largestShare)
            return;
    }
    throw std::invalid_argument("not a share of a task, as in sorting=26: " + std::string(part));
}

void append(std::vector<std::int32_t> &ids, const std::vector<std::int32_t> &more)
{
    ids.insert(ids.end(), more.begin(), more.end());
}

} // namespace

TrainingSequence buildSequence(const Vocabulary &vocabulary, const std::vector<Exchange> &history,
                               const Problem &problem)
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

TaskMix defaultMix()
{
    return {{Task::Addition, 10},  {Task::Subtraction, 11}, {Task::Multiplication, 21},
            {Task::Comparing, 6},  {Task::Sorting, 14},     {Task::Counting, 8},
            {Task::Reversing, 13}, {Task::WordProblem, 13}, {Task::SmallTalk, 4}};
}

TaskMix parseMix(std::string_view text)
{
    TaskMix mix = defaultMix();
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        replaceShare(mix, text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    if (std::all_of(mix.begin(), mix.end(), [](const auto &entry) { return entry.second == 0; }))
        throw std::invalid_argument("every task has a share of 0");
    return mix;
}

TrainingSequence sampleTrainingSequence(const Vocabulary &vocabulary, const TaskMix &mix, std::mt19937_64 &rng)
{
    const Problem problem = generateProblem(sampleTask(mix, rng), Split::Train, rng);
    TrainingSequence alone = buildSequence(vocabulary, {}, problem);
    if (!detail::chance(rng, 0.2))
        return alone;

    std::vector<Exchange> history;
    std::size_t length = alone.ids.size();
    const std::size_t wanted = 1 + detail::below(rng, 3);
    for (std::size_t i = 0; i < wanted; ++i) {
        Problem earlier = generateProblem(sampleTask(mix, rng), Split::Train, rng);
        const std::size_t cost =
            vocabulary.encode(earlier.prompt).size() + vocabulary.encode(earlier.answer).size() + 5;
        if (cost > kLongestEarlierExchange || length + cost > kLongestSequence)
            continue;
        length += cost;
        history.push_back({std::move(earlier.prompt), std::move(earlier.answer)});
    }
    return history.empty() ? alone : buildSequence(vocabulary, history, problem);
}

} // namespace engine::training
