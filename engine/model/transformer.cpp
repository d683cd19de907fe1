#include "engine/model/transformer.h"

#include "engine/backend/backend.h"
#include "engine/error.h"
#include "engine/model/decoder_layer.h"
#include "engine/model/detail/call_checks.h"
#include "engine/model/model_buffers.h"
#include "engine/model/model_config.h"
#include "engine/model/mtp.h"
#include "engine/model/operands.h"
#include "engine/model/placed_weights.h"
#include "engine/model/rope.h"
#include "engine/model/step_buffers.h"
#include "engine/model/weights.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

namespace engine::model {

/// Weights as operands, and the memory they work in.
class Transformer::Layers {
public:
    Layers(const ModelConfig &modelConfig, PlacedWeights placed, backend::Backend &modelBackend,
           TransformerOptions modelOptions);
    ~Layers() { finishQuietly(); }

    int forward(const ForwardCall &call, memory::KvCache &cache);
    std::optional<sampling::SampledToken> step(const StepCall &call, memory::KvCache &cache);
    void beginSteps(std::span<const std::uint8_t> seen);
    void draft(std::span<const TokenId> nextTokens, std::span<const float> states, memory::KvCache &cache,
               std::span<float> logits, std::span<float> draftStates);
    memory::KvCacheShape cacheShape(int layers) const;
    memory::KvCache makeCache(int layerCount) const { return memory::KvCache(cacheShape(layerCount), m_memory); }

    const ModelConfig &config;
    TransformerOptions options;
    int moeLayers;
    std::vector<DecoderLayer> layers;
    std::optional<Mtp> mtp;

private:
    /// Nothing may still use the memory that goes now; a device that has failed says so again here, and uses none.
    void finishQuietly() noexcept
    {
        try {
            m_backend.synchronize();
        } catch (const std::exception &) {
        }
    }
    void checkCall(const ForwardCall &call, const memory::KvCache &cache) const;
    Chunk makeChunk(int tokens, memory::KvCache &cache);
    bool runLayers(const std::stop_token &stop, const Chunk &chunk, std::span<const std::int32_t> tokens);
    bool enqueueStep(const std::stop_token &stop, const Chunk &chunk);
    std::unique_ptr<backend::Recording> &recordingFor(const memory::KvCache &cache, int largestStart);
    void writeResults(const ForwardCall &call, const Chunk &chunk, int done);
    void writeLogits(const backend::ConstRows &states, const backend::Matrix &head, float *out);
    void fetchRoutes(int tokens);
    void appendRoutes(RoutingTrace &routes, int tokens) const;
    std::size_t rowsOf(std::size_t tokens, int width) const { return tokens * static_cast<std::size_t>(width); }

