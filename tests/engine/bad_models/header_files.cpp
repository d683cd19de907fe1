#include "tests/engine/bad_models/header_files.h"

#include "engine/memory/mapped_file.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/safetensors_writer.h"

namespace bad_models {

using engine::memory::DType;

std::string correctFile()
{
    const std::vector<support::NamedTensor> tensors = {{"a", DType::F32, {2, 3}, std::string(24, '\1')},
                                                       {"b", DType::BF16, {4}, std::string(8, '\1')},
                                                       {"c", DType::U8, {}, std::string(1, '\1')}};
    return support::safetensorsFile(support::safetensorsHeader(tensors), tensors);
}

std::string fileWithHeader(const std::string &header, std::size_t dataBytes)
{
    return support::safetensorsFile(header, {{"data", DType::U8, {dataBytes}, std::string(dataBytes, '\1')}});
}

std::string lengthBytes(std::uint64_t length)
{
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(length >> (8 * i));
    }
    return bytes;
}

std::optional<engine::Failure> HeaderReader::read(const std::string &bytes)
{
    const std::filesystem::path path = m_folder.path() / "model.safetensors";
    support::writeFile(path, bytes);
    return support::failureOf([&] {
        m_last = engine::model::readSafetensorsHeader(engine::memory::MappedFile(path.string(), "model.safetensors"));
    });
}

} // namespace bad_models
