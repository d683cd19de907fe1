// Chat templates: the input is chat_template.jinja.

#include "engine/text/chat_template.h"
#include "engine/text/detail/template_program.h"
#include "engine/text/tokenizer.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_tokenizer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_folder.h"

#include <nlohmann/json.hpp>

namespace {

using engine::Role;
using engine::text::ChatTemplate;
using engine::text::Tokenizer;
using Json = nlohmann::ordered_json;

/// The files around the template, and the tokenizer they make.
struct Model {
    Model()
    {
        support::TinyTokenizer tiny = support::makeTinyTokenizer();
        tiny.tokenizerConfig.erase("chat_template");
        folder.write("tokenizer.json", tiny.tokenizer.dump());
        folder.write("tokenizer_config.json", tiny.tokenizerConfig.dump());
        tokenizer.emplace(Tokenizer::open(folder.path()));
    }
    fuzz::MemoryFolder folder;
    std::optional<Tokenizer> tokenizer;
};

void renderChats(const ChatTemplate &format)
{
    const std::vector<engine::ChatMessage> chat = {{Role::System, "S", {}, true},
                                                   {Role::User, "U <｜User｜>", {}, true},
                                                   {Role::Assistant, "A", "T", true},
                                                   {Role::User, "V", {}, true},
                                                   {Role::Assistant, {}, "half", false}};
    const auto prompt = format.render(chat, true);
    fuzz::require(prompt.text.find("half") != std::string::npos, "an open thought is in the prompt");
    fuzz::require(!prompt.tokens.empty(), "a prompt has tokens");
}

} // namespace

bool fuzz::runInput(std::string_view bytes)
{
    static Model model;
    model.folder.write("chat_template.jinja", bytes);
    return accepted([&] { renderChats(ChatTemplate::open(model.folder.path(), *model.tokenizer)); });
}

std::vector<fuzz::Seed> fuzz::seeds()
{
    const std::string file = std::string(BATHYSCOPE_SOURCE_DIR) + "/tests/golden/tokenizer/published_templates.json";
    std::vector<Seed> inputs = {{support::makeTinyTokenizer().tokenizerConfig["chat_template"]}};
    const Json published = Json::parse(support::readFile(file));
    for (const auto &entry : published.items()) {
        inputs.push_back({entry.value().at("template")});
    }
    // What the published templates do not use.
    inputs.push_back({"{% for m in messages[1:] -%}{{ loop.index0 ~ m.content|trim|upper }}{{ m['role'].strip() }}"
                      "{% endfor %}{{ {'a': [1, 2]}['a'][-1] + 3 * 4 // 5 % 6 - 7 }}{# c #}",
                      false});
    inputs.push_back(
        {"{% if messages|length > 1 and not loop is defined or 'a' in 'abc' %}{{ messages[0].content"
         ".split('x')|last }}{% elif true %}{{ 'y' if false else none }}{% else %}{{ 1 == 1.0 }}{% endif %}",
         false});
    return inputs;
}

std::vector<std::string> fuzz::dictionary()
{
    return {"{{",
            "}}",
            "{%",
            "%}",
            "{%-",
            "-%}",
            "{#",
            "#}",
            "for ",
            " in ",
            "endfor",
            "if ",
            "elif ",
            "else",
            "endif",
            "set ",
            "namespace(",
            "is defined",
            "is not none",
            "is string",
            "not ",
            " and ",
            " or ",
            "|length",
            "|trim",
            "|last",
            "|tojson",
            "loop.index0",
            "loop.first",
            "loop.last",
            "messages",
            "message['content']",
            "bos_token",
            "eos_token",
            "add_generation_prompt",
            ".split('",
            "')[-1]",
            "[1:]",
            "[::-1]",
            "raise_exception(",
            "range(",
            "9223372036854775807",
            "// 0",
            "% 0",
            " * ",
            " ~ ",
            "macro ",
            "include ",
            "\\n",
            "((((((((",
            "[[[[[[[["};
}