    backend::Backend &m_backend;
    memory::MemorySpace &m_memory;
    memory::Buffer m_weightMemory; ///< on a device; empty where the mapped files are used as they are
    Rope m_rope;
    backend::Matrix m_embedding;
    backend::Vector m_finalNorm;
    backend::Matrix m_head;
    float m_eps;
    Activations m_activations;
    StepBuffers m_step;
    /// Steps as the backend has kept them, by the binary logarithm of the length they are for at most; of caches of
    /// this shape.
    std::array<std::unique_ptr<backend::Recording>, 32> m_recordings;
    memory::KvCacheShape m_recordedShape;
    // What goes to and comes from the backend's memory with every chunk.
    std::vector<float> m_cos;
    std::vector<float> m_sin;
    std::vector<std::uint16_t> m_ids;
    std::vector<float> m_gates;
};

Transformer::Layers::Layers(const ModelConfig &modelConfig, PlacedWeights placed, backend::Backend &modelBackend,
                            TransformerOptions modelOptions)
    : config(modelConfig), options(modelOptions), moeLayers(countMoeLayers(modelConfig)), m_backend(modelBackend),
      m_memory(modelBackend.memory()), m_weightMemory(std::move(placed.memory)), m_rope(modelConfig),
      m_embedding(matrixOf(placed.weights.embed_tokens)), m_finalNorm(vectorOf(placed.weights.norm)),
      m_head(matrixOf(placed.weights.lm_head, modelConfig.quantization)),
      m_eps(static_cast<float>(modelConfig.rms_norm_eps)),
      m_activations(modelConfig, std::max(1, modelOptions.prefillChunk), std::max(1, moeLayers), m_memory),
      m_step(modelConfig, moeLayers, m_memory)
{
    const Weights &weights = placed.weights;
    requireRunnableBlocks(config.quantization);
    options.prefillChunk = std::max(1, options.prefillChunk);
    if (options.contextLength <= 0 || options.contextLength > config.max_position_embeddings)
        options.contextLength = config.max_position_embeddings;
    const auto scale = static_cast<float>(softmaxScale(config));
    layers.reserve(weights.layers.size());
    for (const LayerWeights &layer : weights.layers)
        layers.emplace_back(config, layer, scale);
    if (!weights.mtp.empty())
        mtp.emplace(config, weights.mtp.front(), scale);
    for (const DecoderLayer &layer : layers)
        layer.prepare(m_backend);
    if (mtp)
        mtp->prepare(m_backend);
    m_backend.reserve(workspaceShapeOf(config, options.prefillChunk));
    const auto chunk = static_cast<std::size_t>(options.prefillChunk);
    m_cos.resize(chunk * static_cast<std::size_t>(config.ropeWidth() / 2));
    m_sin.resize(m_cos.size());
    m_ids.resize(chunk * m_activations.routeStride);
    m_gates.resize(m_ids.size());
    m_backend.synchronize();
}

memory::KvCacheShape Transformer::Layers::cacheShape(int layerCount) const
{
    return cacheShapeOf(config, layerCount, options.contextLength, options.cacheType);
}

void Transformer::Layers::checkCall(const ForwardCall &call, const memory::KvCache &cache) const
{
    requireKnownTokens(call.tokens, config.vocab_size);
    requireRoom(cache, call.tokens.size());
    const std::size_t all = rowsOf(call.tokens.size(), config.vocab_size);
    if (!call.logits.empty() && call.logits.size() != all)
        requireSize("logits", call.logits.size(), static_cast<std::size_t>(config.vocab_size));
    if (!call.hiddenStates.empty())
        requireSize("hiddenStates", call.hiddenStates.size(), rowsOf(call.tokens.size(), config.hidden_size));
}

Chunk Transformer::Layers::makeChunk(int tokens, memory::KvCache &cache)
{
    cache.reserve(tokens);
    const auto width = static_cast<std::size_t>(config.ropeWidth() / 2);
    const auto count = static_cast<std::size_t>(tokens) * width;
    for (int token = 0; token < tokens; ++token) {
        const std::size_t first = static_cast<std::size_t>(token) * width;
        m_rope.angles(cache.length() + token, m_cos.data() + first, m_sin.data() + first);
    }
    const backend::Rows cos = m_activations.cos.rows(tokens);
    const backend::Rows sin = m_activations.sin.rows(tokens);
    m_memory.upload(cos.data, m_cos.data(), count * sizeof(float));
    m_memory.upload(sin.data, m_sin.data(), count * sizeof(float));
    return {tokens, {cos.data, sin.data, m_rope.pairs()}, &cache, m_activations.routes()};
}

/// False when a stop was requested on the way.
bool Transformer::Layers::runLayers(const std::stop_token &stop, const Chunk &chunk,
                                    std::span<const std::int32_t> tokens)
{
    m_backend.embed(tokens, m_embedding, m_activations.hidden.rows(chunk.tokens));
    int routeRow = 0;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        if (chunk.replayedStart == nullptr) // a recorded step is short
            m_backend.keepPace();
        if (stop.stop_requested())
            return false;
        layers[layer].run(m_backend, m_activations, chunk, static_cast<int>(layer), routeRow);
        routeRow += layers[layer].hasExperts() ? 1 : 0;
    }
    return true;
}

