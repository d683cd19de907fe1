#pragma once
// Finds out which of the built-in formats a template is, by running it on probe conversations.

#include "engine/text/detail/chat_format.h"
#include "engine/text/detail/template_program.h"

#include <functional>
#include <optional>
#include <string>

namespace engine::text::detail {

/// The format that renders the probe conversations exactly as the template does: with and without generation prompt,
/// and with the variable `thinking` not defined, true and false. Throws TemplateError if the template fails on a
/// probe, and what `beforeTrial`, called before each run, throws.
std::optional<ChatFormat> recogniseFormat(const TemplateNode &program, const std::string &bos, const std::string &eos,
                                          const std::function<void()> &beforeTrial);

} // namespace engine::text::detail
