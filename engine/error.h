#pragma once
// The one exception of the engine. What ends an operation is thrown as Error and turned into a
// value at the engine loop or in main; what is an answer (a finish reason) is never thrown.

#include <stdexcept>
#include <string>

namespace engine {

enum class ErrorCode {
    FileMissing,
    FileUnreadable,          ///< permissions, I/O error, not a regular file
    FileTruncated,           ///< shorter than its own header says
    FileMalformed,           ///< header, JSON or offsets break the format's rules
    FileChanged,             ///< shrank or was replaced while in use
    ConfigInvalid,           ///< a config.json field is missing, of the wrong type or out of range
    UnsupportedArchitecture, ///< model_type the engine does not run
    UnsupportedFeature,      ///< a known field with a value the engine refuses by name
    TensorMissing,
    TensorUnexpected,
    TensorMismatch, ///< shape or dtype differs from what the config needs
    TokenizerInvalid,
    TemplateInvalid,
    OutOfMemory,
    RequestInvalid, ///< a request field is out of range
    PromptTooLong,  ///< the prompt alone does not fit into the context
    NonFinite,      ///< NaN or infinity in weights or logits
    DeviceFailed,   ///< `field`: its id; it is not used again by this process
    Internal,
    Cancelled, ///< ended because somebody asked for it
};

/// `file` and `field` name what is wrong (a path as the user gave it; a config key, tensor or
/// JSON path), empty when they do not apply. what() is a whole English sentence containing both.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, std::string file, std::string field, const std::string &sentence)
        : std::runtime_error(sentence), m_code(code), m_file(std::move(file)), m_field(std::move(field))
    {
    }
    ErrorCode code() const noexcept { return m_code; }
    const std::string &file() const noexcept { return m_file; }
    const std::string &field() const noexcept { return m_field; }

private:
    ErrorCode m_code;
    std::string m_file;
    std::string m_field;
};

/// Error as plain data, for crossing threads.
struct Failure {
    ErrorCode code = ErrorCode::Internal;
    std::string file;
    std::string field;
    std::string sentence;
};

} // namespace engine
