#include "ui/transcript/block_builder.h"

#include "ui/transcript/markdown_entities.h"
#include "ui/transcript/untrusted_text.h"

#include <QCoreApplication>
#include <QUrl>

namespace ui::markdown {

namespace {

Qt::Alignment alignmentOf(MD_ALIGN align)
{
    return align == MD_ALIGN_CENTER ? Qt::AlignHCenter : align == MD_ALIGN_RIGHT ? Qt::AlignRight : Qt::AlignLeft;
}

QString bullet(std::size_t depth)
{
    static constexpr char16_t bullets[] = {u'•', u'◦', u'▪'};
    return QString(QChar(bullets[(depth - 1) % 3]));
}

void addSpan(Block &block, int start, unsigned style, int link)
{
    const int length = static_cast<int>(block.text.size()) - start;
    if (length <= 0 || (style == 0 && link < 0))
        return;
    if (!block.spans.empty()) {
        Span &last = block.spans.back();
        if (last.start + last.length == start && last.style == style && last.link == link) {
            last.length += length;
            return;
        }
    }
    block.spans.push_back({start, length, style, link});
}

/// Takes the text from `start` on out of the block again.
QString cutText(Block &block, int start)
{
    const QString text = block.text.mid(start);
    block.text.truncate(start);
    while (!block.spans.empty() && block.spans.back().start >= start)
        block.spans.pop_back();
    if (!block.spans.empty())
        block.spans.back().length = std::min(block.spans.back().length, start - block.spans.back().start);
    return text;
}

} // namespace

void BlockBuilder::enterBlock(MD_BLOCKTYPE type, void *detail)
{
    switch (type) {
    case MD_BLOCK_QUOTE:
        endLeaf();
        ++m_quoteDepth;
        break;
    case MD_BLOCK_UL: {
        endLeaf();
        const auto *list = static_cast<MD_BLOCK_UL_DETAIL *>(detail);
        m_lists.push_back({false, list->is_tight != 0, 0, QLatin1Char(list->mark)});
        break;
    }
    case MD_BLOCK_OL: {
        endLeaf();
        const auto *list = static_cast<MD_BLOCK_OL_DETAIL *>(detail);
        m_lists.push_back(
            {true, list->is_tight != 0, static_cast<int>(list->start), QLatin1Char(list->mark_delimiter)});
        break;
    }
    case MD_BLOCK_LI:
        endLeaf();
        beginItem(*static_cast<MD_BLOCK_LI_DETAIL *>(detail));
        break;
    case MD_BLOCK_HR:
        beginLeaf(BlockKind::Rule);
        endLeaf();
        break;
    case MD_BLOCK_H:
        beginLeaf(BlockKind::Heading);
        m_leaf.level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL *>(detail)->level);
        m_leaf.gap = Gap::Wide;
        break;
    case MD_BLOCK_CODE: {
        beginLeaf(BlockKind::Code);
        const QString info = attribute(static_cast<MD_BLOCK_CODE_DETAIL *>(detail)->info);
        m_leaf.hiddenCharacters = appendVisible(m_leaf.language, info, Strictness::Exact);
        m_trace += info;
        break;
    }
    case MD_BLOCK_P:
        beginLeaf(BlockKind::Paragraph);
        break;
    case MD_BLOCK_TABLE:
        beginLeaf(BlockKind::Table);
        m_leaf.columns = static_cast<int>(static_cast<MD_BLOCK_TABLE_DETAIL *>(detail)->col_count);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        beginCell(*static_cast<MD_BLOCK_TD_DETAIL *>(detail), type == MD_BLOCK_TH);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
        break;
    }
}

void BlockBuilder::leaveBlock(MD_BLOCKTYPE type, void *)
{
    switch (type) {
    case MD_BLOCK_QUOTE:
        endLeaf();
        --m_quoteDepth;
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        endLeaf();
        m_lists.pop_back();
        break;
    case MD_BLOCK_LI:
        endLeaf();
        if (m_itemFirst) { // an item without text still has its marker
            beginLeaf(BlockKind::Paragraph);
            endLeaf();
        }
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        m_leaf.cells.back().length = static_cast<int>(m_leaf.text.size()) - m_leaf.cells.back().start;
        break;
    case MD_BLOCK_H:
    case MD_BLOCK_CODE:
    case MD_BLOCK_P:
    case MD_BLOCK_TABLE:
        endLeaf();
        break;
    default:
        break;
    }
}

void BlockBuilder::beginItem(const MD_BLOCK_LI_DETAIL &detail)
{
    List &list = m_lists.back();
    m_itemFirst = true;
    m_task = detail.is_task != 0 ? (detail.task_mark == ' ' ? 0 : 1) : -1;
    if (detail.is_task != 0)
        m_trace += QLatin1Char(detail.task_mark);
    m_marker = list.ordered ? QString::number(list.next++) + list.delimiter : bullet(m_lists.size());
}

