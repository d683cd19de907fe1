#pragma once
// Metadata of a GGUF file, read key by key with ranges. Every refusal is an Error ConfigInvalid (or UnsupportedFeature)
// naming file, key, found value and what is allowed.

#include "engine/error.h"
#include "engine/model/detail/config_object.h"
#include "engine/model/gguf_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine::model {

class GgufFields {
public:
    /// `prefix` is put before keys ("llama."). `file` must outlive this.
    explicit GgufFields(const GgufFile &file, std::string prefix = {}) : m_file(&file), m_prefix(std::move(prefix)) {}

    bool has(const std::string &key) const { return value(key) != nullptr; }
    std::string name(const std::string &key) const { return m_prefix + key; }
    const GgufFile &file() const { return *m_file; }

    int integer(const std::string &key, int lowest, int highest) const; ///< must be there; any integer type
    int integer(const std::string &key, int lowest, int highest, int ifAbsent) const;
    double real(const std::string &key, RealRange range) const; ///< must be there; a float or an integer
    double real(const std::string &key, RealRange range, double ifAbsent) const;
    bool boolean(const std::string &key, bool ifAbsent) const;
    std::string text(const std::string &key) const; ///< must be there; at most 1 MiB
    std::string text(const std::string &key, const std::string &ifAbsent) const;
    /// The list of texts or numbers at `key`, which must be there and of this element type.
    const GgufValue &list(const std::string &key, GgufValueType elementType) const;

    /// "<file>: <key> <what>."
    [[noreturn]] void fail(ErrorCode code, const std::string &key, const std::string &what) const;
    [[noreturn]] void failInvalid(const std::string &key, const std::string &what) const;
    [[noreturn]] void failUnsupported(const std::string &key, const std::string &what) const;

private:
    const GgufValue *value(const std::string &key) const { return m_file->find(m_prefix + key); }
    const GgufValue &required(const std::string &key) const;
    const GgufValue &scalar(const std::string &key) const;

    const GgufFile *m_file;
    std::string m_prefix;
};

} // namespace engine::model