int Transformer::Layers::forward(const ForwardCall &call, memory::KvCache &cache)
{
    checkCall(call, cache);
    m_backend.stopOn(call.stop);
    const int total = static_cast<int>(call.tokens.size());
    int done = 0;
    while (done < total) {
        const Chunk chunk = makeChunk(std::min(options.prefillChunk, total - done), cache);
        const auto tokens = m_activations.tokens.as<std::int32_t>().first(static_cast<std::size_t>(chunk.tokens));
        m_memory.upload(tokens.data(), call.tokens.data() + done, tokens.size_bytes());
        if (!runLayers(call.stop, chunk, tokens))
            return done;
        writeResults(call, chunk, done);
        if (call.routes != nullptr)
            fetchRoutes(chunk.tokens);
        m_backend.synchronize();
        if (call.stop.stop_requested()) // the last ops may have left work out
            return done;
        cache.commit(chunk.tokens);
        done += chunk.tokens;
        if (call.routes != nullptr)
            appendRoutes(*call.routes, chunk.tokens);
        if (call.progress)
            call.progress(done);
    }
    requireFinite(call.logits);
    return done;
}

namespace {

/// Lengths are recorded together up to the next power of two: the work of attention is divided by the longest.
int largestLengthLike(int length)
{
    constexpr unsigned shortest = 64;
    return static_cast<int>(std::bit_ceil(std::max(shortest, static_cast<unsigned>(length))));
}

} // namespace

std::unique_ptr<backend::Recording> &Transformer::Layers::recordingFor(const memory::KvCache &cache, int largestStart)
{
    const memory::KvCacheShape &shape = cache.shape();
    if (shape.type != m_recordedShape.type || shape.width != m_recordedShape.width ||
        shape.layers != m_recordedShape.layers) {
        for (auto &recording : m_recordings)
            recording.reset();
        m_recordedShape = shape;
    }
    return m_recordings[static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(largestStart)))];
}

std::optional<sampling::SampledToken> Transformer::Layers::step(const StepCall &call, memory::KvCache &cache)
{
    requireKnownTokens({&call.token, 1}, config.vocab_size);
    requireRoom(cache, 1);
    requireDefinedTokens(call.settings.definedTokens, config.vocab_size);
    m_backend.stopOn(call.stop);
    cache.reserve(1);
    m_step.set(call.token, cache.length(), m_rope, call.settings);
    Chunk chunk{1, m_step.rope(m_rope.pairs()), &cache, m_step.routes()};
    chunk.largestStart = largestLengthLike(cache.length() + 1) - 1;
    chunk.replayedStart = m_backend.records() ? m_step.position() : nullptr;
    const bool whole = m_backend.repeat(recordingFor(cache, chunk.largestStart), cache.pages(),
                                        [&] { return enqueueStep(call.stop, chunk); });
    m_backend.synchronize();
    if (!whole || call.stop.stop_requested()) // the last ops may have left work out
        return std::nullopt;
    cache.commit(1);
    if (call.routes != nullptr && moeLayers > 0)
        call.routes->append(m_step.ids(), m_step.gates());
    const sampling::TokenChoice &choice = m_step.choice();
    if (choice.notFinite >= 0)
        throwNotFinite(choice.notFinite, choice.notFiniteLogit);
    return sampling::sampledToken(choice);
}

/// False when a stop was requested on the way.
bool Transformer::Layers::enqueueStep(const std::stop_token &stop, const Chunk &chunk)
{
    m_step.upload();
    if (!runLayers(stop, chunk, m_step.token()))
        return false;
    const backend::Rows normed = m_activations.normed.rows(1);
    const backend::Rows logits = m_activations.logits.rows(1);
    m_backend.rmsNorm(m_activations.hidden.rows(1), m_finalNorm, m_eps, normed);
    m_backend.linear(normed, m_head, logits, false);
    m_backend.sample(m_step.sampleArgs(logits));
    m_step.download();
    return true;
}

