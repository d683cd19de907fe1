#pragma once
// Small safetensors files for tests of damage.

#include "engine/error.h"
#include "engine/model/safetensors.h"
#include "tests/engine/support/temporary_folder.h"

#include <cstddef>
#include <optional>
#include <string>

namespace bad_models {

constexpr std::size_t correctDataBytes = 33;

/// A correct file of three tensors: "a" F32 [2, 3], "b" BF16 [4], "c" U8 scalar.
std::string correctFile();

/// Length, `header` and `dataBytes` bytes of data.
std::string fileWithHeader(const std::string &header, std::size_t dataBytes);

/// `length` as the first eight bytes of a file.
std::string lengthBytes(std::uint64_t length);

class HeaderReader {
public:
    /// Writes `bytes` to a file and reads its header.
    std::optional<engine::Failure> read(const std::string &bytes);
    const engine::model::SafetensorsHeader &last() const { return m_last; } ///< of the last success

private:
    support::TemporaryFolder m_folder;
    engine::model::SafetensorsHeader m_last;
};

} // namespace bad_models
