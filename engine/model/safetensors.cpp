#include "engine/model/safetensors.h"

#include "engine/error.h"
#include "engine/memory/checked.h"
#include "engine/model/detail/message.h"
#include "engine/model/json_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace engine::model {

namespace {

using memory::MappedFile;

constexpr std::uint64_t lengthBytes = 8;

[[noreturn]] void failFile(ErrorCode code, const MappedFile &file, const std::string &what)
{
    throw Error(code, file.name(), {}, file.name() + ": " + what + ".");
}

[[noreturn]] void failTensor(ErrorCode code, const MappedFile &file, const std::string &name, const std::string &what)
{
    throw Error(code, file.name(), printable(name), file.name() + ": tensor '" + printable(name) + "': " + what + ".");
}

/// Builds entries while the header is read; anything that is not exactly the format is refused at once, so a hostile
/// header cannot make the reader allocate more than its own size times a small factor.
class HeaderHandler final : public JsonHandler {
public:
    HeaderHandler(const MappedFile &file, const LoadWatch &watch) : JsonHandler(file.name(), watch), m_file(file) {}
    std::vector<SafetensorsEntry> take() { return std::move(m_entries); }

private:
    enum Member : unsigned { Dtype = 1, Shape = 2, Offsets = 4, All = 7 };

    bool inMetadata() const { return depth() > 1 && keyAt(0) == "__metadata__"; }

    void opened(bool isArray) override
    {
        if (inMetadata()) {
            fail("metadata must be text");
        }
        if (depth() == 0 && isArray) {
            fail("the header is not a JSON object");
        }
        if (depth() == 1) {
            beginEntry(isArray);
        } else if (depth() == 2) {
            beginList(isArray);
        } else if (depth() > 2) {
            fail("a list of numbers contains a list or object");
        }
    }

    void beginEntry(bool isArray)
    {
        if (isArray) {
            fail("a tensor is described by an object, not by a list");
        }
        if (key().empty()) {
            fail("a tensor has no name");
        }
        if (key() != "__metadata__") {
            m_entries.emplace_back().name = key();
            m_seen = 0;
            m_dims.clear();
            m_offsets.clear();
        }
    }

    void beginList(bool isArray)
    {
        if (!isArray || (key() != "shape" && key() != "data_offsets")) {
            fail("this is no part of a tensor description");
        }
        m_list = key() == "shape" ? &m_dims : &m_offsets;
        m_seen |= key() == "shape" ? Shape : Offsets;
    }

    void scalar(nlohmann::json &&value) override
    {
        if (depth() == 0) {
            fail("the header is not a JSON object");
        }
        if (depth() == 1) {
            fail("a tensor is described by an object");
        }
        if (inMetadata()) {
            if (!value.is_string()) {
                fail("metadata must be text");
            }
        } else if (depth() == 2) {
            readDtype(value);
        } else {
            readNumber(value);
        }
    }

    void readDtype(const nlohmann::json &value)
    {
        if (key() != "dtype" || !value.is_string()) {
            fail("this is no part of a tensor description");
        }
        const auto &name = value.get_ref<const std::string &>();
        const auto dtype = memory::dtypeFromName(name);
        if (!dtype) {
            failDtype(name);
        }
        m_entries.back().tensor.dtype = *dtype;
        m_seen |= Dtype;
    }

