// Streaming: the same blocks however the text arrives, no letter lost, finished text left alone.

#include "tests/ui/transcript_text/block_dump.h"

#include <QRandomGenerator>
#include <QTest>

using namespace Qt::StringLiterals;

class MarkdownStreamTest : public QObject {
    Q_OBJECT

private slots:
    void streamedTextGivesTheSameBlocksAsWholeText();
    void everyLetterAppearsInOrder();
    void finishedBlocksAreParsedOnce();
    void emphasisDoesNotFlicker_data();
    void emphasisDoesNotFlicker();
    void unfinishedLinesWait_data();
    void unfinishedLinesWait();
};

namespace {

const QStringList &pieces()
{
    static const QStringList list{"a",
                                  "word ",
                                  "two words",
                                  " ",
                                  "  ",
                                  "    ",
                                  "\n",
                                  "\n",
                                  "\n\n",
                                  "*",
                                  "**",
                                  "***",
                                  "_",
                                  "`",
                                  "``",
                                  "```",
                                  "~~~",
                                  "~~",
                                  "# ",
                                  "## ",
                                  "> ",
                                  "- ",
                                  "  - ",
                                  "1. ",
                                  "2) ",
                                  "- [ ] ",
                                  "|",
                                  "| a | b |\n",
                                  "|---|---|\n",
                                  "---\n",
                                  "===\n",
                                  "[",
                                  "]",
                                  "(",
                                  ")",
                                  "](http://e.org/x)",
                                  "![",
                                  "<b>",
                                  "</b>",
                                  "<!--",
                                  "\\",
                                  "\\(",
                                  "\\)",
                                  "\\[",
                                  "\\]",
                                  "$$",
                                  "https://e.org ",
                                  u"中文"_s,
                                  u"。"_s,
                                  u"：**"_s,
                                  u"“引号”"_s,
                                  "+",
                                  ":",
                                  "```py\n",
                                  "x = 1",
                                  "\t",
                                  "\r\n",
                                  u"\u0301"_s,
                                  u"😀"_s,
                                  "1984. ",
                                  "& ",
                                  "end."};
    return list;
}

QString randomMarkdown(QRandomGenerator &random)
{
    QString text;
    const int count = 1 + static_cast<int>(random.bounded(60U));
    for (int i = 0; i < count; ++i)
        text += pieces()[random.bounded(pieces().size())];
    return text;
}

/// Letters that must be found, and what they are looked up in: the shown text and the addresses behind it.
bool keepsLetters(const QString &source, const ui::MessageText &text)
{
    QString shown;
    for (const ui::Block &block : text.blocks()) {
        if (block.task == 1)
            shown += 'x';
        shown += block.language + ' ';
        int at = 0;
        for (const ui::Span &span : block.spans) {
            shown += QStringView(block.text).mid(at, span.start + span.length - at);
            at = span.start + span.length;
            if (span.link >= 0)
                shown += block.links[span.link];
        }
        shown += QStringView(block.text).mid(at);
    }
    qsizetype at = 0;
    for (const QChar c : source) {
        if (!c.isLetter())
            continue;
        at = shown.indexOf(c, at);
        if (at++ < 0)
            return false;
    }
    return true;
}

int rounds()
{
    return qEnvironmentVariableIsSet("BATHYSCOPE_ROUNDS") ? qEnvironmentVariableIntValue("BATHYSCOPE_ROUNDS") : 20'000;
}

} // namespace

void MarkdownStreamTest::streamedTextGivesTheSameBlocksAsWholeText()
{
    QRandomGenerator random(7);
    for (int round = 0; round < rounds(); ++round) {
        const QString source = randomMarkdown(random);
        ui::MessageText streamed(ui::MessageText::Syntax::Markdown);
        streamed.setStreaming(true);
        qsizetype at = 0;
        while (at < source.size()) {
            const qsizetype length = 1 + static_cast<qsizetype>(random.bounded(9U));
            streamed.append(source.mid(at, length));
            at += length;
            if (random.bounded(4) != 0)
                streamed.update();
        }
        streamed.update();
        QCOMPARE(dump(streamed), dumpMarkdown(source, true));
        streamed.setStreaming(false);
        streamed.update();
        ui::MessageText whole(ui::MessageText::Syntax::Markdown);
        whole.append(source);
        whole.update();
        if (!(streamed.blocks() == whole.blocks()))
            qWarning() << "source:" << source;
        QCOMPARE(dump(streamed), dump(whole));
        QVERIFY(streamed.blocks() == whole.blocks());
    }
}

