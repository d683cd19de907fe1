#pragma once
// The table of languages the highlighter knows. Used by code_highlighter.cpp alone.

#include <QStringView>
#include <array>
#include <string_view>

namespace ui {

struct CodeLanguage {
    std::u16string_view names = u"";    ///< as written after a fence, each between spaces
    std::u16string_view keywords = u""; ///< each between spaces
    std::u16string_view types = u"";    ///< the same
    std::array<std::u16string_view, 2> lineComments = {};
    std::u16string_view commentOpen = u"";
    std::u16string_view commentClose = u"";
    std::u16string_view quotes = u"";                   ///< characters that begin a string on one line
    std::array<std::u16string_view, 2> longQuotes = {}; ///< strings that may go over several lines
    bool ignoresCase = false;
    bool capitalTypes = false; ///< CamelCase names are types
    bool markup = false;       ///< HTML and XML: names inside tags
    char16_t directive = 0;    ///< '#' or '@': begins a directive or decorator
    char16_t variable = 0;     ///< '$': begins a variable
    bool keyStrings = false;   ///< a string before a colon is a key (JSON)
};

/// The language of that name in lower case, or null.
const CodeLanguage *findLanguage(QStringView name);

} // namespace ui
