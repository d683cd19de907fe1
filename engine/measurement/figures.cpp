#include "engine/measurement.h"

#include <algorithm>

namespace engine {

OpFigure StepFigures::total() const
{
    OpFigure sum;
    for (const OpFigure &figure : ops) {
        sum.calls += figure.calls;
        sum.weightBytes += figure.weightBytes;
        sum.cacheBytes += figure.cacheBytes;
        sum.activationBytes += figure.activationBytes;
        sum.flops += figure.flops;
        sum.milliseconds += figure.milliseconds;
    }
    return sum;
}

double Roofline::milliseconds(const OpFigure &figure) const
{
    const double moving = bytesPerSecond > 0.0 ? figure.bytes() / bytesPerSecond : 0.0;
    const double computing = flopsPerSecond > 0.0 ? figure.flops / flopsPerSecond : 0.0;
    return 1e3 * std::max(moving, computing);
}

double Roofline::milliseconds(const StepFigures &figures) const
{
    double sum = 0.0;
    for (const OpFigure &figure : figures.ops)
        sum += milliseconds(figure);
    return sum;
}

} // namespace engine