void Transformer::Layers::beginSteps(std::span<const std::uint8_t> seen)
{
    if (seen.size() > static_cast<std::size_t>(config.vocab_size))
        requireSize("seen", seen.size(), static_cast<std::size_t>(config.vocab_size));
    m_step.uploadSeen(seen);
    m_backend.synchronize();
}

/// Final norm and head for the rows that were asked for.
void Transformer::Layers::writeResults(const ForwardCall &call, const Chunk &chunk, int done)
{
    const auto vocab = static_cast<std::size_t>(config.vocab_size);
    const bool last = done + chunk.tokens == static_cast<int>(call.tokens.size());
    const bool allLogits = call.logits.size() > vocab;
    const int wanted = call.logits.empty() ? 0 : allLogits ? chunk.tokens : last ? 1 : 0;
    const int normRows = call.hiddenStates.empty() ? wanted : chunk.tokens;
    if (normRows == 0)
        return;
    const backend::Rows hidden = m_activations.hidden.rows(chunk.tokens);
    const backend::Rows normed = m_activations.normed.rows(chunk.tokens);
    const auto tail = [](const backend::Rows &rows, int count) {
        return backend::Rows{rows.row(rows.rows - count), count, rows.width, rows.stride};
    };
    m_backend.rmsNorm(tail(hidden, normRows), m_finalNorm, m_eps, tail(normed, normRows));
    if (!call.hiddenStates.empty())
        m_memory.download(call.hiddenStates.data() + rowsOf(static_cast<std::size_t>(done), config.hidden_size),
                          normed.data,
                          rowsOf(static_cast<std::size_t>(chunk.tokens), config.hidden_size) * sizeof(float));
    if (wanted > 0)
        writeLogits(tail(normed, wanted), m_head,
                    call.logits.data() + (allLogits ? static_cast<std::size_t>(done) * vocab : 0));
}

/// `out` [rows of states, vocab_size]
void Transformer::Layers::writeLogits(const backend::ConstRows &states, const backend::Matrix &head, float *out)
{
    const auto vocab = static_cast<std::size_t>(config.vocab_size);
    for (int done = 0; done < states.rows;) {
        const int rows = std::min({states.rows - done, logitRows, options.prefillChunk});
        const backend::Rows logits = m_activations.logits.rows(rows);
        m_backend.linear({states.row(done), rows, states.width, states.stride}, head, logits, false);
        m_memory.download(out + static_cast<std::size_t>(done) * vocab, logits.data,
                          static_cast<std::size_t>(rows) * vocab * sizeof(float));
        done += rows;
    }
}

void Transformer::Layers::fetchRoutes(int tokens)
{
    if (moeLayers == 0)
        return;
    const std::size_t count = static_cast<std::size_t>(tokens) * m_activations.routeStride;
    m_memory.download(m_ids.data(), m_activations.ids.data(), count * sizeof m_ids[0]);
    m_memory.download(m_gates.data(), m_activations.gates.data(), count * sizeof m_gates[0]);
}

void Transformer::Layers::appendRoutes(RoutingTrace &routes, int tokens) const
{
    if (moeLayers == 0)
        return;
    const std::size_t width = m_activations.routeStride;
    for (int token = 0; token < tokens; ++token) {
        const std::size_t first = static_cast<std::size_t>(token) * width;
        routes.append(std::span(m_ids).subspan(first, width), std::span(m_gates).subspan(first, width));
    }
}

