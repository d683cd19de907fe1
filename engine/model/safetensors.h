#pragma once
// The header of one safetensors file. Format: huggingface/safetensors README; 8 bytes header length (u64, little
// endian), a JSON object, then the data without gap, overlap or trailing bytes.

#include "engine/memory/mapped_file.h"
#include "engine/memory/tensor.h"
#include "engine/model/load_watch.h"

#include <cstdint>
#include <string>
#include <vector>

namespace engine::model {

struct SafetensorsEntry {
    std::string name;
    memory::Tensor tensor;   ///< dtype and shape; data is null
    std::uint64_t begin = 0; ///< bytes from the start of the data
    std::uint64_t end = 0;   ///< exclusive; end − begin = tensor.bytes()
};

struct SafetensorsHeader {
    std::uint64_t bytes = 0;               ///< of the header with its 8 length bytes: where the data starts
    std::vector<SafetensorsEntry> entries; ///< by begin, ascending
};

inline constexpr std::uint64_t maxSafetensorsHeader = 100'000'000;
inline constexpr std::uint64_t maxDimension = std::uint64_t{1} << 40;

/// Reads with pread, never through the mapping. Dimensions are 1 to 2^40, at most 8 of them.
/// Throws Error FileMalformed, FileTruncated, UnsupportedFeature (an element type the engine does not read) or
/// Cancelled.
SafetensorsHeader readSafetensorsHeader(const memory::MappedFile &file, const LoadWatch &watch = {});

} // namespace engine::model
