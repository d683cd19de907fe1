#pragma once
// The tokenizer of the nano models: byte-level BPE in the layout of a Hugging Face
// tokenizer.json. ASCII letters and digits stay single tokens, so that spelling and
// place value are visible to the model; every CJK character of the task templates is one token.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine::training {

/// Encodes exactly as the written tokenizer.json does (tested against engine/text/tokenizer).
class Vocabulary {
public:
    Vocabulary();

    /// Ids of plain text; special tokens are never matched in it.
    std::vector<std::int32_t> encode(std::string_view utf8) const;

    std::int32_t bos() const; ///< <｜begin▁of▁sentence｜>, 0
    std::int32_t eos() const; ///< <｜end▁of▁sentence｜>, 1
    std::int32_t pad() const; ///< <｜▁pad▁｜>, 2
    std::int32_t user() const;
    std::int32_t assistant() const;
    std::int32_t thinkOpen() const;
    std::int32_t thinkClose() const;
    /// Rows of the embedding, a multiple of 64; rows without a token are never sampled.
    std::int32_t size() const;

    std::string tokenizerJson() const;       ///< whole tokenizer.json
    std::string tokenizerConfigJson() const; ///< whole tokenizer_config.json with the chat template

private:
    std::unordered_map<std::string, std::int32_t> m_ids; ///< token in the GPT-2 byte alphabet
    std::vector<std::pair<std::string, std::string>> m_merges;
};

} // namespace engine::training
