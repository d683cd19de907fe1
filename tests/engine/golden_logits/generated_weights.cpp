#include "tests/engine/golden_logits/generated_weights.h"

#include "tests/engine/support/temporary_folder.h"

#include <cmath>
#include <numeric>
#include <string>

namespace support {

namespace {

/// SplitMix64 whose start depends on name (FNV-1a) and seed.
class Words {
public:
    Words(const std::string &name, std::uint64_t seed)
    {
        std::uint64_t hash = 0xCBF29CE484222325U;
        for (const char character : name)
            hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001B3U;
        m_state = hash ^ (seed * 0xD1342543DE82EF95U);
    }
    std::uint64_t next()
    {
        std::uint64_t x = m_state += 0x9E3779B97F4A7C15U;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
        return x ^ (x >> 31);
    }

private:
    std::uint64_t m_state;
};

std::size_t elementsOf(const std::vector<std::uint64_t> &shape)
{
    return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

/// center + [−1, 1) · 2^spread; the product is exact.
std::vector<float> uniform(const std::string &name, std::uint64_t seed, std::size_t count, float center, int spread)
{
    Words words(name, seed);
    std::vector<float> values(count);
    for (float &value : values) {
        const auto u = static_cast<std::int32_t>(words.next() >> 40) - (1 << 23);
        value = center + std::ldexp(static_cast<float>(u), spread - 23);
    }
    return values;
}

std::string e4m3Codes(const std::string &name, std::uint64_t seed, std::size_t count)
{
    Words words(name, seed);
    std::string codes(count, '\0');
    for (char &code : codes) {
        const auto bits = static_cast<unsigned>(words.next() >> 56);
        code = static_cast<char>((bits & 0x7FU) == 0x7FU ? bits ^ 1U : bits);
    }
    return codes;
}

void addTensor(std::vector<NamedTensor> &tensors, const std::string &name, const nlohmann::json &spec,
               std::uint64_t seed)
{
    const auto shape = spec[1].get<std::vector<std::uint64_t>>();
    const auto dtype = engine::memory::dtypeFromName(spec[2].get<std::string>()).value();
    const auto center = spec[3].get<float>();
    const int spread = spec[4].get<int>();
    if (dtype != engine::memory::DType::F8_E4M3) {
        tensors.push_back(makeTensor(name, dtype, shape, uniform(name, seed, elementsOf(shape), center, spread)));
        return;
    }
    tensors.push_back({name, dtype, shape, e4m3Codes(name, seed, elementsOf(shape))});
    const std::vector<std::uint64_t> blocks{(shape[0] + 127) / 128, (shape[1] + 127) / 128};
    const std::string scale = name + "_scale_inv";
    tensors.push_back(makeTensor(scale, engine::memory::DType::F32, blocks,
                                 uniform(scale, seed, elementsOf(blocks), center, spread)));
}

} // namespace

std::vector<NamedTensor> generateWeights(const nlohmann::json &goldenCase)
{
    const auto seed = goldenCase.at("seed").get<std::uint64_t>();
    const int experts = goldenCase.at("config").value("n_routed_experts", 0);
    std::vector<NamedTensor> tensors;
    for (const nlohmann::json &spec : goldenCase.at("tensors")) {
        const auto name = spec[0].get<std::string>();
        const std::size_t star = name.find('*');
        if (star == std::string::npos) {
            addTensor(tensors, name, spec, seed);
            continue;
        }
        for (int expert = 0; expert < experts; ++expert)
            addTensor(tensors, std::string(name).replace(star, 1, std::to_string(expert)), spec, seed);
    }
    return tensors;
}

void writeGoldenModel(const nlohmann::json &goldenCase, const std::filesystem::path &folder)
{
    writeFile(folder / "config.json", goldenCase.at("config").dump());
    writeSafetensors(folder / "model.safetensors", generateWeights(goldenCase));
}

std::vector<engine::TokenId> generatedTokens(const std::string &name, std::uint64_t seed, std::size_t count, int vocab)
{
    Words words(name, seed);
    std::vector<engine::TokenId> tokens(count);
    for (engine::TokenId &token : tokens)
        token = static_cast<engine::TokenId>(words.next() % static_cast<std::uint64_t>(vocab));
    return tokens;
}

} // namespace support
