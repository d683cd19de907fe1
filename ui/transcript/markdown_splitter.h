#pragma once
// Cuts Markdown into pieces that can be parsed one by one, while the text is still growing. A piece is closed by the
// text before and after it and never changes again, so streamed and one-shot text give the same pieces. The work is
// linear: every line is looked at once, plus the last one for each look at the tail.

#include "ui/transcript/markdown_lines.h"

#include <QString>
#include <vector>

namespace ui::markdown {

/// Layout cost grows with the square of a paragraph's length, so longer ones are cut, at the end of a sentence if there
/// is one between the two limits.
inline constexpr qsizetype softUnitLimit = 2000;
inline constexpr qsizetype hardUnitLimit = 3000;
/// A list item, quote or table is parsed as a whole up to this size.
inline constexpr qsizetype containerLimit = 8000;

/// Where to cut text of which the first hardUnitLimit characters are given and in which a line feed does not help.
qsizetype cutPosition(QStringView text);

enum class ChunkKind {
    Text,    ///< parsed as Markdown
    Literal, ///< the rest of a line that was cut: parsed for emphasis and links only
    Fence,   ///< a piece of fenced code, fence lines included
};

struct Chunk {
    ChunkKind kind = ChunkKind::Text;
    qsizetype begin = 0; ///< in the source
    qsizetype end = 0;
    bool afterBlank = false;
    bool continues = false; ///< goes on with the block of the chunk before it
    bool listItem = false;
    bool sibling = false; ///< a further item of the same list
    int ordinal = -1;     ///< number of an ordered list item by its place in the list
    int stripIndent = 0;  ///< columns: a list item that was cut goes on with this indentation
    QString prefix = {};  ///< lines to be parsed before the text: header of a table that was cut
    Fence fence = {};
    bool fenceClosed = false;
};

class Splitter {
public:
    /// Reads the complete lines of `source`, which may only have grown since the last call, and appends the chunks that
    /// are closed to `closed`.
    void advance(QStringView source, std::vector<Chunk> &closed);

    /// The chunks after the closed ones, up to the end of the source. While `streaming`, a last line that does not show
    /// yet what it will become ("-", "1", "| a |") is left out.
    std::vector<Chunk> tail(QStringView source, bool streaming) const;

private:
    enum class Open { None, Paragraph, Literal, Fence, Item, Quote, Table, Indented };

    struct State {
        Open open = Open::None;
        Chunk chunk;
        int lines = 0;            ///< of the open chunk
        qsizetype lastLineAt = 0; ///< begin of its last line
        bool blankSeen = false;   ///< since the last line with text
        ListMarker item;          ///< of the open item, or of the one just closed
        int nextOrdinal = 0;
        bool inList = false;             ///< nothing but blank lines since the last item
        std::optional<Fence> innerFence; ///< fenced code open inside the item
        QString innerFenceLine;
        QString tableHead;
        bool midLine = false; ///< the next segment goes on with a line that was cut
        qsizetype position = 0;
    };
    using Chunks = std::vector<Chunk>;

    /// One line of the source, or a segment of one that is cut.
    struct Line {
        QStringView text;
        qsizetype begin = 0;
        qsizetype end = 0;
    };

    static void read(State &state, QStringView source, const Line &line, Chunks &closed);
    static bool goesOn(State &state, QStringView source, const Line &line, Chunks &closed);
    static bool paragraphGoesOn(State &state, QStringView source, const Line &line, Chunks &closed);
    static bool itemGoesOn(State &state, const Line &line, Chunks &closed);
    static void start(State &state, const Line &line, Chunks &closed);
    static void startItem(State &state, const ListMarker &marker);
    static void extend(State &state, const Line &line);
    static void cut(State &state, const Line &line, Chunks &closed);
    static void close(State &state, Chunks &closed);
    static void trackInnerFence(State &state, QStringView line);
    static bool isUndecided(const State &state, QStringView lastLine);

    State m_state;
};

} // namespace ui::markdown
