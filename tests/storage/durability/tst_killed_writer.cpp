// A program that is killed while it writes: what it had acknowledged is there after the next start.

#include "tests/storage/support/child.h"
#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <random>

using namespace storage;
using namespace storage::testing;

namespace {

/// "message ID" and "chunk ID NUMBER" on the output, each after its completion. Several calls are in flight at a time.
class Writer {
public:
    explicit Writer(const std::string &file) : m_client(file)
    {
        const auto list = m_client.list();
        m_conversation = list.empty() ? m_client.create("c").id : list.front().id;
    }

    [[noreturn]] void run()
    {
        MessageId parent = 0;
        while (true) {
            const MessageId asked = m_client.add(question(m_conversation, parent, "question")).id;
            say("message", asked);
            parent = m_client.add(reply(m_conversation, asked)).id;
            for (int number = 0; number < 30; ++number)
                append(parent, number);
            m_client.finish(parent);
            say("message", parent);
        }
    }

private:
    void append(MessageId id, int number)
    {
        const std::string text = "<" + std::to_string(number) + ">";
        const PartKind kind = number < 15 ? PartKind::Thinking : PartKind::Answer;
        m_client.store().appendText(id, kind, text, [this, id, number](const Result<Done> &result) {
            if (result.value)
                say("chunk", id, number);
        });
        if (number % 3 == 0) // now one by one, now in a batch
            m_client.list();
    }
    void say(const char *what, MessageId id, int number = 0)
    {
        std::printf("%s %lld %d\n", what, static_cast<long long>(id), number);
        std::fflush(stdout);
    }

    StoreClient m_client;
    ConversationId m_conversation = 0;
};

int writeAsChild(const QStringList &arguments)
{
    Writer(arguments.at(1).toStdString()).run();
}

} // namespace

class KilledWriterTest : public QObject {
    Q_OBJECT

private:
    std::map<MessageId, int> m_acknowledged; ///< message → chunks
    int m_chunks = 0;

    void readAcknowledgements(const QByteArray &output)
    {
        for (const QByteArray &line : output.left(output.lastIndexOf('\n') + 1).split('\n')) {
            const QList<QByteArray> words = line.split(' ');
            if (words.size() != 3)
                continue;
            int &chunks = m_acknowledged[words.at(1).toLongLong()];
            if (words.at(0) == "chunk")
                chunks = std::max(chunks, words.at(2).toInt() + 1);
        }
    }
    QString compare(const QString &file)
    {
        StoreClient client(file.toStdString());
        if (const std::string found = client.integrity(); found != "ok")
            return QString::fromStdString(found);
        std::map<MessageId, MessageRecord> messages;
        for (const ConversationSummary &summary : client.list()) {
            for (MessageRecord &message : client.load(summary.id).messages)
                messages[message.id] = std::move(message);
        }
        for (const auto &[id, chunks] : m_acknowledged) {
            const auto found = messages.find(id);
            if (found == messages.end() || found->second.damaged || found->second.state == MessageState::Streaming)
                return QString("message %1 is missing, damaged or still streaming").arg(id);
            std::string expected;
            for (int i = 0; i < chunks; ++i)
                expected += "<" + std::to_string(i) + ">";
            if (!textOf(found->second).starts_with(expected))
                return QString("message %1 lost acknowledged text").arg(id);
        }
        return {};
    }

private slots:
    void everythingAcknowledgedIsThereAfterAHundredKills()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("history.sqlite");
        std::mt19937 random(7);
        for (int round = 0; round < 100; ++round) {
            Child writer({"write", file});
            writer.line(); // it has started
            QTest::qSleep(static_cast<int>(random() % 60));
            writer.killHard();
            readAcknowledgements("message 0 0\n" + writer.process().readAllStandardOutput());
            m_acknowledged.erase(0);
            const QString difference = compare(file);
            QVERIFY2(difference.isEmpty(), qPrintable(QString("round %1: %2").arg(round).arg(difference)));
        }
        for (const auto &[id, chunks] : m_acknowledged)
            m_chunks += chunks;
        qInfo("100 kills: %zu messages and %d chunks acknowledged, none lost", m_acknowledged.size(), m_chunks);
        QVERIFY(m_chunks > 500);
    }
};

int main(int argc, char **argv)
{
    return runTestOrChild<KilledWriterTest>(argc, argv, writeAsChild);
}
#include "tst_killed_writer.moc"
