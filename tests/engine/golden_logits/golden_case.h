#pragma once
// tests/golden/cases: small models and what the reference implementation computes with them.

#include "tests/engine/support/temporary_folder.h"

#include <QByteArray>
#include <bit>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace support {

inline constexpr const char *goldenCases[] = {"f32-yarn",         "bf16-plain-query",       "fp8-yarn",   "llama-mha",
                                              "llama-gqa-llama3", "llama-linear-tied-bias", "qwen2",      "qwen3-yarn",
                                              "deepseek-moe",     "deepseek-v2-lite",       "deepseek-v2"};

inline nlohmann::json readGoldenCase(const std::string &name)
{
    return nlohmann::json::parse(
        readFile(std::string(BATHYSCOPE_SOURCE_DIR) + "/tests/golden/cases/" + name + ".json"));
}

/// Little-endian F32, eight hex digits each.
inline std::vector<float> floatsOf(const nlohmann::json &hex)
{
    const auto bytes = QByteArray::fromHex(QByteArray::fromStdString(hex.get<std::string>()));
    std::vector<float> values(static_cast<std::size_t>(bytes.size()) / 4);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint32_t bits = 0;
        for (unsigned byte = 0; byte < 4; ++byte)
            bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[static_cast<int>(4 * i + byte)]))
                    << (8 * byte);
        values[i] = std::bit_cast<float>(bits);
    }
    return values;
}

} // namespace support
