#include "ui/transcript/message_text.h"

#include "ui/transcript/code_highlighter.h"
#include "ui/transcript/markdown_parser.h"

#include <iterator>

namespace ui {

void MessageText::append(const QString &text)
{
    m_source += text;
    m_dirty = true;
}

void MessageText::setStreaming(bool streaming)
{
    if (m_streaming == streaming)
        return;
    m_streaming = streaming;
    m_dirty = true;
}

void MessageText::parseAgain()
{
    m_splitter = {};
    m_frozen = 0;
    m_frozenPlaces = 0;
    m_dirty = true;
}

int MessageText::update()
{
    if (!m_dirty)
        return static_cast<int>(m_blocks.size());
    m_dirty = false;
    std::vector<Block> fresh;
    m_places.resize(m_frozenPlaces);
    if (m_syntax == Syntax::Plain) {
        fresh = markdown::plainBlocks(m_source);
        m_places.push_back({0, m_source.size(), 0});
        return replaceTail(std::move(fresh));
    }
    std::vector<markdown::Chunk> closed;
    m_splitter.advance(m_source, closed);
    for (const auto &chunk : closed)
        appendChunk(chunk, false, fresh);
    const std::size_t nowFrozen = m_frozen + fresh.size();
    m_frozenPlaces = m_places.size();
    const auto tail = m_splitter.tail(m_source, m_streaming);
    for (std::size_t i = 0; i < tail.size(); ++i)
        appendChunk(tail[i], m_streaming && i + 1 == tail.size(), fresh);
    const int changed = replaceTail(std::move(fresh));
    m_frozen = nowFrozen;
    return changed;
}

void MessageText::appendChunk(const markdown::Chunk &chunk, bool mend, std::vector<Block> &fresh)
{
    ++m_chunkParses;
    const int index = static_cast<int>(m_places.size());
    m_places.push_back({chunk.begin, chunk.end, static_cast<int>(m_frozen + fresh.size())});
    const QStringView source = QStringView(m_source).mid(chunk.begin, chunk.end - chunk.begin);
    for (Block &block : markdown::parseChunk(source, chunk, mend)) {
        block.chunk = index;
        if (chunk.kind == markdown::ChunkKind::Fence) {
            block.continues = chunk.continues;
            block.midLine = chunk.continues && m_source[chunk.begin - 1] != QLatin1Char('\n');
        }
        if (block.kind == BlockKind::Code || block.kind == BlockKind::Table)
            joinCode(fresh, block);
        fresh.push_back(std::move(block));
    }
}

/// A piece goes on with language, highlighter state and scroll group of the piece before it.
void MessageText::joinCode(std::vector<Block> &fresh, Block &block) const
{
    block.group = static_cast<int>(m_frozen + fresh.size());
    const Block *before = !fresh.empty() ? &fresh.back() : m_frozen > 0 ? &m_blocks[m_frozen - 1] : nullptr;
    if (!block.continues || before == nullptr || before->kind != block.kind) {
        block.continues = false;
        return;
    }
    block.group = before->group;
    if (block.kind == BlockKind::Code) {
        block.language = before->language;
        block.lexerState = CodeHighlighter(before->language).stateAfter(before->text, before->lexerState);
    }
}

int MessageText::replaceTail(std::vector<Block> fresh)
{
    std::size_t same = 0;
    while (same < fresh.size() && m_frozen + same < m_blocks.size() && fresh[same] == m_blocks[m_frozen + same])
        ++same;
    const std::size_t first = m_frozen + same;
    if (first == m_blocks.size() && same == fresh.size())
        return static_cast<int>(first);
    m_blocks.resize(first);
    m_blocks.insert(m_blocks.end(), std::make_move_iterator(fresh.begin() + static_cast<std::ptrdiff_t>(same)),
                    std::make_move_iterator(fresh.end()));
    return static_cast<int>(first);
}

QString MessageText::sourceOf(int first, int last) const
{
    if (first > last || last >= static_cast<int>(m_blocks.size()))
        return {};
    const auto &from = m_places[static_cast<std::size_t>(m_blocks[static_cast<std::size_t>(first)].chunk)];
    const auto toIndex = static_cast<std::size_t>(m_blocks[static_cast<std::size_t>(last)].chunk);
    const std::size_t after = toIndex + 1;
    const int endOfChunk = after < m_places.size() ? m_places[after].firstBlock : static_cast<int>(m_blocks.size());
    if (from.firstBlock != first || endOfChunk != last + 1)
        return {};
    return m_source.mid(from.begin, m_places[toIndex].end - from.begin);
}

} // namespace ui
