#include "engine/runtime/loaded_model.h"

#include "engine/backend/backend.h"
#include "engine/memory/available_memory.h"
#include "engine/model/activation_choice.h"
#include "engine/model/detail/message.h"
#include "engine/model/family_defaults.h"
#include "engine/model/memory_plan.h"
#include "engine/model/model_buffers.h"
#include "engine/model/model_summary.h"

#include <algorithm>
#include <limits>

namespace engine::runtime {

namespace {

// A prompt never ends inside the padding rows of the embedding, so a tokenizer with more tokens than the
// embedding has rows could make the model read past it.
void requireTokenizerFits(const text::Tokenizer &tokenizer, const model::ModelConfig &config)
{
    if (tokenizer.size() <= config.vocab_size)
        return;
    throw Error(ErrorCode::TokenizerInvalid, tokenizer.file(), "vocab_size",
                tokenizer.file() + " defines " + std::to_string(tokenizer.size()) +
                    " tokens, but the model has vocab_size = " + std::to_string(config.vocab_size) +
                    ". The files do not belong together.");
}

std::unique_ptr<model::ModelFiles> openFiles(const std::string &path, const model::LoadWatch &watch)
{
    watch.throwIfStopped(path);
    watch.report(LoadStage::Headers);
    return model::openModelFiles(path, watch);
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b)
{
    return a + std::min(b, std::numeric_limits<std::uint64_t>::max() - a);
}

std::shared_ptr<Devices> devicesOf(const EngineOptions &options)
{
    return options.devices ? options.devices : machineDevices();
}

text::Tokenizer openTokenizer(const model::ModelFiles &files, const model::LoadWatch &watch)
{
    watch.throwIfStopped(files.path());
    watch.report(LoadStage::Tokenizer);
    return text::Tokenizer::open(files.texts());
}

text::ChatTemplate openTemplate(const model::ModelFiles &files, const text::Tokenizer &tokenizer,
                                const model::LoadWatch &watch)
{
    watch.throwIfStopped(files.path());
    watch.report(LoadStage::Template);
    return text::ChatTemplate::open(files.texts(), tokenizer, watch.stop());
}

} // namespace

LoadedModel::Plan LoadedModel::plan(const EngineOptions &options, const Successor &earlier) const
{
    model::PlanRequest request;
    request.weightBytes = m_files->weightBytes();
    request.deviceExcessBytes = m_files->deviceExcessBytes();
    request.contextLength = options.contextLength;
    request.threads = options.threads;
    request.devices = m_devices.get();
    request.device = m_device;
    request.cache = options.cache;
    const std::uint64_t now = m_device.id == cpuDevice ? memory::availableMemory() : m_device.memoryFree;
    const std::uint64_t beside = sum(now, earlier.cacheBytes);
    request.availableBytes = options.memoryLimit > 0 ? options.memoryLimit : sum(beside, earlier.weightBytes);
    const MemoryPlan plan = model::fittingPlan(m_config, request, path());
    return {plan, earlier.weightBytes > 0 && plan.totalBytes() > beside};
}

LoadedModel::LoadedModel(const std::string &path, const EngineOptions &options, const model::LoadWatch &watch,
                         const Successor &earlier)
    : m_files(openFiles(path, watch)), m_config(model::configFor(*m_files, options.activations)),
      m_devices(devicesOf(options)), m_device(m_devices->find(options.device)), m_plan(plan(options, earlier)),
      m_weights(m_files->resolveWeights()), m_info(model::summarize(*m_files)),
      m_tokenizer(openTokenizer(*m_files, watch)), m_template(openTemplate(*m_files, m_tokenizer, watch))
{
    requireTokenizerFits(m_tokenizer, m_config);
    watch.report(LoadStage::Buffers);
    if (m_plan.needsRelease)
        earlier.release();
    prepareDevice(options, watch);
    m_info.device = m_device.id;
    m_info.deviceName = m_device.name;
    m_info.deviceUnits = m_device.id == cpuDevice && options.threads > 0 ? options.threads : m_device.units;
    m_info.activations = m_config.quantization.activations;
    m_info.plannedBytes = m_plan.memory.totalBytes();
    m_info.kvBytesPerToken = m_transformer->kvBytesPerToken();
    m_info.cacheFormat = m_plan.memory.cacheFormat;
    m_info.contextLength = m_transformer->contextLength();
    m_info.contextCapped = options.contextLength == 0 && m_info.contextLength < m_info.maxContextLength;
    m_info.reasons = m_template.reasons();
    m_info.templateName = m_template.name();
    m_info.canSwitchThinking = m_template.allows(ThinkingMode::On) && m_template.allows(ThinkingMode::Off);
    model::addFamilyDefaults(m_info, m_template.keepsOnlyLastSystem());
    collectStopTokens();
    watch.throwIfStopped(path);
}

/// What goes wrong from here on is the device's: other programs may take its memory between plan and use.
void LoadedModel::prepareDevice(const EngineOptions &options, const model::LoadWatch &watch)
{
    try {
        m_backend = m_devices->open(m_device.id, options.threads);
    } catch (const Error &error) {
        if (error.code() == ErrorCode::OutOfMemory)
            failMemory(error);
        throw;
    }
    model::TransformerOptions transformerOptions;
    transformerOptions.contextLength = m_plan.memory.contextLength;
    transformerOptions.cacheType = m_plan.memory.cacheFormat;
    transformerOptions.prefillChunk = model::prefillChunkOn(m_device);
    try {
        m_transformer =
            std::make_unique<model::Transformer>(m_config, m_weights, *m_backend, transformerOptions, watch, path());
    } catch (const Error &error) {
        if (error.code() == ErrorCode::OutOfMemory)
            failMemory(error);
        if (error.code() == ErrorCode::DeviceFailed)
            throw Error(error.code(), path(), m_device.id, m_devices->markFailed(m_device.id, error.what()));
        throw;
    }
}

void LoadedModel::failMemory(const Error &cause) const
{
    if (m_device.id == cpuDevice)
        throw Error(cause);
    throw Error(ErrorCode::OutOfMemory, path(), "device",
                path() + ": the model needs " + model::exactSize(m_plan.memory.totalBytes()) + " of the memory of " +
                    m_device.name + " (" + m_device.id + "). " + model::exactSize(m_device.memoryFree) +
                    " were free when it was planned, but not any more. " + cause.what());
}

std::uint64_t LoadedModel::deviceBytes() const
{
    return m_device.id == cpuDevice ? 0 : m_plan.memory.weightBytes + m_plan.memory.bufferBytes;
}

const std::string &LoadedModel::path() const
{
    return m_files->path();
}

LoadedModel::~LoadedModel() = default;

bool LoadedModel::endsReply(TokenId token) const
{
    return std::find(m_stopTokens.begin(), m_stopTokens.end(), token) != m_stopTokens.end();
}

// Every place that may name an end token counts; the user's turn is a safety stop for models that forget theirs.
void LoadedModel::collectStopTokens()
{
    const auto add = [this](TokenId token) {
        if (token >= 0 && !endsReply(token))
            m_stopTokens.push_back(token);
    };
    for (const int id : m_config.eos_token_id)
        add(id);
    for (const int id : m_files->generationDefaults().eos_token_id)
        add(id);
    add(m_tokenizer.eos().value_or(-1));
    add(m_tokenizer.find("<｜User｜>").value_or(-1));
}

} // namespace engine::runtime
