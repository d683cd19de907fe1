// Markdown as models write it: what each construction becomes, and what is never obeyed.

#include "tests/ui/transcript_text/block_dump.h"

#include "ui/transcript/untrusted_text.h"

#include <QTest>

using namespace Qt::StringLiterals;

class MarkdownTest : public QObject {
    Q_OBJECT

private slots:
    void blocks_data();
    void blocks();
    void boldNextToChinesePunctuationIsBold_data();
    void boldNextToChinesePunctuationIsBold();
    void formulasKeepTheirBackslashes();
    void onlyWebAndMailAddressesAreLinks_data();
    void onlyWebAndMailAddressesAreLinks();
    void imagesAreNotices_data();
    void imagesAreNotices();
    void htmlIsLiteral();
    void cellsBeyondTheLastColumnAreKept();
    void linkDefinitionsStayVisible();
    void hiddenCharactersAreShownInCodeAndLinks();
    void directionOverridesAreShownEverywhere();
    void everyFormatAndControlCharacterIsHarmless();
    void longParagraphsAreCut();
    void longCodeIsCutAndKeepsItsColours();
    void longTablesAreCutWithoutASecondHeader();
    void hostileShapesCostLinearWork_data();
    void hostileShapesCostLinearWork();
};

void MarkdownTest::blocks_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char *name, const QString &source, const QStringList &expected) {
        QTest::newRow(name) << source << expected;
    };
    row("paragraphs", "one\ntwo\n\nthree", {"p one\\ntwo", "p three"});
    row("headings", "# A\n## B *c*\ntext\nE\n===", {"h1 A", "h2 B *c*", "h1 text\\nE"});
    row("inline", "**b** *i* ***bi*** `c` ~~s~~ a_b_c", {"p **b** *i* ***bi*** `c` ~~s~~ a_b_c"});
    row("bullets", "- a\n- b\n  more\n- c", {"li1 p • a", "li1 p • b\\nmore", "li1 p • c"});
    row("numbers", "3. a\n4. b\n\n5. c", {"li1 p 3. a", "li1 p 4. b", "li1 p 5. c"});
    row("numbers all one", "1. a\n1. b\n1. c", {"li1 p 1. a", "li1 p 2. b", "li1 p 3. c"});
    row("nested", "1. a\n   - b\n     - c\n2. d", {"li1 p 1. a", "li2 p ◦ b", "li3 p ▪ c", "li1 p 2. d"});
    row("item with paragraphs", "- a\n\n  b\n\nc", {"li1 p • a", "li1 p b", "p c"});
    row("tasks", "- [ ] open\n- [x] done", {"li1 p [ ] open", "li1 p [x] done"});
    row("empty item", "-\n- b", {"li1 p •", "li1 p • b"});
    row("item with code", "1. do\n   ```sh\n   ls\n\n   pwd\n   ```\n2. next",
        {"li1 p 1. do", "li1 code[sh] ls\\n\\npwd", "li1 p 2. next"});
    row("quote", "> a\n> b\nlazy\n\nout", {"q1 p a\\nb\\nlazy", "p out"});
    row("quoted list", "> - a\n>   - b", {"q1 li1 p • a", "q1 li2 p ◦ b"});
    row("fence", "```cpp\nint x;\n\n  y\n```\nafter", {"code[cpp] int x;\\n\\n  y", "p after"});
    row("open fence", "```py\nx = 1", {"code[py] x = 1"});
    row("fence in fence", "````md\n```\nx\n```\n````", {"code[md] ```\\nx\\n```"});
    row("tilde fence", "~~~\na\n~~~", {"code[] a"});
    row("indented code", "a\n\n    x\n    y\n\nb", {"p a", "code[] x\\ny", "p b"});
    row("rule", "a\n\n---\n\nb", {"p a", "rule", "p b"});
    row("table", "| a | b |\n|---|:-:|\n| 1 | **2** |\n| 3 |\n\nend", {"table2 a | b\\n1 | **2**\\n3 |", "p end"});
    row("table after text", "see:\n| a | b |\n|---|---|\n| 1 | 2 |", {"p see:", "table2 a | b\\n1 | 2"});
    row("entities", "a &lt;b&gt; &amp; &#955; &nosuch;", {u"p a <b> & λ &nosuch;"_s});
    row("strike needs two tildes", u"约 3~5 天，6~8 天"_s, {u"p 约 3~5 天，6~8 天"_s});
    row("products keep their stars", "2*3*4 = 24 and a * b * c", {"p 2*3*4 = 24 and a * b * c"});
    row("list right after text", "so:\n- a\n- b", {"p so:", "li1 p • a", "li1 p • b"});
    row("number in text", "born in\n1984. Then", {"p born in\\n1984. Then"});
    row("crlf", "a\r\n\r\n- b\r\n- c\r\n", {"p a", "li1 p • b", "li1 p • c"});
}

