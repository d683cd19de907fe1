#include "engine/backend/cpu/expert_ffn.h"

#include "engine/backend/cpu/kernels.h"

#include <numeric>

namespace engine::backend::cpu {

namespace {

std::size_t size(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// Rows of a weight that one task takes: some 100 KB of a large model, nothing smaller than the kernel's tiles.
constexpr int taskRows = 64;

/// Of the routed experts or the shared one, whichever rounds: a model has one kind.
InputRounding roundingOf(const ExpertArgs &args)
{
    const bool routed = args.topK > 0 && args.experts.front().gate.inputs != InputRounding::None;
    if (routed || args.shared == nullptr)
        return args.topK > 0 ? args.experts.front().gate.inputs : InputRounding::None;
    return args.shared->gate.inputs;
}

DotCall dotCall(const Matrix &weight, int first, int end, float *out)
{
    DotCall call;
    call.weight = weight;
    call.rowBegin = first;
    call.rowEnd = end;
    call.out = out + first;
    return call;
}

} // namespace

void ExpertFfn::reserve(const WorkspaceShape &shape)
{
    const std::size_t routed = size(shape.tokens, shape.topK);
    const std::size_t hidden =
        routed * static_cast<std::size_t>(shape.expertWidth) + size(shape.tokens, shape.mlpWidth);
    m_gate.reserve(hidden);
    m_up.reserve(hidden);
    m_result.reserve((routed + static_cast<std::size_t>(shape.tokens)) * static_cast<std::size_t>(shape.hidden));
    const auto experts = static_cast<std::size_t>(shape.experts);
    m_jobs.reserve(experts + 1);
    m_firstTask.reserve(experts + 2);
    m_starts.reserve(experts + 1);
    m_tokens.reserve(routed);
    m_places.reserve(routed);
}

void ExpertFfn::run(Parallel &parallel, const ExpertArgs &args, RoundedInputs &rounded)
{
    sortByExpert(args);
    listJobs(args);
    const InputRounding rounding = roundingOf(args);
    const ConstRows roundedInputs = rounded.of(parallel, args.x, rounding);
    runJobs(
        parallel, [](const Job &job) { return job.mlp->gate.rows; },
        [&](const Job &job, int first, int end) {
            const auto width = static_cast<std::size_t>(job.mlp->gate.rows);
            for (const bool isUp : {false, true}) {
                DotCall call = dotCall(isUp ? job.mlp->up : job.mlp->gate, first, end, isUp ? job.up : job.gate);
                const ConstRows &x = job.mlp->gate.inputs == InputRounding::None ? args.x : roundedInputs;
                call.x = x.data;
                call.xStride = x.stride;
                call.gather = job.gather;
                call.tokens = job.tokens;
                call.outStride = width;
                dot(call);
            }
            for (int token = 0; token < job.tokens; ++token) {
                const std::size_t at = static_cast<std::size_t>(token) * width + static_cast<std::size_t>(first);
                swiglu(job.gate + at, job.up + at, static_cast<std::size_t>(end - first));
            }
        });
    if (rounding != InputRounding::None)
        roundHidden(parallel);
    runJobs(
        parallel, [](const Job &job) { return job.mlp->down.rows; },
        [](const Job &job, int first, int end) {
            DotCall call = dotCall(job.mlp->down, first, end, job.result);
            call.x = job.gate;
            call.xStride = static_cast<std::size_t>(job.mlp->down.cols);
            call.tokens = job.tokens;
            call.outStride = static_cast<std::size_t>(job.mlp->down.rows);
            dot(call);
        });
    combine(parallel, args);
}

/// The inputs of down.
void ExpertFfn::roundHidden(Parallel &parallel)
{
    runJobs(
        parallel, [](const Job &job) { return job.tokens; },
        [](const Job &job, int first, int end) {
            const auto width = static_cast<std::size_t>(job.mlp->down.cols);
            const InputRounding rounding = job.mlp->down.inputs;
            for (int token = first; token < end && rounding != InputRounding::None; ++token) {
                float *row = job.gate + static_cast<std::size_t>(token) * width;
                roundRow(row, width, rounding, row);
            }
        });
}

/// Counting sort of the (token, rank) pairs by expert; within an expert the tokens stay in order.
void ExpertFfn::sortByExpert(const ExpertArgs &args)
{
    const std::size_t routed = size(args.x.rows, args.topK);
    m_starts.assign(args.experts.size() + 1, 0);
    m_tokens.resize(routed);
    m_places.resize(routed);
    for (int token = 0; token < args.x.rows; ++token) {
        const std::uint16_t *ids = args.ids + static_cast<std::size_t>(token) * args.routeStride;
        for (int rank = 0; rank < args.topK; ++rank)
            ++m_starts[ids[rank] + 1U];
    }
    std::partial_sum(m_starts.begin(), m_starts.end(), m_starts.begin());
    for (int token = 0; token < args.x.rows; ++token) {
        const std::uint16_t *ids = args.ids + static_cast<std::size_t>(token) * args.routeStride;
        for (int rank = 0; rank < args.topK; ++rank) {
            const std::int32_t place = m_starts[ids[rank]]++;
            m_tokens[static_cast<std::size_t>(place)] = token;
            m_places[size(token, args.topK) + static_cast<std::size_t>(rank)] = place;
        }
    }
    // Each start has moved to the next expert's.
    std::rotate(m_starts.begin(), m_starts.end() - 1, m_starts.end());
    m_starts.front() = 0;
}

void ExpertFfn::listJobs(const ExpertArgs &args)
{
    m_jobs.clear();
    float *gate = m_gate.data();
    float *up = m_up.data();
    float *result = m_result.data();
    const auto add = [&](const Mlp &mlp, const std::int32_t *gather, int tokens) {
        m_jobs.push_back({&mlp, gather, tokens, gate, up, result});
        gate += size(tokens, mlp.gate.rows);
        up += size(tokens, mlp.gate.rows);
        result += size(tokens, mlp.down.rows);
    };
    for (std::size_t expert = 0; expert < args.experts.size(); ++expert) {
        const int tokens = m_starts[expert + 1] - m_starts[expert];
        if (tokens > 0)
            add(args.experts[expert], m_tokens.data() + m_starts[expert], tokens);
    }
    if (args.shared != nullptr)
        add(*args.shared, nullptr, args.x.rows);
}

/// body(job, first, end) over all rows of all jobs, in one fork and join.
template <typename RowCount, typename Body>
void ExpertFfn::runJobs(Parallel &parallel, const RowCount &rowCount, const Body &body)
{
    double cost = 0.0;
    m_firstTask.assign(1, 0);
    for (const Job &job : m_jobs) {
        cost += static_cast<double>(job.tokens) * job.mlp->gate.rows * job.mlp->gate.cols;
        m_firstTask.push_back(m_firstTask.back() + (rowCount(job) + taskRows - 1) / taskRows);
    }
    parallel.run(m_firstTask.back(), cost, [&](int task, int) {
        const auto next = std::upper_bound(m_firstTask.begin(), m_firstTask.end(), task);
        const Job &job = m_jobs[static_cast<std::size_t>(next - m_firstTask.begin()) - 1];
        const int first = (task - *(next - 1)) * taskRows;
        body(job, first, std::min(rowCount(job), first + taskRows));
    });
}

/// Adds the results up in order of rank, the shared MLP last, whatever the threads did.
void ExpertFfn::combine(Parallel &parallel, const ExpertArgs &args)
{
    const auto hidden = static_cast<std::size_t>(args.out.width);
    const float *shared = m_result.data() + size(args.x.rows, args.topK) * hidden;
    const double cost = static_cast<double>(args.x.rows) * (args.topK + 1) * args.out.width;
    parallel.split(args.x.rows, 1, cost, [&](int first, int end, int) {
        for (int token = first; token < end; ++token) {
            const float *weights = args.weights + static_cast<std::size_t>(token) * args.routeStride;
            const std::int32_t *places = m_places.data() + size(token, args.topK);
            for (int rank = 0; rank < args.topK; ++rank)
                addScaled(args.out.row(token), m_result.data() + static_cast<std::size_t>(places[rank]) * hidden,
                          weights[rank], hidden);
            if (args.shared != nullptr)
                addScaled(args.out.row(token), shared + static_cast<std::size_t>(token) * hidden, 1.0F, hidden);
        }
    });
}

} // namespace engine::backend::cpu
