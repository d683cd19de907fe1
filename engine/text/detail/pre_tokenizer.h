#pragma once
// Cuts text into the pieces inside which BPE may merge.

#include "engine/text/detail/json_place.h"
#include "engine/text/detail/regex.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::text::detail {

/// Patterns applied one after the other, each to the pieces the earlier ones left: a pattern sees a
/// piece by itself, and both its matches and the text between them become pieces.
class PreTokenizer {
public:
    /// `place` is pre_tokenizer of tokenizer.json.
    static PreTokenizer read(const JsonPlace &place);
    /// The rule that GGUF calls `name` (tokenizer.ggml.pre); nothing for a name that is not known. `where` is for
    /// errors.
    static std::optional<PreTokenizer> named(std::string_view name, const JsonPlace &where);
    static std::string knownNames(); ///< "deepseek-v3", ... in quotes, for messages

    /// Appends the pieces of a valid UTF-8 text in order; they cover it without gaps.
    void split(std::string_view text, Matcher &matcher, std::vector<std::string_view> &pieces) const;

private:
    std::vector<Regex> m_patterns;
};

} // namespace engine::text::detail
