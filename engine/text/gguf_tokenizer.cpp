// The tokenizer of a GGUF file: tokenizer.ggml.* (ggml-org/ggml docs/gguf.md).

#include "engine/error.h"
#include "engine/model/gguf_file.h"
#include "engine/text/detail/byte_alphabet.h"
#include "engine/text/detail/json_place.h"
#include "engine/text/detail/tokenizer_file.h"
#include "engine/text/detail/utf8.h"

#include <cstring>

namespace engine::text::detail {

namespace {

using model::GgufFile;
using model::GgufValue;
using model::GgufValueType;

constexpr std::uint64_t maxListBytes = std::uint64_t{256} << 20U;
constexpr std::uint64_t maxTextBytes = std::uint64_t{1} << 10U;
constexpr std::uint64_t maxTokens = 4'194'304;

enum TokenType : std::int32_t { Control = 3, UserDefined = 4, Unused = 5 };

class Reader {
public:
    explicit Reader(const GgufFile &gguf) : m_gguf(gguf)
    {
        m_file.path = gguf.name();
        m_file.mergesField = "tokenizer.ggml.merges";
    }

    TokenizerFile read()
    {
        readRule();
        readTokens();
        readTypes();
        dropPadding();
        indexTokens();
        readMerges();
        m_file.bos = readId("tokenizer.ggml.bos_token_id");
        m_file.eos = readId("tokenizer.ggml.eos_token_id");
        return std::move(m_file);
    }

    void readRule()
    {
        const std::string kind = text("tokenizer.ggml.model");
        if (kind != "gpt2")
            fail(ErrorCode::UnsupportedFeature, "tokenizer.ggml.model",
                 "the tokenizer model " + inQuotes(kind) + " is not supported, only \"gpt2\" (byte-level BPE)");
        const std::string key = "tokenizer.ggml.pre";
        const std::string name = text(key);
        const nlohmann::json none;
        auto rule = PreTokenizer::named(name, JsonPlace(none, m_file.path, key));
        if (!rule)
            fail(ErrorCode::UnsupportedFeature, key,
                 "the splitting rule " + inQuotes(name) +
                     " is not supported (supported: " + PreTokenizer::knownNames() + ")");
        m_file.preTokenizer = std::move(*rule);
        m_file.ignoreMerges = name.starts_with("llama"); // as Llama 3's tokenizer.json has it
    }

private:
    [[noreturn]] void fail(ErrorCode code, const std::string &key, const std::string &what) const
    {
        throw Error(code, m_file.path, key, m_file.path + ": " + key + ": " + what + ".");
    }
    [[noreturn]] void invalid(const std::string &key, const std::string &what) const
    {
        fail(ErrorCode::TokenizerInvalid, key, what);
    }
    static std::string at(const std::string &key, std::uint64_t index)
    {
        return key + "[" + std::to_string(index) + "]";
    }

    std::string text(const std::string &key) const
    {
        const GgufValue *value = m_gguf.find(key);
        if (value == nullptr || value->type != GgufValueType::Text)
            invalid(key, value == nullptr ? "is missing; the file has no tokenizer" : "must be a text");
        return m_gguf.text(key, *value, maxTextBytes);
    }

    const GgufValue &list(const std::string &key, GgufValueType type) const
    {
        const GgufValue *value = m_gguf.find(key);
        if (value == nullptr || value->type != GgufValueType::Array || value->elementType != type)
            invalid(key, value == nullptr ? "is missing" : "must be a list of " + model::ggufValueTypeName(type));
        return *value;
    }

    void readTokens()
    {
        const std::string key = "tokenizer.ggml.tokens";
        const GgufValue &tokens = list(key, GgufValueType::Text);
        if (tokens.count == 0 || tokens.count > maxTokens)
            invalid(key, "lists " + std::to_string(tokens.count) + " tokens; 1 to " + std::to_string(maxTokens) +
                             " are allowed");
        m_file.tokens.reserve(tokens.count);
        m_gguf.eachText(key, tokens, maxListBytes, [&](std::uint64_t index, std::string_view text) {
            if (text.empty() || !isValidUtf8(text))
                invalid(at(key, index), text.empty() ? "is empty" : "is not UTF-8");
            m_file.tokens.emplace_back().text = text;
            m_file.tokens.back().defined = true;
        });
    }

