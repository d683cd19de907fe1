#pragma once
// What the library says about a model, in the language in force. Plain text with control characters made visible.

#include "engine/model_library.h"

#include <QColor>
#include <QString>

namespace ui {

/// Colour never says it alone: each verdict is a text.
enum class Tone { Good, Limited, Bad, Neutral };
QColor toneColor(Tone tone);

struct Verdict {
    QString text;
    Tone tone = Tone::Neutral;
};

/// In a row: "Fits", "Context up to 8,192", "Needs 3.2 GiB more", "Cannot be opened".
Verdict shortVerdict(const engine::ModelEntry &entry);
/// Beside the slider: for the context that is chosen there.
Verdict longVerdict(const engine::MemoryPlan &plan);

QString modelCount(int models); ///< "1 model", "12 models"

QString placeTitle(const engine::ModelPlace &place);
QString placePath(const QString &path); ///< the home folder as ~

/// "deepseek_v3 · FP8 E4M3 128x128 + BF16 · 671B parameters · 641 GiB"
QString modelSummary(const engine::ModelEntry &entry);
/// Why it cannot be opened, in a few words; the whole text is errorText().
QString shortReason(const engine::ModelEntry &entry);

} // namespace ui
