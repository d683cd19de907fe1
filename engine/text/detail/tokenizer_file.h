#pragma once
// tokenizer.json and tokenizer_config.json as checked values.

#include "engine/generation.h"
#include "engine/model/load_watch.h"
#include "engine/text/detail/byte_pair_merger.h"
#include "engine/text/detail/pre_tokenizer.h"

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace engine::text::detail {

struct FileToken {
    std::string text; ///< as written in the file
    bool defined = false;
    bool added = false; ///< listed in added_tokens
    bool special = false;
    bool normalized = false; ///< added tokens: looked for after those that are not
};

struct TokenizerFile {
    std::string path;              ///< of tokenizer.json, for errors
    std::vector<FileToken> tokens; ///< by id, all defined
    std::unordered_map<std::string, TokenId> idOf;
    std::array<TokenId, 256> byteTokens{}; ///< −1 for bytes that no valid UTF-8 contains
    std::vector<Merge> merges;             ///< by rank
    bool ignoreMerges = false;
    PreTokenizer preTokenizer;
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
};

/// Errors: see Tokenizer.
TokenizerFile readTokenizerFile(const std::string &folder, const model::LoadWatch &watch = {});

} // namespace engine::text::detail
