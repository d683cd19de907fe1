#include "engine/runtime/loaded_model.h"

#include "engine/backend/backend.h"
#include "engine/memory/available_memory.h"
#include "engine/model/family_defaults.h"
#include "engine/model/memory_plan.h"
#include "engine/model/model_summary.h"

#include <algorithm>
#include <limits>

namespace engine::runtime {

namespace {

// A prompt never ends inside the padding rows of the embedding, so a tokenizer with more tokens than the
// embedding has rows could make the model read past it.
void requireTokenizerFits(const text::Tokenizer &tokenizer, const model::ModelConfig &config, const std::string &folder)
{
    if (tokenizer.size() <= config.vocab_size)
        return;
    throw Error(ErrorCode::TokenizerInvalid, folder + "/tokenizer.json", "vocab_size",
                folder + "/tokenizer.json defines " + std::to_string(tokenizer.size()) +
                    " tokens, but config.json gives vocab_size = " + std::to_string(config.vocab_size) +
                    ". The files do not belong together.");
}

model::ModelConfig openConfig(const std::string &folder, const model::LoadWatch &watch)
{
    watch.throwIfStopped(folder);
    watch.report(LoadStage::Headers);
    return model::readModelConfig(folder);
}

MemoryPlan planFor(const model::ModelConfig &config, const model::Checkpoint &checkpoint, const EngineOptions &options,
                   std::uint64_t givenBack)
{
    model::PlanRequest request;
    request.weightBytes = checkpoint.totalBytes();
    request.contextLength = options.contextLength;
    request.threads = options.threads;
    request.availableBytes = options.memoryLimit;
    if (options.memoryLimit == 0) {
        const std::uint64_t now = memory::availableMemory();
        request.availableBytes = now + std::min(givenBack, std::numeric_limits<std::uint64_t>::max() - now);
    }
    return model::fittingPlan(config, request, checkpoint.folder());
}

text::Tokenizer openTokenizer(const std::string &folder, const model::LoadWatch &watch)
{
    watch.throwIfStopped(folder);
    watch.report(LoadStage::Tokenizer);
    return text::Tokenizer::open(folder, watch);
}

text::ChatTemplate openTemplate(const std::string &folder, const text::Tokenizer &tokenizer,
                                const model::LoadWatch &watch)
{
    watch.throwIfStopped(folder);
    watch.report(LoadStage::Template);
    return text::ChatTemplate::open(folder, tokenizer, watch.stop());
}

} // namespace

LoadedModel::LoadedModel(const std::string &folder, const EngineOptions &options, const model::LoadWatch &watch,
                         std::uint64_t givenBack)
    : m_config(openConfig(folder, watch)), m_checkpoint(folder, watch),
      m_plan(planFor(m_config, m_checkpoint, options, givenBack)),
      m_weights(model::resolveWeights(m_config, m_checkpoint)),
      m_info(model::summarize(m_config, m_checkpoint, folder)), m_tokenizer(openTokenizer(folder, watch)),
      m_template(openTemplate(folder, m_tokenizer, watch))
{
    requireTokenizerFits(m_tokenizer, m_config, folder);
    watch.report(LoadStage::Buffers);
    m_backend = backend::makeCpuBackend(options.threads);
    model::TransformerOptions transformerOptions;
    transformerOptions.contextLength = m_plan.contextLength;
    m_transformer = std::make_unique<model::Transformer>(m_config, m_weights, *m_backend, transformerOptions);
    m_info.kvBytesPerToken = m_transformer->kvBytesPerToken();
    m_info.contextLength = m_transformer->contextLength();
    m_info.contextCapped = options.contextLength == 0 && m_info.contextLength < m_info.maxContextLength;
    m_info.reasons = m_template.reasons();
    m_info.templateName = m_template.name();
    m_info.canSwitchThinking = m_template.allows(ThinkingMode::On) && m_template.allows(ThinkingMode::Off);
    model::addFamilyDefaults(m_info, m_template.keepsOnlyLastSystem());
    collectStopTokens();
    watch.throwIfStopped(folder);
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
    for (const int id : model::readGenerationConfig(m_checkpoint.folder()).eos_token_id)
        add(id);
    add(m_tokenizer.eos().value_or(-1));
    add(m_tokenizer.find("<｜User｜>").value_or(-1));
}

} // namespace engine::runtime
