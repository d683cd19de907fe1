#pragma once
// The models of this computer as rows: a heading for each place, its models below it, filtered and sorted. UI thread
// only.

#include "engine/model_library.h"
#include "ui/library/library_text.h"

#include <QAbstractListModel>
#include <QCollator>
#include <QString>
#include <unordered_map>
#include <vector>

namespace ui {

class LibraryModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum DataRole {
        KeyRole = Qt::UserRole,
        HeadingRole,
        SummaryRole,
        ReasonRole,
        VerdictRole,
        ToneRole,
        StateRole,
        ProgressRole
    };
    /// Of a row, besides what is known from its files.
    enum class State { Closed, Loading, Open };
    enum class Order { Name, Size };

    explicit LibraryModel(QObject *parent = nullptr);

    // A scan: what is there already stays until it is reported again or the scan has ended without it.
    void beginScan(const std::vector<engine::ModelPlace> &places);
    void add(const std::vector<engine::ModelEntry> &entries);
    void endScan(const std::vector<engine::PlaceReport> &reports);
    bool scanning() const { return m_scanning; }

    void setFilter(const QString &text);
    void setOrder(Order order);
    void setOpen(const QString &path, State state);         ///< the model that is open or being opened; empty: none
    void setProgress(double fraction, const QString &text); ///< of the model that is being opened; 0 to 1
    void setAvailable(std::uint64_t bytes);                 ///< memory that can be had now: the plans follow

    const engine::ModelEntry *entry(const QModelIndex &index) const;  ///< null for a heading
    const engine::PlaceReport *place(const QModelIndex &index) const; ///< of a heading
    QModelIndex indexOf(const QString &key) const;
    int models() const { return static_cast<int>(m_entries.size()); } ///< of all places, filtered out or not
    int refused() const;
    int shown() const { return m_shown; } ///< models among the rows
    const std::vector<engine::PlaceReport> &places() const { return m_places; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    void retranslate();

private:
    struct Item {
        engine::ModelEntry entry;
        QString name;
        QString folded; ///< for searching
        bool stale = false;
    };
    struct Row {
        std::size_t place = 0;
        const Item *item = nullptr; ///< null: the heading
    };
    static Item makeItem(const engine::ModelEntry &entry);
    void rebuild();
    bool before(const Item &a, const Item &b, const QCollator &names) const;
    bool belongsHere(const Item &item, std::size_t place) const;
    QString headingText(const Row &row) const;
    QString spoken(const Item &item) const;
    State stateOf(const Item &item) const;

    std::unordered_map<std::string, Item> m_entries; ///< by path
    std::vector<engine::PlaceReport> m_places;
    std::vector<Row> m_rows;
    QString m_filter;
    Order m_order = Order::Name;
    std::string m_openPath;
    State m_openState = State::Closed;
    double m_progress = 0.0;
    QString m_progressText;
    bool m_scanning = false;
    int m_shown = 0;
};

} // namespace ui
