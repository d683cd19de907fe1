// sample(), second half: one block chooses.

#include "engine/backend/cuda/detail/sample.h"

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/sample.cuh"

#include <algorithm>
#include <climits>

namespace engine::backend::cuda {

namespace {

constexpr int threads = 1024;

/// A run of places in descending order: how many, and their weight.
struct Amount {
    Whole count;
    Whole weight;
};

struct ChooseMemory {
    Whole largest[2][warpSize32];
    double sums[warpSize32];
    Amount amounts[2][warpSize32];
    Whole members[threads];
    Whole sorted[threads];
    Whole weights[distanceBins];
    unsigned counts[distanceBins];
    unsigned filled;
    int found;
    Amount before;
};

/// The sum over this and all threads before it.
__device__ inline Amount scan(Amount value, Amount (&scratch)[warpSize32])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    for (int offset = 1; offset < warpSize32; offset *= 2) {
        const Whole count = __shfl_sync(wholeWarp, value.count, max(lane - offset, 0));
        const Whole weight = __shfl_sync(wholeWarp, value.weight, max(lane - offset, 0));
        value.count += lane >= offset ? count : 0;
        value.weight += lane >= offset ? weight : 0;
    }
    if (lane == warpSize32 - 1)
        scratch[warp] = value;
    __syncthreads();
    for (int i = 0; i < warp; ++i) {
        value.count += scratch[i].count;
        value.weight += scratch[i].weight;
    }
    return value;
}

/// Where in the descending order something is reached: the place of the token, and the weight up to and with it.
struct Reached {
    Whole place = 0;
    Whole weight = 0;
};

/// Finds the token at which the count or the weight of the most probable ones reaches a goal, by bins: first those of
/// the distance, then, while a bin holds more than can be sorted at once, equal parts of the range of places in it.
class Search {
public:
    __device__ Search(const SampleCall &call, const Weighing &weighing, ChooseMemory &memory)
        : m_call(call), m_weighing(weighing), m_memory(memory)
    {
    }

    /// `goal` is from 1 to what all tokens have.
    __device__ Reached reach(Whole goal, bool byCount)
    {
        m_goal = goal;
        m_byCount = byCount;
        m_bin = pickBin(m_call.counts, m_call.weights, Amount{});
        m_low = 0;
        m_high = ~Whole{0};
        while (m_memory.counts[0] > static_cast<unsigned>(threads))
            narrow();
        return pickMember();
    }

private:
    __device__ Whole measure(const Amount &amount) const { return m_byCount ? amount.count : amount.weight; }

    /// The bin in which the goal is reached when `before` lies ahead of bin 0. memory.before ← what lies ahead of it,
    /// memory.counts[0] ← the tokens in it.
    __device__ int pickBin(const unsigned *counts, const Whole *weights, Amount before)
    {
        constexpr int each = distanceBins / threads;
        const int first = static_cast<int>(threadIdx.x) * each;
        Amount mine{};
        for (int i = 0; i < each; ++i) {
            mine.count += counts[first + i];
            mine.weight += weights[first + i];
        }
        Amount after = scan(mine, m_memory.amounts[0]);
        after.count += before.count;
        after.weight += before.weight;
        Amount at{after.count - mine.count, after.weight - mine.weight};
        unsigned inside = 0;
        const bool here = measure(at) < m_goal && measure(after) >= m_goal;
        int bin = first;
        for (; here; ++bin) {
            inside = counts[bin];
            const Amount next{at.count + inside, at.weight + weights[bin]};
            if (measure(next) >= m_goal)
                break;
            at = next;
        }
        __syncthreads(); // counts may be memory.counts
        if (here) {
            m_memory.found = bin;
            m_memory.before = at;
            m_memory.counts[0] = inside;
        }
        __syncthreads();
        return m_memory.found;
    }

