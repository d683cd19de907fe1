#include "engine/model/detail/gguf_files.h"

#include "engine/model/detail/gguf_fields.h"
#include "engine/model/detail/gguf_key_value.h"
#include "engine/model/detail/gguf_resolver.h"
#include "engine/model/detail/message.h"
#include "engine/model/gguf_outline.h"

#include <map>

namespace engine::model {

GgufFiles::GgufFiles(const std::string &path, const LoadWatch &watch)
    : m_file(path, watch.stop()), m_config(readGgufConfig(m_file))
{
    m_file.map();
}

GenerationDefaults GgufFiles::generationDefaults() const
{
    return readGgufDefaults(m_file);
}

Weights GgufFiles::resolveWeights()
{
    GgufResolver resolver(m_config, m_file, m_made);
    Weights weights = readWeights(m_config, resolver);
    resolver.finish();
    throwIfChanged(); // what was scanned is what was in the file
    return weights;
}

std::uint64_t GgufFiles::weightBytes() const
{
    return ggufWeightBytes(m_config, m_file);
}

std::uint64_t GgufFiles::deviceExcessBytes() const
{
    return ggufDeviceExcessBytes(m_config, m_file);
}

std::string GgufFiles::quantization() const
{
    return ggufQuantization(m_file);
}

std::string ggufQuantization(const GgufFile &file)
{
    std::map<std::string, std::uint64_t> bytesByType;
    for (const std::string &name : file.names()) {
        const GgufTensorInfo &tensor = *file.info(name);
        if (tensor.shape.size() > 1) {
            bytesByType[std::string(tensor.type->name)] += tensor.bytes;
        }
    }
    return "GGUF " + typesByBytes({bytesByType.begin(), bytesByType.end()});
}

std::string ggufArchitecture(const GgufFile &file)
{
    const GgufFields general(file);
    const GgufValue *value = file.find("general.architecture");
    return value != nullptr && value->type == GgufValueType::Text ? printable(general.text("general.architecture"))
                                                                  : "";
}

void requireReadableTypes(const GgufFile &file)
{
    for (const std::string &name : file.names()) {
        file.requireReadable(name);
    }
}

std::uint64_t ggufWeightBytes(const ModelConfig &config, const GgufFile &file)
{
    return file.totalBytes() + static_cast<std::uint64_t>(joinedExcess(config, file));
}

std::uint64_t ggufDeviceExcessBytes(const ModelConfig &config, const GgufFile &file)
{
    std::uint64_t excess = 0;
    for (int layer = 0; config.isMla() && layer < config.num_hidden_layers + config.num_nextn_predict_layers; ++layer) {
        const GgufTensorInfo *tensor = file.info("blk." + std::to_string(layer) + ".attn_kv_b.weight");
        if (tensor != nullptr && tensor->type->dtype && memory::isBlockType(*tensor->type->dtype)) {
            const std::uint64_t blocks = tensor->bytes / memory::blockBytes(*tensor->type->dtype);
            excess += blocks * memory::blockElements(*tensor->type->dtype) * sizeof(float) - tensor->bytes;
        }
    }
    return excess;
}

} // namespace engine::model
