#include "engine/text/tokenizer.h"

#include "engine/text/detail/added_token_matcher.h"
#include "engine/text/detail/byte_alphabet.h"
#include "engine/text/detail/byte_pair_merger.h"
#include "engine/text/detail/tokenizer_file.h"
#include "engine/text/detail/utf8.h"
#include "engine/text/stream_decoder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <unordered_map>

namespace engine::text {
namespace {

constexpr std::size_t maxTextBytes = std::size_t{1} << 30U; // positions inside a piece are 32 bit

/// Three orders of magnitude above what the known patterns need, so only a quadratic one meets it.
std::chrono::milliseconds splittingBudget(std::size_t bytes)
{
    return std::chrono::milliseconds(10'000 + bytes / 100);
}

struct Encoding {
    Encoding(std::size_t bytes, std::stop_token stopRequest)
        : stop(std::move(stopRequest)), matcher(splittingBudget(bytes), stop)
    {
    }
    std::stop_token stop;
    detail::Matcher matcher;
    detail::BytePairMerger::Scratch scratch;
    std::vector<std::string_view> pieces;
    std::vector<TokenId> tokens;
};

} // namespace

struct Tokenizer::Data {
    detail::TokenizerFile file;
    detail::BytePairMerger merger;
    std::vector<std::string> bytes; ///< by id
    std::size_t longestBytes = 1;
    /// Added tokens in the order Hugging Face looks for them: those with "normalized" false in the whole
    /// text, then the others in what is left between.
    std::vector<detail::AddedTokenMatcher> added;
    std::vector<detail::AddedTokenMatcher> letters;      ///< the same, those of one character only
    std::unordered_map<std::string_view, TokenId> whole; ///< ignore_merges only: bytes → BPE token

