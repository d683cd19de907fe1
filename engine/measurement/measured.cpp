#include "engine/devices.h"
#include "engine/error.h"
#include "engine/measurement/op_meter.h"
#include "engine/model/activation_choice.h"
#include "engine/model/model_buffers.h"
#include "engine/model/model_files.h"
#include "engine/model/transformer.h"

#include <bit>

namespace engine {

namespace {

/// Ids that look random and are the same everywhere.
std::vector<TokenId> fixedTokens(int count, int vocabulary)
{
    std::vector<TokenId> tokens;
    std::uint64_t state = 1;
    for (int i = 0; i < count; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U; // Knuth's MMIX
        tokens.push_back(static_cast<TokenId>((state >> 33) % static_cast<std::uint64_t>(vocabulary)));
    }
    return tokens;
}

std::uint64_t hashOf(std::span<const float> values)
{
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const float value : values) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ ((bits >> shift) & 0xFFU)) * 0x100000001B3U;
    }
    return hash;
}

/// A model behind a meter.
class Measured {
public:
    explicit Measured(const MeasureOptions &options)
        : m_files(model::openModelFiles(options.path)), m_config(model::configFor(*m_files, options.activations)),
          m_weights(m_files->resolveWeights()), m_backend(machineDevices()->open(options.device, options.threads)),
          m_meter(*m_backend, measurement::Choices::Read),
          m_transformer(m_config, m_weights, m_meter, optionsFor(options)), m_cache(m_transformer.makeCache()),
          m_logits(static_cast<std::size_t>(m_transformer.vocabSize()))
    {
        const int total = options.promptTokens + options.decodeTokens;
        if (options.promptTokens < 1 || options.decodeTokens < 1 || total > m_transformer.contextLength())
            throw Error(ErrorCode::RequestInvalid, {}, "promptTokens",
                        "Prompt and reply of " + std::to_string(total) + " tokens do not fit into the context of " +
                            std::to_string(m_transformer.contextLength()) + " tokens. Choose fewer.");
        m_tokens = fixedTokens(total, m_transformer.vocabSize());
    }

    MeasuredModel run(const MeasureOptions &options)
    {
        const std::span<const TokenId> tokens(m_tokens);
        const auto prompt = static_cast<std::size_t>(options.promptTokens);
        forward(tokens.first(std::min<std::size_t>(prompt, 8))); // first use of code and weights
        forward(tokens.first(1));
        m_cache.truncate(0);
        m_meter.reset();
        forward(tokens.first(prompt));
        MeasuredModel result;
        result.prefill = {0, options.promptTokens, m_meter.figures()};
        m_meter.reset();
        for (std::size_t i = prompt; i < tokens.size(); ++i)
            forward(tokens.subspan(i, 1));
        result.decode = {options.promptTokens, options.decodeTokens, m_meter.figures()};
        result.logitsHash = hashOf(m_logits);
        return result;
    }

private:
    static model::TransformerOptions optionsFor(const MeasureOptions &options)
    {
        model::TransformerOptions result;
        result.prefillChunk = model::prefillChunkOn(machineDevices()->find(options.device));
        result.contextLength = options.promptTokens + options.decodeTokens + 16; // for the warm-up
        result.cacheType = options.cache;
        return result;
    }
    void forward(std::span<const TokenId> tokens)
    {
        model::ForwardCall call;
        call.tokens = tokens;
        call.logits = m_logits;
        m_transformer.forward(call, m_cache);
    }

    std::unique_ptr<model::ModelFiles> m_files;
    model::ModelConfig m_config;
    model::Weights m_weights;
    std::unique_ptr<backend::Backend> m_backend;
    measurement::OpMeter m_meter;
    model::Transformer m_transformer;
    memory::KvCache m_cache;
    std::vector<float> m_logits;
    std::vector<TokenId> m_tokens;
};

} // namespace

MeasuredModel measureOps(const MeasureOptions &options)
{
    return Measured(options).run(options);
}

double measureCopyBandwidth(const std::string &device)
{
    if (device == "cpu")
        throw Error(ErrorCode::RequestInvalid, {}, "device", "The copy bandwidth is measured on a GPU. Choose one.");
    constexpr std::size_t bytes = std::size_t{1} << 30; // far beyond the caches
    constexpr int rounds = 10;
    const auto backend = machineDevices()->open(device, 1);
    memory::Buffer from = backend->memory().allocate(bytes);
    memory::Buffer to = backend->memory().allocate(bytes);
    backend->memory().copy(to.data(), from.data(), bytes);
    backend->mark(0);
    for (int i = 0; i < rounds; ++i)
        backend->memory().copy(to.data(), from.data(), bytes);
    backend->mark(1);
    backend->synchronize();
    return 2.0 * rounds * static_cast<double>(bytes) / (1e-3 * backend->millisecondsBetween(0, 1));
}

} // namespace engine
