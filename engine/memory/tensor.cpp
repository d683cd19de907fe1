#include "engine/memory/tensor.h"

#include "engine/error.h"
#include "engine/memory/block_formats.h"

#include <algorithm>

namespace engine::memory {

Tensor::Tensor(const void *address, DType type, std::span<const std::uint64_t> dims) : data(address), dtype(type)
{
    if (dims.size() > maxRank) {
        throw Error(ErrorCode::Internal, {}, {}, "A tensor of more than 8 dimensions was requested.");
    }
    rank = static_cast<std::uint8_t>(dims.size());
    std::copy(dims.begin(), dims.end(), shape.begin());
}

std::uint64_t Tensor::cols() const
{
    std::uint64_t product = 1;
    for (std::size_t i = 1; i < rank; ++i) {
        product *= shape[i];
    }
    return product;
}

float Tensor::at(std::uint64_t index) const
{
    const std::byte *address = static_cast<const std::byte *>(data) + index / blockElements(dtype) * blockBytes(dtype);
    if (isBlockType(dtype))
        return blockValue(dtype, address, index % blockElements(dtype));
    switch (dtype) {
    case DType::F32:
        return loadUnaligned<float>(address);
    case DType::F16:
        return f16ToFloat(loadUnaligned<std::uint16_t>(address));
    case DType::BF16:
        return bf16ToFloat(loadUnaligned<std::uint16_t>(address));
    case DType::F8_E4M3:
        return e4m3ToFloat(loadUnaligned<std::uint8_t>(address));
    default:
        throw Error(ErrorCode::Internal, {}, {},
                    "Elements of type " + std::string(dtypeName(dtype)) + " were read as floats.");
    }
}

std::string shapeText(std::span<const std::uint64_t> dims)
{
    std::string text = "[";
    for (std::size_t i = 0; i < dims.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(dims[i]);
    }
    return text + "]";
}

} // namespace engine::memory
