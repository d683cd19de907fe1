#pragma once
// What each op of a model's forward pass moves and takes: expected from its shapes alone, or measured. Plain data; the
// functions may be called from any thread and take long.

#include "engine/cache_format.h"
#include "engine/model_info.h"
#include "engine/synthetic_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

/// All calls of one op with weights of one shape and type.
struct OpFigure {
    std::string op;    ///< "linear", "mlaAttention", ...
    std::string shape; ///< "F8_E4M3 7168 x 18432" of linear, empty of the others
    std::uint64_t calls = 0;
    double weightBytes = 0.0;     ///< scales included; of the routed experts only those that are chosen
    double cacheBytes = 0.0;      ///< each position once per call
    double activationBytes = 0.0; ///< what goes in and comes out; intermediate results of an op are not counted
    double flops = 0.0;           ///< a multiplication and an addition are two
    double milliseconds = 0.0;    ///< measured; 0 where it is expected

    double bytes() const { return weightBytes + cacheBytes + activationBytes; }
};

/// One forward call.
struct StepFigures {
    int context = 0; ///< tokens in the cache before
    int tokens = 0;  ///< tokens of the call
    std::vector<OpFigure> ops;

    OpFigure total() const;
};

/// The speeds of a device.
struct Roofline {
    double bytesPerSecond = 0.0;
    double flopsPerSecond = 0.0; ///< 0: not a limit

    /// The longer of the two times.
    double milliseconds(const OpFigure &figure) const;
    double milliseconds(const StepFigures &figures) const; ///< one op after the other
};

/// The model whose shapes count: one on disk, or one that a config.json describes.
struct ModelShape {
    std::string path;                                  ///< a model, as Engine::loadModel takes it; empty: configFile
    std::string configFile;                            ///< a file config.json
    SyntheticStorage storage = SyntheticStorage::BF16; ///< of configFile
    int layers = 0;                                    ///< of configFile: instead of num_hidden_layers; 0: all
    CacheFormat cache = CacheFormat::Automatic;
};

/// The call of `tokens` tokens after `context` others, with the logits of the last. Nothing is computed, no weight of
/// `configFile` need exist. As many different experts are counted as independent, uniform choices give on average.
/// Throws Error as opening the model does; RequestInvalid (more tokens than the model's context).
StepFigures expectStep(const ModelShape &shape, int context, int tokens);

struct MeasureOptions {
    std::string path;
    std::string device = "cpu"; ///< an id of listDevices()
    int threads = 0;
    int promptTokens = 512; ///< at most the model's context together with decodeTokens
    int decodeTokens = 16;
    Activations activations = Activations::Exact;
    CacheFormat cache = CacheFormat::Automatic;
};

/// One pass through the model with a clock around each op. The tokens are the same on every machine.
struct MeasuredModel {
    StepFigures prefill;
    StepFigures decode;           ///< sum of all decoded tokens
    std::uint64_t logitsHash = 0; ///< FNV-1a over the bits of the last token's logits
};

/// Throws Error as opening the model and making the backend do.
MeasuredModel measureOps(const MeasureOptions &options);

/// Bytes per second a device reads and writes while it copies its memory: both counted. Not for the CPU: Error
/// RequestInvalid. Throws as making the backend does.
double measureCopyBandwidth(const std::string &device);

} // namespace engine
