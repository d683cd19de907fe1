#pragma once
// What the ops of a step move, as a table and as JSON.

#include "app/cli/json_output.h"
#include "engine/measurement.h"

#include <string>

namespace app::cli {

/// One row an op, the slowest first. `steps`: how many the figures are the sum of. Times are those measured, or what
/// `roof` allows where none were.
std::string opTable(const engine::StepFigures &figures, int steps, const engine::Roofline &roof);
Json opJson(const engine::StepFigures &figures, int steps, const engine::Roofline &roof);

} // namespace app::cli