    explicit Data(detail::TokenizerFile &&read);
    void buildMerger();
    void buildTokens();
    void encodePlain(std::string_view text, Encoding &encoding) const;
    void encodeAround(std::span<const detail::AddedTokenMatcher> matchers, std::string_view text,
                      Encoding &encoding) const;
};

Tokenizer::Data::Data(detail::TokenizerFile &&read) : file(std::move(read)), merger(file.byteTokens)
{
    buildMerger();
    buildTokens();
}

void Tokenizer::Data::buildMerger()
{
    merger.reserve(file.merges.size());
    for (std::size_t i = 0; i < file.merges.size(); ++i) {
        const detail::Merge &merge = file.merges[i];
        if (!merger.addMerge(merge)) {
            const std::string field = "model.merges[" + std::to_string(i) + "]";
            throw Error(ErrorCode::TokenizerInvalid, file.path, field,
                        file.path + ": " + field + ": this pair is merged twice.");
        }
    }
    file.merges = {};
}

void Tokenizer::Data::buildTokens()
{
    using TokenList = std::vector<std::pair<std::string, TokenId>>;
    std::array<TokenList, 2> all; // by "normalized"
    std::array<TokenList, 2> single;
    bytes.reserve(file.tokens.size());
    for (std::size_t id = 0; id < file.tokens.size(); ++id) {
        const detail::FileToken &token = file.tokens[id];
        if (!token.added) {
            // As Hugging Face does: what is not written in the alphabet stands for itself.
            bytes.push_back(detail::bytesFromAlphabet(token.text).value_or(token.text));
            continue;
        }
        bytes.push_back(token.text);
        all[token.normalized ? 1 : 0].emplace_back(token.text, static_cast<TokenId>(id));
        if (detail::nextUtf8(token.text).length == token.text.size() && !token.special)
            single[token.normalized ? 1 : 0].emplace_back(token.text, static_cast<TokenId>(id));
    }
    for (const std::string &token : bytes)
        longestBytes = std::max(longestBytes, token.size());
    for (std::size_t id = 0; file.ignoreMerges && id < bytes.size(); ++id) {
        if (!file.tokens[id].added)
            whole.emplace(bytes[id], static_cast<TokenId>(id));
    }
    for (std::size_t normalized = 0; normalized < 2; ++normalized) {
        if (!all[normalized].empty())
            added.emplace_back(std::move(all[normalized]));
        if (!single[normalized].empty())
            letters.emplace_back(std::move(single[normalized]));
    }
}

void Tokenizer::Data::encodePlain(std::string_view text, Encoding &encoding) const
{
    encoding.pieces.clear();
    file.preTokenizer.split(text, encoding.matcher, encoding.pieces);
    for (const std::string_view piece : encoding.pieces) {
        if (encoding.stop.stop_requested())
            return;
        const auto found = whole.find(piece);
        if (found != whole.end())
            encoding.tokens.push_back(found->second);
        else
            merger.encode(piece, encoding.stop, encoding.scratch, encoding.tokens);
    }
}

void Tokenizer::Data::encodeAround(std::span<const detail::AddedTokenMatcher> matchers, std::string_view text,
                                   Encoding &encoding) const
{
    if (matchers.empty()) {
        encodePlain(text, encoding);
        return;
    }
    std::size_t done = 0;
    while (done < text.size() && !encoding.stop.stop_requested()) {
        const detail::AddedTokenMatcher::Match match = matchers.front().find(text, done);
        if (match.begin > done)
            encodeAround(matchers.subspan(1), text.substr(done, match.begin - done), encoding);
        if (match.length > 0)
            encoding.tokens.push_back(match.token);
        done = match.begin + match.length;
    }
}

Tokenizer::Tokenizer(std::unique_ptr<const Data> data) : m_data(std::move(data)) {}
Tokenizer::Tokenizer(Tokenizer &&) noexcept = default;
Tokenizer &Tokenizer::operator=(Tokenizer &&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::open(const std::string &folder, const model::LoadWatch &watch)
{
    return Tokenizer(std::make_unique<const Data>(detail::readTokenizerFile(folder, watch)));
}

std::vector<TokenId> Tokenizer::encode(std::string_view utf8, AddedTokens addedTokens) const
{
    return encode(utf8, addedTokens, std::stop_token()).value();
}

std::optional<std::vector<TokenId>> Tokenizer::encode(std::string_view utf8, AddedTokens addedTokens,
                                                      const std::stop_token &stop) const
{
    if (utf8.size() > maxTextBytes)
        throw Error(ErrorCode::PromptTooLong, "", "messages",
                    "The text is too long: " + std::to_string(utf8.size()) + " bytes, at most " +
                        std::to_string(maxTextBytes) + " can be encoded.");
    std::string repaired;
    if (!detail::isValidUtf8(utf8)) {
        repaired = detail::toValidUtf8(utf8);
        utf8 = repaired;
    }
    Encoding encoding(utf8.size(), stop);
    if (!utf8.empty())
        m_data->encodeAround(addedTokens == AddedTokens::Match ? m_data->added : m_data->letters, utf8, encoding);
    if (stop.stop_requested())
        return std::nullopt;
    return std::move(encoding.tokens);
}

std::string_view Tokenizer::tokenBytes(TokenId token) const
{
    return isDefined(token) ? std::string_view(m_data->bytes[static_cast<std::size_t>(token)]) : std::string_view();
}

std::string Tokenizer::decode(std::span<const TokenId> tokens, bool skipSpecial) const
{
    StreamDecoder decoder;
    std::string text;
    for (const TokenId token : tokens) {
        if (!skipSpecial || !isSpecial(token))
            text += decoder.push(tokenBytes(token));
    }
    return text + decoder.finish();
}

bool Tokenizer::isDefined(TokenId token) const
{
    return token >= 0 && static_cast<std::size_t>(token) < m_data->bytes.size();
}

bool Tokenizer::isSpecial(TokenId token) const
{
    return isDefined(token) && m_data->file.tokens[static_cast<std::size_t>(token)].special;
}

bool Tokenizer::isAdded(TokenId token) const
{
    return isDefined(token) && m_data->file.tokens[static_cast<std::size_t>(token)].added;
}

std::optional<TokenId> Tokenizer::find(std::string_view tokenText) const
{
    const auto found = m_data->file.idOf.find(std::string(tokenText));
    return found == m_data->file.idOf.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TokenId> Tokenizer::bos() const
{
    return m_data->file.bos;
}

std::optional<TokenId> Tokenizer::eos() const
{
    return m_data->file.eos;
}

std::size_t Tokenizer::longestTokenBytes() const
{
    return m_data->longestBytes;
}

int Tokenizer::size() const
{
    return static_cast<int>(m_data->bytes.size());
}

} // namespace engine::text
