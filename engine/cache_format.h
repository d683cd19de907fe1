#pragma once
// How a model's cache keeps what attention remembers.

#include <string_view>

namespace engine {

enum class CacheFormat {
    Automatic, ///< F32 while a token then takes at most 8 KiB (small models stay exact), else BF16
    F32,
    BF16,
    Fp8, ///< only multi-head latent attention: latents in E4M3 with a scale for 128 of them, rotary keys in BF16
};

/// "auto", "f32", "bf16" or "fp8".
constexpr std::string_view cacheFormatName(CacheFormat format)
{
    switch (format) {
    case CacheFormat::F32:
        return "f32";
    case CacheFormat::BF16:
        return "bf16";
    case CacheFormat::Fp8:
        return "fp8";
    case CacheFormat::Automatic:
        break;
    }
    return "auto";
}

} // namespace engine
