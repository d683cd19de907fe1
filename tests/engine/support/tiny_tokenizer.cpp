#include "tests/engine/support/tiny_tokenizer.h"

#include <array>
#include <utility>
#include <vector>

namespace support {

namespace {

using Json = nlohmann::ordered_json;

std::string utf8(unsigned codePoint)
{
    if (codePoint < 0x80) {
        return {static_cast<char>(codePoint)};
    }
    return {static_cast<char>(0xC0 | (codePoint >> 6)), static_cast<char>(0x80 | (codePoint & 0x3F))};
}

/// The alphabet of byte-level BPE: printable bytes stand for themselves, the others for U+0100 and up in order.
std::array<std::string, 256> byteAlphabet()
{
    std::array<std::string, 256> alphabet;
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        alphabet[byte] = utf8(printable ? byte : next++);
    }
    return alphabet;
}

/// Pairs whose parts exist before them. Ġ is a space, Ċ a line break.
constexpr std::array<std::pair<const char *, const char *>, 24> merges = {{
    {"Ġ", "t"},  {"h", "e"},   {"Ġt", "he"},  {"l", "l"},  {"i", "n"}, {"e", "r"},   {"o", "n"},    {"a", "n"},
    {"an", "d"}, {"Ġ", "and"}, {"Ċ", "Ċ"},    {"o", "ll"}, {"H", "e"}, {"He", "ll"}, {"Hell", "o"}, {"h", "i"},
    {"hi", "n"}, {"t", "hin"}, {"thin", "k"}, {"Ġ", "Ġ"},  {"Ġ", "w"}, {"o", "r"},   {"Ġw", "or"},  {"i", "s"},
}};

Json splitBy(const std::string &regex)
{
    return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}};
}

Json preTokenizer()
{
    return {{"type", "Sequence"},
            {"pretokenizers",
             {splitBy(R"(\p{N}{1,3})"),
              splitBy("[一-龥぀-ゟ゠-ヿ]+"),
              splitBy("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
                      " ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"),
              {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}}}}};
}

Json byteLevel()
{
    return {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
}

Json addedToken(int id, const std::string &content, bool special)
{
    return {{"id", id},        {"content", content},     {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", !special}, {"special", special}};
}

Json configToken(const std::string &content)
{
    return {{"__type", "AddedToken"}, {"content", content}, {"lstrip", false},
            {"normalized", true},     {"rstrip", false},    {"single_word", false}};
}

/// The format of R1 (reference: DeepSeek-R1 tokenizer_config.json): the last system message, old reasoning left out,
/// the generation prompt opens <think>.
constexpr const char *r1Template =
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
    "{% set ns = namespace(system_prompt='') %}"
    "{%- for message in messages %}{%- if message['role'] == 'system' %}"
    "{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}"
    "{{bos_token}}{{ns.system_prompt}}"
    "{%- for message in messages %}"
    "{%- if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}{%- endif %}"
    "{%- if message['role'] == 'assistant' and message['content'] is not none %}"
    "{% set content = message['content'] %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
    "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}"
    "{%- endfor -%}"
    "{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}";

} // namespace

TinyTokenizer makeTinyTokenizer()
{
    TinyTokenizer tiny;
    const std::string bos = "<｜begin▁of▁sentence｜>";
    const std::string eos = "<｜end▁of▁sentence｜>";
    int next = 0;
    Json vocab = {{bos, next++}, {eos, next++}, {"<｜▁pad▁｜>", next++}};
    for (const std::string &symbol : byteAlphabet()) {
        vocab[symbol] = next++;
    }
    Json mergeList = Json::array();
    for (const auto &[left, right] : merges) {
        mergeList.push_back(std::string(left) + " " + right);
        vocab[std::string(left) + right] = next++;
    }
    Json added = {addedToken(0, bos, true), addedToken(1, eos, true), addedToken(2, "<｜▁pad▁｜>", true)};
    const auto add = [&](const std::string &content, bool special) {
        added.push_back(addedToken(next, content, special));
        return next++;
    };
    tiny.user = add("<｜User｜>", false);
    tiny.assistant = add("<｜Assistant｜>", false);
    add("<|EOT|>", true);
    tiny.thinkStart = add("<think>", false);
    tiny.thinkEnd = add("</think>", false);
    tiny.tokens = next;
    tiny.tokenizer = {{"version", "1.0"},
                      {"truncation", nullptr},
                      {"padding", nullptr},
                      {"added_tokens", added},
                      {"normalizer", {{"type", "Sequence"}, {"normalizers", Json::array()}}},
                      {"pre_tokenizer", preTokenizer()},
                      {"post_processor", byteLevel()},
                      {"decoder", byteLevel()},
                      {"model",
                       {{"type", "BPE"},
                        {"dropout", nullptr},
                        {"unk_token", nullptr},
                        {"continuing_subword_prefix", nullptr},
                        {"end_of_word_suffix", nullptr},
                        {"fuse_unk", false},
                        {"byte_fallback", false},
                        {"vocab", vocab},
                        {"merges", mergeList}}}};
    tiny.tokenizerConfig = {{"add_bos_token", true},         {"add_eos_token", false},
                            {"bos_token", configToken(bos)}, {"eos_token", configToken(eos)},
                            {"pad_token", configToken(eos)}, {"model_max_length", 16384},
                            {"unk_token", nullptr},          {"tokenizer_class", "LlamaTokenizerFast"},
                            {"chat_template", r1Template}};
    return tiny;
}

} // namespace support
