#include "engine/runtime/gguf_summary.h"

#include "engine/model/gguf_file.h"
#include "engine/model/gguf_outline.h"
#include "engine/text/tokenizer.h"

#include <utility>

namespace engine::runtime {

GgufSummary readGgufSummary(const std::string &path, std::stop_token stop)
{
    const model::GgufFile file(path, std::move(stop));
    GgufSummary summary;
    summary.diskBytes = file.totalBytes();
    summary.quantization = model::ggufQuantization(file);
    summary.architecture = model::ggufArchitecture(file);
    try {
        summary.config = model::readGgufConfig(file);
        summary.architecture = summary.config->model_type;
        model::requireReadableTypes(file);
        text::Tokenizer::requireSupported(file);
        summary.weightBytes = model::ggufWeightBytes(*summary.config, file);
        summary.deviceExcessBytes = model::ggufDeviceExcessBytes(*summary.config, file);
    } catch (const Error &error) {
        summary.obstacle = Failure{error.code(), error.file(), error.field(), error.what()};
    }
    return summary;
}

} // namespace engine::runtime
