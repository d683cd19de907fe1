#pragma once
// The header of one GGUF file, version 2 or 3. Format: ggml-org/ggml docs/gguf.md. Little endian: magic "GGUF", u32
// version, u64 number of tensors, u64 number of metadata entries; the entries; the tensor descriptions; the data,
// aligned.

#include "engine/memory/mapped_file.h"
#include "engine/model/detail/gguf_types.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace engine::model {

enum class GgufValueType : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, Text, Array, U64, I64, F64 };

std::string ggufValueTypeName(GgufValueType type); ///< "u32", "text", ...

/// Where a metadata value stands. Numbers are here already; texts and arrays stay in the file until somebody wants
/// them, as a vocabulary has 10 MB.
struct GgufValue {
    GgufValueType type = GgufValueType::U8;
    GgufValueType elementType = GgufValueType::U8; ///< of an array
    std::uint64_t bits = 0;                        ///< a number or bool as it is stored, zero-extended
    std::uint64_t offset = 0;                      ///< in the file: the text behind its length, the first element
    std::uint64_t count = 0;                       ///< elements of the array
    std::uint64_t bytes = 0;                       ///< of text or elements
};

struct GgufTensorInfo {
    std::string name;
    const GgufTensorType *type = nullptr;
    std::vector<std::uint64_t> shape; ///< outermost dimension first, as memory::Tensor has it (the file: innermost)
    std::uint64_t begin = 0;          ///< bytes from the start of the file
    std::uint64_t bytes = 0;
};

struct GgufHeader {
    std::unordered_map<std::string, GgufValue> values;
    std::vector<GgufTensorInfo> tensors; ///< by begin, ascending; apart from each other and inside the file
    std::uint64_t bytes = 0;             ///< up to the last tensor description
};

/// Throws Error FileMalformed, FileTruncated, or UnsupportedFeature (version 1, big endian, nested arrays), naming the
/// file and the entry or tensor. Tensors of types the engine does not compute with are accepted here.
GgufHeader readGgufHeader(const memory::MappedFile &file);

} // namespace engine::model
