#include "ui/transcript/markdown_splitter.h"

#include <algorithm>

namespace ui::markdown {

namespace {

bool endsSentence(QStringView text, qsizetype i)
{
    const QChar c = text[i];
    if (QStringView(u"。！？；").contains(c))
        return true;
    return QStringView(u".!?;").contains(c) && i + 1 < text.size() && text[i + 1].isSpace();
}

bool consistsOf(QStringView text, QStringView characters)
{
    return std::all_of(text.begin(), text.end(), [&](QChar c) { return characters.contains(c); });
}

bool isPartOfListNumber(QStringView text)
{
    if (text.endsWith(QLatin1Char('.')) || text.endsWith(QLatin1Char(')')))
        text.chop(1);
    return text.size() <= 9 && consistsOf(text, u"0123456789");
}

} // namespace

qsizetype cutPosition(QStringView text)
{
    qsizetype space = -1;
    for (qsizetype i = softUnitLimit; i < hardUnitLimit - 1; ++i) {
        if (endsSentence(text, i))
            return text[i + 1].isSpace() ? i + 2 : i + 1;
        if (space < 0 && text[i].isSpace())
            space = i + 1;
    }
    if (space > 0)
        return space;
    return text[hardUnitLimit - 1].isHighSurrogate() ? hardUnitLimit - 1 : hardUnitLimit;
}

void Splitter::advance(QStringView source, std::vector<Chunk> &closed)
{
    while (true) {
        const qsizetype begin = m_state.position;
        const QStringView reach = source.mid(begin, hardUnitLimit + 2);
        qsizetype length = reach.indexOf(QLatin1Char('\n'));
        const bool mustCut = length < 0 && reach.size() > hardUnitLimit + 1;
        if (length < 0 && !mustCut)
            return;
        if (mustCut)
            length = cutPosition(reach.left(hardUnitLimit));
        read(m_state, source, {reach.left(length), begin, begin + length}, closed);
        m_state.midLine = mustCut;
        m_state.position = begin + length + (mustCut ? 0 : 1);
    }
}

std::vector<Chunk> Splitter::tail(QStringView source, bool streaming) const
{
    State state = m_state;
    Chunks chunks;
    const Line last{source.mid(state.position), state.position, source.size()};
    const bool shown = !last.text.isEmpty() && !(streaming && isUndecided(state, last.text));
    if (shown)
        read(state, source, last, chunks);
    const bool perhapsTable = state.open == Open::Paragraph && state.lines == 1 &&
                              source.mid(state.chunk.begin).trimmed().startsWith(QLatin1Char('|'));
    if (!(streaming && perhapsTable))
        close(state, chunks);
    return chunks;
}

bool Splitter::isUndecided(const State &state, QStringView lastLine)
{
    const QStringView text = lastLine.trimmed();
    if (state.midLine || text.isEmpty())
        return false;
    if (state.open == Open::Fence)
        return text.size() <= state.chunk.fence.length &&
               consistsOf(text, QStringView(&state.chunk.fence.character, 1));
    if (consistsOf(text, u"-=*_#>|`~+: ") || isPartOfListNumber(text))
        return true;
    if (state.open != Open::Table && text.startsWith(QLatin1Char('|')))
        return true;
    const auto marker = listMarker(text);
    return marker && text.size() - marker->contentAt <= 3 && consistsOf(text.mid(marker->contentAt), u"[] xX");
}

void Splitter::read(State &state, QStringView source, const Line &line, Chunks &closed)
{
    if (state.midLine && state.open != Open::Fence) {
        close(state, closed);
        state.open = Open::Literal;
        state.chunk = Chunk{ChunkKind::Literal, line.begin, line.end};
        state.chunk.continues = true;
        state.inList = false;
        state.blankSeen = false;
        state.lines = 1;
        state.lastLineAt = line.begin;
        return;
    }
    if (state.open == Open::Fence) {
        const bool closes = !state.midLine && closesFence(line.text, state.chunk.fence);
        if (!closes && line.begin - state.chunk.begin > softUnitLimit)
            cut(state, line, closed);
        extend(state, line);
        state.chunk.fenceClosed = closes;
        if (closes)
            close(state, closed);
        return;
    }
    if (isBlank(line.text)) {
        state.blankSeen = true;
        if (state.open != Open::Item && state.open != Open::Indented)
            close(state, closed);
        return;
    }
    if (state.open == Open::None || !goesOn(state, source, line, closed)) {
        close(state, closed);
        start(state, line, closed);
    }
    state.blankSeen = false;
}

bool Splitter::goesOn(State &state, QStringView source, const Line &line, Chunks &closed)
{
    const bool isLong = line.begin - state.chunk.begin > containerLimit;
    switch (state.open) {
    case Open::Paragraph:
    case Open::Literal:
        return paragraphGoesOn(state, source, line, closed);
    case Open::Item:
        return itemGoesOn(state, line, closed);
    case Open::Table:
        if (interruptsParagraph(line.text))
            return false;
        break;
    case Open::Quote:
        if (!isQuote(line.text) && (interruptsParagraph(line.text) || listMarker(line.text)))
            return false;
        break;
    case Open::Indented:
        if (indentOf(line.text) < 4)
            return false;
        break;
    case Open::Fence:
    case Open::None:
        return false;
    }
    if (isLong)
        cut(state, line, closed);
    extend(state, line);
    return true;
}

bool Splitter::paragraphGoesOn(State &state, QStringView source, const Line &line, Chunks &closed)
{
    if (state.open == Open::Paragraph && isSetextUnderline(line.text)) {
        extend(state, line);
        close(state, closed);
        return true;
    }
    if (interruptsParagraph(line.text))
        return false;
    const QStringView before = source.mid(state.lastLineAt, line.begin - state.lastLineAt - 1);
    if (state.open == Open::Paragraph && isDelimiterRow(line.text) && countCells(line.text) == countCells(before)) {
        if (state.lines > 1) { // the lines above the header row stay a paragraph
            const qsizetype headerAt = state.lastLineAt;
            state.chunk.end = headerAt - 1;
            close(state, closed);
            state.chunk = Chunk{ChunkKind::Text, headerAt, line.begin - 1};
        }
        state.open = Open::Table;
        state.tableHead = source.mid(state.chunk.begin, line.end - state.chunk.begin).toString() + QLatin1Char('\n');
        extend(state, line);
        return true;
    }
    if (line.begin - state.chunk.begin > softUnitLimit)
        cut(state, line, closed);
    extend(state, line);
    return true;
}

bool Splitter::itemGoesOn(State &state, const Line &line, Chunks &closed)
{
    const bool belongs = indentOf(line.text) >= state.item.contentIndent;
    if (!belongs) {
        const bool lazy = !state.blankSeen && !state.innerFence && !listMarker(line.text);
        if (!lazy || interruptsParagraph(line.text))
            return false;
    }
    if (line.begin - state.chunk.begin > containerLimit)
        cut(state, line, closed);
    extend(state, line);
    trackInnerFence(state, line.text);
    return true;
}

void Splitter::start(State &state, const Line &line, Chunks &closed)
{
    const bool wasInList = state.inList;
    state.inList = false;
    state.chunk = Chunk{ChunkKind::Text, line.begin, line.end};
    state.chunk.afterBlank = state.blankSeen;
    state.lines = 1;
    state.lastLineAt = line.begin;
    if (const auto fence = fenceOpening(line.text)) {
        state.open = Open::Fence;
        state.chunk.kind = ChunkKind::Fence;
        state.chunk.fence = *fence;
    } else if (isHeading(line.text) || isRule(line.text)) {
        state.open = Open::Paragraph;
        close(state, closed);
    } else if (isQuote(line.text)) {
        state.open = Open::Quote;
    } else if (const auto marker = listMarker(line.text)) {
        state.inList = wasInList;
        startItem(state, *marker);
        trackInnerFence(state, line.text);
    } else {
        state.open = indentOf(line.text) >= 4 ? Open::Indented : Open::Paragraph;
    }
}

void Splitter::startItem(State &state, const ListMarker &marker)
{
    const bool sameList =
        state.inList && state.item.ordered == marker.ordered && state.item.delimiter == marker.delimiter;
    state.open = Open::Item;
    state.item = marker;
    state.innerFence.reset();
    state.chunk.listItem = true;
    state.chunk.sibling = sameList;
    state.chunk.ordinal = sameList ? state.nextOrdinal : marker.number;
    state.nextOrdinal = state.chunk.ordinal + 1;
}

void Splitter::trackInnerFence(State &state, QStringView line)
{
    if (state.innerFence) {
        if (closesFence(line.trimmed(), *state.innerFence))
            state.innerFence.reset();
        return;
    }
    QStringView rest = line.trimmed();
    while (true) {
        if (const auto marker = listMarker(rest); marker && !marker->empty)
            rest = rest.mid(marker->contentAt);
        else if (isQuote(rest))
            rest = rest.mid(1).trimmed();
        else
            break;
    }
    state.innerFence = fenceOpening(rest);
    state.innerFenceLine = state.innerFence ? rest.toString() + QLatin1Char('\n') : QString();
}

void Splitter::extend(State &state, const Line &line)
{
    state.chunk.end = line.end;
    state.lastLineAt = line.begin;
    ++state.lines;
}

/// Closes a block that grew too long; the line begins a chunk that goes on with it.
void Splitter::cut(State &state, const Line &line, Chunks &closed)
{
    const Open open = state.open;
    const Chunk before = state.chunk;
    close(state, closed);
    state.open = open;
    state.chunk = Chunk{before.kind, line.begin, line.end};
    state.chunk.continues = true;
    state.chunk.afterBlank = state.blankSeen;
    state.chunk.fence = before.fence;
    state.chunk.stripIndent = open == Open::Item ? state.item.contentIndent : 0;
    state.chunk.listItem = open == Open::Item;
    if (open == Open::Table)
        state.chunk.prefix = state.tableHead;
    if (open == Open::Item && state.innerFence)
        state.chunk.prefix = state.innerFenceLine;
    state.lines = 0;
}

void Splitter::close(State &state, Chunks &closed)
{
    if (state.open == Open::None)
        return;
    closed.push_back(state.chunk);
    state.inList = state.open == Open::Item;
    state.open = Open::None;
    state.lines = 0;
}

} // namespace ui::markdown
