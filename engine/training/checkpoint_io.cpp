#include "engine/training/checkpoint_io.h"

#include <stdexcept>

namespace engine::training {

void saveState(const std::filesystem::path &file, NanoModel &model, const AdamState &adam, const Progress &progress)
{
    const auto counters = torch::tensor({static_cast<double>(adam.trunkSteps), static_cast<double>(adam.mtpSteps),
                                         static_cast<double>(progress.tokens), progress.seconds},
                                        torch::kFloat64);
    const auto fresh = file.string() + ".new";
    torch::save(std::vector<torch::Tensor>{model.parameters().master, adam.first, adam.second, model.biases, counters},
                fresh);
    std::filesystem::rename(fresh, file);
}

void loadState(const std::filesystem::path &file, NanoModel &model, AdamState &adam, Progress &progress)
{
    std::vector<torch::Tensor> tensors;
    torch::load(tensors, file.string());
    if (tensors.size() != 5 || tensors[0].numel() != model.parameters().size())
        throw std::runtime_error(file.string() + " belongs to a model of another shape");
    model.parameters().master.copy_(tensors[0]);
    adam.first.copy_(tensors[1]);
    adam.second.copy_(tensors[2]);
    model.biases.copy_(tensors[3]);
    const auto *counters = tensors[4].data_ptr<double>();
    adam.trunkSteps = static_cast<std::int64_t>(counters[0]);
    adam.mtpSteps = static_cast<std::int64_t>(counters[1]);
    progress.tokens = static_cast<std::int64_t>(counters[2]);
    progress.seconds = counters[3];
}

} // namespace engine::training
