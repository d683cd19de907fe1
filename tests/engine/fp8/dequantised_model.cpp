#include "tests/engine/fp8/dequantised_model.h"

#include "engine/model/checkpoint.h"
#include "tests/engine/support/safetensors_writer.h"
#include "tests/engine/support/temporary_folder.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace support {

namespace {

using engine::memory::DType;
using engine::memory::Tensor;

constexpr std::uint64_t block = 128;

/// Sign, four bits of exponent with bias 7, three of mantissa; OCP 8-bit floating point, E4M3.
float valueOf(unsigned code)
{
    const int exponent = static_cast<int>(code >> 3 & 0xFU);
    const auto mantissa = static_cast<float>(code & 7U);
    const float magnitude = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8.0F + mantissa, exponent - 10);
    return (code & 0x80U) != 0 ? -magnitude : magnitude;
}

NamedTensor dequantised(const std::string &name, const Tensor &weight, const Tensor &scale)
{
    const auto *codes = static_cast<const unsigned char *>(static_cast<const void *>(weight.data));
    const auto *scales = static_cast<const std::byte *>(scale.data);
    std::vector<float> values(weight.rows() * weight.cols());
    for (std::uint64_t row = 0; row < weight.rows(); ++row) {
        for (std::uint64_t col = 0; col < weight.cols(); ++col) {
            const std::uint64_t at = row / block * ((weight.cols() + block - 1) / block) + col / block;
            values[row * weight.cols() + col] = valueOf(codes[row * weight.cols() + col]) *
                                                engine::memory::loadUnaligned<float>(scales + at * sizeof(float));
        }
    }
    return makeTensor(name, DType::F32, {weight.rows(), weight.cols()}, values);
}

} // namespace

void writeDequantised(const std::filesystem::path &from, const std::filesystem::path &to)
{
    auto config = nlohmann::ordered_json::parse(readFile(from / "config.json"));
    config.erase("quantization_config");
    writeFile(to / "config.json", config.dump());
    const engine::model::Checkpoint checkpoint(from.string());
    std::vector<NamedTensor> tensors;
    for (const std::string &name : checkpoint.names()) {
        const Tensor &tensor = checkpoint.tensor(name);
        if (name.ends_with("_scale_inv")) {
            continue;
        }
        if (tensor.dtype == DType::F8_E4M3) {
            tensors.push_back(dequantised(name, tensor, checkpoint.tensor(name + "_scale_inv")));
            continue;
        }
        const auto *bytes = static_cast<const char *>(static_cast<const void *>(tensor.data));
        tensors.push_back({name, tensor.dtype, {tensor.dims().begin(), tensor.dims().end()}, {bytes, tensor.bytes()}});
    }
    writeSafetensors(to / "model.safetensors", tensors);
}

} // namespace support
