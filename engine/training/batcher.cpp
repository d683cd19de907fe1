#include "engine/training/batcher.h"

#include <algorithm>

namespace engine::training {
namespace {

constexpr std::int64_t kBatchesPerPool = 64;

struct Targets {
    std::vector<std::int64_t> at, token;

    void add(std::int64_t position, std::int32_t id)
    {
        at.push_back(position);
        token.push_back(id);
    }
};

void addTargets(const TrainingSequence &sequence, std::int64_t offset, Targets &main, Targets &mtp)
{
    const auto count = static_cast<std::int64_t>(sequence.ids.size());
    const auto begin = static_cast<std::int64_t>(sequence.lossBegin);
    for (std::int64_t i = begin; i < count; ++i) {
        main.add(offset + i - 1, sequence.ids[static_cast<std::size_t>(i)]);
        if (i > begin)
            mtp.add(offset + i - 2, sequence.ids[static_cast<std::size_t>(i)]);
    }
}

torch::Tensor asTensor(const std::vector<std::int64_t> &values)
{
    return torch::tensor(values, torch::kInt64);
}

} // namespace

Batch makeBatch(const std::vector<TrainingSequence> &sequences, std::int32_t pad)
{
    Batch batch;
    batch.rows = static_cast<std::int64_t>(sequences.size());
    for (const auto &sequence : sequences)
        batch.time = std::max(batch.time, static_cast<std::int64_t>(sequence.ids.size()) - 1);
    std::vector<std::int64_t> ids(static_cast<std::size_t>(batch.rows * batch.time), pad), next(ids);
    Targets main, mtp;
    for (std::int64_t row = 0; row < batch.rows; ++row) {
        const auto &sequence = sequences[static_cast<std::size_t>(row)];
        const auto offset = row * batch.time;
        std::copy(sequence.ids.begin(), sequence.ids.end() - 1, ids.begin() + offset);
        std::copy(sequence.ids.begin() + 1, sequence.ids.end(), next.begin() + offset);
        addTargets(sequence, offset, main, mtp);
        batch.tokens += static_cast<std::int64_t>(sequence.ids.size()) - 1;
    }
    batch.ids = asTensor(ids);
    batch.nextIds = asTensor(next);
    batch.at = asTensor(main.at);
    batch.target = asTensor(main.token);
    batch.mtpAt = asTensor(mtp.at);
    batch.mtpTarget = asTensor(mtp.token);
    return batch;
}

Batcher::Batcher(const Vocabulary &vocabulary, TaskMix mix, std::int64_t batchTokens, std::uint64_t seed)
    : m_vocabulary(vocabulary), m_mix(std::move(mix)), m_batchTokens(batchTokens), m_rng(seed)
{
}

Batch Batcher::next()
{
    if (m_pool.empty())
        refill();
    const auto batch = makeBatch(m_pool.back(), m_vocabulary.pad());
    m_pool.pop_back();
    return batch;
}

void Batcher::refill()
{
    std::vector<TrainingSequence> drawn;
    for (std::int64_t tokens = 0; tokens < kBatchesPerPool * m_batchTokens;) {
        drawn.push_back(sampleTrainingSequence(m_vocabulary, m_mix, m_rng));
        tokens += static_cast<std::int64_t>(drawn.back().ids.size());
    }
    std::sort(drawn.begin(), drawn.end(), [](const auto &a, const auto &b) { return a.ids.size() < b.ids.size(); });
    for (auto &sequence : drawn) {
        const auto length = static_cast<std::int64_t>(sequence.ids.size());
        const bool full =
            m_pool.empty() || static_cast<std::int64_t>(m_pool.back().size() + 1) * length > m_batchTokens;
        if (full)
            m_pool.emplace_back();
        m_pool.back().push_back(std::move(sequence));
    }
    std::shuffle(m_pool.begin(), m_pool.end(), m_rng);
}

} // namespace engine::training
