#pragma once
// Building blocks of error sentences. Names from files are shown escaped: a tensor name may contain terminal
// control sequences.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

/// Control characters (C0, DEL, C1) as \xNN; more than 200 bytes are cut at a character and end in "…".
std::string printable(std::string_view text);

/// 1234567 → "1,234,567"
std::string grouped(std::uint64_t number);

/// "16.0 GB", in decimal units as disks have.
std::string roundSize(std::uint64_t bytes);

/// "16.0 GB (16,023,456,789 bytes)"
std::string exactSize(std::uint64_t bytes);

/// "'a', 'b', 'c', 'd', 'e' and 7 more"; names printable.
std::string upToFive(const std::vector<std::string> &names);

} // namespace engine::model