void MarkdownTest::blocks()
{
    QFETCH(QString, source);
    QFETCH(QStringList, expected);
    QCOMPARE(dumpMarkdown(source), expected);
}

void MarkdownTest::boldNextToChinesePunctuationIsBold_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("bold");
    const char16_t *cases[][2] = {
        {u"结果是**4042**。", u"4042"},
        {u"**重点：**内容", u"重点："},
        {u"他说**“你好”**然后走了", u"“你好”"},
        {u"请看**（注意）**这里", u"（注意）"},
        {u"**答案是《红楼梦》**。", u"答案是《红楼梦》"},
        {u"这是**重要的**部分", u"重要的"},
        {u"値は**「四二」**です", u"「四二」"},
        {u"**专家(expert):**路由", u"专家(expert):"},
    };
    for (const auto &pair : cases)
        QTest::addRow("%s", QString::fromUtf16(pair[0]).toUtf8().constData())
            << QString::fromUtf16(pair[0]) << QString::fromUtf16(pair[1]);
}

void MarkdownTest::boldNextToChinesePunctuationIsBold()
{
    QFETCH(QString, source);
    QFETCH(QString, bold);
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.append(source);
    text.update();
    QCOMPARE(text.blocks().size(), 1U);
    const ui::Block &block = text.blocks()[0];
    QCOMPARE(block.spans.size(), 1U);
    QCOMPARE(block.spans[0].style, unsigned(ui::BoldSpan));
    QCOMPARE(block.text.mid(block.spans[0].start, block.spans[0].length), bold);
    QVERIFY(!block.text.contains('*'));
}

void MarkdownTest::formulasKeepTheirBackslashes()
{
    QCOMPARE(dumpMarkdown(R"(so \(a_1 * b_2 * c\) holds)"), QStringList{R"(p so $a_1 * b_2 * c$ holds)"});
    QCOMPARE(dumpMarkdown("then\n\\[\n\\frac{a}{b} \\\\ c\n\\]\nend"),
             (QStringList{"p then", R"(formula \frac{a}{b} \\ c)", "p end"}));
    QCOMPARE(dumpMarkdown("$$x^2$$"), QStringList{"formula x^2"});
    QCOMPARE(dumpMarkdown(R"(`\(code\)` and \\(not a formula))"), QStringList{R"(p `\(code\)` and \(not a formula))"});
    QCOMPARE(dumpMarkdown("it costs $5 and $$ more"), QStringList{"p it costs $5 and $$ more"});
    QCOMPARE(dumpMarkdown(R"(- \[ \boxed{42} \])"), QStringList{R"(li1 formula • \boxed{42})"});
}

void MarkdownTest::onlyWebAndMailAddressesAreLinks_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<bool>("active");
    for (const char *url : {"https://example.org/a?b=c#d", "http://example.org", "mailto:a@example.org",
                            "https://user@example.org/", "HTTPS://EXAMPLE.ORG/"})
        QTest::newRow(url) << url << true;
    for (const char *url : {"javascript:alert(1)",
                            "JaVaScRiPt:alert(1)",
                            "file:///etc/passwd",
                            "data:text/html,x",
                            "smb://host/share",
                            "//host/share",
                            "/etc/passwd",
                            "relative.html",
                            "qrc:/icons/a.svg",
                            "ftp://example.org/",
                            "vbscript:x",
                            "ms-msdt:/id",
                            "about:blank",
                            "http:///nohost",
                            "mailto:nobody",
                            "x-foo:bar",
                            "#anchor",
                            "blob:https://a/b",
                            "view-source:https://example.org",
                            "intent://a#Intent;end",
                            "tel:123",
                            "http:javascript"})
        QTest::newRow(url) << url << false;
}

void MarkdownTest::onlyWebAndMailAddressesAreLinks()
{
    QFETCH(QString, url);
    QFETCH(bool, active);
    const QString expected = active ? QStringLiteral("p [text](%1)").arg(url) : QStringLiteral("p text (%1)").arg(url);
    QCOMPARE(dumpMarkdown(QStringLiteral("[text](<%1>)").arg(url)), QStringList{expected});
}

