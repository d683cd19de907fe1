// eval: how many held-out problems a model solves.

#include "app/cli/command.h"
#include "app/cli/engine_client.h"
#include "app/cli/format.h"
#include "app/cli/json_output.h"
#include "engine/evaluation.h"

#include <algorithm>
#include <memory>
#include <string_view>

namespace app::cli {

namespace {

struct EvalOptions {
    std::vector<std::string> tasks;
    int count = 200;
    std::uint64_t seed = 1;
    int maxTokens = 0; ///< 0: the whole context
    int showFailures = 0;
};

struct Failure {
    engine::EvaluationProblem problem;
    Reply reply;
};

struct Score {
    std::string task;
    int problems = 0;
    int correct = 0;
    int unfinished = 0; ///< replies that did not end by themselves
    int thinkingTokens = 0;
    int answerTokens = 0;
    double seconds = 0.0;
    std::vector<Failure> failures; ///< the first few

    double accuracy() const { return problems == 0 ? 0.0 : static_cast<double>(correct) / problems; }
    double meanThinking() const { return problems == 0 ? 0.0 : static_cast<double>(thinkingTokens) / problems; }
    double tokensPerSecond() const { return ratePerSecond(thinkingTokens + answerTokens, seconds); }

    void add(const Score &other)
    {
        problems += other.problems;
        correct += other.correct;
        unfinished += other.unfinished;
        thinkingTokens += other.thinkingTokens;
        answerTokens += other.answerTokens;
        seconds += other.seconds;
    }
};

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n";
    const std::size_t first = text.find_first_not_of(space);
    return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(space) - first + 1);
}

class Evaluation {
public:
    Evaluation(const EvalOptions &options, EngineClient &client, Terminal &terminal)
        : m_options(options), m_client(client), m_terminal(terminal)
    {
    }

    /// Adds to `score` problem by problem, so that an interruption leaves what is done.
    void measure(Score &score)
    {
        const auto problems = engine::heldOutProblems(score.task, m_options.count, m_options.seed);
        for (const auto &problem : problems) {
            m_terminal.showProgress(score.task + " " + std::to_string(score.problems + 1) + "/" +
                                    std::to_string(problems.size()) + ", " + std::to_string(score.correct) +
                                    " correct");
            judge(score, problem, solve(problem));
        }
        m_terminal.clearProgress();
    }

private:
    Reply solve(const engine::EvaluationProblem &problem)
    {
        engine::GenerationRequest request;
        request.messages.push_back({engine::Role::User, problem.prompt, {}, true});
        request.sampler.temperature = 0.0F;
        request.maxTokens = m_options.maxTokens > 0 ? m_options.maxTokens : m_client.model().contextLength;
        request.captureRouting = false;
        Reply reply = m_client.generate(std::move(request));
        if (reply.reason == engine::FinishReason::Stopped)
            throw Interrupted();
        return reply;
    }

    void judge(Score &score, const engine::EvaluationProblem &problem, Reply reply) const
    {
        ++score.problems;
        score.thinkingTokens += reply.statistics.thinkingTokens;
        score.answerTokens += reply.statistics.answerTokens;
        score.seconds += reply.statistics.thinkingSeconds + reply.statistics.answerSeconds;
        if (reply.reason != engine::FinishReason::EndOfSequence)
            ++score.unfinished;
        if (trimmed(reply.answer) == problem.answer)
            ++score.correct;
        else if (score.failures.size() < static_cast<std::size_t>(m_options.showFailures))
            score.failures.push_back({problem, std::move(reply)});
    }

    const EvalOptions &m_options;
    EngineClient &m_client;
    Terminal &m_terminal;
};

Json toJson(const Score &score)
{
    return {{"task", score.task},
            {"problems", score.problems},
            {"correct", score.correct},
            {"accuracy", score.accuracy()},
            {"unfinished", score.unfinished},
            {"mean_thinking_tokens", score.meanThinking()},
            {"decode_tokens_per_second", score.tokensPerSecond()}};
}

Json failuresJson(const Score &score)
{
    Json list = Json::array();
    for (const auto &failure : score.failures)
        list.push_back({{"prompt", failure.problem.prompt},
                        {"expected", failure.problem.answer},
                        {"answer", failure.reply.answer},
                        {"thinking", failure.reply.thinking},
                        {"finish_reason", nameOf(failure.reply.reason)}});
    return list;
}

