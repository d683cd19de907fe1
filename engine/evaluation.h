#pragma once
// Problems with known answers on which the bundled models were never trained, for measuring accuracy.
// Implemented in engine/training, which shares the generators with the training itself.

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

struct EvaluationProblem {
    std::string task;   ///< a name of evaluationTasks()
    std::string prompt; ///< the user's message
    std::string answer; ///< what a right reply says after its thinking, without white space around it
};

/// Stable names in the order of the tables: "addition", "word_problem", ... Small talk is not among them: all of it is
/// taught, so nothing of it is held out.
std::vector<std::string> evaluationTasks();

/// `count` different prompts, or fewer where the held-out problems run out. A function of its arguments alone: the same
/// seed gives the same problems on every machine, whichever other tasks are measured. Throws Error RequestInvalid for
/// an unknown task or a negative count. Thread contract: any thread.
std::vector<EvaluationProblem> heldOutProblems(const std::string &task, int count, std::uint64_t seed);

} // namespace engine
