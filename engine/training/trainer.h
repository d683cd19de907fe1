#pragma once

#include "engine/training/checkpoint_io.h"
#include "engine/training/sequence.h"

#include <chrono>
#include <fstream>

namespace engine::training {

struct TrainOptions {
    std::filesystem::path out;
    std::int64_t tokens = 20'000'000; ///< budget; the schedule follows the larger of the two fractions
    double minutes = 0.0;             ///< wall-clock budget, 0: none
    std::int64_t batchTokens = 6144;
    std::int64_t warmUpSteps = 200;
    double rate = 3e-3;
    double roundFrom = 0.6; ///< progress from which weights are rounded to their storage formats
    double mtpFrom = 0.88;
    double bf16Until = 0.9; ///< progress up to which matrix products run in BF16
    double saveEveryMinutes = 5.0;
    double exportEveryMinutes = 5.0;
    std::uint64_t seed = 1;
    TaskMix mix = defaultMix();
    bool resume = false;
    bool overfit = false; ///< one batch again and again
};

class Trainer {
public:
    Trainer(const TrainOptions &options, const NanoConfig &config, const Vocabulary &vocabulary);
    void run();
    NanoModel &model() { return m_model; }

private:
    double elapsed() const;
    double progress() const;
    double trainOn(const Batch &batch);
    double mtpRate() const;
    void log(double loss, double norm, double imbalance);
    void save();
    void exportModel();

    TrainOptions m_options;
    const Vocabulary &m_vocabulary;
    NanoModel m_model;
    AdamState m_adam;
    Progress m_done;
    std::chrono::steady_clock::time_point m_start;
    double m_secondsBefore = 0.0, m_lastSave = 0.0, m_lastExport = 0.0, m_lastLog = 0.0;
    double m_lossSum = 0.0, m_mtpLoss = 0.0;
    std::int64_t m_lossSteps = 0, m_tokensAtLog = 0;
    std::ofstream m_log;
};

} // namespace engine::training
