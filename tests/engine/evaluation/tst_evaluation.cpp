#include "engine/error.h"
#include "engine/evaluation.h"
#include "engine/training/tasks.h"

#include <QTest>

#include <algorithm>
#include <set>

using namespace engine;

namespace {

std::vector<std::string> promptsOf(const std::vector<EvaluationProblem> &problems)
{
    std::vector<std::string> prompts;
    for (const auto &problem : problems)
        prompts.push_back(problem.prompt);
    return prompts;
}

training::Task taskNamed(const std::string &name)
{
    const auto &tasks = training::allTasks();
    return *std::find_if(tasks.begin(), tasks.end(), [&](auto task) { return training::taskName(task) == name; });
}

} // namespace

class EvaluationTest : public QObject {
    Q_OBJECT

private slots:
    void smallTalkIsNotMeasured()
    {
        const auto tasks = evaluationTasks();
        QCOMPARE(tasks.size(), training::allTasks().size() - 1);
        QVERIFY(std::find(tasks.begin(), tasks.end(), "small_talk") == tasks.end());
        QVERIFY(std::find(tasks.begin(), tasks.end(), "word_problem") != tasks.end());
    }

    void theSeedChoosesTheProblems()
    {
        for (const std::string &task : evaluationTasks()) {
            const auto problems = promptsOf(heldOutProblems(task, 40, 1));
            QCOMPARE(problems.size(), std::size_t{40});
            QCOMPARE(promptsOf(heldOutProblems(task, 40, 1)), problems);
            QVERIFY(promptsOf(heldOutProblems(task, 40, 2)) != problems);
            // More of them begin with the same ones.
            auto more = promptsOf(heldOutProblems(task, 60, 1));
            more.resize(40);
            QCOMPARE(more, problems);
        }
    }

    void noProblemComesTwice()
    {
        for (const std::string &task : evaluationTasks()) {
            const auto prompts = promptsOf(heldOutProblems(task, 300, 3));
            QCOMPARE(std::set<std::string>(prompts.begin(), prompts.end()).size(), prompts.size());
            QVERIFY2(prompts.size() == 300, task.c_str());
        }
    }

    void noProblemIsTrainedOn()
    {
        for (const std::string &task : evaluationTasks()) {
            const auto prompts = promptsOf(heldOutProblems(task, 200, 4));
            const std::set<std::string> heldOut(prompts.begin(), prompts.end());
            std::mt19937_64 rng(5);
            for (int i = 0; i < 5000; ++i) {
                const auto trained = training::generateProblem(taskNamed(task), training::Split::Train, rng);
                QVERIFY2(!heldOut.contains(trained.prompt), trained.prompt.c_str());
            }
        }
    }

    void answersHaveNoSpaceAround()
    {
        for (const std::string &task : evaluationTasks()) {
            for (const auto &problem : heldOutProblems(task, 50, 6)) {
                QCOMPARE(problem.task, task);
                QVERIFY(!problem.answer.empty());
                QVERIFY(std::isspace(static_cast<unsigned char>(problem.answer.front())) == 0);
                QVERIFY(std::isspace(static_cast<unsigned char>(problem.answer.back())) == 0);
            }
        }
    }

    void anUnknownTaskIsRefusedWithTheNamesThereAre()
    {
        for (const char *task : {"poetry", "small_talk", ""}) {
            try {
                heldOutProblems(task, 1, 1);
                QFAIL("not refused");
            } catch (const Error &error) {
                QCOMPARE(error.code(), ErrorCode::RequestInvalid);
                QVERIFY(std::string(error.what()).find("addition, subtraction") != std::string::npos);
            }
        }
        QVERIFY_EXCEPTION_THROWN(heldOutProblems("addition", -1, 1), Error);
        QVERIFY(heldOutProblems("addition", 0, 1).empty());
    }
};

QTEST_APPLESS_MAIN(EvaluationTest)
#include "tst_evaluation.moc"
