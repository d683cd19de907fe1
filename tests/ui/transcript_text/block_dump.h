#pragma once
// Blocks as lines a test can compare: "h1 Title", "p some *italic* text", "li1 • item", "code[cpp] int x;".

#include "ui/transcript/message_text.h"

#include <QStringList>

inline QString styled(const ui::Block &block)
{
    QString result;
    int at = 0;
    for (const ui::Span &span : block.spans) {
        result += block.text.mid(at, span.start - at);
        QString mark;
        const std::pair<unsigned, QString> marks[] = {{ui::BoldSpan, "**"},
                                                      {ui::ItalicSpan, "*"},
                                                      {ui::CodeSpan, "`"},
                                                      {ui::StrikeSpan, "~~"},
                                                      {ui::FormulaSpan, "$"}};
        for (const auto &[bit, text] : marks)
            mark += (span.style & bit) != 0 ? text : QString();
        const QString content = block.text.mid(span.start, span.length);
        result += mark;
        result += span.link >= 0 ? QStringLiteral("[%1](%2)").arg(content, block.links[span.link]) : content;
        result += mark;
        at = span.start + span.length;
    }
    return result + block.text.mid(at);
}

inline QString dump(const ui::Block &block)
{
    QString line;
    switch (block.kind) {
    case ui::BlockKind::Paragraph:
        line = "p ";
        break;
    case ui::BlockKind::Heading:
        line = QStringLiteral("h%1 ").arg(block.level);
        break;
    case ui::BlockKind::Code:
        line = QStringLiteral("code[%1] ").arg(block.language);
        break;
    case ui::BlockKind::Table:
        line = QStringLiteral("table%1 ").arg(block.columns);
        break;
    case ui::BlockKind::Rule:
        line = "rule ";
        break;
    case ui::BlockKind::Formula:
        line = "formula ";
        break;
    case ui::BlockKind::Plain:
        line = "plain ";
        break;
    }
    if (block.listDepth > 0)
        line.prepend(QStringLiteral("li%1 ").arg(block.listDepth));
    if (block.quoteDepth > 0)
        line.prepend(QStringLiteral("q%1 ").arg(block.quoteDepth));
    if (block.task >= 0)
        line += block.task == 1 ? "[x] " : "[ ] ";
    else if (!block.marker.isEmpty())
        line += block.marker + ' ';
    line += styled(block);
    return line.replace('\n', "\\n").replace('\t', " | ").trimmed();
}

inline QStringList dump(const ui::MessageText &text)
{
    QStringList lines;
    for (const ui::Block &block : text.blocks())
        lines.append(dump(block));
    return lines;
}

inline QStringList dumpMarkdown(const QString &source, bool streaming = false)
{
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.setStreaming(streaming);
    text.append(source);
    text.update();
    return dump(text);
}
