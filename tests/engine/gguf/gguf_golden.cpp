#include "tests/engine/gguf/gguf_golden.h"

#include "engine/memory/block_formats.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/support/temporary_folder.h"

#include <cstring>
#include <numeric>

namespace support {

namespace {

using engine::memory::DType;

constexpr std::pair<const char *, DType> blockTypes[] = {
    {"Q8_0", DType::Q8_0}, {"Q4_0", DType::Q4_0}, {"Q4_K", DType::Q4_K},
    {"Q5_K", DType::Q5_K}, {"Q6_K", DType::Q6_K}, {"Q4_1", DType::Q4_1},
    {"Q5_0", DType::Q5_0}, {"Q5_1", DType::Q5_1}, {"IQ4_NL", DType::IQ4_NL},
};

/// dmin (subtracted) or m (added) as a multiple of d, so that the values lie around 0.
float minimumFactor(DType type)
{
    switch (type) {
    case DType::Q5_K:
        return 15.5F;
    case DType::Q4_1:
        return -7.5F;
    case DType::Q5_1:
        return -15.5F;
    default:
        return 7.5F;
    }
}

void setHalf(std::string &bytes, std::size_t at, float value)
{
    const std::uint16_t half = engine::memory::floatToF16(value);
    std::memcpy(bytes.data() + at, &half, sizeof half);
}

/// Random bytes, in which the halves d and dmin are set to numbers of a sensible size.
std::string randomBlocks(const std::string &name, std::uint64_t seed, DType type, std::size_t elements, float center,
                         int spread)
{
    const std::size_t blockBytes = engine::memory::blockBytes(type);
    const std::size_t blocks = elements / engine::memory::blockElements(type);
    std::string bytes = randomBytes(name, seed, blocks * blockBytes);
    const auto halves = engine::memory::blockHalves(type);
    for (std::size_t half = 0; half < halves.size(); ++half) {
        const float factor = half == 0 ? 1.0F : minimumFactor(type);
        const auto scales = uniformValues(name + (half == 0 ? ".d" : ".dmin"), seed, blocks, 0.0F, spread);
        for (std::size_t block = 0; block < blocks; ++block)
            setHalf(bytes, block * blockBytes + halves[half], (scales[block] + center) * factor);
    }
    return bytes;
}

std::string bytesOf(const nlohmann::json &spec, std::uint64_t seed)
{
    const auto name = spec[0].get<std::string>();
    const auto shape = spec[1].get<std::vector<std::uint64_t>>();
    const auto type = spec[2].get<std::string>();
    const auto center = spec[3].get<float>();
    const int spread = spec[4].get<int>();
    const std::size_t elements = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
    if (spec.size() > 5) // the numbers themselves
        return makeTensor(name, DType::F32, shape, spec[5].get<std::vector<float>>()).bytes;
    for (const auto &[known, dtype] : blockTypes) {
        if (type == known)
            return randomBlocks(name, seed, dtype, elements, center, spread);
    }
    const DType dtype = engine::memory::dtypeFromName(type).value();
    return makeTensor(name, dtype, shape, uniformValues(name, seed, elements, center, spread)).bytes;
}

} // namespace

nlohmann::json readGgufGolden(const std::string &name)
{
    return nlohmann::json::parse(readFile(std::string(BATHYSCOPE_SOURCE_DIR) + "/tests/golden/gguf/" + name + ".json"));
}

GgufWriter ggufOfGolden(const nlohmann::json &goldenCase)
{
    GgufWriter writer;
    for (const nlohmann::json &entry : goldenCase.at("metadata")) {
        const auto key = entry[0].get<std::string>();
        const auto type = entry[1].get<std::string>();
        if (type == "u32")
            writer.u32(key, entry[2].get<std::uint32_t>());
        else if (type == "f32")
            writer.f32(key, entry[2].get<float>());
        else if (type == "bool")
            writer.boolean(key, entry[2].get<bool>());
        else
            writer.text(key, entry[2].get<std::string>());
    }
    const auto seed = goldenCase.at("seed").get<std::uint64_t>();
    for (const nlohmann::json &spec : goldenCase.at("tensors"))
        writer.tensor(spec[0].get<std::string>(), spec[1].get<std::vector<std::uint64_t>>(), spec[2].get<std::string>(),
                      bytesOf(spec, seed));
    return writer;
}

} // namespace support