void BlockBuilder::beginCell(const MD_BLOCK_TD_DETAIL &detail, bool header)
{
    if (!m_leaf.cells.empty())
        m_leaf.text +=
            static_cast<int>(m_leaf.cells.size()) % m_leaf.columns == 0 ? QLatin1Char('\n') : QLatin1Char('\t');
    if (header)
        m_leaf.alignments.push_back(alignmentOf(detail.align));
    m_leaf.cells.push_back({static_cast<int>(m_leaf.text.size()), 0});
}

void BlockBuilder::beginLeaf(BlockKind kind)
{
    endLeaf();
    m_leaf = Block();
    m_leaf.kind = kind;
    m_leaf.quoteDepth = m_quoteDepth;
    m_leaf.listDepth = static_cast<int>(m_lists.size());
    if (!m_lists.empty()) {
        List &list = m_lists.back();
        const bool outermost = m_lists.size() == 1 && list.first;
        m_leaf.gap = list.tight && !outermost ? Gap::Tight : Gap::Normal;
        list.first = false;
    }
    if (m_itemFirst) {
        m_leaf.marker = m_marker;
        m_leaf.task = m_task;
        m_itemFirst = false;
    }
    m_inLeaf = true;
}

void BlockBuilder::ensureLeaf()
{
    if (!m_inLeaf)
        beginLeaf(BlockKind::Paragraph);
}

void BlockBuilder::endLeaf()
{
    if (!m_inLeaf)
        return;
    m_inLeaf = false;
    if (m_leaf.text.endsWith(QLatin1Char('\n')))
        cutText(m_leaf, static_cast<int>(m_leaf.text.size()) - 1);
    if (m_leaf.kind == BlockKind::Paragraph && m_leaf.text.isEmpty() && m_leaf.marker.isEmpty())
        return;
    m_blocks.push_back(std::move(m_leaf));
}

void BlockBuilder::enterSpan(MD_SPANTYPE type, void *detail)
{
    ensureLeaf();
    switch (type) {
    case MD_SPAN_EM:
        ++m_italic;
        break;
    case MD_SPAN_STRONG:
        ++m_bold;
        break;
    case MD_SPAN_CODE:
        ++m_code;
        break;
    case MD_SPAN_DEL:
        ++m_strike;
        break;
    case MD_SPAN_A: {
        const QString target = attribute(static_cast<MD_SPAN_A_DETAIL *>(detail)->href);
        if (isActiveLink(target)) {
            m_leaf.links.append(target);
            m_link = static_cast<int>(m_leaf.links.size()) - 1;
            m_linkStart = static_cast<int>(m_leaf.text.size());
        }
        break;
    }
    case MD_SPAN_IMG:
        if (m_images++ == 0)
            m_imageStart = static_cast<int>(m_leaf.text.size());
        break;
    default:
        break;
    }
}

void BlockBuilder::leaveSpan(MD_SPANTYPE type, void *detail)
{
    switch (type) {
    case MD_SPAN_EM:
        --m_italic;
        break;
    case MD_SPAN_STRONG:
        --m_bold;
        break;
    case MD_SPAN_CODE:
        --m_code;
        break;
    case MD_SPAN_DEL:
        --m_strike;
        break;
    case MD_SPAN_A: {
        const auto *link = static_cast<MD_SPAN_A_DETAIL *>(detail);
        leaveLink(attribute(link->href), attribute(link->title));
        break;
    }
    case MD_SPAN_IMG: {
        const auto *image = static_cast<MD_SPAN_IMG_DETAIL *>(detail);
        leaveImage(attribute(image->src), attribute(image->title));
        break;
    }
    default:
        break;
    }
}

void BlockBuilder::leaveLink(const QString &target, const QString &title)
{
    m_trace += target + title;
    const bool active = m_link >= 0;
    // A link without a text would leave nothing to see or to press.
    if (active && m_images == 0 && QStringView(m_leaf.text).mid(m_linkStart).trimmed().isEmpty())
        append(target, true);
    m_link = -1;
    if (!active && m_images == 0)
        append(QStringLiteral(" (%1)").arg(target), true);
}

void BlockBuilder::leaveImage(const QString &target, const QString &title)
{
    m_trace += target + title;
    if (--m_images > 0)
        return;
    const QString alt = cutText(m_leaf, m_imageStart);
    const QString host = QUrl(target).host();
    QString shown;
    appendVisible(shown, host.isEmpty() ? target.left(80) : linkHost(target), Strictness::Exact);
    const QString sentence =
        alt.isEmpty() ? QCoreApplication::translate("ui::Markdown", "[image: %1 blocked]").arg(shown)
                      : QCoreApplication::translate("ui::Markdown", "[image: %1, %2 blocked]").arg(alt, shown);
    appendStyled(sentence, NoticeSpan);
}

