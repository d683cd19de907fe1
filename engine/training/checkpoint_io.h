#pragma once

#include "engine/training/adam.h"
#include "engine/training/nano_model.h"

#include <filesystem>

namespace engine::training {

struct Progress {
    std::int64_t tokens = 0;
    double seconds = 0.0;
};

/// Everything needed to go on training, as one torch archive; written atomically.
void saveState(const std::filesystem::path &file, NanoModel &model, const AdamState &adam, const Progress &progress);
void loadState(const std::filesystem::path &file, NanoModel &model, AdamState &adam, Progress &progress);

} // namespace engine::training
