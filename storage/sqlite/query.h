#pragma once
// One execution of a statement: parameters and columns go by position, left to right. When it ends the statement is
// reset, because a statement left open would hold its read transaction and with it the write-ahead log.

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace storage::sqlite {

class Query {
public:
    Query(SQLite::Database &database, const char *sql) : m_own(std::in_place, database, sql), m_statement(*m_own) {}
    explicit Query(SQLite::Statement &prepared) : m_statement(prepared) {}
    ~Query() { m_statement.tryReset(); }
    Query(const Query &) = delete;
    Query &operator=(const Query &) = delete;

    template <typename... Values>
    Query &bind(const Values &...values)
    {
        (bindNext(values), ...);
        return *this;
    }

    /// Steps to the next row; its columns are then read in order.
    bool next()
    {
        m_column = 0;
        return m_statement.executeStep();
    }
    /// For statements without rows; the number of rows changed.
    int run() { return m_statement.exec(); }

    std::int64_t integer() { return column().getInt64(); }
    std::optional<std::int64_t> optionalInteger() { return isNull() ? skip() : std::optional(integer()); }
    int smallInteger() { return column().getInt(); }
    bool boolean() { return column().getInt64() != 0; }
    double real() { return column().getDouble(); }
    std::string text() { return column().getString(); }
    std::vector<std::uint8_t> blob();
    bool isNull() { return m_statement.isColumnNull(m_column); } ///< looks at the next column, does not read it

private:
    std::nullopt_t skip()
    {
        ++m_column;
        return std::nullopt;
    }
    SQLite::Column column() { return m_statement.getColumn(m_column++); }

    void bindNext(std::int64_t value) { m_statement.bind(++m_parameter, value); }
    void bindNext(std::uint64_t value) { bindNext(static_cast<std::int64_t>(value)); } // the same 64 bits
    void bindNext(int value) { m_statement.bind(++m_parameter, value); }
    void bindNext(std::uint32_t value) { m_statement.bind(++m_parameter, value); }
    void bindNext(bool value) { m_statement.bind(++m_parameter, value ? 1 : 0); }
    void bindNext(double value)
    {
        m_statement.bind(++m_parameter, std::isnan(value) ? 0.0 : value);
    } // SQLite has no NaN
    void bindNext(const std::string &value) { m_statement.bind(++m_parameter, value); }
    void bindNext(const char *) = delete; // length would be guessed; texts may hold NUL bytes
    void bindNext(const std::vector<std::uint8_t> &value)
    {
        // A null pointer would store NULL instead of an empty blob.
        m_statement.bind(++m_parameter, value.empty() ? static_cast<const void *>("") : value.data(),
                         static_cast<int>(value.size()));
    }
    template <typename T>
    void bindNext(const std::optional<T> &value)
    {
        if (value)
            bindNext(*value);
        else
            m_statement.bind(++m_parameter);
    }

    std::optional<SQLite::Statement> m_own;
    SQLite::Statement &m_statement;
    int m_parameter = 0;
    int m_column = 0;
};

inline std::vector<std::uint8_t> Query::blob()
{
    const SQLite::Column bytes = column();
    const auto *begin = static_cast<const std::uint8_t *>(bytes.getBlob());
    return begin ? std::vector<std::uint8_t>(begin, begin + bytes.getBytes()) : std::vector<std::uint8_t>();
}

} // namespace storage::sqlite
