#pragma once
// CUDA graphs: what is enqueued on a stream that is being captured is kept instead of run, and run as often as wanted.

#include <functional>
#include <vector>

namespace emulator {

struct Graph {
    std::vector<std::function<bool()>> nodes; ///< false: it failed
};

/// Null while nothing is captured; all streams are one.
extern Graph *capturing;
/// What a captured stream must not be asked for was asked for: the graph is lost.
extern bool captureIsInvalid;

// For tests.
extern bool captureFails;       ///< the next graphs cannot be instantiated
extern long long graphLaunches; ///< so far
extern long long launches;      ///< of kernels, in graphs or not
extern long long waits;         ///< threads that called cudaGridDependencySynchronize()
extern long long unwaited;      ///< launches of which not every thread did

} // namespace emulator
