#pragma once
// Every op at shapes that fit no tile, with the tolerance the case allows: what a backend is proven with. The CPU
// backend is the oracle.

#include "engine/backend/backend.h"
#include "engine/verification/placed.h"

#include <functional>
#include <string>
#include <vector>

namespace engine::verification {

inline constexpr double exactTolerance = 2e-5;     ///< F32 throughout, sums in another order
inline constexpr double attentionTolerance = 5e-5; ///< and with exponentials in between
inline constexpr double roundedTolerance = 1e-2;   ///< inputs rounded to BF16 for the tensor cores
/// Inputs rounded to E4M3, which is exact; sums of 128 columns of which the FP8 tensor cores keep about 14 bits.
inline constexpr double fp8SumTolerance = 2e-3;
/// And once more to E4M3 in between, where a last bit may decide.
inline constexpr double fp8TwiceTolerance = 1e-2;

struct OpCase {
    std::string op;         ///< "linear"
    std::string shape;      ///< "BF16 70 x 256, 3 tokens"; one op has no shape twice
    double tolerance = 0.0; ///< of Deviation::relative
    /// Makes the operands, runs the op and returns its result.
    std::function<std::vector<float>(backend::Backend &, Placed &)> run;
};

struct Deviation {
    double largest = 0.0;  ///< max |a − b|
    double relative = 0.0; ///< |a − b| / |b| as vectors
};

/// Infinite where the sizes differ or a number of `found` is not finite.
Deviation deviationOf(const std::vector<float> &found, const std::vector<float> &wanted);
Deviation compare(const OpCase &opCase, backend::Backend &tested, backend::Backend &oracle);

/// All of them, op by op.
std::vector<OpCase> opCases();
/// The sizes of DeepSeek-V3, which take gigabytes and a while.
std::vector<OpCase> v3Cases();

// The cases of one op are appended.
using OpCases = std::vector<OpCase>;
void addLinearCases(OpCases &cases);
void addEmbedCases(OpCases &cases);
void addNormAndRopeCases(OpCases &cases);
void addLatentAttentionCases(OpCases &cases);
void addFp8LatentCases(OpCases &cases);
void addGroupedAttentionCases(OpCases &cases);
void addRouteCases(OpCases &cases);
void addExpertCases(OpCases &cases);
void addQuantisedLinearCases(OpCases &cases); ///< Matrix::inputs
void addQuantisedExpertCases(OpCases &cases); ///< the same

/// One token, a few that are computed one by one, and more than that.
inline constexpr int caseTokens[] = {1, 2, 3, 7, 9, 40};
std::string tokensText(int tokens); ///< "1 token"
inline std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

} // namespace engine::verification
