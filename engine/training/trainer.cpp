#include "engine/training/trainer.h"

#include "engine/training/hf_export.h"
#include "engine/training/math_type.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace engine::training {
namespace {

constexpr double kMaxNorm = 1.0;
constexpr double kBalanceSpeed = 0.001;
constexpr double kBalanceUntil = 0.9;
constexpr std::int64_t kLogEvery = 50;

} // namespace

Trainer::Trainer(const TrainOptions &options, const NanoConfig &config, const Vocabulary &vocabulary)
    : m_options(options), m_vocabulary(vocabulary), m_model(config, options.seed)
{
    m_adam.first = torch::zeros({m_model.parameters().size()});
    m_adam.second = torch::zeros({m_model.parameters().size()});
    std::filesystem::create_directories(m_options.out);
    if (m_options.resume)
        loadState(m_options.out / "state.pt", m_model, m_adam, m_done);
    m_model.parameters().refreshLive(progress() >= m_options.roundFrom);
    m_secondsBefore = m_done.seconds;
    m_lastSave = m_lastExport = m_lastLog = m_secondsBefore;
    m_tokensAtLog = m_done.tokens;
    m_start = std::chrono::steady_clock::now();
    m_log.open(m_options.out / "log.txt", m_options.resume ? std::ios::app : std::ios::trunc);
}

double Trainer::elapsed() const
{
    return m_secondsBefore + std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
}

double Trainer::progress() const
{
    const double byTokens = static_cast<double>(m_done.tokens) / static_cast<double>(m_options.tokens);
    const double byTime = m_options.minutes > 0.0 ? m_done.seconds / (60.0 * m_options.minutes) : 0.0;
    return std::max(byTokens, byTime);
}

/// The MTP layer starts late and learns alone, so it has its own decay within its own phase.
double Trainer::mtpRate() const
{
    const double phase = (progress() - m_options.mtpFrom) / (1.0 - m_options.mtpFrom);
    return m_options.rate * std::max(0.05, 1.0 - phase);
}

double Trainer::trainOn(const Batch &batch)
{
    const double at = progress();
    const bool withMtp = at >= m_options.mtpFrom;
    auto &store = m_model.parameters();
    useBf16Products(at < m_options.bf16Until);
    const auto loss = m_model.loss(batch, withMtp);
    loss.backward();
    const double rate = m_options.rate * multiStep(at) * warmUp(m_adam.trunkSteps + 1, m_options.warmUpSteps);
    const double norm = adamStep(store, m_adam, {0, store.mtpBegin(), rate, ++m_adam.trunkSteps}, kMaxNorm);
    if (withMtp) {
        const auto mtp = m_model.mtpLoss(batch);
        mtp.backward();
        const double mtpNow = mtpRate() * warmUp(m_adam.mtpSteps + 1, m_options.warmUpSteps / 4);
        adamStep(store, m_adam, {store.mtpBegin(), store.size(), mtpNow, ++m_adam.mtpSteps}, kMaxNorm);
        m_mtpLoss = mtp.item<double>();
    }
    store.refreshLive(at >= m_options.roundFrom);
    m_lossSum += loss.item<double>();
    ++m_lossSteps;
    return norm;
}

void Trainer::log(double loss, double norm, double imbalance)
{
    const double rate = static_cast<double>(m_done.tokens - m_tokensAtLog) / std::max(1e-9, m_done.seconds - m_lastLog);
    char line[256];
    std::snprintf(
        line, sizeof line,
        "step %lld tokens %lld minutes %.1f progress %.4f loss %.4f mtp %.4f norm %.3f lr %.2e load %.2f tok/s %.0f\n",
        static_cast<long long>(m_adam.trunkSteps), static_cast<long long>(m_done.tokens), m_done.seconds / 60.0,
        progress(), loss, m_mtpLoss, norm,
        m_options.rate * multiStep(progress()) * warmUp(m_adam.trunkSteps, m_options.warmUpSteps), imbalance, rate);
    m_log << line << std::flush;
    std::cout << line << std::flush;
    m_lastLog = m_done.seconds;
    m_tokensAtLog = m_done.tokens;
    m_lossSum = 0.0;
    m_lossSteps = 0;
}

void Trainer::save()
{
    saveState(m_options.out / "state.pt", m_model, m_adam, m_done);
    m_lastSave = m_done.seconds;
}

void Trainer::exportModel()
{
    exportHuggingFace(m_model, m_vocabulary, m_options.out / "hf");
    m_lastExport = m_done.seconds;
}

void Trainer::run()
{
    Batcher batcher(m_vocabulary, m_options.mix, m_options.batchTokens,
                    m_options.seed + 1000003ULL * static_cast<std::uint64_t>(m_done.tokens + 1));
    Batch batch = batcher.next();
    while (progress() < 1.0) {
        const double norm = trainOn(batch);
        const double imbalance = m_model.balance(progress() < kBalanceUntil ? kBalanceSpeed : 0.0);
        m_done.tokens += batch.tokens;
        m_done.seconds = elapsed();
        if (m_adam.trunkSteps % kLogEvery == 0)
            log(m_lossSum / static_cast<double>(m_lossSteps), norm, imbalance);
        if (m_done.seconds - m_lastSave > 60.0 * m_options.saveEveryMinutes)
            save();
        if (m_done.seconds - m_lastExport > 60.0 * m_options.exportEveryMinutes)
            exportModel();
        if (!m_options.overfit)
            batch = batcher.next();
    }
    save();
    exportModel();
}

} // namespace engine::training
