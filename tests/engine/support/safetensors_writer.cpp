#include "tests/engine/support/safetensors_writer.h"

#include "tests/engine/support/temporary_folder.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace support {

namespace memory = engine::memory;
using memory::DType;

namespace {

template <typename T>
void appendBytes(std::string &bytes, T value)
{
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
}

void appendValue(std::string &bytes, DType dtype, float value)
{
    switch (dtype) {
    case DType::F32:
        return appendBytes(bytes, value);
    case DType::F16:
        return appendBytes(bytes, memory::floatToF16(value));
    case DType::BF16:
        return appendBytes(bytes, memory::floatToBf16(value));
    case DType::F8_E4M3:
        return appendBytes(bytes, memory::floatToE4m3(value));
    default:
        throw std::invalid_argument("no float type");
    }
}

std::string shardName(int shard, int shards)
{
    char name[64];
    std::snprintf(name, sizeof name, "model-%05d-of-%05d.safetensors", shard + 1, shards);
    return name;
}

} // namespace

NamedTensor makeTensor(std::string name, DType dtype, std::vector<std::uint64_t> shape,
                       const std::vector<float> &values)
{
    NamedTensor tensor{std::move(name), dtype, std::move(shape), {}};
    tensor.bytes.reserve(values.size() * memory::dtypeBytes(dtype));
    for (const float value : values) {
        appendValue(tensor.bytes, dtype, value);
    }
    return tensor;
}

std::string safetensorsHeader(const std::vector<NamedTensor> &tensors)
{
    nlohmann::ordered_json header = {{"__metadata__", {{"format", "pt"}}}};
    std::uint64_t offset = 0;
    for (const NamedTensor &tensor : tensors) {
        const std::uint64_t end = offset + tensor.bytes.size();
        header[tensor.name] = {
            {"dtype", memory::dtypeName(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
        offset = end;
    }
    return header.dump();
}

std::string safetensorsFile(const std::string &header, const std::vector<NamedTensor> &tensors)
{
    std::string file;
    appendBytes(file, static_cast<std::uint64_t>(header.size()));
    file += header;
    for (const NamedTensor &tensor : tensors) {
        file += tensor.bytes;
    }
    return file;
}

void writeSafetensors(const std::filesystem::path &path, const std::vector<NamedTensor> &tensors, int alignment)
{
    std::string header = safetensorsHeader(tensors);
    while (header.size() % static_cast<std::size_t>(alignment) != 0) {
        header += ' ';
    }
    writeFile(path, safetensorsFile(header, tensors));
}

void writeShards(const std::filesystem::path &folder, const std::vector<NamedTensor> &tensors, int shards,
                 int alignment)
{
    std::vector<std::vector<NamedTensor>> parts(static_cast<std::size_t>(shards));
    nlohmann::ordered_json weightMap = nlohmann::ordered_json::object();
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::size_t shard = i % parts.size();
        parts[shard].push_back(tensors[i]);
        weightMap[tensors[i].name] = shardName(static_cast<int>(shard), shards);
        total += tensors[i].bytes.size();
    }
    for (int shard = 0; shard < shards; ++shard) {
        writeSafetensors(folder / shardName(shard, shards), parts[static_cast<std::size_t>(shard)], alignment);
    }
    const nlohmann::ordered_json index = {{"metadata", {{"total_size", total}}}, {"weight_map", weightMap}};
    writeFile(folder / "model.safetensors.index.json", index.dump(2));
}

} // namespace support
