// The highlighter: what is coloured in each language, and that pieces of a text are coloured like the whole.

#include "ui/transcript/code_highlighter.h"

#include <QRandomGenerator>
#include <QStringList>
#include <QTest>

using ui::CodeColor;
using ui::CodeHighlighter;

class CodeHighlighterTest : public QObject {
    Q_OBJECT

private slots:
    void colours_data();
    void colours();
    void unknownLanguagesStayPlain();
    void piecesAreColouredLikeTheWhole();
    void anyTextIsSafe();
};

namespace {

QString described(const QString &info, const QString &code)
{
    static const char *names[] = {"k", "t", "f", "s", "n", "c"};
    QStringList parts;
    for (const ui::CodeToken &token : CodeHighlighter(info).tokens(code, 0))
        parts.append(
            QStringLiteral("%1:%2").arg(names[static_cast<int>(token.color)], code.mid(token.start, token.length)));
    return parts.join(' ');
}

} // namespace

void CodeHighlighterTest::colours_data()
{
    QTest::addColumn<QString>("info");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *info, const char *code, const char *expected) {
        QTest::newRow(info) << info << code << expected;
    };
    row("cpp", "#include <x>\nint f(auto a) { return 0x1F; } // end",
        "k:#include t:int f:f k:auto k:return n:0x1F c:// end");
    row("cuda", "__global__ void k(float *p) { MyType t; }", "k:__global__ t:void f:k t:float t:MyType");
    row("Python title=x.py", "def f(x):\n    '''doc\n    more'''\n    return \"a\" # c",
        "k:def f:f s:'''doc\n    more''' k:return s:\"a\" c:# c");
    row("js", "const a = `x${1}`; /* c\nc */ f(3.5)", "k:const s:`x${1}` c:/* c\nc */ f:f n:3.5");
    row("rust", "let x: &'a str = \"s\";", "k:let t:str s:\"s\"");
    row("go", "func main() { x := 1 }", "k:func f:main n:1");
    row("java", "@Override public String s = \"a\\\"b\";", "k:@Override k:public t:String s:\"a\\\"b\"");
    row("bash", "for f in $HOME; do echo \"$f\" # c\ndone", "k:for k:in t:$HOME k:do t:echo s:\"$f\" c:# c k:done");
    row("json", "{\"key\": \"value\", \"n\": 1.5, \"b\": true}", "t:\"key\" s:\"value\" t:\"n\" n:1.5 t:\"b\" k:true");
    row("sql", "SELECT count(*) FROM t -- c\nWHERE a = 'x'", "k:SELECT f:count k:FROM c:-- c k:WHERE s:'x'");
    row("html", "<a href=\"x\">t &amp; u</a><!-- c -->", "k:<a t:href s:\"x\" k:> n:&amp; k:</a k:> c:<!-- c -->");
    row("yaml", "key: true # c", "k:true c:# c");
    row("css", "@media x { color: red; /* c */ }", "k:@media c:/* c */");
}

void CodeHighlighterTest::colours()
{
    QFETCH(QString, info);
    QFETCH(QString, code);
    QFETCH(QString, expected);
    QCOMPARE(described(info, code), expected);
}

void CodeHighlighterTest::unknownLanguagesStayPlain()
{
    QVERIFY(!CodeHighlighter(u"brainfuck").isKnown());
    QVERIFY(!CodeHighlighter(u"").isKnown());
    QCOMPARE(described("", "int x = 1; // c"), QString());
}

void CodeHighlighterTest::piecesAreColouredLikeTheWhole()
{
    const QString code = "int a; /* one\ntwo\nthree */ int b;\nauto s = \"x\";\n";
    const CodeHighlighter highlighter(u"cpp");
    const auto whole = highlighter.tokens(code, 0);
    const qsizetype cut = code.indexOf("two");
    const int state = highlighter.stateAfter(code.left(cut), 0);
    const auto rest = highlighter.tokens(code.mid(cut), state);
    QCOMPARE(rest.front().color, CodeColor::Comment);
    QCOMPARE(code.mid(cut).mid(rest.front().start, rest.front().length), QStringLiteral("two\nthree */"));
    QCOMPARE(rest.back().start + static_cast<int>(cut), whole.back().start);
    QCOMPARE(highlighter.stateAfter(code, 0), 0);
}

void CodeHighlighterTest::anyTextIsSafe()
{
    QRandomGenerator random(3);
    const QString alphabet = "ab1 \n\"'`/*#-<>!=&;\\${}()@_.\u00e9\u4e2d";
    for (const char *info : {"cpp", "python", "js", "bash", "json", "sql", "html", "rust", "css", "yaml", "lua"}) {
        const CodeHighlighter highlighter{QString(info)};
        QVERIFY(highlighter.isKnown());
        for (int round = 0; round < 2000; ++round) {
            QString code;
            for (int i = 0; i < 60; ++i)
                code += alphabet[random.bounded(alphabet.size())];
            int end = 0;
            for (const ui::CodeToken &token : highlighter.tokens(code, static_cast<int>(random.bounded(5U)))) {
                QVERIFY(token.start >= end && token.length > 0);
                end = token.start + token.length;
            }
            QVERIFY(end <= code.size());
        }
    }
}

QTEST_GUILESS_MAIN(CodeHighlighterTest)
#include "tst_code_highlighter.moc"
