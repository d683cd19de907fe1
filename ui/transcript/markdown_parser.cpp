#include "ui/transcript/markdown_parser.h"

#include "ui/transcript/block_builder.h"
#include "ui/transcript/untrusted_text.h"

#include <QList>

namespace ui::markdown {

namespace {

QString dedented(QStringView text, int columns)
{
    if (columns == 0)
        return text.toString();
    QString result;
    for (const QStringView line : text.split(QLatin1Char('\n'))) {
        result += withoutIndent(line, columns);
        result += QLatin1Char('\n');
    }
    result.chop(1);
    return result;
}

/// Every letter of `source` comes in `trace`, in the same order.
bool keepsLetters(QStringView source, QStringView trace)
{
    qsizetype at = 0;
    for (const QChar c : source) {
        if (!c.isLetter())
            continue;
        at = trace.indexOf(c, at);
        if (at < 0)
            return false;
        ++at;
    }
    return true;
}

std::vector<Block> literalBlocks(QStringView source)
{
    Block block;
    block.hiddenCharacters = appendVisible(block.text, source, Strictness::Exact);
    return {block};
}

template <typename Detail, void (BlockBuilder::*Member)(Detail, void *)>
int forward(Detail type, void *detail, void *builder)
{
    (static_cast<BlockBuilder *>(builder)->*Member)(type, detail);
    return 0;
}

int forwardText(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *builder)
{
    static_cast<BlockBuilder *>(builder)->text(type, QString::fromUtf8(text, size));
    return 0;
}

std::vector<Block> parse(const Prepared &prepared, QStringView source)
{
    BlockBuilder builder(prepared);
    MD_PARSER parser{};
    parser.flags =
        MD_FLAG_NOHTML | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_PERMISSIVEAUTOLINKS;
    parser.enter_block = forward<MD_BLOCKTYPE, &BlockBuilder::enterBlock>;
    parser.leave_block = forward<MD_BLOCKTYPE, &BlockBuilder::leaveBlock>;
    parser.enter_span = forward<MD_SPANTYPE, &BlockBuilder::enterSpan>;
    parser.leave_span = forward<MD_SPANTYPE, &BlockBuilder::leaveSpan>;
    parser.text = forwardText;
    const int code = md_parse(prepared.utf8.constData(), static_cast<MD_SIZE>(prepared.utf8.size()), &parser, &builder);
    if (code != 0 || !keepsLetters(source, builder.trace()))
        return literalBlocks(source);
    return builder.takeBlocks();
}

std::vector<Block> fencePiece(QStringView source, const Chunk &chunk)
{
    QStringView body = source;
    Block block;
    block.kind = BlockKind::Code;
    if (!chunk.continues) {
        const qsizetype firstEnd = body.indexOf(QLatin1Char('\n'));
        const QStringView first = firstEnd < 0 ? body : body.left(firstEnd);
        block.hiddenCharacters =
            appendVisible(block.language, first.mid(chunk.fence.infoStart).trimmed(), Strictness::Exact);
        body = firstEnd < 0 ? QStringView() : body.mid(firstEnd + 1);
    }
    if (chunk.fenceClosed) {
        const qsizetype lastBegin = body.lastIndexOf(QLatin1Char('\n'));
        body = lastBegin < 0 ? QStringView() : body.left(lastBegin);
    }
    QString text = dedented(body, chunk.fence.indent);
    text.remove(QLatin1Char('\r'));
    const bool hidden = appendVisible(block.text, text, Strictness::Exact);
    block.hiddenCharacters = block.hiddenCharacters || hidden;
    return {block};
}

/// The rows of a table that was cut were parsed below its header row, which is shown already.
void dropHeaderRow(Block &table)
{
    const auto columns = static_cast<std::size_t>(table.columns);
    if (table.kind != BlockKind::Table || table.cells.size() <= columns)
        return;
    const int start = table.cells[columns].start;
    table.cells.erase(table.cells.begin(), table.cells.begin() + table.columns);
    std::erase_if(table.spans, [&](const Span &span) { return span.start < start; });
    for (Cell &cell : table.cells)
        cell.start -= start;
    for (Span &span : table.spans)
        span.start -= start;
    table.text.remove(0, start);
}

void settleFirst(Block &first, const Chunk &chunk, int ordinalDigits)
{
    if (chunk.continues) {
        first.gap = Gap::None;
        if (!chunk.prefix.isEmpty())
            first.continues = true;
        if (first.kind == BlockKind::Table)
            dropHeaderRow(first);
    } else if (chunk.listItem && chunk.sibling) {
        first.gap = chunk.afterBlank ? Gap::Normal : Gap::Tight;
    }
    if (chunk.ordinal >= 0 && ordinalDigits > 0)
        first.marker.replace(0, ordinalDigits, QString::number(chunk.ordinal));
}

int leadingDigits(const QString &marker)
{
    int digits = 0;
    while (digits < marker.size() && marker[digits].isDigit())
        ++digits;
    return digits;
}

/// Code that came without fences (indented, or inside a list item) in pieces like fenced code.
void cutCode(std::vector<Block> &blocks)
{
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (blocks[i].kind != BlockKind::Code || blocks[i].text.size() <= hardUnitLimit)
            continue;
        const qsizetype end = blocks[i].text.indexOf(QLatin1Char('\n'), softUnitLimit);
        if (end < 0)
            continue;
        Block rest = blocks[i];
        rest.text.remove(0, end + 1);
        rest.marker.clear();
        rest.continues = true;
        rest.gap = Gap::None;
        blocks[i].text.truncate(end);
        blocks.insert(blocks.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(rest));
    }
}

} // namespace

std::vector<Block> parseChunk(QStringView source, const Chunk &chunk, bool mend)
{
    std::vector<Block> blocks;
    if (chunk.kind == ChunkKind::Fence) {
        blocks = fencePiece(source, chunk);
    } else {
        QString text = dedented(source, chunk.stripIndent);
        if (mend)
            text = mendTail(text);
        Prepared prepared = prepare(QString(chunk.prefix + text));
        if (chunk.kind == ChunkKind::Literal) // white space, but no indentation: what follows begins no block
            prepared.utf8.prepend(char(spacer));
        blocks = parse(prepared, text);
        cutCode(blocks);
    }
    for (Block &block : blocks)
        block.listDepth += chunk.continues && chunk.listItem ? 1 : 0;
    if (!blocks.empty())
        settleFirst(blocks.front(), chunk, leadingDigits(blocks.front().marker));
    return blocks;
}

std::vector<Block> plainBlocks(QStringView text)
{
    std::vector<Block> blocks;
    qsizetype at = 0;
    do {
        qsizetype end = text.size();
        bool atLine = false;
        if (text.size() - at > softUnitLimit) {
            const qsizetype line =
                text.mid(at + softUnitLimit, hardUnitLimit - softUnitLimit).indexOf(QLatin1Char('\n'));
            atLine = line >= 0;
            if (atLine)
                end = at + softUnitLimit + line;
            else if (text.size() - at > hardUnitLimit)
                end = at + cutPosition(text.mid(at, hardUnitLimit));
        }
        Block block;
        block.kind = BlockKind::Plain;
        block.continues = at > 0;
        block.midLine = at > 0 && text[at - 1] != QLatin1Char('\n');
        block.gap = Gap::None;
        block.hiddenCharacters = appendVisible(block.text, text.mid(at, end - at), Strictness::Prose);
        blocks.push_back(std::move(block));
        at = end + (atLine ? 1 : 0);
    } while (at < text.size());
    return blocks;
}

} // namespace ui::markdown
