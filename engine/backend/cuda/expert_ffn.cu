#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"

namespace engine::backend::cuda {

namespace {

/// Whether the shared MLP has been computed, too.
bool routedExperts(Queue &queue, const ExpertArgs &args, const RoundedRows &x, const ExpertTable *table,
                   ExpertScratch &scratch, LinearScratch &linearScratch)
{
    if (table == nullptr) {
        queue.note(cudaErrorInvalidValue); // prepareExperts() was not called
        return false;
    }
    if (args.x.rows <= maxTokensOneByOne && table->wide && table->uniform() && canStream(args, args.experts.front())) {
        const bool joined = canJoin(args, *table, linearScratch);
        expertsStreamed(queue, args, *table, joined, scratch, linearScratch);
        return joined;
    }
    if (x.data != nullptr && table->tiles)
        expertsGrouped(queue, args, x, *table, scratch, linearScratch);
    else
        expertsOneByOne(queue, args, *table, scratch);
    return false;
}

/// Three products of the library are quicker than two launches of our own.
bool isForLibrary(const Mlp &mlp, int tokens, const LinearScratch &scratch)
{
    return mlp.gate.dtype == memory::DType::BF16 && scratch.library.isWanted(tokens);
}

void denseMlp(Queue &queue, const ExpertArgs &args, const RoundedRows &x, ExpertScratch &scratch,
              LinearScratch &linearScratch)
{
    const Mlp &mlp = *args.shared;
    const bool many = args.x.rows > maxTokensOneByOne && canTile(args, mlp);
    if (args.x.rows <= maxTokensOneByOne && canStream(args, mlp))
        denseMlpStreamed(queue, args, mlp, scratch, linearScratch);
    else if (many && x.data != nullptr && canFuse(mlp) && !isForLibrary(mlp, args.x.rows, linearScratch))
        denseMlpTiled(queue, args, x, mlp, scratch, linearScratch);
    else if (many || mlp.gate.dtype != mlp.up.dtype)
        denseMlpProducts(queue, args, mlp, scratch, linearScratch);
    else
        denseMlpOneByOne(queue, args, mlp, scratch);
}

/// The inputs in BF16 if something will ask for them and there is room.
RoundedRows roundedInputs(Queue &queue, const ExpertArgs &args, const ExpertTable *table, LinearScratch &scratch)
{
    const std::size_t needed =
        static_cast<std::size_t>(args.x.rows) * roundedStride(args.x.width) * sizeof(std::uint16_t);
    const bool routed = args.topK > 0 && table != nullptr && table->tiles;
    const bool shared = args.shared != nullptr && canTile(args, *args.shared);
    if (args.x.rows <= maxTokensOneByOne || !(routed || shared) || needed > scratch.rounded.size())
        return {};
    return roundToBf16(queue, args.x, scratch.roundedRows());
}

} // namespace

void expertFfn(Queue &queue, const ExpertArgs &args, const ExpertTable *table, ExpertScratch &scratch,
               LinearScratch &linearScratch)
{
    const RoundedRows x = roundedInputs(queue, args, table, linearScratch);
    const bool joined = args.topK > 0 && routedExperts(queue, args, x, table, scratch, linearScratch);
    if (args.shared != nullptr && !joined)
        denseMlp(queue, args, x, scratch, linearScratch);
}

} // namespace engine::backend::cuda
