#pragma once
// Byte-level BPE exactly as a Hugging Face tokenizer.json describes it.
//
// Supported: normalizer null or empty; pre-tokenizers Split (isolated), Digits, ByteLevel and sequences of
// them; added tokens; ignore_merges; decoder ByteLevel. Everything else is refused when the folder is
// opened: UnsupportedFeature for a known component with another setting, TokenizerInvalid for a damaged
// file; Error::field() is the JSON path. The post-processor is not applied: BOS is the chat template's
// business, so encode() never adds a token of its own.
//
// Thread contract: immutable after open(); every method may be called from several threads at once.

#include "engine/generation.h"
#include "engine/model/load_watch.h"

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace engine::text {

/// Whether encode() recognises added tokens ("<｜User｜>", "</think>", ...) in the text. Text that a user or
/// a file supplied is encoded with Ignore: there the same characters are ordinary text. Added tokens of one
/// character are recognised in any case: they are letters that DeepSeek LLM has no other token for ("ü").
enum class AddedTokens { Match, Ignore };

class Tokenizer {
public:
    /// Reads tokenizer.json (at most 256 MiB) and tokenizer_config.json of a model folder. Besides the errors above
    /// FileMissing, FileUnreadable, and FileMalformed for what is not strict JSON.
    static Tokenizer open(const std::string &folder, const model::LoadWatch &watch = {});

    Tokenizer(Tokenizer &&) noexcept;
    Tokenizer &operator=(Tokenizer &&) noexcept;
    ~Tokenizer();

    /// Each maximal invalid UTF-8 subpart (Unicode 3.9, as WHATWG decoders) counts as one U+FFFD; for valid
    /// text decode(encode(x)) == x. Throws RequestInvalid when the splitting rule exceeds its match limit
    /// on this text, PromptTooLong above 1 GiB.
    std::vector<TokenId> encode(std::string_view utf8, AddedTokens addedTokens) const;
    /// The same; nothing when a stop was requested before the end. It is noticed within a fraction of a second.
    std::optional<std::vector<TokenId>> encode(std::string_view utf8, AddedTokens addedTokens,
                                               const std::stop_token &stop) const;

    /// Raw bytes of a token: any bytes for a BPE token (perhaps half a character), the text itself for an
    /// added token. Empty for an id that is not defined. Valid as long as the tokenizer.
    std::string_view tokenBytes(TokenId token) const;

    /// All bytes joined; what is not valid UTF-8 becomes U+FFFD. skipSpecial leaves out isSpecial() tokens.
    std::string decode(std::span<const TokenId> tokens, bool skipSpecial) const;

    bool isDefined(TokenId token) const; ///< false: a padding row of the embedding, never to be sampled
    bool isSpecial(TokenId token) const; ///< the file's "special" flag: decoding may leave it out
    bool isAdded(TokenId token) const;   ///< listed in added_tokens

    /// The token written like this in the file: an added token ("<think>") or a BPE token in the GPT-2 byte
    /// alphabet ("Ġthe").
    std::optional<TokenId> find(std::string_view tokenText) const;

    /// bos_token and eos_token of tokenizer_config.json; empty if the model has none.
    std::optional<TokenId> bos() const;
    std::optional<TokenId> eos() const;

    /// Bytes of the longest token: n tokens stand for at most n times as many bytes of text.
    std::size_t longestTokenBytes() const;

    /// Number of defined tokens. Ids are dense: every id in [0, size) is defined.
    int size() const;

private:
    struct Data;
    explicit Tokenizer(std::unique_ptr<const Data> data);
    std::unique_ptr<const Data> m_data;
};

} // namespace engine::text
