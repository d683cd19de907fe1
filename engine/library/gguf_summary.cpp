#include "engine/library/gguf_summary.h"

#include "engine/library/candidate.h"
#include "engine/model/model_summary.h"
#include "engine/runtime/gguf_summary.h"

namespace engine::library {

void summarizeGguf(ModelEntry &entry, const Description &with)
{
    const runtime::GgufSummary summary = runtime::readGgufSummary(entry.path, with.stop);
    entry.architecture = summary.architecture;
    entry.quantization = summary.quantization;
    if (summary.config) {
        const model::ParameterCounts parameters = model::countParameters(*summary.config);
        entry.parametersTotal = parameters.total;
        entry.parametersActive = parameters.active;
        entry.contextLength = summary.config->max_position_embeddings;
    }
    if (summary.obstacle)
        throw Error(summary.obstacle->code, summary.obstacle->file, summary.obstacle->field,
                    summary.obstacle->sentence);
    entry.bytes = summary.diskBytes;
    planModel(entry, *summary.config, summary.weightBytes, summary.deviceExcessBytes, with);
}

} // namespace engine::library
