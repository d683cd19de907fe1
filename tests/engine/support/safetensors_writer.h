#pragma once
// Writes safetensors files, also deliberately unaligned ones.

#include "engine/memory/dtype.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace support {

struct NamedTensor {
    std::string name;
    engine::memory::DType dtype = engine::memory::DType::F32;
    std::vector<std::uint64_t> shape;
    std::string bytes;
};

/// `values` rounded to `dtype` (F32, F16, BF16 or F8_E4M3).
NamedTensor makeTensor(std::string name, engine::memory::DType dtype, std::vector<std::uint64_t> shape,
                       const std::vector<float> &values);

/// The JSON header of `tensors` in order, without gaps.
std::string safetensorsHeader(const std::vector<NamedTensor> &tensors);
/// Length, header and data as bytes of a file. `header` is written as it is.
std::string safetensorsFile(const std::string &header, const std::vector<NamedTensor> &tensors);

/// A file of all `tensors`. alignment 8: the data starts on a multiple of 8, as the usual writers do; 1: nothing is
/// padded, which the format allows as well.
void writeSafetensors(const std::filesystem::path &path, const std::vector<NamedTensor> &tensors, int alignment = 8);

/// `shards` files model-00001-of-0000N.safetensors and model.safetensors.index.json in `folder`; tensors are dealt out
/// in turn.
void writeShards(const std::filesystem::path &folder, const std::vector<NamedTensor> &tensors, int shards,
                 int alignment = 8);

} // namespace support
