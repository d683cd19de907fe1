// tokenizer.json and tokenizer_config.json. An input is 'r' and sections: the two files and a text; or 'p' and sections
// that replace parts of a small good tokenizer: pre_tokenizer, added_tokens, the last merges, decoder,
// tokenizer_config.json, text. (Whole files are mostly vocabulary, which a fuzzer would spend its time on.)

#include "engine/text/stream_decoder.h"
#include "engine/text/tokenizer.h"
#include "tests/engine/support/tiny_tokenizer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_folder.h"

#include <nlohmann/json.hpp>

namespace {

using engine::TokenId;
using engine::text::AddedTokens;
using engine::text::Tokenizer;
using Json = nlohmann::ordered_json;

constexpr std::size_t mostText = 4096;

struct Input {
    std::string tokenizer;
    std::string config;
    std::string text;
};

const support::TinyTokenizer &tiny()
{
    static const support::TinyTokenizer made = support::makeTinyTokenizer();
    return made;
}

/// `base` with the member at `key` replaced as text, so that the part may be any bytes.
void replace(std::string &base, const std::string &mark, std::string_view part)
{
    const std::size_t at = base.find(mark);
    base.replace(at, mark.size(), part);
}

/// The small tokenizer with marks where the parts go.
const std::string &frame()
{
    static const std::string text = [] {
        Json tokenizer = tiny().tokenizer;
        tokenizer["pre_tokenizer"] = "PRE_TOKENIZER";
        tokenizer["added_tokens"] = "ADDED_TOKENS";
        tokenizer["model"]["merges"].push_back("MERGES");
        tokenizer["decoder"] = "DECODER";
        return tokenizer.dump();
    }();
    return text;
}

Input inputOf(std::string_view bytes)
{
    if (!bytes.starts_with('p')) {
        const auto sections = fuzz::sectionsOf(bytes.substr(bytes.empty() ? 0 : 1), 3);
        return {std::string(sections[0]), std::string(sections[1]), std::string(sections[2])};
    }
    const auto sections = fuzz::sectionsOf(bytes.substr(1), 6);
    Input input{frame(), std::string(sections[4]), std::string(sections[5])};
    replace(input.tokenizer, "\"PRE_TOKENIZER\"", sections[0]);
    replace(input.tokenizer, "\"ADDED_TOKENS\"", sections[1]);
    replace(input.tokenizer, "\"MERGES\"", sections[2]);
    replace(input.tokenizer, "\"DECODER\"", sections[3]);
    return input;
}

void checkTokens(const Tokenizer &tokenizer, const std::vector<TokenId> &tokens, const std::string &text)
{
    std::string bytes;
    for (const TokenId token : tokens) {
        fuzz::require(tokenizer.isDefined(token), "encode gives defined tokens");
        bytes += tokenizer.tokenBytes(token);
    }
    const std::string decoded = tokenizer.decode(tokens, false);
    fuzz::require(decoded.size() >= text.size() || bytes != text, "decode loses nothing");
    engine::text::StreamDecoder stream;
    std::string streamed;
    for (const TokenId token : tokens) {
        streamed += stream.push(tokenizer.tokenBytes(token));
    }
    streamed += stream.finish();
    fuzz::require(streamed == decoded, "the stream decoder agrees with decode");
    const std::vector<TokenId> again = tokenizer.encode(decoded, AddedTokens::Ignore);
    fuzz::require(tokenizer.decode(again, false) == decoded, "valid text comes back as it was");
}

void useTokenizer(const Tokenizer &tokenizer, const std::string &text)
{
    for (const AddedTokens added : {AddedTokens::Match, AddedTokens::Ignore}) {
        for (const std::string &each : {text, std::string("Hello, wörld 123\n\n<think>你好</think>\xf0\x9f")}) {
            fuzz::accepted([&] { checkTokens(tokenizer, tokenizer.encode(each, added), each); });
        }
    }
    const std::vector<TokenId> strange = {-1, 0, tokenizer.size() - 1, tokenizer.size(), 1 << 30};
    static_cast<void>(tokenizer.decode(strange, true));
    static_cast<void>(tokenizer.find(text));
}

} // namespace

bool fuzz::runInput(std::string_view bytes)
{
    static MemoryFolder folder;
    Input input = inputOf(bytes);
    input.text.resize(std::min(input.text.size(), mostText));
    folder.write("tokenizer.json", input.tokenizer);
    folder.write("tokenizer_config.json", input.config);
    return accepted([&] { useTokenizer(Tokenizer::open(folder.path()), input.text); });
}

std::vector<fuzz::Seed> fuzz::seeds()
{
    const Json &file = tiny().tokenizer;
    const std::string config =
        Json{{"bos_token", tiny().tokenizerConfig["bos_token"]}, {"eos_token", "<｜end▁of▁sentence｜>"}}.dump();
    const std::string text = "The 2 and 3, hello\r\n 日本 <|EOT|> ü ﬁ é";
    const std::string added = file["added_tokens"].dump();
    const std::string gpt2 = R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})";
    const std::string plain = R"({"type":"ByteLevel","add_prefix_space":false,"use_regex":false})";
    const std::string digits = R"({"type":"Digits","individual_digits":true})";
    const std::string qwen =
        R"~({"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false})~";
    const auto sequence = [&](const std::string &first) {
        return R"({"type":"Sequence","pretokenizers":[)" + first + "," + plain + "]}";
    };
    const std::string decoder = file["decoder"].dump();
    return {{"r" + joinSections({file.dump(), config, text})},
            {"p" + joinSections({file["pre_tokenizer"].dump(), added, R"("h in")", decoder, config, text})},
            {"p" + joinSections({gpt2, added, R"(["h","in"])", decoder, config, text})},
            {"p" + joinSections({sequence(digits), added, R"("h in")", decoder, config, text})},
            {"p" + joinSections({sequence(qwen), added, R"("h in")", decoder, config, text})}};
}

std::vector<std::string> fuzz::dictionary()
{
    return {"\"Regex\":",
            "\"String\":",
            "\"Split\"",
            "\"Digits\"",
            "\"ByteLevel\"",
            "\"Sequence\"",
            "\"Isolated\"",
            "\"Removed\"",
            "\"pretokenizers\":",
            "\"normalized\":",
            "\"special\":",
            "\"content\":",
            "\"id\":",
            "\"lstrip\":",
            "true",
            "false",
            "null",
            "\\\\p{L}",
            "\\\\p{N}",
            "\\\\s",
            "\\\\S",
            "(?i:",
            "(?!",
            "(?=",
            "(?<=",
            "(?>",
            "++",
            "*?",
            "{1,3}",
            "[^",
            "|",
            "(a+)+$",
            "\\\\1",
            "\\\\K",
            "(?R)",
            "(*ACCEPT)",
            "\\\\C",
            "\\\\h",
            "\\\\X",
            "&&",
            "[:alpha:]",
            "\\u0120",
            "\\ud800",
            "\xe2\x96\x81",
            "\xff",
            std::string(1, separator)};
}
