#include "tests/engine/runtime/scripted_model.h"

#include "tests/engine/support/tiny_model.h"
#include "tests/engine/support/tiny_tokenizer.h"

#include <algorithm>

namespace support {

namespace {

/// Layers that add nothing: the head sees the embedding of the last token alone.
void silenceLayers(TinyModel &model)
{
    for (NamedTensor &tensor : model.tensors) {
        if (tensor.name.ends_with("o_proj.weight") || tensor.name.ends_with("down_proj.weight"))
            std::fill(tensor.bytes.begin(), tensor.bytes.end(), '\0');
    }
}

void fill(NamedTensor &tensor, const std::vector<float> &values)
{
    tensor = makeTensor(tensor.name, tensor.dtype, tensor.shape, values);
}

/// Token i of the chain is dimension i of the embedding, and that dimension is read by the head of token i + 1.
void chain(TinyModel &model, const std::vector<engine::TokenId> &tokens)
{
    NamedTensor &embedding = model.tensor("model.embed_tokens.weight");
    const std::size_t hidden = embedding.shape[1];
    std::vector<float> embeddings(embedding.shape[0] * hidden);
    std::vector<float> heads(embeddings.size());
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        embeddings[static_cast<std::size_t>(tokens[i]) * hidden + i] = 1.0F;
        heads[static_cast<std::size_t>(tokens[i + 1]) * hidden + i] = 4.0F;
    }
    fill(embedding, embeddings);
    fill(model.tensor("lm_head.weight"), heads);
    fill(model.tensor("model.norm.weight"), std::vector<float>(hidden, 1.0F));
}

} // namespace

void writeScriptedModel(const std::vector<engine::TokenId> &reply, const std::filesystem::path &folder)
{
    const TinyModelOptions options;
    TinyModel model = makeTinyModel(options);
    std::string format = model.tokenizerConfig["chat_template"];
    const std::string opening = "<think>\\n";
    format.erase(format.rfind(opening), opening.size());
    model.tokenizerConfig["chat_template"] = format;
    std::vector<engine::TokenId> tokens{makeTinyTokenizer().assistant};
    tokens.insert(tokens.end(), reply.begin(), reply.end());
    silenceLayers(model);
    chain(model, tokens);
    writeTinyModel(model, options, folder);
}

} // namespace support
