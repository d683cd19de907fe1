// Branches: nothing is lost by editing, regenerating or switching.

#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <limits>
#include <map>
#include <random>
#include <set>

using namespace storage;
using namespace storage::testing;

class MessageTreeTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    int m_files = 0;
    std::string newFile() { return m_folder.filePath(QString("h%1.sqlite").arg(m_files++)).toStdString(); }

private slots:
    void siblingsStayAndTheNewestIsShown()
    {
        const std::string file = newFile();
        ConversationId id = 0;
        MessageId first = 0, second = 0, asked = 0;
        {
            StoreClient client(file);
            id = client.create("a").id;
            asked = client.add(question(id, 0, "q")).id;
            first = client.add(reply(id, asked)).id;
            QCOMPARE(client.load(id).summary.currentLeaf, first);
            second = client.add(reply(id, asked)).id;
            QCOMPARE(client.load(id).summary.currentLeaf, second);
            client.value<Done>([&](auto done) { client.store().setCurrentLeaf(id, first, done); });
        }
        StoreClient client(file);
        const ConversationContent content = client.load(id);
        QCOMPARE(content.summary.currentLeaf, first);
        QCOMPARE(content.messages.size(), std::size_t(3));
        QCOMPARE(content.messages[1].parent, asked);
        QCOMPARE(content.messages[2].parent, asked);
        QCOMPARE(content.messages[2].id, second);
    }

    void leafOfAnotherConversationIsRefused()
    {
        StoreClient client(newFile());
        const ConversationId a = client.create("a").id;
        const ConversationId b = client.create("b").id;
        const MessageId message = client.add(question(a, 0, "q")).id;
        const auto result = client.result<Done>([&](auto done) { client.store().setCurrentLeaf(b, message, done); });
        QCOMPARE(result.failure->code, ErrorCode::NotFound);
    }

    /// 2,000 random operations against a model in memory; now and then the store is closed and opened again.
    void randomOperationsKeepEveryMessageReachable_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 1; ++seed)
            QTest::newRow(qPrintable(QString("seed %1").arg(seed))) << seed;
    }
    void randomOperationsKeepEveryMessageReachable();
};

namespace {

/// What the history must contain, kept the simple way.
struct Model {
    struct Message {
        MessageId parent = 0;
        std::string text;
    };
    struct Conversation {
        std::map<MessageId, Message> messages;
        MessageId leaf = 0;
        bool deleted = false;
    };
    std::map<ConversationId, Conversation> conversations;
};

class RandomUser {
public:
    RandomUser(std::string file, unsigned seed) : m_file(std::move(file)), m_random(seed) { open(); }

    void act()
    {
        const int dice = below(100);
        if (m_model.conversations.empty() || dice < 3)
            create();
        else if (dice < 45)
            addMessage();
        else if (dice < 85)
            append();
        else if (dice < 90)
            switchBranch();
        else if (dice < 93)
            deleteOrRestore();
        else if (dice < 94)
            purge();
        else if (dice < 99)
            finish();
        else
            open();
    }

    std::string compare()
    {
        std::set<ConversationId> shown;
        for (const ConversationSummary &summary : m_client->list())
            shown.insert(summary.id);
        for (const auto &[id, expected] : m_model.conversations) {
            if (shown.contains(id) == expected.deleted)
                return "conversation " + std::to_string(id) + " is wrongly listed or left out";
            if (const std::string difference = compareTree(id, expected); !difference.empty())
                return difference;
        }
        return m_client->integrity() == "ok" ? "" : m_client->integrity();
    }

private:
    int below(std::size_t limit) { return static_cast<int>(m_random() % limit); }
    template <typename Map>
    auto pick(Map &map)
    {
        return std::next(map.begin(), below(map.size()));
    }
    void open()
    {
        m_client.reset();
        m_client = std::make_unique<StoreClient>(m_file);
    }
    void create() { m_model.conversations[m_client->create("c").id]; }
    void addMessage()
    {
        auto &[id, conversation] = *pick(m_model.conversations);
        const bool root = conversation.messages.empty() || below(20) == 0;
        const MessageId parent = root ? 0 : pick(conversation.messages)->first;
        const std::string text = "m" + std::to_string(below(1000));
        MessageRecord record = below(2) ? question(id, parent, text) : reply(id, parent);
        if (record.parts.empty())
            record.parts = {{PartKind::Thinking, text}};
        conversation.leaf = m_client->add(record).id;
        conversation.messages[conversation.leaf] = {parent, text};
    }
    void append()
    {
        auto &conversation = pick(m_model.conversations)->second;
        if (conversation.messages.empty())
            return;
        auto &[id, message] = *pick(conversation.messages);
        const std::string text = std::string(static_cast<std::size_t>(below(3000)), 'a');
        m_client->append(id, below(2) ? PartKind::Thinking : PartKind::Answer, text);
        message.text += text;
    }
    void switchBranch()
    {
        auto &[id, conversation] = *pick(m_model.conversations);
        if (conversation.messages.empty())
            return;
        conversation.leaf = pick(conversation.messages)->first;
        m_client->value<Done>(
            [&, to = conversation.leaf, in = id](auto done) { m_client->store().setCurrentLeaf(in, to, done); });
    }
    void deleteOrRestore()
    {
        auto &[id, conversation] = *pick(m_model.conversations);
        m_client->value<Done>([&, in = id, &tree = conversation](auto done) {
            if (tree.deleted)
                m_client->store().restoreConversation(in, done);
            else
                m_client->store().deleteConversation(in, done);
        });
        conversation.deleted = !conversation.deleted;
    }
    void purge()
    {
        m_client->purge(std::numeric_limits<std::int64_t>::max());
        std::erase_if(m_model.conversations, [](const auto &entry) { return entry.second.deleted; });
    }
    void finish()
    {
        auto &conversation = pick(m_model.conversations)->second;
        if (!conversation.messages.empty())
            m_client->finish(pick(conversation.messages)->first);
    }
    std::string compareTree(ConversationId id, const Model::Conversation &expected)
    {
        const ConversationContent content = m_client->load(id);
        if (content.summary.currentLeaf != expected.leaf || content.messages.size() != expected.messages.size())
            return "conversation " + std::to_string(id) + " has another leaf or number of messages";
        for (const MessageRecord &message : content.messages) {
            const auto found = expected.messages.find(message.id);
            if (found == expected.messages.end() || found->second.parent != message.parent ||
                found->second.text != textOf(message) || message.damaged)
                return "message " + std::to_string(message.id) + " differs";
        }
        return {};
    }

    std::string m_file;
    std::mt19937 m_random;
    Model m_model;
    std::unique_ptr<StoreClient> m_client;
};

} // namespace

void MessageTreeTest::randomOperationsKeepEveryMessageReachable()
{
    QFETCH(unsigned, seed);
    RandomUser user(newFile(), seed);
    for (int i = 1; i <= 2000; ++i) {
        user.act();
        if (i % 250 == 0)
            QCOMPARE(QString::fromStdString(user.compare()), QString());
    }
}

QTEST_GUILESS_MAIN(MessageTreeTest)
#include "tst_message_tree.moc"
