#include "tests/engine/support/gguf_writer.h"

#include "tests/engine/support/temporary_folder.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace support {

namespace {

enum ValueType : std::uint32_t { U16 = 2, U32 = 4, I32 = 5, F32 = 6, Bool = 7, Text = 8, Array = 9 };

constexpr std::pair<const char *, std::uint32_t> typeIds[] = {
    {"F32", 0},  {"F16", 1},   {"Q4_0", 2},  {"Q4_1", 3},  {"Q5_0", 6},    {"Q5_1", 7},
    {"Q8_0", 8}, {"Q4_K", 12}, {"Q5_K", 13}, {"Q6_K", 14}, {"IQ4_NL", 20}, {"BF16", 30},
};

void pad(std::string &bytes, std::uint64_t alignment)
{
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment, '\0');
}

} // namespace

std::string ggufText(std::string_view text)
{
    return ggufNumber<std::uint64_t>(text.size()) + std::string(text);
}

void GgufWriter::raw(const std::string &key, std::uint32_t type, const std::string &bytes)
{
    const auto known =
        std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry &entry) { return entry.key == key; });
    if (known == m_entries.end())
        m_entries.push_back({key, type, bytes});
    else
        *known = {key, type, bytes};
}

void GgufWriter::remove(const std::string &key)
{
    std::erase_if(m_entries, [&](const Entry &entry) { return entry.key == key; });
}

bool GgufWriter::has(const std::string &key) const
{
    return std::any_of(m_entries.begin(), m_entries.end(), [&](const Entry &entry) { return entry.key == key; });
}

void GgufWriter::u16(const std::string &key, std::uint16_t value)
{
    raw(key, U16, ggufNumber(value));
}

void GgufWriter::u32(const std::string &key, std::uint32_t value)
{
    raw(key, U32, ggufNumber(value));
}

void GgufWriter::f32(const std::string &key, float value)
{
    raw(key, F32, ggufNumber(value));
}

void GgufWriter::boolean(const std::string &key, bool value)
{
    raw(key, Bool, ggufNumber<std::uint8_t>(value ? 1 : 0));
}

void GgufWriter::text(const std::string &key, std::string_view value)
{
    raw(key, Text, ggufText(value));
}

void GgufWriter::texts(const std::string &key, const std::vector<std::string> &values)
{
    std::string bytes = ggufNumber<std::uint32_t>(Text) + ggufNumber<std::uint64_t>(values.size());
    for (const std::string &value : values)
        bytes += ggufText(value);
    raw(key, Array, bytes);
}

void GgufWriter::i32s(const std::string &key, const std::vector<std::int32_t> &values)
{
    std::string bytes = ggufNumber<std::uint32_t>(I32) + ggufNumber<std::uint64_t>(values.size());
    for (const std::int32_t value : values)
        bytes += ggufNumber(value);
    raw(key, Array, bytes);
}

void GgufWriter::tensor(const std::string &name, std::vector<std::uint64_t> shape, std::uint32_t type,
                        std::string bytes)
{
    tensors.push_back({name, std::move(shape), type, std::move(bytes)});
}

void GgufWriter::tensor(const std::string &name, std::vector<std::uint64_t> shape, const std::string &type,
                        std::string bytes)
{
    const auto *id =
        std::find_if(std::begin(typeIds), std::end(typeIds), [&](const auto &row) { return row.first == type; });
    if (id == std::end(typeIds))
        throw std::invalid_argument("no type " + type);
    tensor(name, std::move(shape), id->second, std::move(bytes));
}

GgufWriter::Tensor &GgufWriter::find(const std::string &name)
{
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const Tensor &tensor) { return tensor.name == name; });
    if (found == tensors.end())
        throw std::invalid_argument("no tensor " + name);
    return *found;
}

std::string GgufWriter::header() const
{
    std::string bytes = "GGUF" + ggufNumber(version) + ggufNumber<std::uint64_t>(tensors.size()) +
                        ggufNumber<std::uint64_t>(m_entries.size());
    for (const Entry &entry : m_entries)
        bytes += ggufText(entry.key) + ggufNumber(entry.type) + entry.bytes;
    std::uint64_t offset = 0;
    for (const Tensor &tensor : tensors) {
        bytes += ggufText(tensor.name) + ggufNumber(static_cast<std::uint32_t>(tensor.shape.size()));
        for (auto dimension = tensor.shape.rbegin(); dimension != tensor.shape.rend(); ++dimension)
            bytes += ggufNumber(*dimension);
        bytes += ggufNumber(tensor.type) + ggufNumber(offset + tensor.shift);
        offset = (offset + tensor.bytes.size() + alignment - 1) / alignment * alignment;
    }
    return bytes;
}

std::string GgufWriter::file() const
{
    std::string bytes = header();
    for (const Tensor &tensor : tensors) {
        pad(bytes, alignment);
        bytes += tensor.bytes;
    }
    return bytes;
}

void GgufWriter::write(const std::filesystem::path &path) const
{
    writeFile(path, file());
}

} // namespace support