void MarkdownTest::imagesAreNotices_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("shown");
    const auto row = [](const QString &source, const QString &shown) {
        QTest::addRow("%s", source.toUtf8().constData()) << source << shown;
    };
    row("![x](/dev/zero)", "[image: x, /dev/zero blocked]");
    row("![x](file:///etc/passwd)", "[image: x, file:///etc/passwd blocked]");
    row("![cat](https://evil.example/p.png?q=secret)", "[image: cat, evil.example blocked]");
    row("![](https://evil.example/p.png)", "[image: evil.example blocked]");
    row("![x](//host/x.png)", "[image: x, host blocked]");
    row("![x](qrc:/icons/a.svg)", "[image: x, qrc:/icons/a.svg blocked]");
    row("![**b** a](x.png \"title\")", "[image: b a, x.png blocked]");
    row("a ![1](http://h/1) b ![2](http://h/2)", "a [image: 1, h blocked] b [image: 2, h blocked]");
    row("[![in](http://h/i)](https://example.org)", "[image: in, h blocked]");
    row("![ref][r]\n\n[r]: http://evil.example/i.png", "![ref][r]");
}

void MarkdownTest::imagesAreNotices()
{
    QFETCH(QString, source);
    QFETCH(QString, shown);
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.append(source);
    text.update();
    QCOMPARE(text.blocks()[0].text, shown);
}

void MarkdownTest::htmlIsLiteral()
{
    for (const QString source :
         {"a <img src=x onerror=alert(1)> b", "<script>alert(1)</script>", "<b>x</b>", "<!-- hidden -->text",
          "<table><tr><td>1</td></tr></table>", "<link rel=stylesheet href=http://h/x.css>", "<details><summary>s"})
        QCOMPARE(dumpMarkdown(source), QStringList{"p " + source});
}

void MarkdownTest::cellsBeyondTheLastColumnAreKept()
{
    QCOMPARE(dumpMarkdown("| a | b |\n|---|---|\n| `x | y` | 2 |\n| 1 | 2 | 3 | 4 |"),
             QStringList{"table2 a | b\\n`x | y` | 2\\n1 | 2 | 3 | 4"});
}

void MarkdownTest::linkDefinitionsStayVisible()
{
    QCOMPARE(dumpMarkdown("[1]: https://example.org/x \"title\""),
             QStringList{"p [1]: [https://example.org/x](https://example.org/x) \"title\""});
    QCOMPARE(dumpMarkdown("see [text][1]\n[1]: x"), QStringList{"p see [text][1]\\n[1]: x"});
}

void MarkdownTest::hiddenCharactersAreShownInCodeAndLinks()
{
    // The five shapes of "Trojan Source": reordered comments, early returns, stretched strings, invisible functions.
    const QStringList samples{
        u"/*\u202E } \u2066if (isAdmin)\u2069 \u2066 begin admins only */"_s,
        u"\"\"\" subtract\u2067\u202B\"\"\"; return"_s,
        u"if access_level != \"user\u202E \u2066// Check if admin\u2069 \u2066\":"_s,
        u"function is\u200BAdmin() {}"_s,
        u"const [ENV_PROD, \u3164] = env"_s,
    };
    for (const QString &sample : samples) {
        ui::MessageText text(ui::MessageText::Syntax::Markdown);
        text.append("```\n" + sample + "\n```\n\n`" + sample + "`");
        text.update();
        QCOMPARE(text.blocks().size(), 2U);
        for (const ui::Block &block : text.blocks()) {
            QVERIFY(block.hiddenCharacters);
            QVERIFY2(block.text.contains(u"\u2039U+"), qPrintable(block.text));
        }
    }
    QVERIFY(dumpMarkdown(u"[pay\u200Bpal](https://example.org)"_s)[0].contains(u"\u2039U+200B\u203A"_s));
}

void MarkdownTest::directionOverridesAreShownEverywhere()
{
    QCOMPARE(dumpMarkdown(u"a\u202Eb"_s), QStringList{u"p a\u2039U+202E\u203Ab"_s});
    QCOMPARE(dumpMarkdown(u"می\u200Cخواهم 👨\u200D👩"_s), QStringList{u"p می\u200Cخواهم 👨\u200D👩"_s});
    QCOMPARE(dumpMarkdown(QString(u"a\0b"_s)), QStringList{u"p a\u2039U+0000\u203Ab"_s});
}

