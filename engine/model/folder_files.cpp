#include "engine/model/detail/folder_files.h"

#include <filesystem>
#include <map>

namespace engine::model {

FolderFiles::FolderFiles(const std::string &folder, const LoadWatch &watch)
    : m_folder(folder, watch), m_config(readModelConfig(folder)), m_checkpoint(folder, watch)
{
}

/// A snapshot of the hub cache, models--ORG--NAME/snapshots/<commit>, goes by its repository: "NAME".
std::string FolderFiles::name() const
{
    std::error_code error;
    const std::filesystem::path full = std::filesystem::weakly_canonical(path(), error);
    if (error)
        return path();
    const std::string repository = full.parent_path().parent_path().filename().string();
    if (full.parent_path().filename() == "snapshots" && repository.starts_with("models--"))
        return repository.substr(repository.rfind("--") + 2);
    return full.filename().string();
}

/// Element types of the matrices: "FP8 E4M3 128x128 + BF16".
std::string FolderFiles::quantization() const
{
    const auto &block = m_config.quantization.weight_block_size;
    const std::string fp8 = "FP8 E4M3 " + std::to_string(block[0]) + "x" + std::to_string(block[1]);
    std::map<std::string, std::uint64_t> bytesByType;
    for (const std::string &name : m_checkpoint.names()) {
        const memory::Tensor &tensor = m_checkpoint.tensor(name);
        if (tensor.rank == 2 && !name.ends_with("_scale_inv")) {
            const bool quantized = tensor.dtype == memory::DType::F8_E4M3;
            bytesByType[quantized ? fp8 : std::string(dtypeName(tensor.dtype))] += tensor.bytes();
        }
    }
    return typesByBytes({bytesByType.begin(), bytesByType.end()});
}

bool FolderFiles::hasMtp() const
{
    return m_checkpoint.contains("model.layers." + std::to_string(m_config.num_hidden_layers) + ".enorm.weight");
}

} // namespace engine::model
