#include "engine/model/gguf_header.h"

#include "engine/error.h"
#include "engine/memory/checked.h"
#include "engine/model/detail/gguf_cursor.h"
#include "engine/model/detail/message.h"
#include "engine/model/safetensors.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace engine::model {

namespace {

constexpr std::uint64_t maxKeyBytes = 65'535;
constexpr std::uint64_t maxTensorNameBytes = 64;
constexpr std::uint32_t maxDimensions = 4;
constexpr std::uint64_t maxEntries = 65'536;
constexpr std::uint64_t maxTensors = 1'048'576; // V3 with a tensor for each matrix of each expert has 46,000
constexpr std::uint64_t defaultAlignment = 32;
constexpr std::uint64_t maxAlignment = std::uint64_t{1} << 20;
// The fewest bytes an entry and a tensor description have: an empty name and the rest.
constexpr std::uint64_t leastEntryBytes = 8 + 4 + 1;
constexpr std::uint64_t leastTensorBytes = 8 + 4 + 8 + 4 + 8;

constexpr std::array<std::uint64_t, 13> valueBytes = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};
constexpr std::array<const char *, 13> typeNames = {"u8",   "i8",   "u16",   "i16", "u32", "i32", "f32",
                                                    "bool", "text", "array", "u64", "i64", "f64"};

std::uint64_t bytesOf(GgufValueType type)
{
    return valueBytes[static_cast<std::size_t>(type)];
}

GgufValueType readType(GgufCursor &cursor)
{
    const auto type = cursor.number<std::uint32_t>();
    if (type >= typeNames.size()) {
        cursor.fail("has the unknown type " + std::to_string(type));
    }
    return static_cast<GgufValueType>(type);
}

std::uint64_t readBits(GgufCursor &cursor, GgufValueType type)
{
    switch (bytesOf(type)) {
    case 1:
        return cursor.number<std::uint8_t>();
    case 2:
        return cursor.number<std::uint16_t>();
    case 4:
        return cursor.number<std::uint32_t>();
    default:
        return cursor.number<std::uint64_t>();
    }
}

void readArray(const memory::MappedFile &file, GgufCursor &cursor, GgufValue &value)
{
    value.elementType = readType(cursor);
    value.count = cursor.number<std::uint64_t>();
    if (value.elementType == GgufValueType::Array) {
        throw Error(ErrorCode::UnsupportedFeature, file.name(), cursor.field(),
                    file.name() + ": " + cursor.field() + " is a list of lists, which is not supported.");
    }
    cursor.require(value.count, bytesOf(value.elementType), "elements");
    value.offset = cursor.position();
    if (value.elementType == GgufValueType::Text) {
        for (std::uint64_t i = 0; i < value.count; ++i) {
            cursor.skipText();
        }
    } else {
        cursor.skip(value.count, bytesOf(value.elementType));
    }
    value.bytes = cursor.position() - value.offset;
}

GgufValue readValue(const memory::MappedFile &file, GgufCursor &cursor)
{
    GgufValue value;
    value.type = readType(cursor);
    if (value.type == GgufValueType::Array) {
        readArray(file, cursor, value);
    } else if (value.type == GgufValueType::Text) {
        value.bytes = cursor.number<std::uint64_t>();
        value.offset = cursor.position();
        cursor.skip(value.bytes, 1);
    } else {
        value.bits = readBits(cursor, value.type);
        if (value.type == GgufValueType::Bool && value.bits > 1) {
            cursor.fail("is a bool with the value " + std::to_string(value.bits));
        }
    }
    return value;
}

void readValues(const memory::MappedFile &file, GgufCursor &cursor, std::uint64_t count, GgufHeader &header)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        cursor.begin("metadata entry " + std::to_string(i));
        std::string key = cursor.text(maxKeyBytes);
        if (key.empty()) {
            cursor.fail("has no name");
        }
        cursor.begin(printable(key), printable(key));
        if (header.values.contains(key)) {
            cursor.fail("stands there twice");
        }
        const GgufValue value = readValue(file, cursor);
        header.values.emplace(std::move(key), value);
    }
}

