#pragma once
// What a command line says about thoughts: which the model is shown again, and whether the reply begins with one.

#include "engine/generation.h"

#include <CLI/CLI.hpp>

#include <string>

namespace app::cli {

class ThoughtOptions {
public:
    void addTo(CLI::App &command);

    void fill(engine::GenerationRequest &request) const;

private:
    std::string m_retention = "template";
    std::string m_thinking = "template";
};

} // namespace app::cli
