#include "app/cli/thought_options.h"

#include <map>

namespace app::cli {

namespace {

const std::map<std::string, engine::ThinkingRetention> retentions = {
    {"template", engine::ThinkingRetention::Template},
    {"all", engine::ThinkingRetention::All},
    {"newest", engine::ThinkingRetention::Newest},
    {"none", engine::ThinkingRetention::None},
};

const std::map<std::string, engine::ThinkingMode> modes = {
    {"template", engine::ThinkingMode::Template},
    {"on", engine::ThinkingMode::On},
    {"off", engine::ThinkingMode::Off},
};

} // namespace

void ThoughtOptions::addTo(CLI::App &command)
{
    command
        .add_option("--retention", m_retention,
                    "Earlier thoughts the model is shown again: template (default), all, newest or none")
        ->type_name("WHICH")
        ->check(CLI::IsMember(retentions).description(""));
    command
        .add_option("--thinking", m_thinking,
                    "Whether the reply begins with a thought: template (default), on or off, if the template can do it")
        ->type_name("MODE")
        ->check(CLI::IsMember(modes).description(""));
}

void ThoughtOptions::fill(engine::GenerationRequest &request) const
{
    request.retention = retentions.at(m_retention);
    request.thinking = modes.at(m_thinking);
}

} // namespace app::cli
