#include "ui/library/library_model.h"

#include "ui/widgets/visible_text.h"

#include <QDir>
#include <algorithm>

namespace ui {

LibraryModel::LibraryModel(QObject *parent) : QAbstractListModel(parent) {}

LibraryModel::Item LibraryModel::makeItem(const engine::ModelEntry &entry)
{
    Item item{entry, visibleText(QString::fromStdString(entry.name)), {}, false};
    const QString searched = item.name + QLatin1Char(' ') + QString::fromStdString(entry.architecture) +
                             QLatin1Char(' ') + QString::fromStdString(entry.quantization);
    item.folded = searched.toCaseFolded();
    return item;
}

void LibraryModel::beginScan(const std::vector<engine::ModelPlace> &places)
{
    m_scanning = true;
    std::vector<engine::PlaceReport> reports;
    for (const auto &place : places) {
        const auto known = std::find_if(m_places.begin(), m_places.end(),
                                        [&place](const auto &report) { return report.place == place; });
        reports.push_back(known != m_places.end() ? *known : engine::PlaceReport{place, false, 0, false, {}});
    }
    m_places = std::move(reports);
    for (auto &[path, item] : m_entries)
        item.stale = true;
    rebuild();
}

void LibraryModel::add(const std::vector<engine::ModelEntry> &entries)
{
    for (const auto &entry : entries)
        m_entries.insert_or_assign(entry.path, makeItem(entry));
    rebuild();
}

void LibraryModel::endScan(const std::vector<engine::PlaceReport> &reports)
{
    m_scanning = false;
    m_places = reports;
    std::erase_if(m_entries, [](const auto &known) { return known.second.stale; });
    rebuild();
}

void LibraryModel::setFilter(const QString &text)
{
    m_filter = text.trimmed().toCaseFolded();
    rebuild();
}

void LibraryModel::setOrder(Order order)
{
    m_order = order;
    rebuild();
}

void LibraryModel::setOpen(const QString &path, State state)
{
    m_openPath = QDir::cleanPath(path).toStdString();
    m_openState = path.isEmpty() ? State::Closed : state;
    m_progress = 0.0;
    m_progressText.clear();
    if (!m_rows.empty())
        emit dataChanged(index(0), index(rowCount() - 1));
}

void LibraryModel::setProgress(double fraction, const QString &text)
{
    m_progress = fraction;
    m_progressText = text;
    const QModelIndex row = indexOf(QString::fromStdString(m_openPath));
    if (row.isValid())
        emit dataChanged(row, row, {SummaryRole, ProgressRole});
}

void LibraryModel::setAvailable(std::uint64_t bytes)
{
    for (auto &[path, item] : m_entries) {
        if (item.entry.plan)
            item.entry.plan = item.entry.plan->with(item.entry.plan->contextLength, bytes);
    }
    if (!m_rows.empty())
        emit dataChanged(index(0), index(rowCount() - 1));
}

/// A model that is in several places stands in the first of them.
bool LibraryModel::belongsHere(const Item &item, std::size_t place) const
{
    const auto &first = item.entry.places;
    return !first.empty() && first.front() == m_places[place].place && item.folded.contains(m_filter);
}

/// "7b" stands before "14b".
bool LibraryModel::before(const Item &a, const Item &b, const QCollator &names) const
{
    if (m_order == Order::Size && a.entry.bytes != b.entry.bytes)
        return a.entry.bytes > b.entry.bytes;
    const int order = names.compare(a.name, b.name);
    return order != 0 ? order < 0 : a.entry.path < b.entry.path;
}

void LibraryModel::rebuild()
{
    beginResetModel();
    m_rows.clear();
    m_shown = 0;
    QCollator names;
    names.setNumericMode(true);
    names.setCaseSensitivity(Qt::CaseInsensitive);
    for (std::size_t place = 0; place < m_places.size(); ++place) {
        std::vector<const Item *> items;
        for (const auto &[path, item] : m_entries) {
            if (belongsHere(item, place))
                items.push_back(&item);
        }
        std::sort(items.begin(), items.end(), [&](const Item *a, const Item *b) { return before(*a, *b, names); });
        // The user's own folders are listed even when empty: else they could not be taken away.
        const bool own = m_places[place].place.kind == engine::ModelPlaceKind::Chosen && m_filter.isEmpty();
        if (items.empty() && !own && !(m_places[place].failure && m_filter.isEmpty()))
            continue;
        m_rows.push_back({place, nullptr});
        for (const Item *item : items)
            m_rows.push_back({place, item});
        m_shown += static_cast<int>(items.size());
    }
    endResetModel();
}

int LibraryModel::refused() const
{
    return static_cast<int>(std::count_if(m_entries.begin(), m_entries.end(),
                                          [](const auto &known) { return known.second.entry.failure.has_value(); }));
}

const engine::ModelEntry *LibraryModel::entry(const QModelIndex &index) const
{
    const bool valid = index.isValid() && index.row() < rowCount();
    const Item *item = valid ? m_rows[static_cast<std::size_t>(index.row())].item : nullptr;
    return item != nullptr ? &item->entry : nullptr;
}

const engine::PlaceReport *LibraryModel::place(const QModelIndex &index) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return nullptr;
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    return row.item == nullptr ? &m_places[row.place] : nullptr;
}

