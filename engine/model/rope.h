#pragma once
// Rotary position embedding. With MLA as DeepSeek-V2/V3 use it: on the last qk_rope_head_dim numbers of each query head
// and on the one shared key, in pairs (2i, 2i + 1). Else as in Llama: on whole heads, in pairs (i, i + head_dim / 2),
// or in adjacent ones where the file has the rows reordered for that. YaRN: arXiv 2309.00071.

#include "engine/backend/backend.h"
#include "engine/model/model_config.h"

#include <span>
#include <vector>

namespace engine::model {

/// m(s, k) = 0.1 · k · ln s + 1, and 1 for s ≤ 1
double yarnMscale(double factor, double k);

class Rope {
public:
    explicit Rope(const ModelConfig &config);

    int width() const { return 2 * static_cast<int>(m_frequencies.size()); }
    std::span<const double> frequencies() const { return m_frequencies; } ///< radians per position, [width / 2]
    double amplitude() const { return m_amplitude; } ///< factor on cos and sin; 1 in every released MLA model
    backend::RopePairs pairs() const { return m_pairs; }

    /// Cosines and sines of one position, [width / 2] each.
    void angles(int position, float *cos, float *sin) const;

private:
    std::vector<double> m_frequencies;
    backend::RopePairs m_pairs;
    double m_amplitude = 1.0;
};

/// MLA: (nope + rope)^(−1/2) · m(factor, mscale_all_dim)², for the expanded and the absorbed form alike; else
/// head_dim^(−1/2).
double softmaxScale(const ModelConfig &config);

} // namespace engine::model
