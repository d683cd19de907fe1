// How long it takes to list 500 models in the layouts of all programs, headers read and memory planned.
//   bench_library [--runs N] [FOLDER]     FOLDER: scans that instead of the 500
// The first run reads files that were just written, so the page cache is warm in all of them.

#include "engine/model_library.h"
#include "tests/engine/support/fake_library.h"
#include "tests/engine/support/temporary_folder.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Run {
    double milliseconds = 0.0;
    double first = 0.0; ///< until the first model is known
    int models = 0;
    int refused = 0;
};

double since(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

Run measure(const std::vector<engine::ModelPlace> &places)
{
    Run run;
    const auto start = std::chrono::steady_clock::now();
    engine::scanModels(places, {}, {}, [&](const engine::ModelEntry &entry) {
        if (run.models++ == 0)
            run.first = since(start);
        run.refused += entry.failure ? 1 : 0;
    });
    run.milliseconds = since(start);
    return run;
}

std::vector<engine::ModelPlace> placesBelow(const std::string &home)
{
    return engine::knownModelPlaces(
        [&home](const char *name) { return std::string(name) == "HOME" ? home : std::string(); });
}

} // namespace

int main(int argc, char **argv)
{
    int runs = 15;
    std::string folder;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--runs" && i + 1 < argc)
            runs = std::max(1, std::atoi(argv[++i]));
        else
            folder = argument;
    }
    const support::TemporaryFolder temporary;
    std::vector<engine::ModelPlace> places{{engine::ModelPlaceKind::Chosen, folder}};
    if (folder.empty()) {
        support::FakeLibrary library(temporary.path() / "home");
        library.fill500();
        places = placesBelow(library.home().string());
    }
    std::vector<Run> all;
    for (int i = 0; i < runs; ++i)
        all.push_back(measure(places));
    std::sort(all.begin(), all.end(), [](const Run &a, const Run &b) { return a.milliseconds < b.milliseconds; });
    const Run &median = all[all.size() / 2];
    std::printf("%d models listed, %d of them refused\n", median.models, median.refused);
    std::printf("all   median %8.1f ms   max %8.1f ms   (%d runs)\n", median.milliseconds, all.back().milliseconds,
                runs);
    std::printf("first median %8.1f ms\n", median.first);
    return 0;
}