void MarkdownStreamTest::everyLetterAppearsInOrder()
{
    QRandomGenerator random(11);
    for (int round = 0; round < rounds(); ++round) {
        QString source = randomMarkdown(random);
        source.remove('!'); // of an image only the host is shown, by design
        ui::MessageText text(ui::MessageText::Syntax::Markdown);
        text.append(source);
        text.update();
        QVERIFY2(keepsLetters(source, text),
                 qPrintable("lost a letter of " + source + "\n in " + dump(text).join('\n')));
    }
}

void MarkdownStreamTest::finishedBlocksAreParsedOnce()
{
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.setStreaming(true);
    const QString paragraph = "Some **bold** words in a paragraph.\n\n";
    int worst = 0;
    int firstChanged = 0;
    for (int i = 0; i < 2000; ++i) {
        text.append(paragraph);
        const int before = text.chunkParses();
        firstChanged = text.update();
        worst = std::max(worst, text.chunkParses() - before);
        QVERIFY(firstChanged >= i - 1);
    }
    QVERIFY2(worst <= 2, qPrintable(QString::number(worst)));
}

void MarkdownStreamTest::emphasisDoesNotFlicker_data()
{
    QTest::addColumn<QString>("partial");
    QTest::addColumn<QString>("shown");
    const auto row = [](const QString &partial, const QString &shown) {
        QTest::addRow("%s", partial.toUtf8().constData()) << partial << shown;
    };
    row("a **bo", "p a **bo**");
    row("a **bold*", "p a **bold**");
    row("a **bold** ", "p a **bold**");
    row("a **", "p a");
    row("a *it", "p a *it*");
    row("a `co", "p a `co`");
    row("a `", "p a");
    row("a ***bi", "p a ***bi***");
    row("**a *b", "p **a **"
                  "***b***");
    row("[text](https://exam", "p text");
    row("see ![alt](http", "p see alt");
    row("- item **b", u"li1 p • item **b**"_s);
    row("# Head **b", "h1 Head **b**");
    row("12*30 = 3", "p 12*30 = 3");
    row("a_b and 2 * 3", "p a_b and 2 * 3");
    row(u"结果**重点：**内"_s, u"p 结果**重点：**内"_s);
    row(R"(so \(a_1)", R"(p so $a_1$)");
}

void MarkdownStreamTest::emphasisDoesNotFlicker()
{
    QFETCH(QString, partial);
    QFETCH(QString, shown);
    QCOMPARE(dumpMarkdown(partial, true).join('/'), shown);
}

void MarkdownStreamTest::unfinishedLinesWait_data()
{
    QTest::addColumn<QString>("partial");
    QTest::addColumn<QStringList>("shown");
    const auto row = [](const QString &partial, const QStringList &shown) {
        QTest::addRow("%s", partial.toUtf8().constData()) << partial << shown;
    };
    row("text\n-", {"p text"}); // would be the underline of a heading
    row("text\n\n##", {"p text"});
    row("text\n\n1", {"p text"});
    row("text\n\n``", {"p text"});
    row("```\ncode\n``", {"code[] code"});
    row("a\n\n| x | y |\n|--", {"p a"});
    row("- a\n- [", {u"li1 p • a"_s});
    row("a\n\n|", {"p a"});
}

void MarkdownStreamTest::unfinishedLinesWait()
{
    QFETCH(QString, partial);
    QFETCH(QStringList, shown);
    QCOMPARE(dumpMarkdown(partial, true), shown);
}

QTEST_GUILESS_MAIN(MarkdownStreamTest)
#include "tst_markdown_stream.moc"
