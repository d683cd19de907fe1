#pragma once
// One JSON object of a configuration file, read field by field with ranges. Every refusal is an Error ConfigInvalid (or
// UnsupportedFeature) naming file, field, found value and what is allowed.

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

/// Finite numbers up to `highest` and from `lowest`, which itself belongs to the range or not.
struct RealRange {
    enum class Lowest { Excluded, Included };
    double lowest = 0.0;
    double highest = 0.0;
    Lowest end = Lowest::Excluded;
};

class ConfigObject {
public:
    /// `object` must outlive this; `prefix` is put before field names ("rope_scaling.").
    ConfigObject(const nlohmann::json &object, std::string file, std::string prefix = {});

    /// Present and not null.
    bool has(const std::string &key) const { return value(key) != nullptr; }

    int integer(const std::string &key, int lowest, int highest) const; ///< must be there
    int integer(const std::string &key, int lowest, int highest, int ifAbsent) const;
    double real(const std::string &key, RealRange range) const; ///< an integer in the file will do
    double real(const std::string &key, RealRange range, double ifAbsent) const;
    bool boolean(const std::string &key) const;
    bool boolean(const std::string &key, bool ifAbsent) const;
    std::string text(const std::string &key) const;
    std::string text(const std::string &key, const std::string &ifAbsent) const;
    /// A number or a list of numbers; empty when absent.
    std::vector<int> integers(const std::string &key, int lowest, int highest) const;
    std::vector<std::string> texts(const std::string &key) const; ///< a list; empty when absent
    std::optional<ConfigObject> object(const std::string &key) const;

    /// The text at `key` (or `ifAbsent`) must be one of `supported`; else UnsupportedFeature.
    std::string oneOf(const std::string &key, std::initializer_list<std::string_view> supported,
                      const std::string &ifAbsent) const;
    /// A boolean that the engine only runs with `supported`, which is also the default.
    bool only(const std::string &key, bool supported) const;
    /// Keys other than these are refused as UnsupportedFeature: they would change the result without being read.
    void allowKeys(std::initializer_list<std::string_view> known) const;

    const std::string &file() const { return m_file; }
    std::string field(const std::string &key) const { return m_prefix + key; }
    [[noreturn]] void failInvalid(const std::string &key, const std::string &what) const; ///< "<file>: <field> <what>."
    [[noreturn]] void failUnsupported(const std::string &key, const std::string &what) const; ///< the same

private:
    const nlohmann::json *value(const std::string &key) const; ///< null when absent or JSON null
    const nlohmann::json &required(const std::string &key) const;
    int integerFrom(const nlohmann::json &number, const std::string &key, int lowest, int highest) const;

    const nlohmann::json *m_object;
    std::string m_file;
    std::string m_prefix;
};

} // namespace engine::model
