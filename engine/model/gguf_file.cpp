#include "engine/model/gguf_file.h"

#include "engine/error.h"
#include "engine/model/detail/gguf_cursor.h"
#include "engine/model/detail/message.h"
#include "engine/model/detail/sha256.h"
#include "engine/model/gguf_split.h"
#include "engine/model/load_stop.h"
#include "engine/model/model_folder.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace engine::model {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t maxParts = 99'999; // five digits

std::string folderOf(const std::string &path)
{
    const fs::path folder = fs::path(path).parent_path();
    return folder.empty() ? "." : folder.string();
}

/// The file the user named may be a link to anywhere; it is followed once, here.
memory::MappedFile openNamed(const std::string &path)
{
    std::error_code error;
    const fs::path target = fs::canonical(path, error);
    return {error ? path : target.string(), path};
}

int partCount(const memory::MappedFile &file, const GgufHeader &header)
{
    const auto found = header.values.find("split.count");
    if (found == header.values.end()) {
        return 1;
    }
    const auto count = ggufInteger(found->second);
    if (!count || *count < 0 || *count > maxParts) {
        throw Error(ErrorCode::FileMalformed, file.name(), "split.count",
                    file.name() + ": split.count is not a number from 0 to 99,999.");
    }
    return std::max(static_cast<int>(*count), 1);
}

void requirePartNumber(const memory::MappedFile &file, const GgufHeader &header, int part, int count)
{
    const auto found = header.values.find("split.no");
    const auto number = found == header.values.end() ? std::nullopt : ggufInteger(found->second);
    if (partCount(file, header) != count || number != part) {
        throw Error(ErrorCode::FileMalformed, file.name(), "split.no",
                    file.name() + ": its name says that it is part " + std::to_string(part + 1) + " of " +
                        std::to_string(count) + ", but its header (split.no, split.count) says something else.");
    }
}

GgufPartName partNameOf(const memory::MappedFile &file, const std::string &path, int count)
{
    const auto name = parseGgufPartName(fs::path(path).filename().string());
    if (!name || name->count != count) {
        throw Error(ErrorCode::FileMalformed, file.name(), "split.count",
                    file.name() + ": is one of " + std::to_string(count) +
                        " parts (split.count), but its name does not end in '" + GgufPartName{{}, 1, count}.ofPart(1) +
                        "' or that of another part. Keep the names under which the parts were published.");
    }
    return *name;
}

void requireAllParts(const ModelFolder &folder, const GgufPartName &name)
{
    std::vector<std::string> missing;
    for (int part = 1; part <= name.count; ++part) {
        if (!folder.contains(name.ofPart(part))) {
            missing.push_back(name.ofPart(part));
        }
    }
    if (missing.empty()) {
        return;
    }
    std::string list;
    for (const std::string &part : missing) {
        list += (list.empty() ? "'" : ", '") + printable(part) + "'";
    }
    const std::string first = folder.fileName(missing.front());
    throw Error(ErrorCode::FileMissing, first, {},
                first + ": is missing; of the " + std::to_string(name.count) + " parts of this model " +
                    grouped(missing.size()) + (missing.size() == 1 ? " is" : " are") + " not there: " + list + ".");
}

void requireTensorCount(const memory::MappedFile &file, const GgufHeader &header, std::size_t found)
{
    const auto value = header.values.find("split.tensors.count");
    const auto count = value == header.values.end() ? std::nullopt : ggufInteger(value->second);
    if (count && static_cast<std::uint64_t>(*count) != found) {
        throw Error(ErrorCode::FileMalformed, file.name(), "split.tensors.count",
                    file.name() + ": split.tensors.count = " + std::to_string(*count) + ", but the parts hold " +
                        grouped(found) + " tensors.");
    }
}

} // namespace

