#pragma once
// A small byte-level BPE tokenizer in the form of DeepSeek-V3's tokenizer.json, with the role and think tokens of R1.

#include <nlohmann/json.hpp>

#include <string>

namespace support {

/// Ids: 0 BOS, 1 EOS, 2 pad, 3–258 the bytes 0–255, then the merged tokens, then the added tokens.
struct TinyTokenizer {
    nlohmann::ordered_json tokenizer;       ///< tokenizer.json
    nlohmann::ordered_json tokenizerConfig; ///< tokenizer_config.json, chat template of R1
    int tokens = 0;                         ///< number of defined ids, 0 … tokens − 1
    int bos = 0;
    int eos = 1;
    int firstByte = 3; ///< id of byte 0
    int user = 0;      ///< <｜User｜>
    int assistant = 0; ///< <｜Assistant｜>
    int thinkStart = 0;
    int thinkEnd = 0;
};

TinyTokenizer makeTinyTokenizer();

} // namespace support
