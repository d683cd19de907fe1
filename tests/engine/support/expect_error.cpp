#include "tests/engine/support/expect_error.h"

#include <algorithm>

namespace support {

using engine::ErrorCode;

const char *codeName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::FileMissing:
        return "FileMissing";
    case ErrorCode::FileUnreadable:
        return "FileUnreadable";
    case ErrorCode::FileTruncated:
        return "FileTruncated";
    case ErrorCode::FileMalformed:
        return "FileMalformed";
    case ErrorCode::FileChanged:
        return "FileChanged";
    case ErrorCode::ConfigInvalid:
        return "ConfigInvalid";
    case ErrorCode::UnsupportedArchitecture:
        return "UnsupportedArchitecture";
    case ErrorCode::UnsupportedFeature:
        return "UnsupportedFeature";
    case ErrorCode::TensorMissing:
        return "TensorMissing";
    case ErrorCode::TensorUnexpected:
        return "TensorUnexpected";
    case ErrorCode::TensorMismatch:
        return "TensorMismatch";
    case ErrorCode::NonFinite:
        return "NonFinite";
    default:
        return "another code";
    }
}

std::string complaint(const std::optional<engine::Failure> &failure, ErrorCode code, const std::string &part)
{
    if (!failure) {
        return std::string("nothing was thrown, expected ") + codeName(code);
    }
    const std::string &sentence = failure->sentence;
    const auto holds = [&sentence](const std::string &text) { return sentence.find(text) != std::string::npos; };
    const auto isControl = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    std::string wrong;
    if (failure->code != code) {
        wrong = std::string("code is ") + codeName(failure->code) + ", expected " + codeName(code);
    } else if (failure->file.empty() || !holds(failure->file)) {
        wrong = "the sentence does not name the file '" + failure->file + "'";
    } else if (!holds(failure->field)) {
        wrong = "the sentence does not name the field '" + failure->field + "'";
    } else if (!holds(part)) {
        wrong = "the sentence does not contain '" + part + "'";
    } else if (!sentence.ends_with('.')) {
        wrong = "the sentence does not end";
    } else if (std::any_of(sentence.begin(), sentence.end(), isControl)) {
        wrong = "the sentence contains control characters";
    }
    return wrong.empty() ? wrong : wrong + ": " + sentence;
}

} // namespace support
