// Every write, sync, truncation and deletion of a session fails once, and fails from then on: each failure is reported,
// the same call works when the disk does again, nothing acknowledged is lost and nothing is stored twice.

#include "tests/storage/support/files.h"
#include "tests/storage/support/simulated_disk.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>

#include <csignal>
#include <limits>

using namespace storage;
using namespace storage::testing;

namespace {

/// Fails a file-size limit instead of the process.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &m_before); }
    FileSizeLimit(const FileSizeLimit &) = delete;
    FileSizeLimit &operator=(const FileSizeLimit &) = delete;

private:
    rlimit m_before{};
};

/// A chat whose calls are repeated until they succeed; the disk is healed after the first failure of a call.
class StubbornSession {
public:
    explicit StubbornSession(std::string file) : m_file(std::move(file)) {}

    void run()
    {
        open();
        const ConversationId thrown =
            insist<ConversationSummary>([&](auto done) { store().createConversation("thrown", done); }).id;
        m_conversation = insist<ConversationSummary>([&](auto done) { store().createConversation("kept", done); }).id;
        for (int turn = 0; turn < 2; ++turn)
            talk(turn);
        insist<Done>([&](auto done) { store().deleteConversation(thrown, done); });
        insist<Done>([&](auto done) { store().purgeDeleted(std::numeric_limits<std::int64_t>::max(), done); });
        talk(2);
        m_client.reset();
    }

    /// What is in the file, against what was acknowledged; empty when equal.
    QString compare()
    {
        open();
        const std::string integrity = m_client->integrity();
        if (integrity != "ok")
            return QString::fromStdString(integrity);
        if (m_client->list().size() != 1)
            return "wrong number of conversations";
        std::vector<std::string> texts;
        for (const MessageRecord &message : m_client->load(m_conversation).messages)
            texts.push_back(textOf(message) + (message.damaged ? " damaged" : ""));
        m_client.reset();
        if (texts != m_texts)
            return "the texts differ";
        return {};
    }

    int failures() const { return m_failures; }
    QString unexpected() const { return m_unexpected; }

private:
    ConversationStore &store() { return m_client->store(); }

    void open()
    {
        for (int attempt = 0; attempt < 3; ++attempt) {
            try {
                m_client = std::make_unique<StoreClient>(m_file);
                return;
            } catch (const Error &error) {
                note(error.code(), error.what());
            }
        }
        throw std::runtime_error("the store does not open on a healthy disk");
    }

    void note(ErrorCode code, const std::string &sentence)
    {
        ++m_failures;
        SimulatedDisk::install().heal();
        const bool named = sentence.find(m_file) != std::string::npos;
        if ((code != ErrorCode::DiskFull && code != ErrorCode::InputOutput) || !named)
            m_unexpected = QString::fromStdString(sentence);
    }

    template <typename T, typename Call>
    T insist(Call call)
    {
        for (int attempt = 0; attempt < 3; ++attempt) {
            const Result<T> result = m_client->result<T>(call);
            if (result.value)
                return *result.value;
            note(result.failure->code, result.failure->sentence);
        }
        throw std::runtime_error("a call does not succeed on a healthy disk");
    }

    void talk(int turn)
    {
        const std::string text = "question " + std::to_string(turn);
        const MessageId asked = insist<MessageRecord>([&](auto done) {
                                    store().addMessage(question(m_conversation, m_leaf, text), done);
                                }).id;
        m_texts.push_back(text);
        m_leaf = insist<MessageRecord>([&](auto done) { store().addMessage(reply(m_conversation, asked), done); }).id;
        m_texts.emplace_back();
        for (int i = 0; i < 4; ++i) {
            const std::string piece(static_cast<std::size_t>(100 + 5000 * (i % 2)), static_cast<char>('a' + i));
            const PartKind kind = i < 2 ? PartKind::Thinking : PartKind::Answer;
            insist<Done>([&](auto done) { store().appendText(m_leaf, kind, piece, done); });
            m_texts.back() += piece;
        }
        insist<Done>([&](auto done) { store().finishMessage(m_leaf, MessageState::Complete, true, {}, {}, done); });
    }

    std::string m_file;
    std::unique_ptr<StoreClient> m_client;
    ConversationId m_conversation = 0;
    MessageId m_leaf = 0;
    std::vector<std::string> m_texts; ///< acknowledged, per message
    int m_failures = 0;
    QString m_unexpected;
};

} // namespace

class FailingWritesTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { SimulatedDisk::install(); }
    void cleanup() { SimulatedDisk::install().heal(); }

    void everyChangeOfTheDiskMayFail_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<bool>("sticky");
        QTest::newRow("full once") << SQLITE_FULL << false;
        QTest::newRow("full from then on") << SQLITE_FULL << true;
        QTest::newRow("I/O error once") << SQLITE_IOERR_WRITE << false;
        QTest::newRow("I/O error from then on") << SQLITE_IOERR_WRITE << true;
        QTest::newRow("sync error once") << SQLITE_IOERR_FSYNC << false;
    }
    void everyChangeOfTheDiskMayFail()
    {
        QFETCH(int, code);
        QFETCH(bool, sticky);
        SimulatedDisk &disk = SimulatedDisk::install();
        int point = 0;
        int reported = 0;
        for (bool reached = true; reached;) {
            const QTemporaryDir folder;
            StubbornSession session(folder.filePath("history.sqlite").toStdString());
            disk.failAt(++point, code, sticky);
            session.run();
            reached = disk.hasFailed();
            disk.heal();
            reported += session.failures() > 0;
            QVERIFY2(session.unexpected().isEmpty(), qPrintable(session.unexpected()));
            const QString difference = session.compare();
            QVERIFY2(difference.isEmpty(), qPrintable(QString("fault %1: %2").arg(point).arg(difference)));
        }
        qInfo("%d points, %d reported", point - 1, reported);
        QVERIFY(point > 100);
        QVERIFY(reported > (point - 1) * 3 / 4); // the rest: while closing, or a checkpoint that is done again later
    }

    void fullDiskTakesNoOtherTextWithIt()
    {
        const QTemporaryDir folder;
        StoreClient client(folder.filePath("history.sqlite").toStdString());
        const ConversationId conversation = client.create("c").id;
        const MessageId id = client.add(reply(conversation, 0)).id;
        std::vector<Result<Done>> results;
        const auto keep = [&](Result<Done> result) { results.push_back(std::move(result)); };
        const std::string huge(8 << 20, 'h');
        {
            const FileSizeLimit limit(2 << 20);
            client.store().appendText(id, PartKind::Answer, "before ", keep);
            client.store().appendText(id, PartKind::Answer, huge, keep);
            client.store().renameConversation(conversation, "behind", keep);
            client.list();
        }
        QCOMPARE(results.size(), std::size_t(3));
        QVERIFY(results[0].value);
        QVERIFY(!results[1].value);
        QCOMPARE(results[1].failure->code, ErrorCode::DiskFull);
        QVERIFY(results[2].value);
        QCOMPARE(textOf(client.load(conversation).messages.at(0)), std::string("before "));
        client.append(id, PartKind::Answer, huge); // there is room again
        QCOMPARE(textOf(client.load(conversation).messages.at(0)).size(), huge.size() + 7);
        QCOMPARE(client.list().at(0).title, std::string("behind"));
        QCOMPARE(client.integrity(), std::string("ok"));
    }

    void fullDiskDoesNotKeepTheHistoryFromOpening()
    {
        const QTemporaryDir folder;
        const std::string file = folder.filePath("history.sqlite").toStdString();
        ConversationId conversation = 0;
        {
            StoreClient client(file);
            conversation = client.create("c").id;
            client.append(client.add(reply(conversation, 0)).id, PartKind::Answer, "so far");
        }
        SimulatedDisk::install().failAt(1, SQLITE_FULL, true);
        StoreClient client(file);
        const MessageRecord back = client.load(conversation).messages.at(0);
        QCOMPARE(textOf(back), std::string("so far"));
        QCOMPARE(back.state, MessageState::Interrupted); // shown so, although it could not be written
        const auto refused =
            client.result<ConversationSummary>([&](auto done) { client.store().createConversation("new", done); });
        QCOMPARE(refused.failure->code, ErrorCode::DiskFull);
        SimulatedDisk::install().heal();
        client.create("new");
        QCOMPARE(client.list().size(), std::size_t(2));
    }
};

QTEST_GUILESS_MAIN(FailingWritesTest)
#include "tst_failing_writes.moc"
