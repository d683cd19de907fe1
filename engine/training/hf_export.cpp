#include "engine/training/hf_export.h"

#include "engine/training/fp8.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>
#include <stdexcept>

namespace engine::training {
namespace {

using Json = nlohmann::ordered_json;

class SafetensorsWriter {
public:
    SafetensorsWriter() { m_header["__metadata__"] = {{"format", "pt"}}; }

    void add(const std::string &name, const char *dtype, const std::vector<std::int64_t> &shape, const void *data,
             std::size_t bytes)
    {
        const auto begin = m_data.size();
        m_data.resize(begin + bytes);
        std::memcpy(m_data.data() + begin, data, bytes);
        m_header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, begin + bytes}}};
    }

    void write(const std::filesystem::path &file) const
    {
        std::string header = m_header.dump();
        header.resize((header.size() + 7) / 8 * 8, ' ');
        const std::uint64_t length = header.size();
        std::ofstream out(file, std::ios::binary);
        out.write(reinterpret_cast<const char *>(&length), sizeof length);
        out.write(header.data(), static_cast<std::streamsize>(header.size()));
        out.write(m_data.data(), static_cast<std::streamsize>(m_data.size()));
        if (!out.flush())
            throw std::runtime_error("cannot write " + file.string());
    }

private:
    Json m_header;
    std::vector<char> m_data;
};

void addBf16(SafetensorsWriter &writer, const std::string &name, const Piece &piece, const float *values)
{
    std::vector<std::uint16_t> out(static_cast<std::size_t>(piece.count()));
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = encodeBf16(values[i]);
    writer.add(name, "BF16", piece.shape, out.data(), out.size() * sizeof out[0]);
}

void addFp8(SafetensorsWriter &writer, const Piece &piece, const float *values)
{
    const auto matrix = encodeFp8(values, piece.shape[0], piece.shape[1]);
    const auto blocks = [](std::int64_t n) { return (n + kFp8Block - 1) / kFp8Block; };
    writer.add(piece.name, "F8_E4M3", piece.shape, matrix.bytes.data(), matrix.bytes.size());
    writer.add(piece.name + "_scale_inv", "F32", {blocks(piece.shape[0]), blocks(piece.shape[1])}, matrix.scales.data(),
               matrix.scales.size() * sizeof(float));
}

void addPieces(SafetensorsWriter &writer, const NanoModel &model)
{
    const auto &store = model.parameters();
    const auto mtp = "model.layers." + std::to_string(model.config().layers) + ".";
    for (const auto &piece : store.pieces()) {
        const float *values = store.master.data_ptr<float>() + piece.offset;
        if (piece.storage == Storage::Fp8)
            addFp8(writer, piece, values);
        else
            addBf16(writer, piece.name, piece, values);
        if (piece.name == "model.embed_tokens.weight")
            addBf16(writer, mtp + "embed_tokens.weight", piece, values);
        if (piece.name == "lm_head.weight")
            addBf16(writer, mtp + "shared_head.head.weight", piece, values);
    }
}

void addBiases(SafetensorsWriter &writer, const NanoModel &model)
{
    const auto &c = model.config();
    for (std::int64_t layer = c.firstDense; layer <= c.layers; ++layer)
        writer.add("model.layers." + std::to_string(layer) + ".mlp.gate.e_score_correction_bias", "F32", {c.experts},
                   model.biases.data_ptr<float>() + layer * c.experts,
                   static_cast<std::size_t>(c.experts) * sizeof(float));
}

Json shapeConfig(const NanoConfig &c)
{
    return {{"vocab_size", c.vocab},
            {"hidden_size", c.hidden},
            {"intermediate_size", c.denseWidth},
            {"moe_intermediate_size", c.expertWidth},
            {"num_hidden_layers", c.layers},
            {"num_nextn_predict_layers", 1},
            {"num_attention_heads", c.heads},
            {"num_key_value_heads", c.heads},
            {"q_lora_rank", c.qRank},
            {"kv_lora_rank", c.kvRank},
            {"qk_nope_head_dim", c.nope},
            {"qk_rope_head_dim", c.rope},
            {"v_head_dim", c.valueDim},
            {"n_routed_experts", c.experts},
            {"n_shared_experts", 1},
            {"num_experts_per_tok", c.topK},
            {"n_group", c.groups},
            {"topk_group", c.topGroups},
            {"first_k_dense_replace", c.firstDense},
            {"moe_layer_freq", 1}};
}

Json modelConfig(const NanoConfig &c, const Vocabulary &vocabulary)
{
    Json config = {{"architectures", {"DeepseekV3ForCausalLM"}}, {"model_type", "deepseek_v3"}};
    config.update(shapeConfig(c));
    config.update(Json{{"scoring_func", "sigmoid"},
                       {"topk_method", "noaux_tc"},
                       {"norm_topk_prob", true},
                       {"routed_scaling_factor", c.routedScale},
                       {"hidden_act", "silu"},
                       {"rms_norm_eps", c.eps},
                       {"rope_theta", c.ropeTheta},
                       {"rope_interleave", true},
                       {"rope_scaling", nullptr},
                       {"max_position_embeddings", c.maxPositions},
                       {"tie_word_embeddings", false},
                       {"attention_bias", false},
                       {"attention_dropout", 0.0},
                       {"initializer_range", 0.02},
                       {"use_cache", true},
                       {"bos_token_id", vocabulary.bos()},
                       {"eos_token_id", vocabulary.eos()},
                       {"pad_token_id", vocabulary.pad()},
                       {"torch_dtype", "bfloat16"}});
    config["quantization_config"] = {{"activation_scheme", "dynamic"},
                                     {"fmt", "e4m3"},
                                     {"quant_method", "fp8"},
                                     {"weight_block_size", {kFp8Block, kFp8Block}}};
    return config;
}

Json generationConfig(const Vocabulary &vocabulary)
{
    return {{"_from_model_config", true},
            {"bos_token_id", vocabulary.bos()},
            {"eos_token_id", vocabulary.eos()},
            {"pad_token_id", vocabulary.pad()},
            {"do_sample", true},
            {"temperature", 0.3},
            {"top_p", 0.95},
            {"max_new_tokens", 1024}};
}

void writeText(const std::filesystem::path &file, const std::string &text)
{
    std::ofstream out(file, std::ios::binary);
    out << text;
    if (!out.flush())
        throw std::runtime_error("cannot write " + file.string());
}

void replaceFolder(const std::filesystem::path &fresh, const std::filesystem::path &folder)
{
    const auto old = folder.string() + ".old";
    std::filesystem::remove_all(old);
    if (std::filesystem::exists(folder))
        std::filesystem::rename(folder, old);
    std::filesystem::rename(fresh, folder);
    std::filesystem::remove_all(old);
}

} // namespace

void exportHuggingFace(const NanoModel &model, const Vocabulary &vocabulary, const std::filesystem::path &folder)
{
    const std::filesystem::path fresh = folder.string() + ".new";
    std::filesystem::remove_all(fresh);
    std::filesystem::create_directories(fresh);
    SafetensorsWriter writer;
    addPieces(writer, model);
    addBiases(writer, model);
    writer.write(fresh / "model.safetensors");
    writeText(fresh / "config.json", modelConfig(model.config(), vocabulary).dump(2) + "\n");
    writeText(fresh / "generation_config.json", generationConfig(vocabulary).dump(2) + "\n");
    writeText(fresh / "tokenizer.json", vocabulary.tokenizerJson());
    writeText(fresh / "tokenizer_config.json", vocabulary.tokenizerConfigJson());
    replaceFolder(fresh, folder);
}

} // namespace engine::training
