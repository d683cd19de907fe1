#pragma once
// The list of conversations as rows: headings by date, the conversations below them, filtered by title. Rows are one
// flat vector, so 5,000 conversations cost one pass. UI thread only.

#include "storage/records.h"

#include <QAbstractListModel>
#include <QDate>
#include <QString>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ui {

class ConversationModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum DataRole { IdRole = Qt::UserRole, PinnedRole, CurrentRole, HeadingRole };

    explicit ConversationModel(QObject *parent = nullptr);

    void setConversations(std::vector<storage::ConversationSummary> conversations);
    void update(const storage::ConversationSummary &conversation); ///< inserts when new
    void remove(storage::ConversationId id);
    void setCurrent(storage::ConversationId id);
    storage::ConversationId current() const { return m_current; }
    /// Shows only titles that contain the text, in any case; empty shows all.
    void setFilter(const QString &text);
    /// The day the headings are reckoned from; for tests and midnight.
    void setToday(QDate today);

    const storage::ConversationSummary *find(storage::ConversationId id) const;
    QModelIndex indexOf(storage::ConversationId id) const; ///< invalid if filtered out
    /// The conversation `step` places after the current one in the list shown; 0 at the end.
    storage::ConversationId neighbour(int step) const;
    bool isEmpty() const { return m_rows.empty(); }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    void retranslate();

signals:
    void renamed(storage::ConversationId id, const QString &title); ///< by editing in place

private:
    enum class Group { Pinned, Today, Yesterday, Week, Older };
    struct Entry {
        storage::ConversationSummary summary;
        QString title;
        QString folded; ///< for searching
    };
    struct Row {
        Group group;
        storage::ConversationId id; ///< 0: the heading of the group
        storage::ConversationId key() const { return id != 0 ? id : -1 - static_cast<storage::ConversationId>(group); }
    };

    static Entry makeEntry(const storage::ConversationSummary &summary);
    Group groupOf(const storage::ConversationSummary &summary) const;
    std::vector<Row> makeRows() const;
    void resetRows();
    void moveTo(const std::vector<Row> &rows);
    void removeRowsMissingIn(const std::vector<Row> &rows);
    const Entry *entry(storage::ConversationId id) const;
    bool before(storage::ConversationId a, storage::ConversationId b) const;
    static QString heading(Group group);

    std::unordered_map<storage::ConversationId, Entry> m_entries;
    std::vector<storage::ConversationId> m_order; ///< pinned first, then newest
    std::vector<Row> m_rows;
    QString m_filter;
    storage::ConversationId m_current = 0;
    QDate m_today = QDate::currentDate();
};

} // namespace ui
