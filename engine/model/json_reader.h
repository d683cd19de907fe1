#pragma once
// Strict JSON for files from strangers: duplicate keys, nesting deeper than 64, invalid UTF-8 and raw NUL bytes are
// refused, numbers that do not fit are never rounded to something else.

#include "engine/model/model_folder.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace engine::model {

inline constexpr std::size_t maxJsonDepth = 64;

/// Receives a document value by value, so that a large file needs no tree. A subclass throws through fail() as soon as
/// the document is not what it expects.
class JsonHandler : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit JsonHandler(std::string fileName, LoadWatch watch = {})
        : m_fileName(std::move(fileName)), m_watch(std::move(watch))
    {
    }
    const std::string &fileName() const { return m_fileName; }

protected:
    /// A scalar (null, boolean, number, string) at depth() with key().
    virtual void scalar(nlohmann::json &&value) = 0;
    /// An object or array begins; depth() and key() are those of the value itself, its members are one deeper.
    virtual void opened(bool isArray) = 0;
    virtual void closed(bool isArray) = 0;

    std::size_t depth() const { return m_levels.size(); } ///< 0 = the document's root value
    /// Key under which the current value stands in its object; empty at the root and in arrays.
    const std::string &key() const;
    const std::string &keyAt(std::size_t level) const
    {
        return m_levels[level].key;
    }                         ///< key in force at depth level + 1
    std::string path() const; ///< "rope_scaling.factor", "added_tokens[3].id"; printable
    /// Throws Error FileMalformed: "<file>: <path>: <what>".
    [[noreturn]] void fail(const std::string &what) const;

private:
    struct Level {
        bool isArray = false;
        std::string key;
        std::size_t index = 0; ///< of the current element + 1
        std::unordered_set<std::string> keys;
    };
    void begin(bool isArray);
    void end();
    bool deliver(nlohmann::json &&value);

    bool null() final { return deliver(nullptr); }
    bool boolean(bool value) final { return deliver(value); }
    bool number_integer(number_integer_t value) final { return deliver(value); }
    bool number_unsigned(number_unsigned_t value) final { return deliver(value); }
    bool number_float(number_float_t value, const string_t &) final { return deliver(value); }
    bool string(string_t &value) final { return deliver(std::move(value)); }
    bool binary(binary_t &) final { return false; } // not a part of JSON text
    bool start_object(std::size_t) final;
    bool key(string_t &name) final;
    bool end_object() final;
    bool start_array(std::size_t) final;
    bool end_array() final;
    bool parse_error(std::size_t position, const std::string &lastToken, const nlohmann::json::exception &error) final;

    std::string m_fileName;
    LoadWatch m_watch;
    std::uint64_t m_values = 0; ///< so far
    std::vector<Level> m_levels;
};

/// Throws Error FileMalformed naming the file and the path of the value, or the byte, where it breaks.
void parseJson(std::string_view text, JsonHandler &handler);

/// The document as a tree. Numbers written as integers are is_number_integer() and fit into 64 bits; 1e3, 16.0 and
/// 2^64 are floats.
nlohmann::json parseJson(std::string_view text, const std::string &fileName);

/// ModelFolder::readText() + parseJson().
nlohmann::json readJsonFile(const ModelFolder &folder, const std::string &name, std::uint64_t maxBytes);

} // namespace engine::model