std::optional<std::int64_t> ggufInteger(const GgufValue &value)
{
    switch (value.type) {
    case GgufValueType::U8:
    case GgufValueType::U16:
    case GgufValueType::U32:
        return static_cast<std::int64_t>(value.bits);
    case GgufValueType::I8:
        return static_cast<std::int8_t>(value.bits);
    case GgufValueType::I16:
        return static_cast<std::int16_t>(value.bits);
    case GgufValueType::I32:
        return static_cast<std::int32_t>(value.bits);
    case GgufValueType::I64:
        return static_cast<std::int64_t>(value.bits);
    case GgufValueType::U64:
        return value.bits <= INT64_MAX ? std::optional(static_cast<std::int64_t>(value.bits)) : std::nullopt;
    default:
        return std::nullopt;
    }
}

GgufFile::GgufFile(std::string path, std::stop_token stop) : m_path(std::move(path)), m_stop(std::move(stop))
{
    openParts();
    indexTensors();
}

void GgufFile::openPart(memory::MappedFile file)
{
    throwIfStopped(m_stop, m_path);
    GgufHeader header = readGgufHeader(file);
    m_parts.push_back({std::move(file), std::move(header)});
}

void GgufFile::openParts()
{
    openPart(openNamed(m_path));
    const int count = partCount(m_parts[0].file, m_parts[0].header);
    if (count == 1) {
        return;
    }
    const GgufPartName name = partNameOf(m_parts[0].file, m_path, count);
    const ModelFolder folder(folderOf(m_path));
    requireAllParts(folder, name);
    std::vector<Part> named = std::exchange(m_parts, {});
    for (int part = 1; part <= count; ++part) {
        if (part == name.number) {
            m_parts.push_back(std::move(named[0]));
        } else {
            openPart(folder.open(name.ofPart(part)));
        }
        requirePartNumber(m_parts.back().file, m_parts.back().header, part - 1, count);
    }
}

void GgufFile::indexTensors()
{
    for (std::size_t part = 0; part < m_parts.size(); ++part) {
        const std::vector<GgufTensorInfo> &tensors = m_parts[part].header.tensors;
        for (std::size_t index = 0; index < tensors.size(); ++index) {
            const GgufTensorInfo &tensor = tensors[index];
            const auto [place, isNew] = m_tensors.emplace(tensor.name, Place{part, index});
            if (!isNew) {
                const std::string &file = m_parts[part].file.name();
                throw Error(ErrorCode::FileMalformed, file, printable(tensor.name),
                            file + ": tensor '" + printable(tensor.name) + "' stands in '" +
                                m_parts[place->second.part].file.name() + "' as well.");
            }
            m_totalBytes += tensor.bytes; // no file is larger than 2^63 bytes, and there are at most 99,999
        }
    }
    if (m_parts.size() > 1) {
        requireTensorCount(m_parts[0].file, m_parts[0].header, m_tensors.size());
    }
}

void GgufFile::map()
{
    for (Part &part : m_parts) {
        part.file.map();
    }
}

std::string GgufFile::modelName() const
{
    return ggufModelName(fs::path(m_path).filename().string());
}

const GgufValue *GgufFile::find(const std::string &key) const
{
    const auto &values = m_parts[0].header.values;
    const auto found = values.find(key);
    return found == values.end() ? nullptr : &found->second;
}

std::vector<std::byte> GgufFile::elements(const std::string &key, const GgufValue &list, std::uint64_t maxBytes) const
{
    if (list.bytes > maxBytes) {
        throw Error(ErrorCode::FileMalformed, name(), printable(key),
                    name() + ": " + printable(key) + " has " + grouped(list.bytes) + " bytes; at most " +
                        grouped(maxBytes) + " are allowed.");
    }
    std::vector<std::byte> bytes(list.bytes);
    m_parts[0].file.read(list.offset, bytes);
    return bytes;
}

std::string GgufFile::text(const std::string &key, const GgufValue &value, std::uint64_t maxBytes) const
{
    const std::vector<std::byte> bytes = elements(key, value, maxBytes);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// The lengths are checked again: between the two readings somebody may have written to the file.
void GgufFile::eachText(const std::string &key, const GgufValue &list, std::uint64_t maxBytes,
                        const std::function<void(std::uint64_t index, std::string_view text)> &use) const
{
    const std::vector<std::byte> bytes = elements(key, list, maxBytes);
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < list.count; ++i) {
        const auto left = [&] { return bytes.size() - at; };
        const std::uint64_t length =
            left() < sizeof(std::uint64_t) ? UINT64_MAX : memory::loadUnaligned<std::uint64_t>(bytes.data() + at);
        if (length > left() - std::min(left(), sizeof length)) {
            throw Error(ErrorCode::FileChanged, name(), printable(key),
                        name() + ": changed on disk while it was read; load the model again.");
        }
        at += sizeof length;
        use(i, {reinterpret_cast<const char *>(bytes.data()) + at, length});
        at += length;
    }
}