    void readTypes()
    {
        const std::string key = "tokenizer.ggml.token_type";
        const GgufValue &types = list(key, GgufValueType::I32);
        if (types.count != m_file.tokens.size())
            invalid(key, "has " + std::to_string(types.count) + " entries for " + std::to_string(m_file.tokens.size()) +
                             " tokens");
        const std::vector<std::byte> bytes = m_gguf.elements(key, types, maxListBytes);
        m_types.resize(types.count);
        std::memcpy(m_types.data(), bytes.data(), bytes.size());
        for (std::size_t id = 0; id < m_types.size(); ++id) {
            FileToken &token = m_file.tokens[id];
            token.added = m_types[id] == Control || m_types[id] == UserDefined;
            token.special = m_types[id] == Control;
            if (token.added && token.text.size() > maxTextBytes)
                invalid(at("tokenizer.ggml.tokens", id), "is longer than an added token may be (1024 bytes)");
        }
    }

    /// The converter fills the vocabulary up to the rows of the embedding with tokens that do not exist.
    void dropPadding()
    {
        while (!m_file.tokens.empty() && m_types[m_file.tokens.size() - 1] == Unused &&
               m_file.tokens.back().text == "[PAD" + std::to_string(m_file.tokens.size() - 1) + "]")
            m_file.tokens.pop_back();
    }

    void indexTokens()
    {
        const std::string key = "tokenizer.ggml.tokens";
        m_file.idOf.reserve(m_file.tokens.size());
        for (std::size_t id = 0; id < m_file.tokens.size(); ++id) {
            const auto [known, isNew] = m_file.idOf.emplace(m_file.tokens[id].text, static_cast<TokenId>(id));
            if (!isNew)
                invalid(at(key, id),
                        "the token " + inQuotes(known->first) + " already has the id " + std::to_string(known->second));
        }
        if (const auto byte = findByteTokens(m_file))
            invalid(key, "has no token for the byte " + std::to_string(*byte) + " (" +
                             inQuotes(byteCharacter(static_cast<std::uint8_t>(*byte))) + ")");
    }

    TokenId requireToken(const std::string &text, std::uint64_t merge) const
    {
        const auto found = m_file.idOf.find(text);
        if (found == m_file.idOf.end())
            invalid(at(m_file.mergesField, merge), "the token " + inQuotes(text) + " is not in the vocabulary");
        return found->second;
    }

    void readMerges()
    {
        const GgufValue &merges = list(m_file.mergesField, GgufValueType::Text);
        m_file.merges.reserve(merges.count);
        m_gguf.eachText(m_file.mergesField, merges, maxListBytes, [&](std::uint64_t index, std::string_view merge) {
            const std::size_t space = merge.find(' ');
            if (space == std::string_view::npos || space == 0 || space + 1 == merge.size() ||
                merge.find(' ', space + 1) != std::string_view::npos)
                invalid(at(m_file.mergesField, index), "must be two tokens with one space between them");
            const std::string left(merge.substr(0, space));
            const std::string right(merge.substr(space + 1));
            m_file.merges.push_back(
                {requireToken(left, index), requireToken(right, index), requireToken(left + right, index)});
        });
    }

    std::optional<TokenId> readId(const std::string &key) const
    {
        const GgufValue *value = m_gguf.find(key);
        if (value == nullptr)
            return std::nullopt;
        const auto id = model::ggufInteger(*value);
        if (!id || *id < 0 || static_cast<std::uint64_t>(*id) >= m_file.tokens.size())
            invalid(key, "is not the id of one of the " + std::to_string(m_file.tokens.size()) + " tokens");
        return static_cast<TokenId>(*id);
    }

    const GgufFile &m_gguf;
    TokenizerFile m_file;
    std::vector<std::int32_t> m_types;
};

} // namespace

TokenizerFile readTokenizerFile(const GgufFile &gguf)
{
    return Reader(gguf).read();
}

void requireSupportedTokenizer(const GgufFile &gguf)
{
    Reader(gguf).readRule();
}

} // namespace engine::text::detail
