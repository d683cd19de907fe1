#pragma once

#include "engine/training/nano_model.h"

#include <filesystem>

namespace engine::training {

/// Writes a Hugging Face model folder (FP8 safetensors, config, tokenizer) beside
/// `folder` and renames it into place.
void exportHuggingFace(const NanoModel &model, const Vocabulary &vocabulary, const std::filesystem::path &folder);

} // namespace engine::training