const GgufTensorInfo *GgufFile::info(const std::string &name) const
{
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? nullptr : &m_parts[found->second.part].header.tensors[found->second.index];
}

memory::Tensor GgufFile::tensor(const std::string &name) const
{
    throwIfStopped(m_stop, m_path);
    const GgufTensorInfo *found = info(name);
    if (found == nullptr) {
        throw Error(ErrorCode::TensorMissing, m_path, printable(name),
                    m_path + ": tensor '" + printable(name) + "' is missing.");
    }
    requireReadable(name);
    const Part &part = m_parts[m_tensors.at(name).part];
    return {part.file.bytes().data() + found->begin, *found->type->dtype, found->shape};
}

void GgufFile::requireReadable(const std::string &name) const
{
    const GgufTensorType &type = *info(name)->type;
    if (!type.dtype) {
        const std::string &file = fileOf(name);
        throw Error(ErrorCode::UnsupportedFeature, file, printable(name),
                    file + ": tensor '" + printable(name) + "' has the type " + std::string(type.name) +
                        ", which is not supported (supported: " + readableGgufTypes() + ").");
    }
}

std::vector<float> GgufFile::numbers(const std::string &name, std::uint64_t count) const
{
    const GgufTensorInfo *found = info(name);
    const std::string &file = fileOf(name);
    if (found == nullptr || found->type->dtype != memory::DType::F32 || found->shape != std::vector{count}) {
        throw Error(ErrorCode::TensorMismatch, file, printable(name),
                    file + ": tensor '" + printable(name) + "' must have " + grouped(count) + " numbers of F32.");
    }
    std::vector<float> numbers(count);
    m_parts[m_tensors.at(name).part].file.read(found->begin, std::as_writable_bytes(std::span(numbers)));
    return numbers;
}

const std::string &GgufFile::fileOf(const std::string &name) const
{
    const auto found = m_tensors.find(name);
    return m_parts[found == m_tensors.end() ? 0 : found->second.part].file.name();
}

std::vector<std::string> GgufFile::names() const
{
    std::vector<std::string> all;
    all.reserve(m_tensors.size());
    for (const auto &[name, place] : m_tensors) {
        all.push_back(name);
    }
    std::sort(all.begin(), all.end());
    return all;
}

std::string GgufFile::fingerprint() const
{
    constexpr std::uint64_t samples = 64;
    constexpr std::uint64_t sampleBytes = 64;
    expect(memory::MappedFile::Access::Scattered);
    Sha256 digest;
    for (const Part &part : m_parts) {
        const std::span<const std::byte> bytes = part.file.bytes();
        digest.update(part.file.size());
        digest.update(bytes.first(part.header.bytes));
        const std::span<const std::byte> data = bytes.subspan(part.header.bytes);
        for (std::uint64_t i = 0; i < samples && !data.empty(); ++i) {
            const std::uint64_t start = data.size() / samples * i;
            digest.update(data.subspan(start, std::min<std::uint64_t>(sampleBytes, data.size() - start)));
        }
    }
    expect(memory::MappedFile::Access::Sequential);
    throwIfChanged();
    return digest.hex();
}

void GgufFile::throwIfChanged() const
{
    for (const Part &part : m_parts) {
        if (part.file.changed()) {
            throw Error(ErrorCode::FileChanged, part.file.name(), {},
                        part.file.name() + ": changed on disk while in use; load the model again.");
        }
    }
}

void GgufFile::expect(memory::MappedFile::Access access) const noexcept
{
    for (const Part &part : m_parts) {
        part.file.expect(access);
    }
}

} // namespace engine::model