void BlockBuilder::text(MD_TEXTTYPE type, QStringView content)
{
    switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR: // a chat keeps the lines its writer made
        if (m_inLeaf && !m_leaf.text.isEmpty())
            appendStyled(QStringLiteral("\n"), 0);
        return;
    case MD_TEXT_NULLCHAR:
        append(QStringView(u"\0", 1), true);
        return;
    case MD_TEXT_ENTITY:
        appendEntity(content);
        return;
    default:
        append(content, m_code > 0 || m_link >= 0 || (m_inLeaf && m_leaf.kind == BlockKind::Code));
    }
}

void BlockBuilder::appendEntity(QStringView entity)
{
    m_trace += entity;
    const QString decoded = decodeEntity(entity);
    append(decoded.isEmpty() ? entity : QStringView(decoded), true);
}

void BlockBuilder::append(QStringView content, bool exact)
{
    ensureLeaf();
    const bool plainFormulas = m_code > 0 || m_images > 0 || m_leaf.kind == BlockKind::Code;
    const auto flush = [&](QStringView part) {
        ensureLeaf();
        const int start = static_cast<int>(m_leaf.text.size());
        const bool hidden = appendVisible(m_leaf.text, part, exact ? Strictness::Exact : Strictness::Prose);
        m_leaf.hiddenCharacters = m_leaf.hiddenCharacters || hidden;
        const unsigned style = (m_bold > 0 ? BoldSpan : 0U) | (m_italic > 0 ? ItalicSpan : 0U) |
                               (m_strike > 0 ? StrikeSpan : 0U) | (m_code > 0 ? CodeSpan : 0U) |
                               (m_link >= 0 ? LinkSpan : 0U);
        addSpan(m_leaf, start, style, m_link);
        m_trace += part;
    };
    qsizetype done = 0;
    for (qsizetype i = 0; i < content.size(); ++i) {
        const char16_t c = content[i].unicode();
        if (c != spacer && c != formFeedMark && c != pipeMark && c != formulaMark)
            continue;
        if (i > done)
            flush(content.mid(done, i - done));
        if (c == formulaMark) {
            const QString raw = restored(content.mid(i, 5));
            std::size_t index = 0;
            for (const QChar digit : content.mid(i + 1, 4))
                index = index * 16 + static_cast<std::size_t>(digit.unicode() - formulaDigit);
            if (plainFormulas || index >= m_prepared.formulas.size())
                flush(raw);
            else
                appendFormula(m_prepared.formulas[index]);
            i += 4;
        } else if (c != spacer) {
            flush(c == pipeMark ? u"|" : u"\f");
        }
        done = i + 1;
    }
    if (done < content.size())
        flush(content.mid(done));
}

void BlockBuilder::appendStyled(const QString &content, unsigned extraStyle)
{
    ensureLeaf();
    const int start = static_cast<int>(m_leaf.text.size());
    m_leaf.text += content;
    addSpan(m_leaf, start, extraStyle | (m_link >= 0 ? LinkSpan : 0U), m_link);
}

void BlockBuilder::appendFormula(const Formula &formula)
{
    m_trace += formula.raw;
    QString shown;
    appendVisible(shown, formula.shown, Strictness::Exact);
    const bool ownBlock = formula.display && m_leaf.kind == BlockKind::Paragraph && m_link < 0;
    if (!ownBlock) {
        appendStyled(shown.replace(QLatin1Char('\n'), QLatin1Char(' ')), FormulaSpan);
        return;
    }
    if (!m_leaf.text.isEmpty())
        beginLeaf(BlockKind::Formula);
    m_leaf.kind = BlockKind::Formula;
    m_leaf.text = shown;
    endLeaf();
}

QString BlockBuilder::restored(QStringView content) const
{
    QString result;
    for (qsizetype i = 0; i < content.size(); ++i) {
        const char16_t c = content[i].unicode();
        if (c == formulaMark && i + 4 < content.size()) {
            std::size_t index = 0;
            for (const QChar digit : content.mid(i + 1, 4))
                index = index * 16 + static_cast<std::size_t>(digit.unicode() - formulaDigit);
            if (index < m_prepared.formulas.size())
                result += m_prepared.formulas[index].raw;
            i += 4;
        } else if (c == formFeedMark) {
            result += QLatin1Char('\f');
        } else if (c == pipeMark) {
            result += QLatin1Char('|');
        } else if (c != spacer) {
            result += content[i];
        }
    }
    return result;
}

QString BlockBuilder::attribute(const MD_ATTRIBUTE &attribute) const
{
    QString result;
    for (int i = 0; attribute.size > 0 && attribute.substr_offsets[i] < attribute.size; ++i) {
        const MD_OFFSET begin = attribute.substr_offsets[i];
        const QString part = QString::fromUtf8(attribute.text + begin, attribute.substr_offsets[i + 1] - begin);
        const QString decoded = attribute.substr_types[i] == MD_TEXT_ENTITY ? decodeEntity(part) : QString();
        result += decoded.isEmpty() ? part : decoded;
    }
    return restored(result);
}

} // namespace ui::markdown
