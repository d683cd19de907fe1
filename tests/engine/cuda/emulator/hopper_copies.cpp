#include "hopper_state.h"

#include <algorithm>
#include <cstring>

namespace emulator {

bool driverHasTensorMaps = true;
bool isDeviceMemory(const void *at); // cuda_runtime.cpp

namespace {

unsigned boxBytes(const TensorMap &map)
{
    return map.boxRows * map.boxCols * map.elementBytes;
}

/// One element at its place; zeros outside of the matrix.
void copyElement(const BoxCopy &copy, unsigned rank, unsigned row, unsigned col)
{
    const TensorMap &map = copy.map;
    constexpr unsigned swizzleWidths[] = {0, 32, 64, 128};
    const unsigned offset = (row * map.boxCols + col) * map.elementBytes;
    std::byte *to = sharedBytesAt(rank, swizzled(copy.to + offset, swizzleWidths[map.swizzle]), map.elementBytes);
    if (to == nullptr)
        return;
    const std::int64_t r = copy.row + static_cast<std::int64_t>(row);
    const std::int64_t c = copy.col + static_cast<std::int64_t>(col);
    const bool inside =
        r >= 0 && c >= 0 && r < static_cast<std::int64_t>(map.rows) && c < static_cast<std::int64_t>(map.cols);
    if (inside)
        std::memcpy(to,
                    map.data + static_cast<std::uint64_t>(r) * map.stride +
                        static_cast<std::uint64_t>(c) * map.elementBytes,
                    map.elementBytes);
    else
        std::memset(to, 0, map.elementBytes);
}

void complete(const BoxCopy &copy, unsigned rank)
{
    for (unsigned row = 0; row < copy.map.boxRows; ++row) {
        for (unsigned col = 0; col < copy.map.boxCols; ++col)
            copyElement(copy, rank, row, col);
    }
    completeBytes(rank, copy.barrier, boxBytes(copy.map));
}

TensorMap readMap(const CUtensorMap *map)
{
    TensorMap read;
    std::memcpy(static_cast<void *>(&read), map, sizeof read);
    if (reinterpret_cast<std::uintptr_t>(map) % 64 != 0 || read.magic != tensorMapMagic)
        fault("no tensor map on 64 bytes at this address");
    if (isDeviceMemory(map) && hopperBlock().acquired.count(map) == 0)
        fault("a tensor map in global memory was used without acquiring it");
    return read;
}

void start(const BoxCopy &copy, unsigned rank)
{
    if (order == Order::Ascending)
        complete(copy, rank);
    else
        hopperBlock(rank).copies.push_back(copy);
}

} // namespace

void completeCopies(unsigned rank, unsigned barrier)
{
    auto &copies = hopperBlock(rank).copies;
    const auto isElsewhere = [&](const BoxCopy &copy) { return copy.barrier != barrier; };
    const auto first = std::stable_partition(copies.begin(), copies.end(), isElsewhere);
    const std::vector<BoxCopy> arriving(first, copies.end());
    copies.erase(first, copies.end());
    for (const BoxCopy &copy : arriving)
        complete(copy, rank);
}

void acquireTensorMap(const CUtensorMap *map)
{
    hopperBlock().acquired.insert(map);
}

void copyBox(const CUtensorMap *map, int row, int col, unsigned to, unsigned barrier)
{
    copyBoxToAll(map, row, col, to, barrier, static_cast<std::uint16_t>(1U << rankInCluster()));
}

void copyBoxToAll(const CUtensorMap *map, int row, int col, unsigned to, unsigned barrier, std::uint16_t blocks)
{
    const BoxCopy copy{readMap(map), row, col, to, barrier};
    constexpr unsigned alignment = 128;
    if (to % alignment != 0)
        return fault("a box is copied to 128 bytes");
    for (unsigned rank = 0; rank < 16; ++rank) {
        if ((blocks >> rank & 1U) == 0)
            continue;
        if (rank >= blocksInCluster())
            return fault("no such block in the cluster");
        start(copy, rank);
    }
}

} // namespace emulator

CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *data,
                                const cuuint64_t *shape, const cuuint64_t *strides, const cuuint32_t *box,
                                const cuuint32_t *steps, CUtensorMapInterleave, CUtensorMapSwizzle swizzle,
                                CUtensorMapL2promotion, CUtensorMapFloatOOBfill)
{
    const unsigned elementBytes = type == CU_TENSOR_MAP_DATA_TYPE_UINT8 ? 1 : 4;
    constexpr cuuint64_t swizzleWidths[] = {0, 32, 64, 128};
    const cuuint64_t inner = cuuint64_t{box[0]} * elementBytes;
    constexpr cuuint64_t most = cuuint64_t{1} << 32;
    const bool aligned = reinterpret_cast<std::uintptr_t>(map) % 64 == 0 &&
                         reinterpret_cast<std::uintptr_t>(data) % 16 == 0 && strides[0] % 16 == 0 &&
                         strides[0] < cuuint64_t{1} << 40 && strides[0] >= shape[0] * elementBytes;
    const bool shaped = rank == 2 && shape[0] > 0 && shape[0] <= most && shape[1] > 0 && shape[1] <= most &&
                        steps[0] == 1 && steps[1] == 1;
    const bool boxed = box[0] > 0 && box[0] <= 256 && box[1] > 0 && box[1] <= 256 && inner % 16 == 0 &&
                       (swizzle == CU_TENSOR_MAP_SWIZZLE_NONE || inner <= swizzleWidths[swizzle]);
    if (!aligned || !shaped || !boxed)
        return CUDA_ERROR_INVALID_VALUE;
    const emulator::TensorMap encoded{emulator::tensorMapMagic,
                                      static_cast<const std::byte *>(data),
                                      shape[0],
                                      shape[1],
                                      strides[0],
                                      box[0],
                                      box[1],
                                      elementBytes,
                                      static_cast<std::uint32_t>(swizzle)};
    std::memcpy(map, &encoded, sizeof encoded);
    return CUDA_SUCCESS;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char *symbol, void **function, unsigned version, unsigned long long,
                                             cudaDriverEntryPointQueryResult *found)
{
    const bool known =
        emulator::driverHasTensorMaps && version >= 12000 && std::strcmp(symbol, "cuTensorMapEncodeTiled") == 0;
    *function = known ? reinterpret_cast<void *>(cuTensorMapEncodeTiled) : nullptr;
    *found = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
    return cudaSuccess;
}