void Transformer::Layers::draft(std::span<const TokenId> nextTokens, std::span<const float> states,
                                memory::KvCache &cache, std::span<float> logits, std::span<float> draftStates)
{
    if (!mtp)
        throw Error(ErrorCode::UnsupportedFeature, {}, "num_nextn_predict_layers",
                    "This model has no multi-token prediction module to draft with.");
    requireKnownTokens(nextTokens, config.vocab_size);
    requireRoom(cache, nextTokens.size());
    const std::size_t stateCount = rowsOf(nextTokens.size(), config.hidden_size);
    requireSize("hiddenStates", states.size(), stateCount);
    requireSize("logits", logits.size(), static_cast<std::size_t>(config.vocab_size));
    if (!draftStates.empty())
        requireSize("draftStates", draftStates.size(), stateCount);

    m_backend.stopOn({});
    const auto stride = static_cast<std::size_t>(config.hidden_size);
    const int total = static_cast<int>(nextTokens.size());
    for (int done = 0; done < total;) {
        const Chunk chunk = makeChunk(std::min(options.prefillChunk, total - done), cache);
        const auto first = static_cast<std::size_t>(done);
        const auto count = static_cast<std::size_t>(chunk.tokens);
        const auto tokens = m_activations.tokens.as<std::int32_t>().first(count);
        const backend::Rows stateRows = m_activations.normed.rows(chunk.tokens);
        m_memory.upload(tokens.data(), nextTokens.data() + first, tokens.size_bytes());
        m_memory.upload(stateRows.data, states.data() + first * stride, count * stride * sizeof(float));
        mtp->run(m_backend, m_activations, chunk, tokens, stateRows);
        const backend::Rows hidden = m_activations.hidden.rows(chunk.tokens);
        done += chunk.tokens;
        if (done == total)
            writeLogits({hidden.row(chunk.tokens - 1), 1, hidden.width, stride}, mtp->head(), logits.data());
        if (!draftStates.empty())
            m_memory.download(draftStates.data() + first * stride, hidden.data, count * stride * sizeof(float));
        m_backend.synchronize();
        cache.commit(chunk.tokens);
    }
    requireFinite(logits);
}

Transformer::Transformer(const ModelConfig &config, const Weights &weights, backend::Backend &backend,
                         TransformerOptions options, const LoadWatch &watch, const std::string &name)
    : m_layers(std::make_unique<Layers>(config, placeWeights(weights, backend, watch, name), backend, options))
{
}

Transformer::~Transformer() = default;

int Transformer::contextLength() const
{
    return m_layers->options.contextLength;
}

int Transformer::vocabSize() const
{
    return m_layers->config.vocab_size;
}

int Transformer::hiddenSize() const
{
    return m_layers->config.hidden_size;
}

std::uint64_t Transformer::kvBytesPerToken() const
{
    return m_layers->cacheShape(m_layers->config.num_hidden_layers).bytesPerToken();
}

memory::KvCache Transformer::makeCache() const
{
    return m_layers->makeCache(m_layers->config.num_hidden_layers);
}

RoutingTrace Transformer::emptyTrace() const
{
    const ModelConfig &config = m_layers->config;
    if (m_layers->moeLayers == 0)
        return {};
    return {m_layers->moeLayers, config.num_experts_per_tok, config.n_routed_experts};
}

int Transformer::forward(const ForwardCall &call, memory::KvCache &cache)
{
    return m_layers->forward(call, cache);
}

std::optional<sampling::SampledToken> Transformer::step(const StepCall &call, memory::KvCache &cache)
{
    return m_layers->step(call, cache);
}

void Transformer::beginSteps(std::span<const std::uint8_t> seen)
{
    m_layers->beginSteps(seen);
}

bool Transformer::hasDraft() const
{
    return m_layers->mtp.has_value();
}

memory::KvCache Transformer::makeDraftCache() const
{
    return m_layers->makeCache(1);
}

void Transformer::draft(std::span<const TokenId> nextTokens, std::span<const float> hiddenStates,
                        memory::KvCache &draftCache, std::span<float> logits, std::span<float> draftStates)
{
    m_layers->draft(nextTokens, hiddenStates, draftCache, logits, draftStates);
}

} // namespace engine::model
