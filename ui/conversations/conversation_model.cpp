#include "ui/conversations/conversation_model.h"

#include "ui/widgets/visible_text.h"

#include <QDateTime>
#include <algorithm>
#include <unordered_set>
#include <utility>

namespace ui {

namespace {

constexpr int longestTitle = 200;

bool comesBefore(const storage::ConversationSummary &a, const storage::ConversationSummary &b)
{
    if (a.pinned != b.pinned)
        return a.pinned;
    if (a.updatedAt != b.updatedAt)
        return a.updatedAt > b.updatedAt;
    return a.id > b.id;
}

} // namespace

ConversationModel::ConversationModel(QObject *parent) : QAbstractListModel(parent) {}

ConversationModel::Entry ConversationModel::makeEntry(const storage::ConversationSummary &summary)
{
    const QString title = QString::fromStdString(summary.title);
    return {summary, title, title.toCaseFolded()};
}

bool ConversationModel::before(storage::ConversationId a, storage::ConversationId b) const
{
    return comesBefore(m_entries.at(a).summary, m_entries.at(b).summary);
}

void ConversationModel::setConversations(std::vector<storage::ConversationSummary> conversations)
{
    std::sort(conversations.begin(), conversations.end(), comesBefore);
    m_entries.clear();
    m_order.clear();
    for (const auto &conversation : conversations) {
        m_entries.emplace(conversation.id, makeEntry(conversation));
        m_order.push_back(conversation.id);
    }
    resetRows();
}

void ConversationModel::update(const storage::ConversationSummary &conversation)
{
    std::erase(m_order, conversation.id);
    m_entries.insert_or_assign(conversation.id, makeEntry(conversation));
    const auto place = std::partition_point(m_order.begin(), m_order.end(),
                                            [&](storage::ConversationId id) { return before(id, conversation.id); });
    m_order.insert(place, conversation.id);
    moveTo(makeRows());
    if (const QModelIndex changed = indexOf(conversation.id); changed.isValid())
        emit dataChanged(changed, changed);
}

void ConversationModel::remove(storage::ConversationId id)
{
    std::erase(m_order, id);
    moveTo(makeRows());
    m_entries.erase(id);
}

void ConversationModel::setCurrent(storage::ConversationId id)
{
    const storage::ConversationId before = std::exchange(m_current, id);
    for (const storage::ConversationId changed : {before, id}) {
        if (const QModelIndex index = indexOf(changed); index.isValid())
            emit dataChanged(index, index, {CurrentRole});
    }
}

void ConversationModel::setFilter(const QString &text)
{
    const QString folded = text.trimmed().toCaseFolded();
    if (folded == m_filter)
        return;
    m_filter = folded;
    resetRows();
}

void ConversationModel::setToday(QDate today)
{
    m_today = today;
    moveTo(makeRows());
}

ConversationModel::Group ConversationModel::groupOf(const storage::ConversationSummary &summary) const
{
    if (summary.pinned)
        return Group::Pinned;
    const QDate day = QDateTime::fromMSecsSinceEpoch(summary.updatedAt).date();
    if (day >= m_today)
        return Group::Today;
    if (day == m_today.addDays(-1))
        return Group::Yesterday;
    return day >= m_today.addDays(-7) ? Group::Week : Group::Older;
}

std::vector<ConversationModel::Row> ConversationModel::makeRows() const
{
    std::vector<Row> rows;
    rows.reserve(m_order.size() + 5);
    std::optional<Group> last;
    for (const storage::ConversationId id : m_order) {
        const Entry &e = m_entries.at(id);
        if (!m_filter.isEmpty() && !e.folded.contains(m_filter))
            continue;
        const Group group = groupOf(e.summary);
        if (group != last)
            rows.push_back({group, 0});
        last = group;
        rows.push_back({group, id});
    }
    return rows;
}

void ConversationModel::resetRows()
{
    beginResetModel();
    m_rows = makeRows();
    endResetModel();
}

void ConversationModel::removeRowsMissingIn(const std::vector<Row> &rows)
{
    std::unordered_set<storage::ConversationId> kept;
    kept.reserve(rows.size());
    for (const Row &row : rows)
        kept.insert(row.key());
    for (int i = static_cast<int>(m_rows.size()) - 1; i >= 0; --i) {
        if (kept.contains(m_rows[static_cast<std::size_t>(i)].key()))
            continue;
        beginRemoveRows({}, i, i);
        m_rows.erase(m_rows.begin() + i);
        endRemoveRows();
    }
}

/// Row by row, so that selection, scroll position and an open editor stay with their conversation.
void ConversationModel::moveTo(const std::vector<Row> &rows)
{
    removeRowsMissingIn(rows);
    for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
        const Row &wanted = rows[static_cast<std::size_t>(i)];
        const auto from =
            std::find_if(m_rows.begin() + i, m_rows.end(), [&](const Row &r) { return r.key() == wanted.key(); });
        if (from == m_rows.end()) {
            beginInsertRows({}, i, i);
            m_rows.insert(m_rows.begin() + i, wanted);
            endInsertRows();
        } else if (from != m_rows.begin() + i) {
            const auto source = static_cast<int>(from - m_rows.begin());
            beginMoveRows({}, source, source, {}, i);
            std::rotate(m_rows.begin() + i, from, from + 1);
            endMoveRows();
        }
        m_rows[static_cast<std::size_t>(i)] = wanted;
    }
}