std::uint64_t readAlignment(const memory::MappedFile &file, const GgufHeader &header)
{
    const auto found = header.values.find("general.alignment");
    if (found == header.values.end()) {
        return defaultAlignment;
    }
    const std::uint64_t alignment = found->second.bits;
    const bool power = alignment != 0 && (alignment & (alignment - 1)) == 0 && alignment <= maxAlignment;
    if (found->second.type != GgufValueType::U32 || !power) {
        const std::string shown = found->second.type == GgufValueType::U32
                                      ? "= " + std::to_string(alignment)
                                      : "of type " + ggufValueTypeName(found->second.type);
        throw Error(ErrorCode::FileMalformed, file.name(), "general.alignment",
                    file.name() + ": general.alignment " + shown + " is not a power of two up to " +
                        grouped(maxAlignment) + " of type u32.");
    }
    return alignment;
}

void readShape(GgufCursor &cursor, GgufTensorInfo &tensor)
{
    const auto rank = cursor.number<std::uint32_t>();
    if (rank == 0 || rank > maxDimensions) {
        cursor.fail("has " + std::to_string(rank) + " dimensions; 1 to " + std::to_string(maxDimensions) +
                    " are allowed");
    }
    for (std::uint32_t i = 0; i < rank; ++i) {
        const auto dimension = cursor.number<std::uint64_t>();
        if (dimension == 0 || dimension > maxDimension) {
            cursor.fail("has a dimension of " + grouped(dimension) + "; 1 to " + grouped(maxDimension) +
                        " are allowed");
        }
        tensor.shape.insert(tensor.shape.begin(), dimension);
    }
}

std::uint64_t sizeOf(const GgufCursor &cursor, const GgufTensorInfo &tensor)
{
    const std::uint64_t inner = tensor.shape.back();
    if (inner % tensor.type->blockElements != 0) {
        cursor.fail("has rows of " + grouped(inner) + " numbers, which is no multiple of the " +
                    std::to_string(tensor.type->blockElements) + " in a block of " + std::string(tensor.type->name));
    }
    const auto elements = memory::checkedProduct(tensor.shape);
    const auto bytes = elements
                           ? memory::checkedMultiply(*elements / tensor.type->blockElements, tensor.type->blockBytes)
                           : std::nullopt;
    if (!bytes) {
        cursor.fail("is larger than 2^64 bytes");
    }
    return *bytes;
}

GgufTensorInfo readTensor(GgufCursor &cursor, std::uint64_t index)
{
    GgufTensorInfo tensor;
    cursor.begin("tensor " + std::to_string(index));
    tensor.name = cursor.text(maxTensorNameBytes);
    if (tensor.name.empty()) {
        cursor.fail("has no name");
    }
    cursor.begin("tensor '" + printable(tensor.name) + "'", printable(tensor.name));
    readShape(cursor, tensor);
    const auto type = cursor.number<std::uint32_t>();
    tensor.type = ggufTensorType(type);
    if (tensor.type == nullptr) {
        cursor.fail("has the unknown type " + std::to_string(type));
    }
    tensor.bytes = sizeOf(cursor, tensor);
    tensor.begin = cursor.number<std::uint64_t>();
    return tensor;
}

[[noreturn]] void failTensor(ErrorCode code, const memory::MappedFile &file, const std::string &name,
                             const std::string &what)
{
    throw Error(code, file.name(), printable(name), file.name() + ": tensor '" + printable(name) + "' " + what + ".");
}

/// From offsets in the data to offsets in the file; sorted, so that overlaps are found in n·log n.
void placeTensors(const memory::MappedFile &file, std::uint64_t alignment, GgufHeader &header)
{
    const std::uint64_t dataStart = (header.bytes + alignment - 1) / alignment * alignment;
    for (GgufTensorInfo &tensor : header.tensors) {
        if (tensor.begin % alignment != 0) {
            failTensor(ErrorCode::FileMalformed, file, tensor.name,
                       "starts at " + grouped(tensor.begin) + ", which is no multiple of the alignment " +
                           std::to_string(alignment));
        }
        const auto begin = memory::checkedAdd(dataStart, tensor.begin);
        if (!begin || !memory::checkedAdd(*begin, tensor.bytes)) {
            failTensor(ErrorCode::FileMalformed, file, tensor.name, "ends behind 2^64 bytes");
        }
        tensor.begin = *begin;
    }
    std::sort(header.tensors.begin(), header.tensors.end(),
              [](const GgufTensorInfo &a, const GgufTensorInfo &b) { return a.begin < b.begin; });
}

