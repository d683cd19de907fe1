#include "app/failure_text.h"

#include "app/failure_record.h"

namespace app {

namespace {

ui::StorageProblem problemOf(storage::ErrorCode code)
{
    switch (code) {
    case storage::ErrorCode::AlreadyOpen:
        return ui::StorageProblem::AlreadyOpen;
    case storage::ErrorCode::NewerVersion:
        return ui::StorageProblem::NewerVersion;
    case storage::ErrorCode::ForeignDatabase:
        return ui::StorageProblem::ForeignDatabase;
    case storage::ErrorCode::Damaged:
        return ui::StorageProblem::Damaged;
    case storage::ErrorCode::ReadOnly:
        return ui::StorageProblem::ReadOnly;
    case storage::ErrorCode::DiskFull:
        return ui::StorageProblem::DiskFull;
    case storage::ErrorCode::InputOutput:
        return ui::StorageProblem::InputOutput;
    case storage::ErrorCode::NotFound:
    case storage::ErrorCode::Internal:
        break;
    }
    return ui::StorageProblem::Other;
}

} // namespace

QString failureText(const engine::Failure &failure)
{
    return ui::errorText(failure);
}

QString failureText(const storage::FailureRecord &failure)
{
    return failure.code.empty() ? QString() : failureText(engineFailure(failure));
}

QString failureText(const storage::Failure &failure, ui::StorageMoment moment)
{
    return ui::storageErrorText(shownFailure(failure), moment);
}

ui::StorageFailure shownFailure(const storage::Failure &failure)
{
    return {problemOf(failure.code), QString::fromStdString(failure.file), QString::fromStdString(failure.sentence)};
}

} // namespace app