const ConversationModel::Entry *ConversationModel::entry(storage::ConversationId id) const
{
    const auto at = m_entries.find(id);
    return at == m_entries.end() ? nullptr : &at->second;
}

const storage::ConversationSummary *ConversationModel::find(storage::ConversationId id) const
{
    const Entry *found = entry(id);
    return found ? &found->summary : nullptr;
}

QModelIndex ConversationModel::indexOf(storage::ConversationId id) const
{
    if (id == 0)
        return {};
    const auto at = std::find_if(m_rows.begin(), m_rows.end(), [id](const Row &row) { return row.id == id; });
    return at == m_rows.end() ? QModelIndex() : index(static_cast<int>(at - m_rows.begin()));
}

storage::ConversationId ConversationModel::neighbour(int step) const
{
    const QModelIndex from = indexOf(m_current);
    int row = from.isValid() ? from.row() + step : (step > 0 ? 0 : static_cast<int>(m_rows.size()) - 1);
    for (; row >= 0 && row < static_cast<int>(m_rows.size()); row += step) {
        if (m_rows[static_cast<std::size_t>(row)].id != 0)
            return m_rows[static_cast<std::size_t>(row)].id;
    }
    return 0;
}

int ConversationModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant ConversationModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == HeadingRole)
        return row.id == 0;
    if (row.id == 0)
        return role == Qt::DisplayRole || role == Qt::AccessibleTextRole ? heading(row.group) : QVariant();
    const Entry *found = entry(row.id);
    switch (role) {
    case Qt::DisplayRole:
        return visibleText(found->title);
    case Qt::EditRole:
        return found->title;
    case Qt::AccessibleTextRole:
        return tr("%1, %2", "title of a conversation, heading it stands under")
            .arg(visibleText(found->title), heading(row.group));
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
        if (!found->summary.damaged)
            return {};
        return tr("This entry is damaged on disk. Its title, its date or the branch shown may be wrong.");
    case IdRole:
        return QVariant::fromValue(row.id);
    case PinnedRole:
        return found->summary.pinned;
    case CurrentRole:
        return row.id == m_current;
    default:
        return {};
    }
}

bool ConversationModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    if (role != Qt::EditRole || !checkIndex(index, CheckIndexOption::IndexIsValid))
        return false;
    const auto at = m_entries.find(m_rows[static_cast<std::size_t>(index.row())].id);
    const QString title = value.toString().simplified().left(longestTitle);
    if (at == m_entries.end() || title.isEmpty() || title == at->second.title)
        return false;
    at->second.summary.title = title.toStdString();
    at->second = makeEntry(at->second.summary);
    emit dataChanged(index, index);
    emit renamed(at->first, title);
    return true;
}

Qt::ItemFlags ConversationModel::flags(const QModelIndex &index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    if (index.data(HeadingRole).toBool())
        return Qt::ItemNeverHasChildren;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable | Qt::ItemNeverHasChildren;
}

QString ConversationModel::heading(Group group)
{
    switch (group) {
    case Group::Pinned:
        return tr("Pinned");
    case Group::Today:
        return tr("Today");
    case Group::Yesterday:
        return tr("Yesterday");
    case Group::Week:
        return tr("Previous 7 Days");
    case Group::Older:
        break;
    }
    return tr("Older");
}

void ConversationModel::retranslate()
{
    if (!m_rows.empty())
        emit dataChanged(index(0), index(static_cast<int>(m_rows.size()) - 1));
}

} // namespace ui
