#include "storage/sqlite/integrity.h"

#include "storage/sqlite/chunks_table.h"
#include "storage/sqlite/conversations_table.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/messages_table.h"
#include "storage/sqlite/parts_table.h"
#include "storage/sqlite/query.h"
#include "storage/sqlite/traces_table.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

namespace storage::sqlite {

namespace {

constexpr int stepsBetweenPauses = 10000;

class PauseHandler {
public:
    PauseHandler(SQLite::Database &database, const std::function<bool()> &pause) : m_handle(database.getHandle())
    {
        sqlite3_progress_handler(
            m_handle, stepsBetweenPauses,
            [](void *context) { return (*static_cast<const std::function<bool()> *>(context))() ? 1 : 0; },
            const_cast<std::function<bool()> *>(&pause));
    }
    ~PauseHandler() { sqlite3_progress_handler(m_handle, 0, nullptr, nullptr); }
    PauseHandler(const PauseHandler &) = delete;
    PauseHandler &operator=(const PauseHandler &) = delete;

private:
    sqlite3 *m_handle;
};

void checkStructure(SQLite::Database &database, std::vector<std::string> &findings)
{
    Query pages(database, "PRAGMA integrity_check");
    while (pages.next()) {
        std::string finding = pages.text();
        if (finding != "ok")
            findings.push_back(std::move(finding));
    }
    Query references(database, "PRAGMA foreign_key_check");
    while (references.next()) {
        const std::string table = references.text();
        const std::string row = std::to_string(references.integer());
        findings.push_back(table + " " + row + ": refers to a missing " + references.text());
    }
}

template <typename Table>
void checkRows(SQLite::Database &database, IntegrityReport &report)
{
    try {
        for (const std::string &row : Table(database).damagedRows())
            report.rows.push_back(row + ": the checksum does not match");
    } catch (const SQLite::Exception &exception) {
        if (!meansCorruption(exception))
            throw;
        report.structure.push_back(std::string("rows cannot be read: ") + exception.what());
    }
}

} // namespace

IntegrityReport checkIntegrity(SQLite::Database &database, const std::function<bool()> &pause)
{
    IntegrityReport report;
    const PauseHandler handler(database, pause);
    try {
        checkStructure(database, report.structure);
        checkRows<ConversationsTable>(database, report);
        checkRows<MessagesTable>(database, report);
        checkRows<PartsTable>(database, report);
        checkRows<ChunksTable>(database, report);
        checkRows<TracesTable>(database, report);
    } catch (const SQLite::Exception &exception) {
        if (exception.getErrorCode() != SQLITE_INTERRUPT)
            throw;
        report.interrupted = true;
    }
    return report;
}

std::string textOf(const IntegrityReport &report)
{
    std::string text;
    for (const auto *findings : {&report.structure, &report.rows}) {
        for (const std::string &finding : *findings)
            text += (text.empty() ? "" : "\n") + finding;
    }
    return text.empty() ? "ok" : text;
}

} // namespace storage::sqlite
