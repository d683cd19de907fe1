#include "app/cli/op_table.h"

#include "app/cli/format.h"

#include <algorithm>

namespace app::cli {

namespace {

double timeOf(const engine::OpFigure &figure, const engine::Roofline &roof)
{
    return figure.milliseconds > 0.0 ? figure.milliseconds : roof.milliseconds(figure);
}

double rateOf(double amount, double milliseconds)
{
    return milliseconds > 0.0 ? amount / (1e-3 * milliseconds) : 0.0;
}

double percentOf(double part, double whole)
{
    return whole > 0.0 ? 100.0 * part / whole : 0.0;
}

std::vector<engine::OpFigure> slowestFirst(const engine::StepFigures &figures, const engine::Roofline &roof)
{
    std::vector<engine::OpFigure> ops = figures.ops;
    for (engine::OpFigure &figure : ops)
        figure.milliseconds = timeOf(figure, roof);
    std::stable_sort(ops.begin(), ops.end(),
                     [](const auto &a, const auto &b) { return a.milliseconds > b.milliseconds; });
    return ops;
}

double totalTime(const std::vector<engine::OpFigure> &ops)
{
    double sum = 0.0;
    for (const engine::OpFigure &figure : ops)
        sum += figure.milliseconds;
    return sum;
}

std::vector<std::string> rowOf(const engine::OpFigure &figure, int steps, double total, const engine::Roofline &roof)
{
    const double bandwidth = rateOf(figure.bytes(), figure.milliseconds);
    return {figure.op + (figure.shape.empty() ? "" : " " + figure.shape),
            fixed(static_cast<double>(figure.calls) / steps, 0),
            fixed(figure.milliseconds / steps, 4),
            fixed(percentOf(figure.milliseconds, total), 1),
            fixed(figure.bytes() / 1e6 / steps, 2),
            fixed(figure.flops / 1e9 / steps, 3),
            fixed(bandwidth / 1e9, 1),
            fixed(percentOf(bandwidth, roof.bytesPerSecond), 1)};
}

} // namespace

std::string opTable(const engine::StepFigures &figures, int steps, const engine::Roofline &roof)
{
    const auto ops = slowestFirst(figures, roof);
    const double total = totalTime(ops);
    std::vector<std::vector<std::string>> rows{{"op", "calls", "ms", "% time", "MB", "GFLOP", "GB/s", "% memory"}};
    for (const engine::OpFigure &figure : ops)
        rows.push_back(rowOf(figure, steps, total, roof));
    engine::OpFigure sum = figures.total();
    sum.op = "together";
    sum.milliseconds = total;
    rows.push_back(rowOf(sum, steps, total, roof));
    return table(rows);
}

Json opJson(const engine::StepFigures &figures, int steps, const engine::Roofline &roof)
{
    Json ops = Json::array();
    for (const engine::OpFigure &figure : slowestFirst(figures, roof)) {
        ops.push_back({{"op", figure.op},
                       {"shape", figure.shape},
                       {"calls", static_cast<double>(figure.calls) / steps},
                       {"milliseconds", figure.milliseconds / steps},
                       {"weight_bytes", figure.weightBytes / steps},
                       {"cache_bytes", figure.cacheBytes / steps},
                       {"activation_bytes", figure.activationBytes / steps},
                       {"flops", figure.flops / steps},
                       {"bytes_per_second", rateOf(figure.bytes(), figure.milliseconds)}});
    }
    return ops;
}

} // namespace app::cli