void MarkdownTest::everyFormatAndControlCharacterIsHarmless()
{
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        const auto category = QChar::category(c);
        if (category != QChar::Other_Format && category != QChar::Other_Control && category != QChar::Other_Surrogate)
            continue;
        const QString source =
            "x" + (c < 0x10000 ? QString(QChar(static_cast<char16_t>(c))) : QString::fromUcs4(&c, 1)) + "y";
        QString exact;
        const bool replaced = ui::appendVisible(exact, source, ui::Strictness::Exact);
        QVERIFY2(replaced || c == '\n' || c == '\t' || category == QChar::Other_Surrogate, qPrintable(exact));
        const QString shown = dumpMarkdown(source).join(' ');
        QVERIFY(shown.startsWith("p x") && shown.endsWith('y'));
    }
}

void MarkdownTest::longParagraphsAreCut()
{
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.append(QString(1'000'000, 'a') + "\n\n" + QString("A sentence of some words. ").repeated(1000));
    text.update();
    qsizetype letters = 0;
    for (const ui::Block &block : text.blocks()) {
        QVERIFY(block.text.size() <= ui::markdown::hardUnitLimit);
        letters += block.text.count('a');
    }
    QCOMPARE(letters, 1'000'000);
    QVERIFY(text.blocks().back().text.trimmed().endsWith('.'));
    QVERIFY(text.blocks()[text.blocks().size() - 2].text.trimmed().endsWith('.')); // cut behind a sentence
}

void MarkdownTest::longCodeIsCutAndKeepsItsColours()
{
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.append("```cpp\n/* " + QString("comment line\n").repeated(1000) + "*/ int x;\n```\nend");
    text.update();
    const auto &blocks = text.blocks();
    QVERIFY(blocks.size() > 5);
    QVERIFY(!blocks[0].continues);
    for (std::size_t i = 1; i + 1 < blocks.size(); ++i) {
        QVERIFY(blocks[i].continues);
        QCOMPARE(blocks[i].group, 0);
        QCOMPARE(blocks[i].language, QStringLiteral("cpp"));
        QVERIFY(blocks[i].lexerState != 0);
    }
    QCOMPARE(dump(blocks.back()), QStringLiteral("p end"));
}

void MarkdownTest::longTablesAreCutWithoutASecondHeader()
{
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.append("| head | b |\n|---|---|\n" + QString("| some cell | other **cell** |\n").repeated(600));
    text.update();
    const auto &blocks = text.blocks();
    QVERIFY(blocks.size() > 1);
    std::size_t rows = 0;
    for (const ui::Block &block : blocks) {
        QCOMPARE(block.kind, ui::BlockKind::Table);
        QCOMPARE(block.columns, 2);
        QCOMPARE(block.text.contains("head"), &block == &blocks.front());
        QCOMPARE(block.text.mid(block.cells.back().start, block.cells.back().length), QStringLiteral("other cell"));
        rows += block.cells.size() / 2;
    }
    QCOMPARE(rows, 601U);
}

void MarkdownTest::hostileShapesCostLinearWork_data()
{
    QTest::addColumn<QString>("unit");
    QTest::addColumn<int>("count");
    for (const char *unit : {"a",      "`",
                             "*",      "_",
                             "~",      "[",
                             "![",     "](",
                             "<",      ">",
                             "> ",     "- ",
                             "1. ",    "#",
                             "|",      "|-",
                             "\\(",    "$$",
                             "**a ",   "_a_",
                             "`a",     "\n",
                             "\n\n",   "> \n",
                             "- a\n",  "    a\n",
                             "```\n",  "|a|b|\n",
                             "[a](b",  "&a;",
                             "\\",     "https://a.b ",
                             "a@b.c ", "|a|\n|-|\n|x|y|z|\n"})
        QTest::newRow(unit) << unit << 200'000;
    QTest::newRow("combining") << u"\u0301"_s << 200'000;
}

// Counts of chunks and pieces, not time: the pieces are bounded, so is the work on each of them.
void MarkdownTest::hostileShapesCostLinearWork()
{
    QFETCH(QString, unit);
    QFETCH(int, count);
    const QString source = unit.repeated(count / unit.size());
    ui::MessageText text(ui::MessageText::Syntax::Markdown);
    text.append(source);
    text.update();
    QVERIFY(text.chunkParses() <= source.size());
    for (const ui::Block &block : text.blocks())
        QVERIFY2(block.text.size() <= 3 * ui::markdown::containerLimit, qPrintable(QString::number(block.text.size())));
}

QTEST_GUILESS_MAIN(MarkdownTest)
#include "tst_markdown.moc"
