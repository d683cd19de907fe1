#include "engine/backend/cuda/detail/cublas_lt.h"

#include <dlfcn.h>

namespace engine::backend::cuda {

namespace {

/// Never closed: it keeps state of the driver.
void *openLibrary()
{
    for (const char *const name : {"libcublasLt.so.13", "libcublasLt.so.12"}) {
        if (void *const library = dlopen(name, RTLD_NOW | RTLD_LOCAL))
            return library;
    }
    return nullptr;
}

} // namespace

void *cublasLtSymbol(const char *name)
{
    static void *const library = openLibrary();
    return library == nullptr ? nullptr : dlsym(library, name);
}

} // namespace engine::backend::cuda
