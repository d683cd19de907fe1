#pragma once
// The generated tasks on which the nano models are trained and measured.
// Free of libtorch: bathyscope-train and `bathyscope-cli eval` share it.

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace engine::training {

enum class Task {
    Addition,
    Subtraction,
    Multiplication,
    Comparing,
    Sorting,
    Counting,
    Reversing,
    WordProblem,
    SmallTalk,
};

enum class Language { English, Chinese };

/// Train and HeldOut never share a problem: which split a problem belongs to is
/// decided by a hash of its numbers or words, whatever the wording or language.
enum class Split { Train, HeldOut };

/// One question with its worked solution. `thinking` is what stands between
/// <think>\n and \n</think>; `answer` is what follows. Both are a function of the
/// problem and the wording, so a greedy model can be judged by equality.
struct Problem {
    Task task = Task::Addition;
    Language language = Language::English;
    std::string prompt;
    std::string thinking;
    std::string answer;
};

/// An earlier exchange of the same conversation, its reasoning already stripped,
/// as the chat template shows it to the model.
struct Exchange {
    std::string prompt;
    std::string answer;
};

/// All tasks in declaration order, with the stable names used on the command line
/// and in eval tables ("addition", "word_problem", ...).
const std::vector<Task> &allTasks();
std::string_view taskName(Task task);

/// Deterministic for a given engine state. Thread contract: pure function of `rng`.
Problem generateProblem(Task task, Split split, std::mt19937_64 &rng);

} // namespace engine::training
