#pragma once
// A scan as a value. For test executables.

#include "engine/model_library.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace support {

struct Scanned {
    std::map<std::string, engine::ModelEntry> entries; ///< by path; the last report of each
    std::vector<engine::PlaceReport> reports;
    int calls = 0;

    std::vector<std::string> names() const
    {
        std::vector<std::string> all;
        for (const auto &[path, entry] : entries)
            all.push_back(entry.name);
        std::sort(all.begin(), all.end());
        return all;
    }

    /// The one of that name; an empty entry if there is none or another.
    engine::ModelEntry named(const std::string &name) const
    {
        std::vector<engine::ModelEntry> found;
        for (const auto &[path, entry] : entries) {
            if (entry.name == name)
                found.push_back(entry);
        }
        return found.size() == 1 ? found.front() : engine::ModelEntry();
    }
};

inline Scanned scan(const std::vector<engine::ModelPlace> &places)
{
    Scanned result;
    result.reports = engine::scanModels(places, {1}, {}, [&result](const engine::ModelEntry &entry) {
        ++result.calls;
        result.entries[entry.path] = entry;
    });
    return result;
}

inline Scanned scanFolder(const std::filesystem::path &folder)
{
    return scan({{engine::ModelPlaceKind::Chosen, folder.string()}});
}

/// All the places below this home.
inline std::vector<engine::ModelPlace> placesBelow(const std::filesystem::path &home)
{
    auto places = engine::knownModelPlaces(
        [&home](const char *name) { return std::string(name) == "HOME" ? home.string() : std::string(); });
    std::erase_if(places, [&home](const auto &place) { return !place.path.starts_with(home.string()); });
    return places;
}

} // namespace support
