#pragma once
// A tokenizer written to a folder of its own and opened again.

#include "engine/text/tokenizer.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_tokenizer.h"

#include <nlohmann/json.hpp>

#include <string>

namespace support {

class TokenizerFolder {
public:
    nlohmann::ordered_json tokenizer = makeTinyTokenizer().tokenizer;
    nlohmann::ordered_json config = makeTinyTokenizer().tokenizerConfig;

    /// Writes both files as they are now.
    std::string path() const
    {
        writeFile(m_folder.path() / "tokenizer.json", tokenizer.dump());
        writeFile(m_folder.path() / "tokenizer_config.json", config.dump());
        return m_folder.text();
    }

    engine::text::Tokenizer open() const { return engine::text::Tokenizer::open(path()); }

    const std::filesystem::path &folder() const { return m_folder.path(); }

private:
    TemporaryFolder m_folder;
};

/// A pre-tokenizer that leaves every text in one piece.
inline nlohmann::ordered_json onePiece()
{
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
}

inline nlohmann::ordered_json splitBy(const std::string &regex)
{
    return {{"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}},
              onePiece()}}};
}

} // namespace support
