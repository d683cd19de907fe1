#pragma once
// The GGUF file of a golden case. tests/golden/regenerate_gguf.py makes the same bytes from the same names and seed.

#include "tests/engine/support/gguf_writer.h"

#include <nlohmann/json.hpp>

#include <string>

namespace support {

nlohmann::json readGgufGolden(const std::string &name); ///< tests/golden/gguf/<name>.json

/// Metadata and tensors of the case, without a tokenizer.
GgufWriter ggufOfGolden(const nlohmann::json &goldenCase);

} // namespace support
