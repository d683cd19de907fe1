#pragma once
// Tables: columns as wide as their text if they fit, else the wide ones share the room and wrap.

#include "ui/transcript/block_layout.h"

namespace ui {

void layOutTable(BlockLayout &result, const Block &block, const TextStyle &style);

/// Widths for columns of the given natural widths so that their sum is at most `room`, none below `least` unless it is
/// naturally narrower: narrow columns keep their width, the others share the rest equally.
std::vector<qreal> shareWidth(const std::vector<qreal> &natural, qreal room, qreal least);

} // namespace ui
