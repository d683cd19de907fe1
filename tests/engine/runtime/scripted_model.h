#pragma once
// A model that writes the same reply to everything, for what depends on the tokens of a reply.

#include "engine/generation.h"

#include <filesystem>
#include <vector>

namespace support {

/// A tiny model whose greedy reply to a prompt that ends with <｜Assistant｜> is `reply` (different tokens, the last
/// one EOS). Its chat template, that of R1-0528, leaves it to the model to open a thought.
void writeScriptedModel(const std::vector<engine::TokenId> &reply, const std::filesystem::path &folder);

} // namespace support
