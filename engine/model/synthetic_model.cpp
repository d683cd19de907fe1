#include "engine/synthetic_model.h"

#include "engine/error.h"
#include "engine/model/detail/random_values.h"
#include "engine/model/detail/tensor_list.h"
#include "engine/model/json_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace engine::model {

namespace {

namespace fs = std::filesystem;
using memory::DType;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t blockSize = 128;

/// One tensor of a file.
struct Piece {
    std::string name;
    std::vector<std::uint64_t> dims;
    DType dtype = DType::BF16;
    float center = 0.0F;
    float spread = 0.0F;

    std::uint64_t count() const
    {
        std::uint64_t product = 1;
        for (const std::uint64_t size : dims)
            product *= size;
        return product;
    }
    std::uint64_t bytes() const { return count() * memory::dtypeBytes(dtype); }
};

/// Weights that keep activations near 1.
float spreadFor(std::uint64_t cols)
{
    return std::sqrt(3.0F / static_cast<float>(cols));
}

void addVector(std::vector<Piece> &pieces, const TensorSpec &spec, DType dtype)
{
    if (spec.name.ends_with("e_score_correction_bias"))
        pieces.push_back({spec.name, spec.dims, DType::F32, 0.0F, 0.05F});
    else if (spec.name.ends_with(".bias"))
        pieces.push_back({spec.name, spec.dims, dtype, 0.0F, 0.1F});
    else
        pieces.push_back({spec.name, spec.dims, dtype, 1.0F, 0.0F}); // a norm
}

void addMatrix(std::vector<Piece> &pieces, const TensorSpec &spec, SyntheticStorage storage, DType dtype)
{
    const float spread = spreadFor(spec.dims[1]);
    if (storage != SyntheticStorage::FP8 || !spec.mayBeQuantized) {
        pieces.push_back({spec.name, spec.dims, dtype, 0.0F, spread});
        return;
    }
    pieces.push_back({spec.name, spec.dims, DType::F8_E4M3, 0.0F, 0.0F});
    const float scale = spread / std::sqrt(3.0F) / 128.0F; // random codes have an r.m.s. near 128
    const std::vector<std::uint64_t> blocks{(spec.dims[0] + blockSize - 1) / blockSize,
                                            (spec.dims[1] + blockSize - 1) / blockSize};
    pieces.push_back({spec.name + "_scale_inv", blocks, DType::F32, scale, scale / 4.0F});
}

std::vector<Piece> piecesOf(const ModelConfig &config, SyntheticStorage storage)
{
    const DType dtype = storage == SyntheticStorage::F32 ? DType::F32 : DType::BF16;
    std::vector<Piece> pieces;
    for (const TensorSpec &spec : listTensors(config)) {
        if (spec.dims.size() == 1)
            addVector(pieces, spec, dtype);
        else
            addMatrix(pieces, spec, storage, dtype);
    }
    return pieces;
}

std::vector<std::vector<Piece>> shardsOf(std::vector<Piece> pieces, std::uint64_t shardBytes)
{
    std::vector<std::vector<Piece>> shards;
    std::uint64_t filled = 0;
    for (Piece &piece : pieces) {
        if (shards.empty() || filled + piece.bytes() > shardBytes) {
            shards.emplace_back();
            filled = 0;
        }
        filled += piece.bytes();
        shards.back().push_back(std::move(piece));
    }
    return shards;
}

std::string headerOf(const std::vector<Piece> &pieces)
{
    Json header = {{"__metadata__", {{"format", "pt"}}}};
    std::uint64_t begin = 0;
    for (const Piece &piece : pieces) {
        const std::uint64_t end = begin + piece.bytes();
        header[piece.name] = {
            {"dtype", memory::dtypeName(piece.dtype)}, {"shape", piece.dims}, {"data_offsets", {begin, end}}};
        begin = end;
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

/// Writes the files and tells how far it is.
class Writer {
public:
    Writer(const SyntheticModelOptions &options, std::uint64_t total,
           const std::function<bool(std::uint64_t, std::uint64_t)> &progress)
        : m_options(options), m_total(total), m_progress(progress), m_chunk(std::size_t{8} << 20)
    {
    }

    /// False when it was stopped.
    bool writeShard(const std::string &name, const std::vector<Piece> &pieces)
    {
        std::ofstream file = create(name);
        const std::string header = headerOf(pieces);
        const auto length = static_cast<std::uint64_t>(header.size());
        write(file, std::as_bytes(std::span(&length, 1)), name); // little endian, as the machines this runs on
        write(file, std::as_bytes(std::span(header)), name);
        return std::all_of(pieces.begin(), pieces.end(),
                           [&](const Piece &piece) { return writePiece(file, name, piece); });
    }
    void writeText(const std::string &name, const std::string &text)
    {
        std::ofstream file = create(name);
        write(file, std::as_bytes(std::span(text)), name);
        file.close();
    }

private:
    std::ofstream create(const std::string &name) const
    {
        return std::ofstream(fs::path(m_options.folder) / name, std::ios::binary | std::ios::trunc);
    }
    void write(std::ofstream &file, std::span<const std::byte> bytes, const std::string &name) const
    {
        file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        if (file)
            return;
        const std::string path = (fs::path(m_options.folder) / name).string();
        throw Error(ErrorCode::FileUnreadable, path, {},
                    path + ": cannot be written. Check the free space and the permissions of the folder.");
    }
    bool writePiece(std::ofstream &file, const std::string &name, const Piece &piece)
    {
        RandomValues values(piece.name, m_options.seed, piece.dtype, piece.center, piece.spread, piece.count());
        for (std::uint64_t left = piece.bytes(); left > 0;) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, m_chunk.size()));
            const auto part = std::span(m_chunk).first(count);
            values.fill(part);
            write(file, part, name);
            left -= count;
            m_done += count;
            if (m_progress && !m_progress(m_done, m_total))
                return false;
        }
        return true;
    }

