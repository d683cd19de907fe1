#include "ui/transcript/table_layout.h"

#include "ui/transcript/text_run.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ui {

namespace {

constexpr qreal cellPaddingX = 12;
constexpr qreal cellPaddingY = 6;
constexpr qreal leastColumn = 64;

} // namespace

std::vector<qreal> shareWidth(const std::vector<qreal> &natural, qreal room, qreal least)
{
    std::vector<qreal> widths = natural;
    std::vector<std::size_t> order(natural.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return natural[a] < natural[b]; });
    qreal rest = room;
    std::size_t left = order.size();
    for (const std::size_t column : order) {
        const qreal share = std::max(std::floor(rest / static_cast<qreal>(left)), least);
        widths[column] = std::min(natural[column], share);
        rest -= widths[column];
        --left;
    }
    return widths;
}

void layOutTable(BlockLayout &result, const Block &block, const TextStyle &style)
{
    const auto columns = static_cast<std::size_t>(std::max(block.columns, 1));
    const qreal left = leftIndent(block, style);
    const bool hasHeader = !block.continues;
    std::vector<qreal> natural(columns, 0);
    for (std::size_t i = 0; i < block.cells.size(); ++i) {
        const Cell &cell = block.cells[i];
        QFont font = style.body;
        if (hasHeader && i < columns)
            font.setWeight(QFont::DemiBold);
        RunInput input{block.text.mid(cell.start, cell.length), font, {}, style.lineHeight, leastColumn};
        input.formats = spanFormats(block, cell.start, cell.length, font, style);
        if (i % columns < block.alignments.size())
            input.alignment = block.alignments[i % columns];
        TextRun run = makeRun(input);
        run.start = cell.start;
        natural[i % columns] = std::max(natural[i % columns], std::ceil(run.layout->maximumWidth()) + 1);
        result.runs.push_back(std::move(run));
    }
    const qreal padding = 2 * cellPaddingX * static_cast<qreal>(columns);
    const std::vector<qreal> widths = shareWidth(natural, result.width - left - padding, leastColumn);
    result.columns.push_back(0);
    for (const qreal width : widths)
        result.columns.push_back(result.columns.back() + width + 2 * cellPaddingX);
    result.rows.push_back(0);
    for (std::size_t begin = 0; begin < result.runs.size(); begin += columns) {
        qreal height = style.lineHeight;
        for (std::size_t i = begin; i < std::min(begin + columns, result.runs.size()); ++i) {
            setRunWidth(result.runs[i], widths[i - begin]);
            result.runs[i].position =
                QPointF(left + result.columns[i - begin] + cellPaddingX, result.rows.back() + cellPaddingY);
            height = std::max(height, result.runs[i].height());
        }
        result.rows.push_back(result.rows.back() + height + 2 * cellPaddingY);
    }
    result.contentWidth = result.columns.back();
    result.height = static_cast<int>(std::ceil(result.rows.back())) + 1;
    result.frame = QRectF(left, 0, result.width - left, result.height);
}

} // namespace ui