struct Result {
    std::vector<Score> scores;
    bool interrupted = false;

    Score total() const
    {
        Score sum;
        sum.task = "total";
        for (const Score &score : scores)
            sum.add(score);
        return sum;
    }
};

Json resultJson(const EvalOptions &options, const engine::ModelInfo &model, const Result &result)
{
    Json tasks = Json::array();
    for (const Score &score : result.scores) {
        Json task = toJson(score);
        if (options.showFailures > 0)
            task["failures"] = failuresJson(score);
        tasks.push_back(std::move(task));
    }
    return {{"model", modelIdentity(model)},     {"seed", options.seed},      {"count", options.count},
            {"interrupted", result.interrupted}, {"tasks", std::move(tasks)}, {"total", toJson(result.total())}};
}

std::string resultTable(const Result &result)
{
    std::vector<std::vector<std::string>> rows{
        {"task", "problems", "correct", "accuracy", "unfinished", "thinking tok", "tok/s"}};
    const auto addRow = [&rows](const Score &score) {
        rows.push_back({score.task, std::to_string(score.problems), std::to_string(score.correct),
                        fixed(100.0 * score.accuracy(), 1) + " %", std::to_string(score.unfinished),
                        fixed(score.meanThinking(), 1), fixed(score.tokensPerSecond(), 1)});
    };
    std::for_each(result.scores.begin(), result.scores.end(), addRow);
    addRow(result.total());
    return table(rows);
}

std::string failuresText(const std::vector<Score> &scores)
{
    std::string text;
    for (const Score &score : scores) {
        for (const auto &failure : score.failures)
            text += "\n" + score.task + ": " + failure.problem.prompt + "\n  expected: " + failure.problem.answer +
                    "\n  answered: " + std::string(trimmed(failure.reply.answer)) + " (" +
                    nameOf(failure.reply.reason) + ")\n";
    }
    return text;
}

Result evaluate(const EvalOptions &options, Evaluation &evaluation)
{
    Result result;
    try {
        for (const std::string &task : options.tasks.empty() ? engine::evaluationTasks() : options.tasks) {
            result.scores.emplace_back().task = task;
            evaluation.measure(result.scores.back());
        }
    } catch (const Interrupted &) {
        result.interrupted = true;
    }
    return result;
}

ExitCode runEval(const EvalOptions &options, Context &context)
{
    EngineClient client(context.options.engineOptions(), context.interrupts);
    client.load(modelFolder(context.options));
    Evaluation evaluation(options, client, context.terminal);
    const Result result = evaluate(options, evaluation);
    context.terminal.clearProgress();
    context.terminal.write(Stream::Output, context.options.json
                                               ? dumpPretty(resultJson(options, client.model(), result))
                                               : resultTable(result) + failuresText(result.scores));
    if (result.interrupted)
        context.terminal.writeLine(Stream::Error, "Interrupted: the figures are those of the problems that were done.");
    return result.interrupted ? ExitCode::Interrupted : ExitCode::Ok;
}

} // namespace

void addEvalCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command =
        addCommand(program, selection, "eval", "Measure the accuracy on problems the bundled models never saw");
    const auto options = std::make_shared<EvalOptions>();
    command.add_option("--tasks", options->tasks, "Comma-separated; default: all")
        ->delimiter(',')
        ->check(CLI::IsMember(engine::evaluationTasks()))
        ->type_name("A,B");
    command.add_option("--count", options->count, "Problems per task")
        ->capture_default_str()
        ->check(within(1, 1000000))
        ->type_name("N");
    command.add_option("--seed", options->seed, "Chooses the problems")->capture_default_str()->type_name("N");
    command.add_option("--max-tokens", options->maxTokens, "Longest reply (default: the whole context)")
        ->check(within(1, 1 << 30))
        ->type_name("N");
    command.add_option("--show-failures", options->showFailures, "Show the first N wrong replies of each task")
        ->check(within(0, 1000000))
        ->type_name("N");
    command.callback([&selection, options] {
        selection.action = [options](Context &context) { return runEval(*options, context); };
    });
}

} // namespace app::cli