void checkExtents(const memory::MappedFile &file, const std::vector<GgufTensorInfo> &tensors)
{
    for (std::size_t i = 1; i < tensors.size(); ++i) {
        const GgufTensorInfo &before = tensors[i - 1];
        if (before.begin + before.bytes > tensors[i].begin) {
            failTensor(ErrorCode::FileMalformed, file, tensors[i].name,
                       "overlaps tensor '" + printable(before.name) + "'");
        }
    }
    const std::uint64_t end = tensors.empty() ? 0 : tensors.back().begin + tensors.back().bytes;
    if (end > file.size()) {
        throw Error(ErrorCode::FileTruncated, file.name(), {},
                    file.name() + ": is " + grouped(end - file.size()) +
                        " bytes shorter than its header says (interrupted download?).");
    }
}

void checkMagic(const memory::MappedFile &file, GgufCursor &cursor)
{
    const std::array<std::uint8_t, 4> magic = {'G', 'G', 'U', 'F'};
    const bool tooShort = file.size() < magic.size();
    if (tooShort || cursor.number<std::array<std::uint8_t, 4>>() != magic) {
        throw Error(ErrorCode::FileMalformed, file.name(), {},
                    file.name() + ": is not a GGUF file (it does not start with \"GGUF\"). Open a .gguf file, or the "
                                  "folder of a model in the Hugging Face layout.");
    }
}

void checkVersion(const memory::MappedFile &file, GgufCursor &cursor)
{
    const auto version = cursor.number<std::uint32_t>();
    if (version == 2 || version == 3) {
        return;
    }
    const bool swapped = (version & 0xFFFFU) == 0 && version != 0;
    const std::string what = swapped ? "is a big-endian GGUF file (its version is stored the other way round); only "
                                       "little-endian files are supported"
                                     : "is GGUF of version " + std::to_string(version) + " (supported: 2, 3)";
    throw Error(ErrorCode::UnsupportedFeature, file.name(), "version", file.name() + ": " + what + ".");
}

/// Before anything is read that many times.
void checkCount(const GgufCursor &cursor, std::uint64_t count, std::uint64_t leastBytes, std::uint64_t most,
                const char *what)
{
    cursor.require(count, leastBytes, what);
    if (count > most) {
        cursor.fail("claims " + grouped(count) + " " + what + "; at most " + grouped(most) + " are allowed");
    }
}

void readTensors(GgufCursor &cursor, std::uint64_t count, GgufHeader &header)
{
    std::unordered_set<std::string> names;
    for (std::uint64_t i = 0; i < count; ++i) {
        header.tensors.push_back(readTensor(cursor, i));
        if (!names.insert(header.tensors.back().name).second) {
            cursor.fail("stands there twice");
        }
    }
}

} // namespace

std::string ggufValueTypeName(GgufValueType type)
{
    return typeNames[static_cast<std::size_t>(type)];
}

GgufHeader readGgufHeader(const memory::MappedFile &file)
{
    GgufCursor cursor(file);
    checkMagic(file, cursor);
    checkVersion(file, cursor);
    const auto tensors = cursor.number<std::uint64_t>();
    const auto values = cursor.number<std::uint64_t>();
    checkCount(cursor, values, leastEntryBytes, maxEntries, "metadata entries");
    checkCount(cursor, tensors, leastTensorBytes, maxTensors, "tensors");
    GgufHeader header;
    readValues(file, cursor, values, header);
    readTensors(cursor, tensors, header);
    header.bytes = cursor.position();
    placeTensors(file, readAlignment(file, header), header);
    checkExtents(file, header.tensors);
    return header;
}

} // namespace engine::model
