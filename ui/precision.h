#pragma once
// What of a model's computation is kept in FP8, besides its weights.

#include "engine/model_info.h"

#include <QMetaType>

namespace ui {

struct Precision {
    bool activations = false; ///< engine::Activations::Fp8
    bool cache = false;       ///< engine::CacheFormat::Fp8

    bool operator==(const Precision &) const = default;
};

inline Precision precisionOf(const engine::ModelInfo &info)
{
    return {info.activations == engine::Activations::Fp8, info.cacheFormat == engine::CacheFormat::Fp8};
}

} // namespace ui

Q_DECLARE_METATYPE(ui::Precision)
