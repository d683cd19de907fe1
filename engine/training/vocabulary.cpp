#include "engine/training/vocabulary.h"

#include <array>
#include <nlohmann/json.hpp>

namespace engine::training {
namespace {

/// Characters beyond ASCII that are one token each: all that the task templates use and the
/// most frequent Chinese characters, so that free questions stay short as well.
constexpr std::string_view kCharacters =
    "·×÷—‘’“”…↑→↓−、。《》一七万三上下不与专世业东丢两个中串为主丽举么义之乐乘九也习书买"
    "了争事二于互五些交产京亮亲人亿什今介从他代令以们件任众会传似但位住体何作你使例供便保信倒候值做健"
    "傻像儿元先光党入全八公六共关兴兵其具内再写军冬决减几出分列则刚创利别到制前剩力办功加务动助包化北"
    "区医十千升午半华单卖南卡印即却历厉厌原去参又及友双反发取受变口只叫可台史司吃各合同名后向吗吧听呀"
    "告员呢周命和咖品哈哦哪哲商啊啡喜喽嗨嗯嘴器四回因围国在地场坏块坦型城基士声处外多大天太夫失头夸奖"
    "女她好如妈始委子孔字存学孩它宇安完宙定实客害家容对导将小少就尽展山工差己已巴币市师带帮常干平年并"
    "幸广序应店度康建开式弟张强当形影往很得德心必志快怀怎思性总恐息您情想意感懂成我或战户房所手才打找"
    "技把报抱拜择拼拿持指按据掉排接推提摘擅支收改放政故教数文斯新方旅无日早时明星春是晚智更最月有朋服"
    "望期未本术朵机权李条来杯极构林枚果校样根案桌梅梨棋棒模橘次欢歉正此步武死段母每毒比毛民气水求江汽"
    "没治法洞活派流济海消深混清游满火点烦烧然爱父爷片版牛物特狗猫王玩现珠班球理甚生用由电界留疑病白百"
    "的盒目直相看真眼着睡知短石研硬确示社神票福离私种科积程究空立站章笑笔符笨第等答简算管箱篇米糖系累"
    "红约纸纽练组绍经结给络统网美翻老考者而聊联聪肉能脑脸自至色花若英苹荐落虽蛋行表袋被西要见观视觉解"
    "言计认讨让训议记讲许论设识诉词译试诗话该语说请读谁谢豆象质贴资走起越足跟路身车转轻较边达过运近还"
    "这进远连送选逗通造道那邮部都释里重量金钟钱铅错长门闭问间闻队阳际降院除随隐难零雷需青非面革韩音页"
    "顺顿领颗题颜风飞饭饼首香马骤高鱼鲸鸡麻黄黎黑龙！％（）＋，－：；＝？～";

constexpr std::array<std::string_view, 7> kSpecialTokens{"<｜begin▁of▁sentence｜>",
                                                         "<｜end▁of▁sentence｜>",
                                                         "<｜▁pad▁｜>",
                                                         "<｜User｜>",
                                                         "<｜Assistant｜>",
                                                         "<think>",
                                                         "</think>"};
constexpr std::size_t kControlTokens = 3; ///< the first of them; the others are part of a prompt's text
constexpr std::int32_t kFirstByteToken = static_cast<std::int32_t>(kSpecialTokens.size());

void appendUtf8(std::string &text, unsigned codepoint)
{
    if (codepoint < 0x80) {
        text += static_cast<char>(codepoint);
    } else {
        text += static_cast<char>(0xC0U | (codepoint >> 6U));
        text += static_cast<char>(0x80U | (codepoint & 0x3FU));
    }
}

/// GPT-2's alphabet: printable bytes stand for themselves, the others for U+0100 and up.
const std::array<std::string, 256> &byteAlphabet()
{
    static const std::array<std::string, 256> alphabet = [] {
        std::array<std::string, 256> letters;
        unsigned next = 256;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
            appendUtf8(letters[byte], printable ? byte : next++);
        }
        return letters;
    }();
    return alphabet;
}

const std::string &letterOf(char byte)
{
    return byteAlphabet()[static_cast<unsigned char>(byte)];
}

/// Bytes of the UTF-8 character that starts with this byte; stray bytes stand alone.
std::size_t characterLength(char lead)
{
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

nlohmann::json addedToken(std::int32_t id, std::string_view content, bool special)
{
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", special}};
}

nlohmann::json splitBy(std::string_view regex)
{
    return {{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}};
}

nlohmann::json byteLevel(bool addPrefixSpace, bool trimOffsets, bool useRegex)
{
    return {{"type", "ByteLevel"},
            {"add_prefix_space", addPrefixSpace},
            {"trim_offsets", trimOffsets},
            {"use_regex", useRegex}};
}

} // namespace

Vocabulary::Vocabulary()
{
    std::int32_t next = kFirstByteToken;
    for (const std::string &letter : byteAlphabet())
        m_ids.emplace(letter, next++);
    for (std::size_t at = 0; at < kCharacters.size();) {
        const std::size_t length = characterLength(kCharacters[at]);
        std::string token = letterOf(kCharacters[at]);
        for (std::size_t i = 1; i < length; ++i) {
            const std::string &letter = letterOf(kCharacters[at + i]);
            // Characters share the merge of their first two bytes.
            if (m_ids.emplace(token + letter, next).second) {
                m_merges.emplace_back(token, letter);
                ++next;
            }
            token += letter;
        }
        at += length;
    }
}

std::vector<std::int32_t> Vocabulary::encode(std::string_view utf8) const
{
    // All merges begin with the lead byte of one character, so applying them from the left
    // within each character is what BPE arrives at.
    std::vector<std::int32_t> ids;
    ids.reserve(utf8.size());
    for (std::size_t at = 0; at < utf8.size();) {
        if (static_cast<unsigned char>(utf8[at]) < 0x80) {
            // Most text is ASCII; its letters need no look-up.
            ids.push_back(kFirstByteToken + static_cast<unsigned char>(utf8[at++]));
            continue;
        }
        const std::size_t length = characterLength(utf8[at]);
        std::string token = letterOf(utf8[at]);
        std::int32_t id = m_ids.at(token);
        std::size_t used = 1;
        while (used < length && at + used < utf8.size()) {
            const auto longer = m_ids.find(token + letterOf(utf8[at + used]));
            if (longer == m_ids.end())
                break;
            token = longer->first;
            id = longer->second;
            ++used;
        }
        ids.push_back(id);
        at += used;
    }
    return ids;
}

std::int32_t Vocabulary::bos() const
{
    return 0;
}
std::int32_t Vocabulary::eos() const
{
    return 1;
}
std::int32_t Vocabulary::pad() const
{
    return 2;
}
std::int32_t Vocabulary::user() const
{
    return 3;
}
std::int32_t Vocabulary::assistant() const
{
    return 4;
}
std::int32_t Vocabulary::thinkOpen() const
{
    return 5;
}
std::int32_t Vocabulary::thinkClose() const
{
    return 6;
}

std::int32_t Vocabulary::size() const
{
    const auto used = static_cast<std::int32_t>(kSpecialTokens.size() + m_ids.size());
    return (used + 63) / 64 * 64;
}

std::string Vocabulary::tokenizerJson() const
{
    using nlohmann::json;
    json added = json::array();
    json vocab = json::object();
    for (std::size_t i = 0; i < kSpecialTokens.size(); ++i) {
        const auto id = static_cast<std::int32_t>(i);
        added.push_back(addedToken(id, kSpecialTokens[i], i < kControlTokens));
        vocab[std::string(kSpecialTokens[i])] = id;
    }
    for (const auto &[token, id] : m_ids)
        vocab[token] = id;
    json merges = json::array();
    for (const auto &[left, right] : m_merges)
        merges.push_back(left + ' ' + right);

    const json splits = json::array({
        splitBy(R"(\p{N}{1,3})"),
        splitBy("[一-龥぀-ゟ゠-ヿ]+"),
        splitBy("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
                "?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|"
                "\\s+(?!\\S)|\\s+"),
        byteLevel(false, true, false),
    });
    const json tokenizer{
        {"version", "1.0"},
        {"truncation", nullptr},
        {"padding", nullptr},
        {"added_tokens", added},
        {"normalizer", {{"type", "Sequence"}, {"normalizers", json::array()}}},
        {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", splits}}},
        {"post_processor", byteLevel(true, false, true)},
        {"decoder", byteLevel(true, true, true)},
        {"model",
         {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"vocab", vocab},
          {"merges", merges}}},
    };
    return tokenizer.dump(2) + '\n';
}

std::string Vocabulary::tokenizerConfigJson() const
{
    using nlohmann::json;
    const auto token = [](std::string_view content) -> json {
        return {{"__type", "AddedToken"}, {"content", content}, {"lstrip", false},
                {"normalized", true},     {"rstrip", false},    {"single_word", false}};
    };
    // As DeepSeek-R1's: the reasoning of earlier answers is left out, and a new answer starts by thinking.
    constexpr std::string_view chatTemplate =
        "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
        "{% set ns = namespace(system_prompt='') %}"
        "{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = "
        "message['content'] %}{%- endif %}{%- endfor %}"
        "{{bos_token}}{{ns.system_prompt}}"
        "{%- for message in messages %}"
        "{%- if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}{%- endif %}"
        "{%- if message['role'] == 'assistant' and message['content'] is not none %}"
        "{% set content = message['content'] %}{% if '</think>' in content %}{% set content = "
        "content.split('</think>')|last %}{% endif %}"
        "{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}"
        "{%- endfor -%}"
        "{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}";
    const json config{
        {"add_bos_token", true},
        {"add_eos_token", false},
        {"bos_token", token(kSpecialTokens[0])},
        {"clean_up_tokenization_spaces", false},
        {"eos_token", token(kSpecialTokens[1])},
        {"legacy", true},
        {"model_max_length", 2048},
        {"pad_token", token(kSpecialTokens[2])},
        {"sp_model_kwargs", json::object()},
        {"unk_token", nullptr},
        {"tokenizer_class", "LlamaTokenizerFast"},
        {"chat_template", chatTemplate},
    };
    return config.dump(2) + '\n';
}

} // namespace engine::training
