#include "app/failure_record.h"

#include <algorithm>
#include <array>

namespace app {

namespace {

constexpr std::array<const char *, static_cast<std::size_t>(engine::ErrorCode::Cancelled) + 1> codeNames = {
    "file_missing",
    "file_unreadable",
    "file_truncated",
    "file_malformed",
    "file_changed",
    "config_invalid",
    "unsupported_architecture",
    "unsupported_feature",
    "tensor_missing",
    "tensor_unexpected",
    "tensor_mismatch",
    "tokenizer_invalid",
    "template_invalid",
    "out_of_memory",
    "request_invalid",
    "prompt_too_long",
    "non_finite",
    "device_failed",
    "internal",
    "cancelled",
};

/// A name that damage or a newer version left there is still a failure.
engine::ErrorCode codeOf(const std::string &name)
{
    const auto found = std::find(codeNames.begin(), codeNames.end(), name);
    return found == codeNames.end() ? engine::ErrorCode::Internal
                                    : static_cast<engine::ErrorCode>(found - codeNames.begin());
}

} // namespace

storage::FailureRecord failureRecord(const ReplyEnd &end)
{
    if (end.state != storage::MessageState::Failed)
        return {};
    return {codeNames.at(static_cast<std::size_t>(end.failure.code)), end.failure.file, end.failure.field,
            end.failure.sentence};
}

engine::Failure engineFailure(const storage::FailureRecord &record)
{
    return {codeOf(record.code), record.file, record.field, record.sentence};
}

} // namespace app
