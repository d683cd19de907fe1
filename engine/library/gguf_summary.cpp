#include "engine/library/gguf_summary.h"

#include "engine/error.h"
#include "engine/library/candidate.h"
#include "engine/memory/mapped_file.h"

#include <array>
#include <cstring>
#include <filesystem>

namespace engine::library {

void summarizeGguf(ModelEntry &entry, const Description &)
{
    std::error_code error;
    const std::filesystem::path target = std::filesystem::canonical(entry.path, error);
    if (error)
        throw Error(ErrorCode::FileMissing, entry.path, {}, entry.path + ": is a link to a file that does not exist.");
    const memory::MappedFile file(target.string(), entry.path);
    std::array<std::byte, 4> magic{};
    file.read(0, magic);
    if (std::memcmp(magic.data(), "GGUF", magic.size()) != 0)
        throw Error(ErrorCode::FileMalformed, entry.path, {},
                    entry.path + ": does not begin as a GGUF file does; the file is damaged or something else.");
    throw Error(ErrorCode::UnsupportedFeature, entry.path, {}, entry.path + ": GGUF files are not supported.");
}

} // namespace engine::library
