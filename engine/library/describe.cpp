#include "engine/error.h"
#include "engine/library/candidate.h"
#include "engine/library/gguf_summary.h"
#include "engine/model/json_reader.h"
#include "engine/model/memory_plan.h"
#include "engine/model/model_buffers.h"
#include "engine/model/model_config.h"
#include "engine/model/model_files.h"
#include "engine/model/model_folder.h"
#include "engine/model/model_summary.h"

#include <new>

namespace engine::library {

namespace {

constexpr std::size_t longestArchitecture = 64;

/// What a config that is refused calls itself.
std::string declaredArchitecture(const std::string &folder)
{
    try {
        const auto config = model::readJsonFile(model::ModelFolder(folder), "config.json", model::maxConfigBytes);
        const auto type = config.is_object() ? config.find("model_type") : config.end();
        if (config.is_object() && type != config.end() && type->is_string())
            return type->get<std::string>().substr(0, longestArchitecture);
    } catch (const Error &) {
        return {}; // said by the one who reads it in earnest
    }
    return {};
}

void requireTokenizer(const std::string &folder)
{
    const model::ModelFolder files(folder);
    const std::string file = files.fileName("tokenizer.json");
    if (!files.contains("tokenizer.json"))
        throw Error(ErrorCode::FileMissing, file, {}, file + ": there is no such file; the model cannot read text.");
}

void summarizeFolder(ModelEntry &entry, const Description &with)
{
    entry.architecture = declaredArchitecture(entry.path);
    const model::ModelConfig config = model::readModelConfig(entry.path);
    const model::ParameterCounts parameters = model::countParameters(config);
    entry.parametersTotal = parameters.total;
    entry.parametersActive = parameters.active;
    entry.contextLength = config.max_position_embeddings;
    const auto files = model::openModelFiles(entry.path, with.stop);
    entry.quantization = files->quantization();
    entry.bytes = files->diskBytes();
    requireTokenizer(entry.path);
    planModel(entry, config, files->weightBytes(), files->deviceExcessBytes(), with);
}

Failure failureOf(const std::exception &error, const std::string &path)
{
    if (const auto *known = dynamic_cast<const Error *>(&error))
        return {known->code(), known->file(), known->field(), known->what()};
    if (dynamic_cast<const std::bad_alloc *>(&error) != nullptr)
        return {ErrorCode::OutOfMemory, path, {}, "There is not enough memory to look into " + path + "."};
    return {ErrorCode::Internal, path, {}, path + ": cannot be looked into (" + error.what() + ")."};
}

/// A file that is missing or short while a download runs is on its way.
void explainDownload(Failure &failure, const std::string &unfinished)
{
    const bool incomplete = failure.code == ErrorCode::FileMissing || failure.code == ErrorCode::FileTruncated;
    if (incomplete && !unfinished.empty())
        failure.sentence += " The download has not finished (" + unfinished + "); let the program that began it go on.";
}

} // namespace

void planModel(ModelEntry &entry, const model::ModelConfig &config, std::uint64_t weightBytes,
               std::uint64_t deviceExcessBytes, const Description &with)
{
    model::PlanRequest request;
    request.weightBytes = weightBytes;
    request.threads = with.threads;
    request.availableBytes = with.availableBytes;
    entry.plan = model::planMemory(config, request);
    entry.hasFp8Weights = config.quantization.quant_method == model::QuantizationConfig::Method::Fp8;
    if (config.isMla())
        entry.fp8CacheBytesPerToken =
            model::cacheShapeOf(config, config.num_hidden_layers, 1, memory::CacheType::Fp8).bytesPerToken();
    if (!with.gpu.id.empty())
        entry.gpuBufferBytes = deviceExcessBytes + model::bufferBytes(config, *with.devices, with.gpu, with.threads);
}

ModelEntry describe(const Candidate &candidate, const Description &with)
{
    ModelEntry entry;
    entry.path = candidate.path;
    entry.name = candidate.name;
    entry.format = candidate.format;
    entry.bytes = candidate.bytes;
    try {
        if (entry.format == ModelFormat::Gguf && !candidate.failure)
            summarizeGguf(entry, with);
        else if (entry.format == ModelFormat::Safetensors && !candidate.failure)
            summarizeFolder(entry, with);
        entry.failure = candidate.failure;
    } catch (const std::exception &error) {
        entry.failure = failureOf(error, entry.path);
        entry.plan.reset();
    }
    if (entry.failure)
        explainDownload(*entry.failure, candidate.unfinished);
    return entry;
}

} // namespace engine::library
