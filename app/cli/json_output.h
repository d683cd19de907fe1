#pragma once
// The engine's values as JSON. Names are stable: programs read them.

#include "app/cli/exit_codes.h"
#include "engine/generation.h"

#include <nlohmann/json.hpp>

#include <string>

namespace app::cli {

using Json = nlohmann::ordered_json;

/// ASCII only, so that no control character and no encoding of the terminal matters. Bytes that are not UTF-8 become
/// U+FFFD.
std::string dumpLine(const Json &json);   ///< one line, with the newline
std::string dumpPretty(const Json &json); ///< indented, with the newline

Json number(float value); ///< the shortest decimal that reads back as the same float

Json toJson(const engine::ModelInfo &info);
Json modelIdentity(const engine::ModelInfo &info); ///< what a result must say about its model
Json toJson(const engine::GenerationStatistics &statistics);
Json toJson(const engine::SamplerSettings &sampler);
Json toJson(const CommandError &error); ///< {"code", "sentence", "next_step", "file", "field"}

const char *nameOf(engine::Activations activations); ///< as --activations takes it
const char *nameOf(engine::FinishReason reason);
const char *nameOf(engine::TextPart part);
const char *nameOf(engine::PromptSource source);
const char *nameOf(engine::OmissionReason reason);

/// Tokens per second, or nothing if no time was measured.
double ratePerSecond(int tokens, double seconds);

} // namespace app::cli
