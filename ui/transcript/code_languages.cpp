#include "ui/transcript/code_languages.h"

#include <QString>

namespace ui {

namespace {

constexpr CodeLanguage languages[] = {
    {
        .names = u" c cpp c++ cc cxx h hpp cu cuda cuh opencl glsl hlsl metal arduino ",
        .keywords =
            u" alignas alignof asm auto break case catch class co_await co_return co_yield concept const consteval "
            u"constexpr constinit const_cast continue decltype default delete do dynamic_cast else enum explicit "
            u"export extern false final for friend goto if inline mutable namespace new noexcept nullptr operator "
            u"override private protected public register reinterpret_cast requires restrict return sizeof static "
            u"static_assert static_cast struct switch template this thread_local throw true try typedef typeid "
            u"typename union using virtual volatile while __global__ __device__ __host__ __shared__ "
            u"__constant__ __restrict__ __launch_bounds__ __forceinline__ ",
        .types =
            u" bool char char8_t char16_t char32_t double float int long short signed unsigned void wchar_t size_t "
            u"ptrdiff_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t half float2 float4 int2 "
            u"int4 dim3 ",
        .lineComments = {u"//", u""},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"\"'",
        .longQuotes = {u"", u""},
        .capitalTypes = true,
        .directive = u'#',
    },
    {
        .names = u" python py python3 ipython pycon gyp starlark ",
        .keywords = u" and as assert async await break case class continue def del elif else except finally for from "
                    u"global if import in is lambda match nonlocal not or pass raise return try while with yield False "
                    u"None True self cls ",
        .types = u" bool bytes dict float frozenset int list object set str tuple type ",
        .lineComments = {u"#", u""},
        .quotes = u"\"'",
        .longQuotes = {u"\"\"\"", u"'''"},
        .capitalTypes = true,
        .directive = u'@',
    },
    {
        .names = u" javascript js jsx mjs cjs typescript ts tsx node vue svelte ",
        .keywords =
            u" abstract as async await break case catch class const continue debugger declare default delete do "
            u"else enum export extends false finally for from function get if implements import in instanceof "
            u"interface keyof let namespace new null of private protected public readonly return satisfies set "
            u"static super switch this throw true try type typeof undefined var void while with yield ",
        .types = u" any bigint boolean never number object string symbol unknown ",
        .lineComments = {u"//", u""},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"\"'",
        .longQuotes = {u"`", u""},
        .capitalTypes = true,
        .directive = u'@',
    },
    {
        .names = u" rust rs ",
        .keywords = u" as async await break const continue crate dyn else enum extern false fn for if impl in let loop "
                    u"match mod move mut pub ref return self Self static struct super trait true type unsafe use where "
                    u"while ",
        .types = u" bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize ",
        .lineComments = {u"//", u""},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"\"",
        .longQuotes = {u"", u""},
        .capitalTypes = true,
        .directive = u'#',
    },
    {
        .names = u" go golang ",
        .keywords = u" break case chan const continue default defer else fallthrough for func go goto if import "
                    u"interface map package range return select struct switch type var true false nil iota ",
        .types =
            u" any bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint "
            u"uint8 uint16 uint32 uint64 uintptr ",
        .lineComments = {u"//", u""},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"\"'",
        .longQuotes = {u"`", u""},
        .capitalTypes = true,
    },
    {
        .names = u" java kotlin kt kts scala groovy csharp cs c# swift dart objc objective-c m mm php ",
        .keywords =
            u" abstract as assert async await base break case catch class const continue data default defer do "
            u"else enum export extends extension external final finally for foreach func fun function get goto "
            u"guard if implements import in inner interface internal is let lock match namespace native new nil "
            u"null object open operator out override package private protected public readonly record ref "
            u"return sealed set static struct super suspend switch synchronized this throw throws trait "
            u"transient try typealias using val var virtual volatile when where while with yield true false echo ",
        .types =
            u" bool boolean byte char decimal double float int long object sbyte short string uint ulong ushort void ",
        .lineComments = {u"//", u""},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"\"'",
        .longQuotes = {u"\"\"\"", u""},
        .capitalTypes = true,
        .directive = u'@',
        .variable = u'$',
    },
    {
        .names =
            u" bash sh shell zsh console terminal shell-session fish dockerfile docker makefile make cmake powershell "
            u"ps1 ",
        .keywords =
            u" alias break case continue declare do done elif else esac eval exec exit export fi for function if "
            u"in local readonly return select set shift source then trap unset until while FROM RUN COPY ADD CMD "
            u"ENTRYPOINT ENV ARG WORKDIR EXPOSE VOLUME USER LABEL ",
        .types = u" apt cat cd chmod chown cmake cp curl docker echo find git grep kill ln ls make mkdir mv pip printf "
                 u"python python3 rm sed ssh sudo tar test touch wget awk ",
        .lineComments = {u"#", u""},
        .quotes = u"",
        .longQuotes = {u"\"", u"'"},
        .variable = u'$',
    },
    {
        .names = u" json json5 jsonc jsonl ndjson ",
        .keywords = u" true false null ",
        .types = u" ",
        .lineComments = {u"//", u""},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"\"'",
        .longQuotes = {u"", u""},
        .keyStrings = true,
    },
    {
        .names = u" sql mysql postgresql postgres sqlite plsql tsql ",
        .keywords =
            u" add all alter and as asc begin between by case cascade check column commit constraint create cross "
            u"database default delete desc distinct drop else end exists explain foreign from full group having "
            u"if in index inner insert into is join key left like limit natural not null offset on or order "
            u"outer over partition pragma primary references returning right rollback row rows select set table "
            u"then transaction trigger union unique update using values view when where with without ",
        .types = u" bigint binary blob boolean char date datetime decimal double float int integer json numeric real "
                 u"serial smallint text time timestamp tinyint uuid varchar ",
        .lineComments = {u"--", u"#"},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"",
        .longQuotes = {u"'", u"\""},
        .ignoresCase = true,
    },
    {
        .names = u" html xml svg xhtml xaml qrc ui plist ",
        .keywords = u" ",
        .types = u" ",
        .lineComments = {u"", u""},
        .commentOpen = u"<!--",
        .commentClose = u"-->",
        .quotes = u"",
        .longQuotes = {u"", u""},
        .markup = true,
    },
    {
        .names = u" css scss sass less qss ",
        .keywords = u" important inherit initial none auto flex grid block inline solid ",
        .types = u" ",
        .lineComments = {u"", u""},
        .commentOpen = u"/*",
        .commentClose = u"*/",
        .quotes = u"\"'",
        .longQuotes = {u"", u""},
        .directive = u'@',
        .variable = u'$',
    },
    {
        .names = u" yaml yml toml ini conf cfg properties desktop editorconfig ",
        .keywords = u" true false null yes no on off ",
        .types = u" ",
        .lineComments = {u"#", u";"},
        .quotes = u"\"'",
        .longQuotes = {u"", u""},
    },
    {
        .names = u" lua haskell hs elixir ex ruby rb perl pl r julia jl matlab octave ",
        .keywords =
            u" and begin break case class data def defmodule do else elseif elsif end ensure false for function if "
            u"import in instance lambda let library local loop module my next nil not or our package print "
            u"private proc raise redo repeat require rescue return self sub super then true type undef unless "
            u"until use using when where while yield TRUE FALSE NULL ",
        .types = u" ",
        .lineComments = {u"#", u"--"},
        .quotes = u"\"'",
        .longQuotes = {u"", u""},
        .capitalTypes = true,
        .variable = u'$',
    },
};

} // namespace

const CodeLanguage *findLanguage(QStringView name)
{
    if (name.isEmpty())
        return nullptr;
    const QString word = QLatin1Char(' ') + name.toString() + QLatin1Char(' ');
    for (const CodeLanguage &language : languages) {
        if (QStringView(language.names).contains(word))
            return &language;
    }
    return nullptr;
}

} // namespace ui
