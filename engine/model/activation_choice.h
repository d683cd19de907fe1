#pragma once
// Whether a model can be run with the activations that were asked for.

#include "engine/model/model_files.h"

namespace engine::model {

/// The config of `files`, with `activations`. Throws Error UnsupportedFeature, field "activations", for Fp8 where the
/// model has no FP8 weights or has scales for other blocks than of 128 columns.
ModelConfig configFor(const ModelFiles &files, engine::Activations activations);

} // namespace engine::model