    const SyntheticModelOptions &m_options;
    std::uint64_t m_total;
    std::uint64_t m_done = 0;
    const std::function<bool(std::uint64_t, std::uint64_t)> &m_progress;
    std::vector<std::byte> m_chunk;
};

std::string shardName(std::size_t index, std::size_t count)
{
    if (count == 1)
        return "model.safetensors";
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", index + 1, count);
    return name;
}

std::string indexOf(const std::vector<std::vector<Piece>> &shards, std::uint64_t total)
{
    Json index = {{"metadata", {{"total_size", total}}}, {"weight_map", Json::object()}};
    for (std::size_t i = 0; i < shards.size(); ++i) {
        for (const Piece &piece : shards[i])
            index["weight_map"][piece.name] = shardName(i, shards.size());
    }
    return index.dump(1);
}

/// The config with the storage and the number of layers that were asked for.
std::string adaptedConfig(const SyntheticModelOptions &options)
{
    const fs::path path(options.configFile);
    const ModelFolder folder(path.has_parent_path() ? path.parent_path().string() : ".");
    nlohmann::json config = readJsonFile(folder, path.filename().string(), maxConfigBytes);
    if (!config.is_object())
        throw Error(ErrorCode::FileMalformed, options.configFile, {}, options.configFile + ": is not a JSON object.");
    config.erase("quantization_config");
    if (options.storage == SyntheticStorage::FP8)
        config["quantization_config"] = {{"activation_scheme", "dynamic"},
                                         {"fmt", "e4m3"},
                                         {"quant_method", "fp8"},
                                         {"weight_block_size", {blockSize, blockSize}}};
    if (options.layers > 0) {
        config["num_hidden_layers"] = options.layers;
        if (config.contains("first_k_dense_replace") && config["first_k_dense_replace"].is_number_integer())
            config["first_k_dense_replace"] = std::min(options.layers, config["first_k_dense_replace"].get<int>());
    }
    return config.dump(2);
}

void requireEmptyFolder(const std::string &folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (!fs::is_directory(folder))
        throw Error(ErrorCode::FileUnreadable, folder, {},
                    folder + ": is no folder and cannot be made one. Choose another place.");
    if (fs::exists(fs::path(folder) / "config.json"))
        throw Error(ErrorCode::RequestInvalid, folder, {},
                    folder + ": holds a model already, which is not overwritten. Choose another folder.");
}

} // namespace

} // namespace engine::model

namespace engine {

std::uint64_t writeSyntheticModel(const SyntheticModelOptions &options,
                                  const std::function<bool(std::uint64_t, std::uint64_t)> &progress)
{
    using namespace model;
    const std::string configText = adaptedConfig(options);
    requireEmptyFolder(options.folder);
    Writer(options, 0, progress).writeText("config.json", configText);
    const ModelConfig config = readModelConfig(options.folder);
    const auto shards = shardsOf(piecesOf(config, options.storage), options.shardBytes);
    std::uint64_t total = 0;
    for (const auto &shard : shards) {
        for (const Piece &piece : shard)
            total += piece.bytes();
    }
    Writer writer(options, total, progress);
    for (std::size_t i = 0; i < shards.size(); ++i) {
        if (!writer.writeShard(shardName(i, shards.size()), shards[i]))
            return total;
    }
    if (shards.size() > 1)
        writer.writeText("model.safetensors.index.json", indexOf(shards, total));
    return total;
}

} // namespace engine
