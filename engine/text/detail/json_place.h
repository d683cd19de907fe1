#pragma once
// A value of a JSON file together with where it stands, so that every error names the file and the place in it.

#include "engine/error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace engine::text::detail {

/// One value of a JSON file together with where it stands; getters check the type.
class JsonPlace {
public:
    JsonPlace(const nlohmann::json &value, std::string file, std::string path = {})
        : m_value(&value), m_file(std::move(file)), m_path(std::move(path))
    {
    }

    const nlohmann::json &value() const { return *m_value; }
    const std::string &path() const { return m_path; }
    const std::string &file() const { return m_file; }
    bool isNull() const { return m_value->is_null(); } ///< also for a member that is absent

    JsonPlace member(const std::string &key) const; ///< the value itself must be an object
    JsonPlace element(std::size_t index) const;     ///< the value itself must be an array
    std::size_t arraySize() const;

    const std::string &text() const;
    bool boolean(bool absent) const; ///< `absent` if missing or null
    std::int64_t integer(std::int64_t low, std::int64_t high) const;

    /// "tokenizer.json: model.vocab: " + why, as TokenizerInvalid.
    [[noreturn]] void invalid(const std::string &why) const;
    /// The same for a known component with a setting that is not implemented, as UnsupportedFeature.
    [[noreturn]] void unsupported(const std::string &why) const;

private:
    const nlohmann::json *m_value;
    std::string m_file;
    std::string m_path;
};

/// A piece of untrusted text for an error sentence: quoted, control characters replaced, at most 60 bytes.
std::string inQuotes(std::string_view text);

} // namespace engine::text::detail
