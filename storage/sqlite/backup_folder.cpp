#include "storage/sqlite/backup_folder.h"

#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <optional>

namespace storage::sqlite {

namespace {

constexpr std::string_view suffix = ".sqlite";
constexpr std::string_view damagedMark = "-damaged";
constexpr std::string_view migrationMark = "-before-v";
constexpr std::size_t timeLength = std::string_view("20250131T235959Z").size();

std::string timeText(std::int64_t milliseconds)
{
    const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

std::optional<std::int64_t> timeFromText(const std::string &text)
{
    std::tm parts{};
    const char *end = ::strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts);
    if (!end || *end != '\0')
        return std::nullopt;
    return static_cast<std::int64_t>(::timegm(&parts)) * 1000;
}

bool removeSuffix(std::string_view &text, std::string_view ending)
{
    if (!text.ends_with(ending))
        return false;
    text.remove_suffix(ending.size());
    return true;
}

std::string stemOf(const std::string &database)
{
    return std::filesystem::path(database).stem().string();
}

std::optional<BackupFile> parseName(const std::filesystem::path &path, const std::string &stem)
{
    const std::string name = path.filename().string();
    std::string_view rest = name;
    if (!rest.starts_with(stem + "-") || !removeSuffix(rest, suffix))
        return std::nullopt;
    rest.remove_prefix(stem.size() + 1);
    BackupFile backup;
    backup.path = path.string();
    backup.damaged = removeSuffix(rest, damagedMark);
    if (rest.size() > timeLength) {
        if (!rest.substr(timeLength).starts_with(migrationMark))
            return std::nullopt;
        backup.beforeMigration = true;
    }
    const auto time = timeFromText(std::string(rest.substr(0, timeLength)));
    if (!time)
        return std::nullopt;
    backup.madeAt = *time;
    return backup;
}

} // namespace

std::string backupFolder(const std::string &database)
{
    return (std::filesystem::path(database).parent_path() / "backups").string();
}

std::vector<BackupFile> listBackupFiles(const std::string &database)
{
    std::vector<BackupFile> backups;
    const std::string stem = stemOf(database);
    std::error_code failure;
    std::filesystem::directory_iterator entries(backupFolder(database), failure);
    for (; !failure && entries != std::filesystem::directory_iterator(); entries.increment(failure)) {
        if (auto backup = parseName(entries->path(), stem))
            backups.push_back(std::move(*backup));
    }
    std::sort(backups.begin(), backups.end(), [](const BackupFile &a, const BackupFile &b) {
        return std::tie(a.madeAt, a.path) > std::tie(b.madeAt, b.path);
    });
    return backups;
}

std::string backupHint(const std::string &database)
{
    return listBackupFiles(database).empty()
               ? std::string()
               : " Its backups are in " + backupFolder(database) + "; nothing was changed or overwritten.";
}

std::string newBackupPath(const std::string &database, int migrationVersion, bool damaged)
{
    std::int64_t time = millisecondsNow();
    for (;; time += 1000) { // two within one second: the second one is dated a second later
        std::string name = stemOf(database) + "-" + timeText(time);
        if (migrationVersion > 0)
            name += std::string(migrationMark) + std::to_string(migrationVersion);
        if (damaged)
            name += damagedMark;
        const auto path = std::filesystem::path(backupFolder(database)) / (name + std::string(suffix));
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored))
            return path.string();
    }
}

void rotateBackups(const std::string &database, const std::string &justMade)
{
    std::vector<BackupFile> daily = listBackupFiles(database);
    std::erase_if(daily, [](const BackupFile &backup) { return backup.beforeMigration; });
    const auto newestGood = std::find_if(daily.begin(), daily.end(), [](const BackupFile &b) { return !b.damaged; });
    const std::string keep = newestGood == daily.end() ? std::string() : newestGood->path;
    for (std::size_t i = dailyBackupsKept; i < daily.size(); ++i) {
        if (daily[i].path == justMade || daily[i].path == keep)
            continue;
        std::error_code failure;
        std::filesystem::remove(daily[i].path, failure);
        if (failure)
            throw errorFromErrno(failure.value(), daily[i].path, "delete the old backup");
    }
}

} // namespace storage::sqlite
