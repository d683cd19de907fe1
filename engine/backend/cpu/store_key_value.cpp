#include "engine/backend/cpu/cached_pages.h"
#include "engine/backend/cpu/ops.h"

namespace engine::backend::cpu {

void storeKeyValue(Parallel &parallel, const KeyValueArgs &args)
{
    const KeyValueCache &cache = args.cache;
    const int width = cache.headWidth;
    parallel.split(args.key.rows, 1, 2.0 * args.key.rows * cache.width, [&](int first, int end, int) {
        for (int token = first; token < end; ++token) {
            const int position = cache.start + token;
            for (int head = 0; head < cache.kvHeads; ++head) {
                const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(head) * width;
                putRow(args.key.row(token) + column, width, cache.dtype,
                       headRow(cache, position, head, HeadPart::Keys));
                putRow(args.value.row(token) + column, width, cache.dtype,
                       headRow(cache, position, head, HeadPart::Values));
            }
        }
    });
}

} // namespace engine::backend::cpu
