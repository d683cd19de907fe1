#pragma once
// Damage that stays JSON: most random edits only make a text unreadable, and the checks behind the parser see little.

#include <random>
#include <string>
#include <string_view>

namespace fuzz {

/// The input with one value of one of its JSON sections changed, moved, copied or taken out. Without any JSON, or
/// sometimes in any case, its end is cut or grown by a few bytes.
std::string mutatedJson(std::string_view input, std::mt19937_64 &random);

} // namespace fuzz
