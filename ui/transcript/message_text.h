#pragma once
// The text of one part of a message as blocks, kept up to date while it grows. Blocks of finished text are frozen: they
// are made once and never looked at again. Cost of an update: the new text plus the last block.

#include "ui/transcript/block.h"
#include "ui/transcript/markdown_splitter.h"

#include <QString>
#include <vector>

namespace ui {

class MessageText {
public:
    enum class Syntax { Markdown, Plain };

    explicit MessageText(Syntax syntax) : m_syntax(syntax) {}

    void append(const QString &text);
    void setStreaming(bool streaming); ///< the end of the text is still to come

    /// Brings the blocks up to date. Returns the index of the first block that is not as it was; the number of blocks
    /// when all are.
    int update();
    bool isDirty() const { return m_dirty; }
    void parseAgain(); ///< with the next update: the words put in by us are to be in another language

    const QString &source() const { return m_source; }
    const std::vector<Block> &blocks() const { return m_blocks; }
    /// The source of the blocks `first` … `last`, if these are all blocks of their chunks; else empty.
    QString sourceOf(int first, int last) const;
    int chunkParses() const { return m_chunkParses; } ///< so far; shows that finished text is left alone

private:
    struct Place {
        qsizetype begin = 0;
        qsizetype end = 0;
        int firstBlock = 0;
    };

    void appendChunk(const markdown::Chunk &chunk, bool mend, std::vector<Block> &fresh);
    void joinCode(std::vector<Block> &fresh, Block &block) const;
    int replaceTail(std::vector<Block> fresh);

    Syntax m_syntax;
    QString m_source;
    bool m_streaming = false;
    bool m_dirty = true;
    int m_chunkParses = 0;
    markdown::Splitter m_splitter;
    std::vector<Block> m_blocks;
    std::size_t m_frozen = 0;    ///< blocks of closed chunks
    std::vector<Place> m_places; ///< of all chunks
    std::size_t m_frozenPlaces = 0;
};

} // namespace ui
