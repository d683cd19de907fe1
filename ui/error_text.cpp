#include "ui/error_text.h"

#include "ui/widgets/visible_text.h"

#include <QCoreApplication>
#include <QFileInfo>

namespace ui {

namespace {

struct Text {
    QString what;
    QString next;
};

class ErrorText {
    Q_DECLARE_TR_FUNCTIONS(ui::ErrorText)

public:
    static QString join(const Text &text, const QString &detail);
    static QString fileName(const std::string &path);
    static QString fieldName(const std::string &field);
    static Text ofFile(engine::ErrorCode code, const QString &file, const QString &field);
    static Text ofModel(engine::ErrorCode code, const QString &file, const QString &field);
    static Text ofRun(engine::ErrorCode code, const QString &file, const QString &field);
    static Text ofRequest(const QString &field);
    static Text ofMemory(const QString &file, const std::string &field);
    static QString storageProblem(StorageProblem problem, const QString &file);
    static QString whileSaving(StorageProblem problem);
    static QString whileActing(StorageProblem problem);
    static QString whileOpening(StorageProblem problem);
    static Text ofStorage(StorageProblem problem, const QString &file, StorageMoment moment);
};

QString ErrorText::join(const Text &text, const QString &detail)
{
    //: a sentence that says what happened, and the next step
    const QString result = tr("%1 %2").arg(text.what, text.next);
    return detail.isEmpty() ? result : result + QLatin1Char('\n') + detail;
}

/// The name is enough in the sentence, the path stands in the detail; without a file the text says "the model".
QString ErrorText::fileName(const std::string &path)
{
    const QString file = QString::fromStdString(path);
    const QString name = QFileInfo(file).fileName();
    const QString shown = visibleText(name.isEmpty() ? file : name);
    //: stands in a sentence where a file name would stand
    return shown.isEmpty() ? tr("The model") : shown;
}

QString ErrorText::fieldName(const std::string &field)
{
    const QString shown = visibleText(QString::fromStdString(field));
    //: stands in a sentence where the name of a field or tensor would stand
    return shown.isEmpty() ? tr("an unnamed part") : shown;
}

Text ErrorText::ofFile(engine::ErrorCode code, const QString &file, const QString &field)
{
    using engine::ErrorCode;
    switch (code) {
    case ErrorCode::FileMissing:
        return {tr("%1 is missing.").arg(file),
                tr("Choose a folder that holds config.json, tokenizer.json and the weights, or "
                   "download the missing file again.")};
    case ErrorCode::FileUnreadable:
        return {tr("%1 cannot be read.").arg(file), tr("Check that the file exists and that you may read it.")};
    case ErrorCode::FileTruncated:
        return {tr("%1 is shorter than its own header says; the download was probably interrupted.").arg(file),
                tr("Download this file again.")};
    case ErrorCode::FileMalformed:
        if (field.isEmpty())
            return {tr("%1 is damaged or not of the expected format.").arg(file), tr("Download this file again.")};
        return {tr("%1 is damaged or not of the expected format (at %2).").arg(file, field),
                tr("Download this file again.")};
    default:
        return {tr("%1 changed on disk while it was in use.").arg(file),
                tr("What was written so far is kept. Open the model again.")};
    }
}

/// `field` is the engine's name for a part of the request; what is not named here is a setting of the sampler.
Text ErrorText::ofRequest(const QString &field)
{
    if (field == QLatin1String("model"))
        return {tr("No model is open."), tr("Open a model folder, then try again.")};
    if (field == QLatin1String("device"))
        return {tr("The model cannot be opened on this device."),
                tr("Open it on the CPU, or choose another device among the models of this computer.")};
    if (field.startsWith(QLatin1String("messages")))
        return {tr("The conversation cannot be sent to this model because of %1.").arg(field),
                tr("Edit the message, or start a new chat.")};
    return {tr("The setting %1 has a value the model cannot use.").arg(field),
            tr("Open the settings and reset the sampling to recommended.")};
}

Text ErrorText::ofModel(engine::ErrorCode code, const QString &file, const QString &field)
{
    using engine::ErrorCode;
    switch (code) {
    case ErrorCode::ConfigInvalid:
        return {tr("%1: the value of %2 is missing or not usable.").arg(file, field),
                tr("Compare the file with the original of the model.")};
    case ErrorCode::UnsupportedArchitecture:
        return {tr("%1: models of the kind given in %2 are not supported.").arg(file, field),
                tr("Choose a DeepSeek model (LLM, V2, V3, R1 or a distilled one).")};
    case ErrorCode::UnsupportedFeature:
        return {tr("%1: the setting %2 asks for something this version cannot do.").arg(file, field),
                tr("Choose another model, or a newer version of Bathyscope.")};
    case ErrorCode::TensorMissing:
        return {tr("%1: the tensor %2 is missing.").arg(file, field),
                tr("A part of the model is not there. Download the model again.")};
    case ErrorCode::TensorUnexpected:
        return {tr("%1: the tensor %2 does not belong to this model.").arg(file, field),
                tr("Weights and config.json are of different models. Download the model again.")};
    case ErrorCode::TensorMismatch:
        return {tr("%1: the tensor %2 has another shape or type than config.json says.").arg(file, field),
                tr("Weights and config.json are of different models. Download the model again.")};
    case ErrorCode::TokenizerInvalid:
        return {tr("%1: the tokenizer cannot be used because of %2.").arg(file, field),
                tr("Download this file again.")};
    default:
        return {tr("%1: the chat template cannot be used because of %2.").arg(file, field),
                tr("Compare the file with the original of the model.")};
    }
}

/// `field` is "context" or "weights" while a model is opened, else nothing.
Text ErrorText::ofMemory(const QString &file, const std::string &field)
{
    if (field == "context")
        return {tr("%1 does not fit into memory with this context.").arg(file),
                tr("Choose a smaller context, close other programs, or choose a smaller model.")};
    if (field == "device")
        return {tr("%1 does not fit into the memory of the device any more.").arg(file),
                tr("Close other programs that use it, choose a smaller context, or open the model on the CPU.")};
    if (field == "weights")
        return {tr("%1 does not fit into memory.").arg(file), tr("Close other programs, or choose a smaller model.")};
    return {tr("There is not enough memory."), tr("Close other programs, or choose a smaller model.")};
}

Text ErrorText::ofRun(engine::ErrorCode code, const QString &file, const QString &field)
{
    using engine::ErrorCode;
    switch (code) {
    case ErrorCode::Cancelled:
        return {tr("Opening %1 was cancelled.").arg(file), tr("Open it again whenever you like.")};
    case ErrorCode::RequestInvalid:
        return ofRequest(field);
    case ErrorCode::PromptTooLong:
        return {tr("The conversation is longer than this model can read."),
                tr("Start a new chat, shorten the message, or open a model with a larger context.")};
    case ErrorCode::NonFinite:
        return {
            tr("%1: the model computed a value that is not a number (%2), so the reply was stopped.").arg(file, field),
            tr("The weights are probably damaged. Download the model again.")};
    case ErrorCode::DeviceFailed:
        return {tr("The device %1 failed.").arg(field),
                tr("What was written so far is kept. Continue on the CPU; the device is not used again until "
                   "Bathyscope is restarted.")};
    default:
        return {tr("Something went wrong inside Bathyscope."),
                tr("What was written so far is kept. Please try again.")};
    }
}

QString ErrorText::storageProblem(StorageProblem problem, const QString &file)
{
    switch (problem) {
    case StorageProblem::AlreadyOpen:
        return tr("The history %1 is already open in another window of Bathyscope.").arg(file);
    case StorageProblem::NewerVersion:
        return tr("The history %1 was made by a newer version of Bathyscope. It was left untouched.").arg(file);
    case StorageProblem::ForeignDatabase:
        return tr("%1 is not a history of Bathyscope. It was left untouched.").arg(file);
    case StorageProblem::Damaged:
        return tr("The history %1 is damaged. Nothing was overwritten.").arg(file);
    case StorageProblem::ReadOnly:
        return tr("The history cannot be saved in %1: it is read-only.").arg(file);
    case StorageProblem::DiskFull:
        return tr("The disk is full, so %1 could not be saved.").arg(file);
    case StorageProblem::InputOutput:
        return tr("%1 could not be read or written.").arg(file);
    case StorageProblem::Other:
        break;
    }
    return tr("The history %1 could not be used.").arg(file);
}

QString ErrorText::whileSaving(StorageProblem problem)
{
    switch (problem) {
    case StorageProblem::ReadOnly:
        return tr("Your messages are kept in memory. Allow writing there, then press Retry.");
    case StorageProblem::DiskFull:
        return tr("Your message is kept in memory; free some space, then press Retry.");
    case StorageProblem::InputOutput:
        return tr("Your message is kept in memory. Check the disk, then press Retry.");
    case StorageProblem::Damaged:
        return tr("Make a copy of the file first, then restore a backup.");
    default:
        return tr("Your message is kept in memory. Press Retry.");
    }
}

QString ErrorText::whileActing(StorageProblem problem)
{
    switch (problem) {
    case StorageProblem::ReadOnly:
        return tr("Allow writing there, then try again.");
    case StorageProblem::DiskFull:
        return tr("Free some space, then try again.");
    case StorageProblem::InputOutput:
        return tr("Check the disk, then try again.");
    case StorageProblem::Damaged:
        return tr("Make a copy of the file first, then restore a backup.");
    default:
        return tr("Please try again.");
    }
}

QString ErrorText::whileOpening(StorageProblem problem)
{
    switch (problem) {
    case StorageProblem::AlreadyOpen:
        return tr("Close the other one, then press Retry.");
    case StorageProblem::NewerVersion:
        return tr("Install the newer version to open it.");
    case StorageProblem::ForeignDatabase:
        return tr("Move the file away, or start with another folder.");
    case StorageProblem::Damaged:
        return tr("Restore a backup, or begin a new history; the damaged one is kept beside it.");
    case StorageProblem::ReadOnly:
        return tr("Allow writing there, then press Retry.");
    case StorageProblem::DiskFull:
        return tr("Free some space, then press Retry.");
    case StorageProblem::InputOutput:
        return tr("Check the disk, then press Retry.");
    case StorageProblem::Other:
        break;
    }
    return tr("Press Retry.");
}

Text ErrorText::ofStorage(StorageProblem problem, const QString &file, StorageMoment moment)
{
    const QString what = storageProblem(problem, file);
    switch (moment) {
    case StorageMoment::Acting:
        return {what, whileActing(problem)};
    case StorageMoment::Opening:
        return {what, whileOpening(problem)};
    case StorageMoment::Saving:
        break;
    }
    return {what, whileSaving(problem)};
}

} // namespace

QString errorText(const engine::Failure &failure)
{
    using engine::ErrorCode;
    const QString file = ErrorText::fileName(failure.file);
    const QString field = ErrorText::fieldName(failure.field);
    // Where the text says all, the library's sentence would say it again.
    const bool complete = failure.code == ErrorCode::RequestInvalid && failure.field == "model";
    const QString detail = complete ? QString() : visibleText(QString::fromStdString(failure.sentence));
    if (failure.code <= ErrorCode::FileChanged)
        return ErrorText::join(
            ErrorText::ofFile(failure.code, file, visibleText(QString::fromStdString(failure.field))), detail);
    if (failure.code == ErrorCode::OutOfMemory)
        return ErrorText::join(ErrorText::ofMemory(file, failure.field), detail);
    if (failure.code <= ErrorCode::TemplateInvalid)
        return ErrorText::join(ErrorText::ofModel(failure.code, file, field), detail);
    return ErrorText::join(ErrorText::ofRun(failure.code, file, field), detail);
}

QString storageErrorText(StorageProblem problem, const QString &file, const QString &sentence, StorageMoment moment)
{
    return ErrorText::join(ErrorText::ofStorage(problem, visibleText(file), moment), visibleText(sentence));
}

QString storageErrorText(const StorageFailure &failure, StorageMoment moment)
{
    return storageErrorText(failure.problem, failure.file, failure.sentence, moment);
}

} // namespace ui
