// Headings by date, filter, order, and changes that keep the rows that stay.

#include "ui/conversations/conversation_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace ui;

namespace {

const QDate today(2025, 6, 15);

storage::ConversationSummary conversation(storage::ConversationId id, const char *title, int daysAgo,
                                          bool pinned = false)
{
    storage::ConversationSummary summary;
    summary.id = id;
    summary.title = title;
    summary.pinned = pinned;
    summary.updatedAt = QDateTime(today.addDays(-daysAgo), QTime(12, 0)).toMSecsSinceEpoch() + id;
    return summary;
}

QStringList shown(const ConversationModel &model)
{
    QStringList rows;
    for (int row = 0; row < model.rowCount(); ++row) {
        const QModelIndex index = model.index(row);
        const QString text = index.data().toString();
        rows << (index.data(ConversationModel::HeadingRole).toBool() ? QLatin1Char('#') + text : text);
    }
    return rows;
}

} // namespace

class ConversationModelTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_model = std::make_unique<ConversationModel>();
        m_tester = std::make_unique<QAbstractItemModelTester>(m_model.get(),
                                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        m_model->setToday(today);
        m_model->setConversations({conversation(1, "old", 30), conversation(2, "new", 0),
                                   conversation(3, "kept", 90, true), conversation(4, "last night", 1),
                                   conversation(5, "last week", 7), conversation(6, "newer", 0)});
    }

    void groupsByDateNewestFirst()
    {
        QCOMPARE(shown(*m_model), QStringList({"#Pinned", "kept", "#Today", "newer", "new", "#Yesterday", "last night",
                                               "#Previous 7 Days", "last week", "#Older", "old"}));
    }

    void headingsCannotBeChosen()
    {
        QVERIFY(!m_model->index(0).flags().testFlag(Qt::ItemIsSelectable));
        QVERIFY(m_model->index(1).flags().testFlag(Qt::ItemIsEditable));
    }

    void theFilterIgnoresCaseAndDropsEmptyGroups()
    {
        m_model->setFilter(QStringLiteral("  LAST "));
        QCOMPARE(shown(*m_model), QStringList({"#Yesterday", "last night", "#Previous 7 Days", "last week"}));
        m_model->setFilter(QString());
        QCOMPARE(m_model->rowCount(), 11);
    }

    void theFilterFindsChinese()
    {
        m_model->update(conversation(7, "草莓里有几个字母r？", 0));
        m_model->setFilter(QStringLiteral("几个"));
        QCOMPARE(shown(*m_model), QStringList({"#Today", "草莓里有几个字母r？"}));
        m_model->setFilter(QStringLiteral("字母R"));
        QCOMPARE(m_model->rowCount(), 2);
    }

    void aNewMessageMovesTheConversationUp()
    {
        const QPersistentModelIndex kept = m_model->indexOf(4);
        QSignalSpy reset(m_model.get(), &QAbstractItemModel::modelReset);
        storage::ConversationSummary touched = conversation(1, "old", 0);
        touched.updatedAt += 1000;
        m_model->update(touched);
        QCOMPARE(shown(*m_model), QStringList({"#Pinned", "kept", "#Today", "old", "newer", "new", "#Yesterday",
                                               "last night", "#Previous 7 Days", "last week"}));
        QCOMPARE(reset.count(), 0); // an open editor or the scroll position would be lost
        QCOMPARE(kept.data().toString(), QStringLiteral("last night"));
    }

    void pinningMovesToTheTopAndBack()
    {
        m_model->update(conversation(5, "last week", 7, true));
        QCOMPARE(shown(*m_model).mid(0, 3), QStringList({"#Pinned", "last week", "kept"}));
        QVERIFY(!shown(*m_model).contains(QStringLiteral("#Previous 7 Days")));
        m_model->update(conversation(5, "last week", 7, false));
        QVERIFY(shown(*m_model).contains(QStringLiteral("#Previous 7 Days")));
    }

    void removingTheLastOfAGroupRemovesItsHeading()
    {
        m_model->remove(1);
        QCOMPARE(shown(*m_model).last(), QStringLiteral("last week"));
        m_model->remove(1); // not there any more: nothing happens
        QCOMPARE(m_model->rowCount(), 9);
    }

    void everyOrderOfChangesEndsInTheSameList()
    {
        // Moves, insertions and removals through the incremental path give what a fresh model would show.
        quint32 random = 7;
        const auto next = [&random](quint32 below) {
            return (random = random * 1664525U + 1013904223U) / 65536U % below;
        };
        std::map<storage::ConversationId, storage::ConversationSummary> truth;
        m_model->setConversations({});
        for (int step = 0; step < 500; ++step) {
            const auto id = static_cast<storage::ConversationId>(1 + next(20));
            if (next(4) == 0) {
                truth.erase(id);
                m_model->remove(id);
            } else {
                truth[id] = conversation(id, qPrintable(QString::number(id)), static_cast<int>(next(40)), next(5) == 0);
                m_model->update(truth[id]);
            }
            std::vector<storage::ConversationSummary> all;
            for (const auto &[key, value] : truth)
                all.push_back(value);
            ConversationModel fresh;
            fresh.setToday(today);
            fresh.setConversations(all);
            QCOMPARE(shown(*m_model), shown(fresh));
        }
    }

    void midnightMovesTodayToYesterday()
    {
        m_model->setToday(today.addDays(1));
        QVERIFY(!shown(*m_model).contains(QStringLiteral("#Today")));
        QCOMPARE(shown(*m_model).mid(2, 3), QStringList({"#Yesterday", "newer", "new"}));
    }

    void renamingTidiesTheTitleAndTellsTheOwner()
    {
        QSignalSpy renamed(m_model.get(), &ConversationModel::renamed);
        const QModelIndex index = m_model->indexOf(2);
        QVERIFY(m_model->setData(index, QStringLiteral("  a\nb  "), Qt::EditRole));
        QCOMPARE(renamed.count(), 1);
        QCOMPARE(renamed.first().at(0).value<storage::ConversationId>(), 2);
        QCOMPARE(renamed.first().at(1).toString(), QStringLiteral("a b"));
        QVERIFY(!m_model->setData(index, QStringLiteral("   "), Qt::EditRole)); // an empty title is no title
        QCOMPARE(renamed.count(), 1);
    }

    void hiddenCharactersInTitlesAreShown()
    {
        m_model->update(conversation(8, "\u202Eevil<b>", 0));
        QCOMPARE(m_model->indexOf(8).data().toString(), QStringLiteral("⟨U+202E⟩evil<b>"));
    }

    void aDamagedEntrySaysSo()
    {
        storage::ConversationSummary damaged = conversation(8, "title", 0);
        damaged.damaged = true;
        m_model->update(damaged);
        QVERIFY(m_model->indexOf(8).data(Qt::ToolTipRole).toString().contains("damaged"));
        QVERIFY(m_model->indexOf(2).data(Qt::ToolTipRole).toString().isEmpty());
    }

    void neighboursSkipHeadings()
    {
        m_model->setCurrent(3);
        QCOMPARE(m_model->neighbour(1), 6);
        QCOMPARE(m_model->neighbour(-1), 0);
        m_model->setCurrent(0);
        QCOMPARE(m_model->neighbour(1), 3);
        QCOMPARE(m_model->neighbour(-1), 1);
    }

private:
    std::unique_ptr<ConversationModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

QTEST_MAIN(ConversationModelTest)
#include "tst_conversation_model.moc"
