#pragma once
// Figures as they stand in the window: fixed formats, never exponents, the same in every language.

#include <QString>
#include <cstdint>

namespace ui {

QString formatParameters(std::uint64_t count); ///< "37B", "3.0M", "812K", "640"
QString formatBytes(std::uint64_t bytes);      ///< "2.1 GiB", "640 KiB", "12 B"
QString formatRate(double tokensPerSecond);    ///< "0.8", "42.5", "123", "5000"; without the unit
QString formatCount(std::int64_t count);       ///< "4,096"

} // namespace ui
