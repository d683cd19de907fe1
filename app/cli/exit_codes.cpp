#include "app/cli/exit_codes.h"

namespace app::cli {

namespace {

using engine::ErrorCode;

struct Advice {
    const char *name;
    const char *nextStep;
};

Advice fileAdvice(ErrorCode code)
{
    switch (code) {
    case ErrorCode::FileMissing:
        return {"file_missing",
                "Give --model a folder that holds config.json, tokenizer.json and the weights, or a GGUF file."};
    case ErrorCode::FileUnreadable:
        return {"file_unreadable", "Check that the file exists and that you may read it."};
    case ErrorCode::FileTruncated:
        return {"file_truncated", "The download was probably interrupted; download this file again."};
    case ErrorCode::FileMalformed:
        return {"file_malformed", "Download this file again."};
    default:
        return {"file_changed", "Run the command again when nothing writes to the model folder."};
    }
}

Advice modelAdvice(ErrorCode code)
{
    switch (code) {
    case ErrorCode::ConfigInvalid:
        return {"config_invalid", "Compare the file with the original of the model."};
    case ErrorCode::UnsupportedArchitecture:
        return {"unsupported_architecture", "Choose a DeepSeek model (LLM, V2, V3, R1 or a distilled one)."};
    case ErrorCode::UnsupportedFeature:
        return {"unsupported_feature", "Choose another model, or a newer version of Bathyscope."};
    case ErrorCode::TensorMissing:
        return {"tensor_missing", "A part of the model is not there; download the model again."};
    case ErrorCode::TensorUnexpected:
        return {"tensor_unexpected", "Weights and config.json are of different models; download the model again."};
    case ErrorCode::TensorMismatch:
        return {"tensor_mismatch", "Weights and config.json are of different models; download the model again."};
    case ErrorCode::TokenizerInvalid:
        return {"tokenizer_invalid", "Download this file again."};
    default:
        return {"template_invalid", "Compare the file with the original of the model."};
    }
}

Advice runAdvice(ErrorCode code)
{
    switch (code) {
    case ErrorCode::OutOfMemory:
        return {"out_of_memory", "The command plan shows what a model takes; --context chooses a smaller context."};
    case ErrorCode::RequestInvalid:
        return {"request_invalid", "Change the value; --help lists the options and their ranges."};
    case ErrorCode::PromptTooLong:
        return {"prompt_too_long",
                "Shorten the prompt, start a new conversation, or choose a model with a larger context."};
    case ErrorCode::NonFinite:
        return {"non_finite", "The weights are probably damaged; download the model again."};
    case ErrorCode::DeviceFailed:
        return {"device_failed", "Run the command again with --device cpu; in a chat, /cpu goes on with the reply."};
    case ErrorCode::Cancelled:
        return {"cancelled", "Run the command again when you are ready."};
    default:
        return {"internal", "This is a fault of Bathyscope; please report it with the command line you used."};
    }
}

Advice adviceFor(ErrorCode code)
{
    if (code <= ErrorCode::FileChanged)
        return fileAdvice(code);
    return code <= ErrorCode::TemplateInvalid ? modelAdvice(code) : runAdvice(code);
}

} // namespace

std::string exitCodesHelp()
{
    return "Exit codes:\n"
           "  0    ok\n"
           "  1    the operation failed (the model was refused, a reply failed)\n"
           "  2    wrong usage\n"
           "  3    the model folder or one of its files is missing or cannot be read\n"
           "  130  interrupted with Ctrl+C\n"
           "  141  the reader of the standard output went away\n";
}

CommandError::CommandError(ExitCode exitCode, const engine::Failure &failure)
    : std::runtime_error(failure.sentence), m_exitCode(exitCode), m_code(adviceFor(failure.code).name),
      m_nextStep(adviceFor(failure.code).nextStep), m_file(failure.file), m_field(failure.field)
{
}

CommandError CommandError::loadFailed(const engine::Failure &failure)
{
    const bool notThere = failure.code == ErrorCode::FileMissing || failure.code == ErrorCode::FileUnreadable;
    return {notThere ? ExitCode::NoModel : ExitCode::Failed, failure};
}

CommandError CommandError::generationFailed(const engine::Failure &failure)
{
    return {ExitCode::Failed, failure};
}

CommandError CommandError::usage(const std::string &sentence, std::string nextStep)
{
    return {ExitCode::Usage, "usage", sentence, std::move(nextStep)};
}

} // namespace app::cli
