#include "app/conversation_tree.h"

#include <QTest>

using app::ConversationTree;
using storage::MessageRecord;
using storage::MessageRole;
using storage::PartKind;

namespace {

MessageRecord message(storage::MessageId id, storage::MessageId parent, MessageRole role, const char *text)
{
    MessageRecord record;
    record.id = id;
    record.parent = parent;
    record.role = role;
    record.parts.push_back({PartKind::Answer, text});
    return record;
}

/// 1 user ─ 2 reply ─ 3 user ─ 4 reply
///        └ 5 reply (regenerated), shown
ConversationTree branchedTree()
{
    storage::ConversationSummary summary;
    summary.id = 7;
    summary.currentLeaf = 5;
    return ConversationTree(summary,
                            {message(1, 0, MessageRole::User, "Hi"), message(2, 1, MessageRole::Assistant, "Hello"),
                             message(3, 2, MessageRole::User, "More"), message(4, 3, MessageRole::Assistant, "Sure"),
                             message(5, 1, MessageRole::Assistant, "Hey")});
}

QStringList answers(const ConversationTree &tree)
{
    QStringList texts;
    for (const auto &shown : tree.transcript())
        texts << shown.answer;
    return texts;
}

} // namespace

class ConversationTreeTest : public QObject {
    Q_OBJECT

private slots:
    void showsTheBranchOfTheCurrentLeaf() { QCOMPARE(answers(branchedTree()), QStringList({"Hi", "Hey"})); }

    void numbersAlternatives()
    {
        const auto shown = branchedTree().transcript();
        QCOMPARE(shown[0].branches, 1);
        QCOMPARE(shown[1].branch, 1);
        QCOMPARE(shown[1].branches, 2);
    }

    void followsTheNewestReplyBelowABranch()
    {
        auto tree = branchedTree();
        QCOMPARE(tree.newestLeafBelow(2), 4);
        tree.summary().currentLeaf = 4;
        QCOMPARE(answers(tree), QStringList({"Hi", "Hello", "More", "Sure"}));
    }

    void addingShowsTheNewBranch()
    {
        auto tree = branchedTree();
        tree.add(message(6, 3, MessageRole::Assistant, "Other"));
        QCOMPARE(answers(tree), QStringList({"Hi", "Hello", "More", "Other"}));
        QCOMPARE(tree.siblings(6), (std::vector<storage::MessageId>{4, 6}));
    }

    void aMissingLeafFallsBackToTheNewest()
    {
        storage::ConversationSummary summary;
        summary.currentLeaf = 99;
        const ConversationTree tree(summary, {message(1, 0, MessageRole::User, "Hi")});
        QCOMPARE(answers(tree), QStringList({"Hi"}));
    }

    void aCycleOfParentsEnds()
    {
        storage::ConversationSummary summary;
        summary.currentLeaf = 1;
        const ConversationTree tree(
            summary, {message(1, 2, MessageRole::User, "a"), message(2, 1, MessageRole::Assistant, "b")});
        QCOMPARE(tree.path().size(), std::size_t(2));
    }

    void textIsAppendedToThePartOfItsKind()
    {
        MessageRecord record;
        app::appendText(record, PartKind::Thinking, "a");
        app::appendText(record, PartKind::Thinking, "b");
        app::appendText(record, PartKind::Answer, "c");
        QCOMPARE(record.parts.size(), std::size_t(2));
        QCOMPARE(app::textOf(record, PartKind::Thinking), std::string("ab"));
        QCOMPARE(app::textOf(record, PartKind::Answer), std::string("c"));
    }
};

QTEST_GUILESS_MAIN(ConversationTreeTest)
#include "tst_conversation_tree.moc"