QModelIndex LibraryModel::indexOf(const QString &key) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (index(row).data(KeyRole).toString() == key)
            return index(row);
    }
    return {};
}

int LibraryModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

LibraryModel::State LibraryModel::stateOf(const Item &item) const
{
    return item.entry.path == m_openPath ? m_openState : State::Closed;
}

QString LibraryModel::headingText(const Row &row) const
{
    const auto &report = m_places[row.place];
    const QString title = placeTitle(report.place);
    if (report.place.kind != engine::ModelPlaceKind::Chosen || m_scanning)
        return title;
    if (!report.exists)
        return tr("%1 — not there now").arg(title);
    return report.models == 0 && !report.failure ? tr("%1 — no models").arg(title) : title;
}

/// One sentence for those who cannot see the row.
QString LibraryModel::spoken(const Item &item) const
{
    QStringList parts{item.name, modelSummary(item.entry), shortVerdict(item.entry).text, shortReason(item.entry)};
    if (stateOf(item) != State::Closed)
        parts.insert(1, stateOf(item) == State::Open ? tr("Open") : tr("Opening…"));
    parts.removeAll(QString());
    return parts.join(QStringLiteral(", "));
}

QVariant LibraryModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == HeadingRole)
        return row.item == nullptr;
    if (row.item == nullptr) {
        const auto &report = m_places[row.place];
        const QString path = QString::fromStdString(report.place.path);
        if (role == KeyRole)
            return path;
        if (role == SummaryRole)
            return placePath(path);
        const bool text = role == Qt::DisplayRole || role == Qt::AccessibleTextRole;
        return text ? QVariant(headingText(row)) : QVariant();
    }
    const Item &item = *row.item;
    switch (role) {
    case Qt::DisplayRole:
        return item.name;
    case Qt::AccessibleTextRole:
        return spoken(item);
    case KeyRole:
        return QString::fromStdString(item.entry.path);
    case SummaryRole:
        return stateOf(item) == State::Loading && !m_progressText.isEmpty() ? m_progressText : modelSummary(item.entry);
    case ProgressRole:
        return stateOf(item) == State::Loading ? m_progress : 0.0;
    case ReasonRole:
        return shortReason(item.entry);
    case VerdictRole:
        return shortVerdict(item.entry).text;
    case ToneRole:
        return static_cast<int>(shortVerdict(item.entry).tone);
    case StateRole:
        return static_cast<int>(stateOf(item));
    default:
        return {};
    }
}

Qt::ItemFlags LibraryModel::flags(const QModelIndex &index) const
{
    return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren : Qt::NoItemFlags;
}

void LibraryModel::retranslate()
{
    if (!m_rows.empty())
        emit dataChanged(index(0), index(rowCount() - 1));
}

} // namespace ui
