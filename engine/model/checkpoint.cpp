#include "engine/model/checkpoint.h"

#include "engine/error.h"
#include "engine/model/detail/index_file.h"
#include "engine/model/detail/message.h"
#include "engine/model/detail/sha256.h"
#include "engine/model/model_config.h"
#include "engine/model/model_folder.h"
#include "engine/model/safetensors.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <utility>

namespace engine::model {

namespace {

constexpr const char *singleName = "model.safetensors";
constexpr const char *indexName = "model.safetensors.index.json";

[[noreturn]] void failNoWeights(const ModelFolder &folder)
{
    std::string others;
    for (const std::string &name : folder.names()) {
        const std::string suffix = std::filesystem::path(name).extension().string();
        if (suffix == ".bin" || suffix == ".pt" || suffix == ".pth" || suffix == ".gguf" || suffix == ".safetensors") {
            others = "; '" + printable(name) + "' is not one of them";
        }
    }
    throw Error(ErrorCode::FileMissing, folder.path(), singleName,
                folder.path() + ": neither model.safetensors nor model.safetensors.index.json is there" + others + ".");
}

/// "<file>: 7 tensors <what>: 'a', 'b', 'c', 'd', 'e' and 2 more."
[[noreturn]] void failNames(ErrorCode code, const std::string &file, std::vector<std::string> names,
                            const std::string &what)
{
    std::sort(names.begin(), names.end());
    throw Error(code, file, printable(names.front()),
                file + ": " + grouped(names.size()) + (names.size() == 1 ? " tensor " : " tensors ") + what + ": " +
                    upToFive(names) + ".");
}

} // namespace

Checkpoint::Checkpoint(std::string folder, LoadWatch watch) : m_folder(std::move(folder)), m_watch(std::move(watch))
{
    const ModelFolder files(m_folder, m_watch);
    const bool single = files.contains(singleName);
    if (files.contains(indexName)) {
        openSharded(files);
    } else if (single) {
        addShard(files, singleName);
    } else {
        failNoWeights(files);
    }
}

void Checkpoint::addShard(const ModelFolder &folder, const std::string &name)
{
    m_watch.throwIfStopped(m_folder);
    Shard shard;
    shard.file = folder.open(name);
    SafetensorsHeader header = readSafetensorsHeader(shard.file, m_watch);
    shard.headerBytes = header.bytes;
    shard.file.map();
    const std::byte *data = shard.file.bytes().data() + header.bytes;
    for (SafetensorsEntry &entry : header.entries) {
        entry.tensor.data = data + entry.begin;
        m_totalBytes += entry.end - entry.begin;
        const auto [place, isNew] = m_tensors.emplace(std::move(entry.name), Entry{entry.tensor, m_shards.size()});
        if (!isNew) {
            failNames(ErrorCode::TensorUnexpected, shard.file.name(), {place->first},
                      "stands in '" + m_shards[place->second.shard].file.name() + "' as well");
        }
    }
    m_shards.push_back(std::move(shard));
}

void Checkpoint::openSharded(const ModelFolder &folder)
{
    const ShardIndex index = readShardIndex(folder, indexName);
    const std::string indexFile = folder.fileName(indexName);
    const auto &shards = index.shards;
    if (folder.contains(singleName) && std::find(shards.begin(), shards.end(), singleName) == shards.end()) {
        throw Error(ErrorCode::FileMalformed, indexFile, "weight_map",
                    indexFile +
                        ": weight_map does not list model.safetensors, which is there too; it is not clear which of "
                        "them is the model.");
    }
    for (const std::string &shard : shards) {
        m_watch.report(LoadStage::Headers, m_shards.size(), shards.size());
        addShard(folder, shard);
    }
    const auto isWhereListed = [&](const std::string &tensor, const std::string &shard) {
        const auto found = m_tensors.find(tensor);
        return found != m_tensors.end() && shards[found->second.shard] == shard;
    };
    std::vector<std::string> missing;
    for (const auto &[tensor, shard] : index.weightMap) {
        if (!isWhereListed(tensor, shard)) {
            missing.push_back(tensor);
        }
    }
    if (!missing.empty()) {
        failNames(ErrorCode::TensorMissing, indexFile, missing, "not in the file it is listed for");
    }
    std::vector<std::string> unexpected;
    for (const auto &[tensor, entry] : m_tensors) {
        if (!index.weightMap.contains(tensor)) {
            unexpected.push_back(tensor);
        }
    }
    if (!unexpected.empty()) {
        failNames(ErrorCode::TensorUnexpected, indexFile, unexpected, "in the shards but not listed");
    }
}

const memory::Tensor &Checkpoint::tensor(const std::string &name) const
{
    m_watch.throwIfStopped(m_folder);
    const auto found = m_tensors.find(name);
    if (found == m_tensors.end()) {
        throw Error(ErrorCode::TensorMissing, m_folder, printable(name),
                    m_folder + ": tensor '" + printable(name) + "' is missing.");
    }
    return found->second.tensor;
}

const std::string &Checkpoint::fileOf(const std::string &name) const
{
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? m_folder : m_shards[found->second.shard].file.name();
}

std::vector<std::string> Checkpoint::names() const
{
    std::vector<std::string> all;
    all.reserve(m_tensors.size());
    for (const auto &[name, entry] : m_tensors) {
        all.push_back(name);
    }
    std::sort(all.begin(), all.end());
    return all;
}

Checkpoint::ScatteredReads::ScatteredReads(const Checkpoint &checkpoint) : m_checkpoint(checkpoint)
{
    for (const Shard &shard : m_checkpoint.m_shards) {
        shard.file.expect(memory::MappedFile::Access::Scattered);
    }
}

Checkpoint::ScatteredReads::~ScatteredReads()
{
    for (const Shard &shard : m_checkpoint.m_shards) {
        shard.file.expect(memory::MappedFile::Access::Sequential);
    }
}

std::vector<std::span<const std::byte>> Checkpoint::samplesOf(const Shard &shard)
{
    constexpr std::uint64_t samples = 64;
    constexpr std::uint64_t sampleBytes = 64;
    const std::span<const std::byte> data = shard.file.bytes().subspan(shard.headerBytes);
    std::vector<std::span<const std::byte>> spread;
    for (std::uint64_t i = 0; i < samples && !data.empty(); ++i) {
        const std::uint64_t start = data.size() / samples * i;
        spread.push_back(data.subspan(start, std::min<std::uint64_t>(sampleBytes, data.size() - start)));
    }
    return spread;
}

std::string Checkpoint::fingerprint() const
{
    const ModelFolder folder(m_folder);
    const ScatteredReads scattered(*this);
    Sha256 digest;
    digest.update(folder.readText("config.json", maxConfigBytes));
    std::uint64_t files = 0;
    for (const Shard &shard : m_shards) {
        m_watch.report(LoadStage::Fingerprint, files++, m_shards.size());
        digest.update(shard.file.size());
        digest.update(shard.file.bytes().first(shard.headerBytes));
        const auto samples = samplesOf(shard);
        std::for_each(samples.begin(), samples.end(), memory::MappedFile::prefetch);
        for (const std::span<const std::byte> sample : samples) {
            m_watch.throwIfStopped(m_folder);
            digest.update(sample);
        }
    }
    throwIfChanged();
    return digest.hex();
}

void Checkpoint::throwIfChanged() const
{
    for (const Shard &shard : m_shards) {
        if (shard.file.changed()) {
            throw Error(ErrorCode::FileChanged, shard.file.name(), {},
                        shard.file.name() + ": changed on disk while in use; load the model again.");
        }
    }
}

} // namespace engine::model
