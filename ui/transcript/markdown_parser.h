#pragma once
// One chunk of Markdown to blocks, by md4c without HTML, with GFM tables, strikethrough, task lists and bare addresses
// as links. Nothing is fetched: an image becomes a notice, an address that is not http, https or mailto stays text.
//
// No text is lost: the letters of the source are looked up in what was made of it, in order, and a chunk that fails (a
// construction md4c drops) is shown literally. Pure functions.

#include "ui/transcript/block.h"
#include "ui/transcript/markdown_splitter.h"

namespace ui::markdown {

/// `mend`: the text is still growing; marks that are open at its end are closed (see mendTail).
std::vector<Block> parseChunk(QStringView source, const Chunk &chunk, bool mend);

/// Text without any syntax: a user's message. Cut into pieces of at most hardUnitLimit characters.
std::vector<Block> plainBlocks(QStringView text);

} // namespace ui::markdown
