#pragma once
// The bytes an op must move and the operations it must do, from its arguments.

#include "engine/backend/backend.h"
#include "engine/measurement.h"

#include <cstddef>

namespace engine::measurement {

double matrixBytes(const backend::Matrix &matrix); ///< scales and bias included
double mlpBytes(const backend::Mlp &mlp);
/// Different experts among `choices` uniform choices of `topK` each, on average.
double expectedExperts(std::size_t experts, int topK, int choices);

OpFigure costOfEmbed(std::size_t tokens, const backend::Matrix &table, const backend::Rows &out);
OpFigure costOfRmsNorm(const backend::ConstRows &x, const backend::Vector &weight);
OpFigure costOfLinear(const backend::ConstRows &x, const backend::Matrix &weight, bool accumulate);
OpFigure costOfRope(const backend::Rows &x, int headWidth, int ropeWidth);
OpFigure costOfStoreLatent(const backend::LatentArgs &args);
OpFigure costOfMlaAttention(const backend::MlaArgs &args);
OpFigure costOfStoreKeyValue(const backend::KeyValueArgs &args);
OpFigure costOfGqaAttention(const backend::GqaArgs &args);
OpFigure costOfRoute(const backend::RouteArgs &args);
/// `distinct`: how many experts are chosen by any token.
OpFigure costOfExpertFfn(const backend::ExpertArgs &args, double distinct);
OpFigure costOfSample(const backend::SampleArgs &args);

} // namespace engine::measurement
