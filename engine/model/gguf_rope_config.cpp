#include "engine/error.h"
#include "engine/model/detail/config_parts.h"
#include "engine/model/detail/gguf_config_parts.h"
#include "engine/model/detail/message.h"
#include "engine/model/rope.h"

#include <cmath>

namespace engine::model {

namespace {

constexpr RealRange factorRange = {1.0, 1e6, RealRange::Lowest::Included};

/// DeepSeek-V2 and V3: the converter multiplies mscale_all_dim with 0.1, the factor of YaRN's own formula. cos and sin
/// keep their size, as mscale equals mscale_all_dim in every published model.
void readLatentScale(const GgufFields &fields, RopeScaling &yarn)
{
    if (fields.has("rope.scaling.yarn_log_multiplier")) {
        yarn.mscale_all_dim = fields.real("rope.scaling.yarn_log_multiplier", {0.0, 10.0}) / 0.1;
        yarn.mscale = yarn.mscale_all_dim;
    }
}

RopeScaling readYarn(const GgufFields &fields, const ModelConfig &model, double factor)
{
    RopeScaling yarn;
    yarn.type = RopeScaling::Type::Yarn;
    yarn.factor = factor;
    yarn.original_max_position_embeddings =
        fields.integer("rope.scaling.original_context_length", 1, maxPositions, model.max_position_embeddings);
    yarn.beta_fast = fields.real("rope.scaling.yarn_beta_fast", {0.0, 1e6}, yarn.beta_fast);
    yarn.beta_slow = fields.real("rope.scaling.yarn_beta_slow", {0.0, 1e6}, yarn.beta_slow);
    if (yarn.beta_fast <= yarn.beta_slow) {
        fields.failInvalid("rope.scaling.yarn_beta_fast", "must be larger than yarn_beta_slow");
    }
    if (fields.real("rope.scaling.yarn_ext_factor", {-1e6, 1e6}, 1.0) != 1.0) {
        fields.failUnsupported("rope.scaling.yarn_ext_factor", "other than 1 is not supported");
    }
    if (model.isMla()) {
        readLatentScale(fields, yarn);
        return yarn;
    }
    // A factor beside YaRN's own one on cos and sin.
    const double attention = fields.real("rope.scaling.yarn_attn_factor", {0.0, 100.0}, 1.0) *
                             fields.real("rope.scaling.attn_factor", {0.0, 100.0}, 1.0);
    yarn.attention_factor = attention * yarnMscale(factor, 1.0);
    return yarn;
}

RopeScaling readScaling(const GgufFields &fields, const ModelConfig &model)
{
    // Old files: rope.scale_linear.
    const double old = fields.real("rope.scale_linear", factorRange, 1.0);
    const double told = fields.real("rope.scaling.factor", {0.0, 1e6, RealRange::Lowest::Included}, old);
    const double factor = told == 0.0 ? 1.0 : told; // 0: not set
    if (factor < 1.0) {
        fields.failInvalid("rope.scaling.factor", "= " + shortest(factor) +
                                                      " is outside the allowed range (0, or 1 to "
                                                      "1e+06)");
    }
    const std::string type = fields.text("rope.scaling.type", factor > 1.0 ? "linear" : "none");
    RopeScaling scaling;
    if (type == "yarn") {
        scaling = readYarn(fields, model, factor);
    } else if (type == "linear" && !model.isMla()) {
        scaling.type = RopeScaling::Type::Linear;
        scaling.factor = factor;
    } else if (type != "none" && !(type == "linear" && factor == 1.0)) {
        fields.failUnsupported("rope.scaling.type", "= \"" + printable(type) + "\" is not supported (supported: " +
                                                        (model.isMla() ? "" : "\"linear\", ") + "\"none\", \"yarn\")");
    }
    return scaling;
}

/// The form the scaling of Llama 3.1 has in GGUF: a divisor for each frequency.
void readFrequencyFactors(const GgufFile &file, ModelConfig &model)
{
    const std::string name = "rope_freqs.weight";
    if (!file.contains(name)) {
        return;
    }
    model.rope_scaling.frequency_factors = file.numbers(name, static_cast<std::uint64_t>(model.ropeWidth() / 2));
    for (const float factor : model.rope_scaling.frequency_factors) {
        if (!std::isfinite(factor) || factor <= 0.0F) {
            throw Error(ErrorCode::NonFinite, file.fileOf(name), name,
                        file.fileOf(name) + ": tensor '" + name + "' has the value " + shortest(factor) +
                            "; every frequency needs a divisor above 0.");
        }
    }
}

} // namespace

void readGgufRope(const GgufFields &fields, ModelConfig &model)
{
    model.rope_theta = fields.real("rope.freq_base", {1.0, 1e12}, 10000.0); // YaRN divides by its logarithm
    const int width = fields.integer("rope.dimension_count", 1, maxHeadDim, model.ropeWidth());
    if (width != model.ropeWidth()) {
        fields.failUnsupported("rope.dimension_count", "= " + std::to_string(width) +
                                                           " rotates a part of each head, which is not supported "
                                                           "(supported: " +
                                                           std::to_string(model.ropeWidth()) + ")");
    }
    model.rope_scaling = readScaling(fields, model);
    readFrequencyFactors(fields.file(), model);
}

} // namespace engine::model
