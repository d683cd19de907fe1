#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/skinny.cuh"

namespace engine::backend::cuda {

namespace {

void routedExperts(Queue &queue, const ExpertArgs &args, const ExpertTable *table, ExpertScratch &scratch)
{
    if (table == nullptr) {
        queue.note(cudaErrorInvalidValue); // prepareExperts() was not called
        return;
    }
    const Mlp &expert = args.experts.front();
    if (args.x.rows <= maxTokensOneByOne && table->wide && canStream(args, expert))
        expertsStreamed(queue, args, *table, scratch);
    else if (args.x.rows > maxTokensOneByOne && table->wide && table->gateType == table->upType &&
             canTile(args, expert))
        expertsGrouped(queue, args, *table, scratch);
    else
        expertsOneByOne(queue, args, *table, scratch);
}

/// Three products and a pass between them: on tensor cores, or because gate and up have several types.
bool needsProducts(const ExpertArgs &args)
{
    return (args.x.rows > maxTokensOneByOne && canTile(args, *args.shared)) ||
           args.shared->gate.dtype != args.shared->up.dtype;
}

} // namespace

void expertFfn(Queue &queue, const ExpertArgs &args, const ExpertTable *table, ExpertScratch &scratch,
               LinearScratch &linearScratch)
{
    if (args.topK > 0)
        routedExperts(queue, args, table, scratch);
    if (args.shared == nullptr)
        return;
    if (args.x.rows <= maxTokensOneByOne && canStream(args, *args.shared))
        denseMlpStreamed(queue, args, *args.shared, scratch, linearScratch);
    else if (needsProducts(args))
        denseMlpTiled(queue, args, *args.shared, scratch, linearScratch);
    else
        denseMlpOneByOne(queue, args, *args.shared, scratch);
}

} // namespace engine::backend::cuda