    /// `take(place, logit)` for every token of the present bin.
    template <typename Take>
    __device__ void visit(const Take &take) const
    {
        constexpr int batch = 4; // loads under way at once
        for (int first = static_cast<int>(threadIdx.x); first < m_weighing.defined; first += batch * threads) {
            float logits[batch];
#pragma unroll
            for (int i = 0; i < batch; ++i)
                logits[i] = first + i * threads < m_weighing.defined ? m_weighing.logit(first + i * threads) : 0.0F;
#pragma unroll
            for (int i = 0; i < batch; ++i) {
                const int id = first + i * threads;
                if (id >= m_weighing.defined || m_weighing.binOf(logits[i]) != m_bin)
                    continue;
                const Whole place = placeOf(logits[i], id);
                if (place >= m_low && place <= m_high)
                    take(place, logits[i]);
            }
        }
    }

    /// Divides the range of places in the present bin, and goes on with the part that matters.
    __device__ void narrow()
    {
        const Amount before = m_memory.before;
        Whole high = 0;
        Whole low = 0; // of the complement: the largest of ~place
        visit([&](Whole place, float) {
            high = max(high, place);
            low = max(low, ~place);
        });
        high = blockLargest(high, m_memory.largest[0]);
        low = ~blockLargest(low, m_memory.largest[1]);
        int shift = 0;
        while ((high - low) >> shift >= static_cast<Whole>(distanceBins))
            ++shift;
        for (int bin = static_cast<int>(threadIdx.x); bin < distanceBins; bin += threads) {
            m_memory.counts[bin] = 0;
            m_memory.weights[bin] = 0;
        }
        __syncthreads();
        visit([&](Whole place, float logit) {
            const auto part = static_cast<int>((high - place) >> shift);
            atomicAdd(&m_memory.counts[part], 1U);
            atomicAdd(&m_memory.weights[part], Weighing::whole(m_weighing.share(logit)));
        });
        __syncthreads();
        const int part = pickBin(m_memory.counts, m_memory.weights, before);
        m_high = high - (static_cast<Whole>(part) << shift);
        m_low = max(low, m_high - ((Whole{1} << shift) - 1));
    }

    /// Sorts the present bin and finds the token in it.
    __device__ Reached pickMember()
    {
        const int thread = static_cast<int>(threadIdx.x);
        const auto count = static_cast<int>(m_memory.counts[0]);
        const Amount before = m_memory.before;
        if (thread == 0)
            m_memory.filled = 0;
        __syncthreads();
        visit([&](Whole place, float) { m_memory.members[atomicAdd(&m_memory.filled, 1U)] = place; });
        __syncthreads();
        if (thread < count) {
            const Whole mine = m_memory.members[thread];
            int rank = 0;
            for (int i = 0; i < count; ++i)
                rank += m_memory.members[i] > mine ? 1 : 0;
            m_memory.sorted[rank] = mine;
        }
        __syncthreads();
        Amount mine{};
        if (thread < count)
            mine = {1, Weighing::whole(m_weighing.share(logitAt(m_memory.sorted[thread])))};
        Amount after = scan(mine, m_memory.amounts[1]);
        after.count += before.count;
        after.weight += before.weight;
        const Amount at{after.count - mine.count, after.weight - mine.weight};
        if (measure(at) < m_goal && measure(after) >= m_goal) {
            m_memory.found = thread;
            m_memory.before = after;
        }
        __syncthreads();
        const Reached reached{m_memory.sorted[m_memory.found], m_memory.before.weight};
        __syncthreads();
        return reached;
    }

