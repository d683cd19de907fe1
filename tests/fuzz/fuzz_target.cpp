#include "tests/fuzz/fuzz_target.h"

namespace fuzz {

std::vector<std::string_view> sectionsOf(std::string_view bytes, std::size_t most)
{
    std::vector<std::string_view> sections;
    while (sections.size() + 1 < most) {
        const std::size_t end = bytes.find(separator);
        sections.push_back(bytes.substr(0, end));
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    }
    sections.push_back(bytes);
    return sections;
}

std::string joinSections(const std::vector<std::string> &sections)
{
    std::string joined;
    for (const std::string &section : sections) {
        joined += section + separator;
    }
    joined.pop_back();
    return joined;
}

} // namespace fuzz
