#pragma once
// Runs something that must end in an engine::Error and hands the error back as a value.

#include "engine/error.h"

#include <optional>
#include <string>

namespace support {

/// nullopt when nothing was thrown; anything but an engine::Error passes through.
template <typename Action>
std::optional<engine::Failure> failureOf(Action &&action)
{
    try {
        action();
    } catch (const engine::Error &error) {
        return engine::Failure{error.code(), error.file(), error.field(), error.what()};
    }
    return std::nullopt;
}

const char *codeName(engine::ErrorCode code);

/// Empty when `failure` has this code and its sentence contains its file, its field and `part`, and is a whole sentence
/// without control characters; else what is wrong with it.
std::string complaint(const std::optional<engine::Failure> &failure, engine::ErrorCode code, const std::string &part);

} // namespace support
