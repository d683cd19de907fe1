#pragma once

namespace engine::training {

/// Serves tensor memory from size-class free lists from now on. A training step allocates the
/// same few hundred blocks again and again in slightly different sizes, which fragments the
/// heap of the C library and makes it search; pooled blocks are reused at once, pages warm.
void installPooledAllocator();

} // namespace engine::training
