#include "engine/runtime/loaded_model.h"

#include "engine/backend/backend.h"
#include "engine/model/family_defaults.h"
#include "engine/model/load_stop.h"
#include "engine/model/model_summary.h"

#include <algorithm>

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

text::Tokenizer openTokenizer(const model::ModelFiles &files, const std::stop_token &stop)
{
    model::throwIfStopped(stop, files.path());
    return text::Tokenizer::open(files.texts());
}

int cappedContext(const EngineOptions &options, const model::ModelConfig &config)
{
    return options.contextLength > 0 ? std::min(options.contextLength, config.max_position_embeddings)
                                     : config.max_position_embeddings;
}

} // namespace

LoadedModel::LoadedModel(const std::string &path, const EngineOptions &options, const std::stop_token &stop)
    : m_files(model::openModelFiles(path, stop)), m_weights(m_files->resolveWeights()),
      m_tokenizer(openTokenizer(*m_files, stop)),
      m_template(text::ChatTemplate::open(m_files->texts(), m_tokenizer, stop)),
      m_backend(backend::makeCpuBackend(options.threads))
{
    requireTokenizerFits(m_tokenizer, m_files->config());
    model::TransformerOptions transformerOptions;
    transformerOptions.contextLength = cappedContext(options, m_files->config());
    m_transformer = std::make_unique<model::Transformer>(m_files->config(), m_weights, *m_backend, transformerOptions);
    m_info = model::summarize(*m_files);
    m_info.kvBytesPerToken = m_transformer->kvBytesPerToken();
    m_info.contextLength = m_transformer->contextLength();
    m_info.reasons = m_template.reasons();
    m_info.templateName = m_template.name();
    m_info.canSwitchThinking = m_template.allows(ThinkingMode::On) && m_template.allows(ThinkingMode::Off);
    model::addFamilyDefaults(m_info, m_template.keepsOnlyLastSystem());
    collectStopTokens();
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
