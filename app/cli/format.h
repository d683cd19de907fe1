#pragma once
// Numbers and tables as people read them. Independent of the locale.

#include <cstdint>
#include <string>
#include <vector>

namespace app::cli {

std::string fixed(double value, int decimals);
std::string rate(double perSecond);        ///< "85.2 tok/s"
std::string count(std::uint64_t value);    ///< "950", "3.14 M", "671 B"
std::string byteSize(std::uint64_t bytes); ///< "512 B", "6.21 MB", decimal units as disks have

/// Columns padded to their widest cell; the first row is the heading. The first column is left-aligned, the others
/// right. ASCII cells. Each row ends in a newline.
std::string table(const std::vector<std::vector<std::string>> &rows);

/// "name  value" lines.
std::string properties(const std::vector<std::pair<std::string, std::string>> &lines);

double median(std::vector<double> values); ///< 0 of none

} // namespace app::cli