    const SampleCall &m_call;
    const Weighing &m_weighing;
    ChooseMemory &m_memory;
    Whole m_goal = 1;
    bool m_byCount = false;
    int m_bin = 0;
    Whole m_low = 0;
    Whole m_high = 0;
};

/// The whole number from which on a sum reaches `share` of `total`.
__device__ inline Whole goalOf(double share, Whole total, bool beyond)
{
    const double wanted = share * static_cast<double>(total);
    const Whole goal = beyond ? static_cast<Whole>(wanted) + 1 : static_cast<Whole>(ceil(wanted));
    return min(max(goal, Whole{1}), total);
}

/// In the order of the ids, among the tokens that min-p lets pass: where the CPU has nothing to sort either.
__device__ int drawById(const SampleCall &call, const Weighing &weighing, ChooseMemory &memory)
{
    const int thread = static_cast<int>(threadIdx.x);
    Amount mine{};
    if (thread < call.sliceCount)
        mine.weight = call.slices[thread].passing;
    Amount after = scan(mine, memory.amounts[0]);
    if (thread == threads - 1)
        memory.before = after;
    __syncthreads();
    const Whole goal = goalOf(call.settings->random, memory.before.weight, true);
    __syncthreads();
    if (after.weight >= goal && after.weight - mine.weight < goal) {
        memory.found = thread;
        memory.before.weight = after.weight - mine.weight;
    }
    __syncthreads();
    const Whole before = memory.before.weight;
    const int id = memory.found * sliceTokens + thread;
    __syncthreads();
    mine.weight = 0;
    if (thread < sliceTokens && id < weighing.defined) {
        const double share = weighing.share(weighing.logit(id));
        mine.weight = share < weighing.minP ? 0 : Weighing::whole(share);
    }
    after = scan(mine, memory.amounts[1]);
    after.weight += before;
    if (after.weight >= goal && after.weight - mine.weight < goal)
        memory.found = id;
    __syncthreads();
    return memory.found;
}

/// In the order of probability: top-k, top-p and min-p each keep a beginning of it.
__device__ int drawByPlace(const SampleCall &call, const Weighing &weighing, ChooseMemory &memory)
{
    Whole passing = 0;
    for (int slice = static_cast<int>(threadIdx.x); slice < call.sliceCount; slice += threads)
        passing += call.slices[slice].passing;
    passing = blockTotal(passing, memory.largest[0]);
    Whole kept = 0;
    for (int bin = static_cast<int>(threadIdx.x); bin < distanceBins; bin += threads)
        kept += call.weights[bin];
    kept = blockTotal(kept, memory.largest[1]);
    Search search(call, weighing, memory);
    const int topK = call.settings->topK;
    if (topK > 0 && topK < weighing.defined)
        kept = search.reach(static_cast<Whole>(topK), true).weight;
    const float topP = call.settings->topP;
    if (topP < 1.0F)
        kept = search.reach(goalOf(static_cast<double>(topP), kept, false), false).weight;
    kept = min(kept, passing);
    return tokenAt(search.reach(goalOf(call.settings->random, kept, true), false).place);
}

__device__ inline int firstNotFinite(const SampleCall &call, ChooseMemory &memory)
{
    int first = INT_MAX;
    for (int slice = static_cast<int>(threadIdx.x); slice < call.sliceCount; slice += threads)
        first = min(first, call.slices[slice].notFinite);
    return INT_MAX - static_cast<int>(blockLargest(static_cast<Whole>(INT_MAX - first), memory.largest[0]));
}

/// Writes the alternatives; the result is what the softmax divides by.
__device__ inline double writeAlternatives(const SampleCall &call, ChooseMemory &memory, float &peak)
{
    constexpr int each = sampling::choiceAlternatives;
    const auto offer = [&](Whole below) {
        Whole highest = 0;
        for (int i = static_cast<int>(threadIdx.x); i < call.sliceCount * each; i += threads) {
            const Whole place = call.slices[i / each].highest[i % each];
            highest = place < below && place > highest ? place : highest;
        }
        return highest;
    };
    peak = logitAt(blockLargest(offer(~Whole{0}), memory.members));
    double sum = 0.0;
    for (int slice = static_cast<int>(threadIdx.x); slice < call.sliceCount; slice += threads) {
        const SliceFacts &facts = call.slices[slice];
        if (facts.highest[0] != 0)
            sum += facts.sum * exp(static_cast<double>(logitAt(facts.highest[0])) - static_cast<double>(peak));
    }
    sum = blockTotal(sum, memory.sums);
    const auto write = [&](int rank, Whole place) {
        const double share = exp(static_cast<double>(logitAt(place)) - static_cast<double>(peak)) / sum;
        call.out->alternatives[rank] = place == 0 ? -1 : tokenAt(place);
        call.out->probabilities[rank] = place == 0 ? 0.0F : static_cast<float>(share);
    };
    takeHighest(offer, write, memory.largest);
    __syncthreads();
    return sum;
}

__device__ int chooseToken(const SampleCall &call, ChooseMemory &memory)
{
    Whole best = 0;
    for (int slice = static_cast<int>(threadIdx.x); slice < call.sliceCount; slice += threads)
        best = max(best, call.slices[slice].best);
    best = blockLargest(best, memory.largest[0]);
    __syncthreads();
    const sampling::ChoiceSettings &settings = *call.settings;
    if (settings.temperature == 0.0F)
        return tokenAt(best);
    const Weighing weighing(call, logitAt(best));
    const bool sorted = (settings.topK > 0 && settings.topK < weighing.defined) || settings.topP < 1.0F;
    return sorted ? drawByPlace(call, weighing, memory) : drawById(call, weighing, memory);
}

__global__ void __launch_bounds__(threads) chooseKernel(SampleCall call)
{
    waitForEarlier();
    __shared__ ChooseMemory memory;
    const int bad = firstNotFinite(call, memory);
    __syncthreads();
    if (bad != INT_MAX) {
        if (threadIdx.x == 0) {
            call.out->token = -1;
            call.out->notFinite = bad;
            call.out->notFiniteLogit = call.logits[bad];
        }
        return;
    }
    float peak = 0.0F;
    const double sum = writeAlternatives(call, memory, peak);
    const int token = chooseToken(call, memory);
    if (threadIdx.x != 0)
        return;
    call.out->token = token;
    call.out->probability =
        static_cast<float>(exp(static_cast<double>(call.logits[token]) - static_cast<double>(peak)) / sum);
    call.out->notFinite = -1;
    call.out->notFiniteLogit = 0.0F;
    if (call.settings->repetitionPenalty != 1.0F)
        call.seen[token] = 1;
}

/// Where the parts of the scratch memory begin.
constexpr std::size_t countsAt = maxSlices * sizeof(SliceFacts);
constexpr std::size_t weightsAt = countsAt + distanceBins * sizeof(unsigned);
constexpr std::size_t scratchBytes = weightsAt + distanceBins * sizeof(Whole);

} // namespace

void SampleScratch::reserve(int tokens, memory::MemorySpace &space)
{
    vocab = std::max(vocab, tokens);
    if (vocab > 0 && memory.size() == 0)
        memory = space.allocate(scratchBytes);
}

void sample(Queue &queue, const SampleArgs &args, SampleScratch &scratch)
{
    SampleCall call;
    call.vocab = args.logits.width;
    call.sliceCount = static_cast<int>(blocksFor(call.vocab, sliceTokens));
    if (call.vocab > scratch.vocab || call.sliceCount > maxSlices) {
        queue.note(cudaErrorInvalidValue);
        return;
    }
    call.logits = args.logits.data;
    call.settings = args.settings;
    call.seen = args.seen;
    call.out = args.out;
    call.slices = reinterpret_cast<SliceFacts *>(scratch.memory.data());
    call.counts = reinterpret_cast<unsigned *>(scratch.memory.data() + countsAt);
    call.weights = reinterpret_cast<Whole *>(scratch.memory.data() + weightsAt);
    startSlices(queue, call);
    startWeighing(queue, call);
    launch(queue, chooseKernel, dim3(1), dim3(threads), call);
}

} // namespace engine::backend::cuda
