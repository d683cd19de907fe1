#include "engine/memory/available_memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

namespace engine::memory {

namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// The first number of a file; "max" is unlimited. Nothing where there is no such file.
std::optional<std::uint64_t> numberIn(const std::string &file)
{
    std::ifstream stream(file);
    std::string word;
    if (!(stream >> word))
        return std::nullopt;
    if (word == "max")
        return unlimited;
    char *end = nullptr;
    const std::uint64_t value = std::strtoull(word.c_str(), &end, 10);
    return *end == '\0' ? std::optional(value) : std::nullopt;
}

/// The sum of the named entries of a file of "name value" lines; a colon after a name is left out.
std::optional<std::uint64_t> sumOf(const std::string &file, std::initializer_list<std::string_view> names)
{
    std::ifstream stream(file);
    std::optional<std::uint64_t> sum;
    for (std::string line; std::getline(stream, line);) {
        std::istringstream words(line);
        std::string name;
        std::uint64_t value = 0;
        if (!(words >> name >> value))
            continue;
        if (name.ends_with(':'))
            name.pop_back();
        if (std::find(names.begin(), names.end(), name) != names.end())
            sum = sum.value_or(0) + value;
    }
    return sum;
}

/// What the two versions of control groups call the same things.
struct GroupFiles {
    std::initializer_list<const char *> limits;
    const char *usage;
    std::initializer_list<std::string_view> fileCache; ///< entries of memory.stat, of the groups below as well
};

const GroupFiles versionOne{
    {"memory.limit_in_bytes"}, "memory.usage_in_bytes", {"total_inactive_file", "total_active_file"}};
/// Above memory.high a group is not killed but slowed down until nothing moves.
const GroupFiles versionTwo{{"memory.max", "memory.high"}, "memory.current", {"inactive_file", "active_file"}};

std::uint64_t leftIn(const std::string &folder, const GroupFiles &files)
{
    std::uint64_t limit = unlimited;
    for (const char *name : files.limits)
        limit = std::min(limit, numberIn(folder + "/" + name).value_or(unlimited));
    if (limit == unlimited)
        return unlimited;
    const std::uint64_t usage = numberIn(folder + "/" + files.usage).value_or(0);
    const std::uint64_t cache = sumOf(folder + "/memory.stat", files.fileCache).value_or(0);
    const std::uint64_t needed = usage - std::min(usage, cache);
    return limit - std::min(limit, needed);
}

/// Where a hierarchy is mounted, and which of its groups is seen there.
struct Mount {
    std::string top;
    std::string folder;
};

/// A line of mountinfo: id, parent, device, top, folder, options, tags, "-", type, source, options of the hierarchy.
std::optional<Mount> findMount(const std::string &root, bool second)
{
    std::ifstream stream(root + "/proc/self/mountinfo");
    for (std::string line; std::getline(stream, line);) {
        const std::size_t dash = line.find(" - ");
        if (dash == std::string::npos)
            continue;
        std::istringstream place(line.substr(0, dash));
        std::istringstream kind(line.substr(dash + 3));
        std::string skipped;
        std::string type;
        std::string options;
        Mount mount;
        place >> skipped >> skipped >> skipped >> mount.top >> mount.folder;
        kind >> type >> skipped >> options;
        const bool memory = ("," + options + ",").find(",memory,") != std::string::npos;
        if (second ? type == "cgroup2" : type == "cgroup" && memory)
            return mount;
    }
    return std::nullopt;
}

/// The group's path below what is mounted: a container sees its own group at the top of the mount, but is told the
/// path from the top of the machine.
std::string below(const std::string &top, const std::string &path)
{
    if (path.find("/..") != std::string::npos)
        return {}; // outside of what this process can see
    if (top == "/")
        return path;
    const bool inside = path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
    return inside ? path.substr(top.size()) : std::string();
}

std::uint64_t leftInHierarchy(const std::string &root, const std::string &path, bool second)
{
    const auto mount = findMount(root, second);
    if (!mount)
        return unlimited;
    std::uint64_t left = unlimited;
    std::string group = below(mount->top, path);
    for (;;) {
        left = std::min(left, leftIn(root + mount->folder + group, second ? versionTwo : versionOne));
        const std::size_t slash = group.find_last_of('/');
        if (slash == std::string::npos)
            return left;
        group.erase(slash);
    }
}

/// Lines "number:controllers:path"; version 2 is "0::path".
std::uint64_t leftInGroups(const std::string &root)
{
    std::ifstream stream(root + "/proc/self/cgroup");
    std::uint64_t left = unlimited;
    for (std::string line; std::getline(stream, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos)
            continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (controllers.empty() || ("," + controllers + ",").find(",memory,") != std::string::npos)
            left = std::min(left, leftInHierarchy(root, line.substr(second + 1), controllers.empty()));
    }
    return left;
}

std::uint64_t leftInMachine(const std::string &root)
{
    const std::string meminfo = root + "/proc/meminfo";
    auto kibibytes = sumOf(meminfo, {"MemAvailable"});
    if (!kibibytes) // kernels before 3.14 do not tell; what they could drop is about the cache
        kibibytes = sumOf(meminfo, {"MemFree", "Cached"});
    return kibibytes ? *kibibytes * 1024 : unlimited;
}

} // namespace

std::uint64_t availableMemory(const std::string &root)
{
    return std::min(leftInMachine(root), leftInGroups(root));
}

} // namespace engine::memory
