#pragma once
// One reply's speed as a line for people.

#include "engine/generation.h"

#include <string>

namespace app::cli {

/// "TTFT 0.12 s | prompt 32 tok, 12 cached, 3100 tok/s | thinking 120 tok, 85.2 tok/s | answer 14 tok, 85.0 tok/s |
/// context 166 of 1024"
std::string statisticsLine(const engine::GenerationStatistics &statistics);

} // namespace app::cli
