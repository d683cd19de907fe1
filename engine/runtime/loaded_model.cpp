#include "engine/runtime/loaded_model.h"

#include "engine/backend/make_backend.h"
#include "engine/model/family_defaults.h"
#include "engine/model/memory_plan.h"
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

MemoryPlan planFor(const model::ModelFiles &files, const EngineOptions &options, std::uint64_t givenBack)
{
    model::PlanRequest request;
    request.weightBytes = files.weightBytes();
    request.contextLength = options.contextLength;
    request.threads = options.threads;
    request.availableBytes = options.memoryLimit;
    if (options.memoryLimit == 0) {
        const std::uint64_t now = backend::freeMemory(options.device);
        request.availableBytes = now + std::min(givenBack, std::numeric_limits<std::uint64_t>::max() - now);
    }
    return model::fittingPlan(files.config(), request, files.path());
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

LoadedModel::LoadedModel(const std::string &path, const EngineOptions &options, const model::LoadWatch &watch,
                         std::uint64_t givenBack)
    : m_files(openFiles(path, watch)), m_plan(planFor(*m_files, options, givenBack)),
      m_weights(m_files->resolveWeights()), m_info(model::summarize(*m_files)),
      m_tokenizer(openTokenizer(*m_files, watch)), m_template(openTemplate(*m_files, m_tokenizer, watch))
{
    requireTokenizerFits(m_tokenizer, m_files->config());
    watch.report(LoadStage::Buffers);
    m_backend = backend::makeBackend(options.device, options.threads);
    model::TransformerOptions transformerOptions;
    transformerOptions.contextLength = m_plan.contextLength;
    m_transformer = std::make_unique<model::Transformer>(m_files->config(), m_weights, *m_backend, transformerOptions);
    m_info.kvBytesPerToken = m_transformer->kvBytesPerToken();
    m_info.contextLength = m_transformer->contextLength();
    m_info.contextCapped = options.contextLength == 0 && m_info.contextLength < m_info.maxContextLength;
    m_info.reasons = m_template.reasons();
    m_info.templateName = m_template.name();
    m_info.canSwitchThinking = m_template.allows(ThinkingMode::On) && m_template.allows(ThinkingMode::Off);
    model::addFamilyDefaults(m_info, m_template.keepsOnlyLastSystem());
    collectStopTokens();
    watch.throwIfStopped(path);
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
    for (const int id : m_files->config().eos_token_id)
        add(id);
    for (const int id : m_files->generationDefaults().eos_token_id)
        add(id);
    add(m_tokenizer.eos().value_or(-1));
    add(m_tokenizer.find("<｜User｜>").value_or(-1));
}

} // namespace engine::runtime