    [[noreturn]] void failDtype(const std::string &name)
    {
        static constexpr std::array known = {"F4", "F6_E2M3", "F6_E3M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "C64"};
        const bool isKnown = std::find(known.begin(), known.end(), name) != known.end();
        failTensor(isKnown ? ErrorCode::UnsupportedFeature : ErrorCode::FileMalformed, m_file, m_entries.back().name,
                   "element type '" + printable(name) + "' is not " + (isKnown ? "supported" : "known"));
    }

    void readNumber(const nlohmann::json &value)
    {
        if (!value.is_number_unsigned()) {
            fail("only whole numbers from 0 are allowed");
        }
        if (m_list->size() >= memory::Tensor::maxRank) {
            fail("a tensor has more than 8 dimensions");
        }
        m_list->push_back(value.get<std::uint64_t>());
    }

    void closed(bool) override
    {
        if (depth() == 1 && key() != "__metadata__") {
            finishEntry();
        }
    }

    void finishEntry()
    {
        SafetensorsEntry &entry = m_entries.back();
        if (m_seen != All) {
            fail("a tensor needs dtype, shape and data_offsets");
        }
        if (m_offsets.size() != 2) {
            fail("data_offsets needs exactly two numbers");
        }
        entry.begin = m_offsets[0];
        entry.end = m_offsets[1];
        for (const std::uint64_t dim : m_dims) {
            if (dim < 1 || dim > maxDimension) {
                failTensor(ErrorCode::FileMalformed, m_file, entry.name,
                           "dimension " + std::to_string(dim) + " in shape " + memory::shapeText(m_dims) +
                               " is outside 1–" + std::to_string(maxDimension));
            }
        }
        checkBytes(entry);
        entry.tensor = memory::Tensor(nullptr, entry.tensor.dtype, m_dims);
    }

    void checkBytes(const SafetensorsEntry &entry) const
    {
        const auto elements = memory::checkedProduct(m_dims);
        const auto bytes =
            elements ? memory::checkedMultiply(*elements, memory::dtypeBytes(entry.tensor.dtype)) : std::nullopt;
        if (entry.begin > entry.end) {
            failTensor(ErrorCode::FileMalformed, m_file, entry.name,
                       "data_offsets " + std::to_string(entry.begin) + "–" + std::to_string(entry.end) +
                           " run backwards");
        }
        if (!bytes || *bytes != entry.end - entry.begin) {
            failTensor(ErrorCode::FileMalformed, m_file, entry.name,
                       "shape " + memory::shapeText(m_dims) + " of " +
                           std::string(memory::dtypeName(entry.tensor.dtype)) + " needs " +
                           (bytes ? grouped(*bytes) : "more than 2^64") + " bytes, data_offsets give " +
                           grouped(entry.end - entry.begin));
        }
    }

    const MappedFile &m_file;
    std::vector<SafetensorsEntry> m_entries;
    unsigned m_seen = 0;
    std::vector<std::uint64_t> m_dims;
    std::vector<std::uint64_t> m_offsets;
    std::vector<std::uint64_t> *m_list = nullptr;
};

/// What a file that is no safetensors file may be instead.
std::string guess(std::string_view start)
{
    struct Magic {
        std::string_view bytes;
        const char *what;
    };
    static constexpr std::array magics = {
        Magic{"PK\x03\x04", "a zip archive or PyTorch file, which is never opened because it may run code"},
        Magic{"\x80\x02", "a Python pickle, which is never opened because it may run code"},
        Magic{"\x80\x03", "a Python pickle, which is never opened because it may run code"},
        Magic{"\x80\x04", "a Python pickle, which is never opened because it may run code"},
        Magic{"\x80\x05", "a Python pickle, which is never opened because it may run code"},
        Magic{"GGUF", "a GGUF file"},
        Magic{"version ", "a Git LFS pointer; the weights themselves were not downloaded"},
        Magic{"<", "a web page; the download failed"},
        Magic{"{", "a JSON text"},
    };
    for (const Magic &magic : magics) {
        if (start.starts_with(magic.bytes)) {
            return std::string("it looks like ") + magic.what;
        }
    }
    return "the file is damaged or not a safetensors file";
}

std::uint64_t readHeaderLength(const MappedFile &file)
{
    if (file.size() < lengthBytes) {
        failFile(ErrorCode::FileTruncated, file,
                 "has " + std::to_string(file.size()) +
                     " bytes; a safetensors file starts with 8 bytes of header length, so " +
                     std::to_string(lengthBytes - file.size()) + " bytes or more are missing (interrupted download?)");
    }
    std::array<std::byte, lengthBytes> raw{};
    file.read(0, raw);
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < lengthBytes; ++i) {
        length |= std::to_integer<std::uint64_t>(raw[i]) << (8 * i);
    }
    const std::string hint = guess({reinterpret_cast<const char *>(raw.data()), raw.size()});
    const std::uint64_t rest = file.size() - lengthBytes;
    if (length > maxSafetensorsHeader) {
        failFile(ErrorCode::FileMalformed, file,
                 "header length " + std::to_string(length) + " exceeds " +
                     (length > rest ? "the file (" + grouped(file.size()) + " bytes)" : "100,000,000 bytes") + "; " +
                     hint);
    }
    if (length > rest) {
        failFile(ErrorCode::FileTruncated, file,
                 "header length " + std::to_string(length) + " exceeds the file (" + grouped(file.size()) +
                     " bytes); " + grouped(length - rest) + " bytes or more are missing (interrupted download?)");
    }
    if (length < 2) {
        failFile(ErrorCode::FileMalformed, file,
                 "header length " + std::to_string(length) + " is too small for a header");
    }
    return length;
}

void checkExtents(const MappedFile &file, const std::vector<SafetensorsEntry> &entries, std::uint64_t dataBytes)
{
    std::uint64_t expected = 0;
    const std::string *previous = nullptr;
    for (const SafetensorsEntry &entry : entries) {
        const std::string range = "bytes " + std::to_string(entry.begin) + "–" + std::to_string(entry.end);
        if (entry.begin < expected) {
            failTensor(ErrorCode::FileMalformed, file, entry.name,
                       range + " overlap tensor '" + printable(*previous) + "'");
        }
        if (entry.begin > expected) {
            failTensor(ErrorCode::FileMalformed, file, entry.name,
                       range + " leave a gap of " + grouped(entry.begin - expected) + " bytes before them");
        }
        expected = entry.end;
        previous = &entry.name;
    }
    if (expected > dataBytes) {
        failFile(ErrorCode::FileTruncated, file,
                 "is " + grouped(expected - dataBytes) + " bytes shorter than its header says (interrupted download?)");
    }
    if (expected < dataBytes) {
        failFile(ErrorCode::FileMalformed, file,
                 "has " + grouped(dataBytes - expected) + " bytes after its last tensor; the file is damaged");
    }
}

} // namespace

SafetensorsHeader readSafetensorsHeader(const MappedFile &file, const LoadWatch &watch)
{
    const std::uint64_t length = readHeaderLength(file);
    std::string text(length, '\0');
    readWatched(file, lengthBytes, std::as_writable_bytes(std::span(text)), watch);
    if (text.front() != '{') {
        failFile(ErrorCode::FileMalformed, file,
                 "the header does not start with '{'; the file is damaged or not a safetensors file");
    }
    HeaderHandler handler(file, watch);
    parseJson(text, handler);
    SafetensorsHeader header{lengthBytes + length, handler.take()};
    std::sort(header.entries.begin(), header.entries.end(),
              [](const SafetensorsEntry &a, const SafetensorsEntry &b) { return a.begin < b.begin; });
    checkExtents(file, header.entries, file.size() - header.bytes);
    return header;
}

} // namespace engine::model
