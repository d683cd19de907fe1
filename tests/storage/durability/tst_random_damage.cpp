// Whatever bytes change in the file: no crash, and what is shown without a mark is what was written.

#include "storage/recovery.h"
#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <random>

using namespace storage;
using namespace storage::testing;

class RandomDamageTest : public QObject {
    Q_OBJECT

private slots:
    void nothingWrongIsShownAsGood_data()
    {
        QTest::addColumn<unsigned>("largest"); // bytes overwritten at most
        QTest::newRow("single bytes") << 1U;
        QTest::newRow("up to 512 bytes") << 512U;
    }
    void nothingWrongIsShownAsGood();

    void theIdleBackupOutlivesAnyBrokenPage();
};

namespace {

struct Written {
    ConversationId conversation = 0;
    std::map<MessageId, std::string> messages; ///< as describe() tells them
    std::string summary;
    MessageId traced = 0;
    std::string trace;
};

TraceRun traceOf(MessageId message)
{
    TraceRun run;
    run.message = message;
    run.modelName = "nano-r1";
    run.moeLayers = {1, 2, 3, 4, 5, 6, 7, 8};
    for (int i = 0; i < 4; ++i)
        run.chunks.push_back({0, i, 256 * i, 256, std::vector<std::uint8_t>(3000, 'e')});
    return run;
}

Written writeHistory(const QString &path)
{
    Written written;
    StoreClient client(path.toStdString());
    written.conversation = client.create("conversation").id;
    MessageId parent = 0;
    for (int i = 0; i < 120; ++i) {
        MessageRecord record = i % 2 ? reply(written.conversation, parent) : question(written.conversation, parent, "");
        record.state = MessageState::Complete;
        record.parts = {{PartKind::Thinking, std::string(static_cast<std::size_t>(i * 11), 't')},
                        {PartKind::Answer, "answer " + std::to_string(i) + std::string(300, 'x')}};
        if (i % 2)
            record.statistics = StatisticsRecord{i, 1, 2, 3, 0.5, 0.25, 1.5, 2.5, 9, 10};
        record = client.add(record);
        written.messages[record.id] = describe(record);
        parent = i % 10 == 9 ? 0 : record.id;
        written.traced = record.id;
    }
    written.trace = describe(traceOf(written.traced));
    client.value<Done>([&](auto done) { client.store().saveTrace(traceOf(written.traced), done); });
    written.summary = describe(client.list().at(0));
    return written;
}

struct Outcome {
    int refused = 0; ///< the store did not open or the conversation did not load
    int flagged = 0; ///< messages
    int missing = 0; ///< messages gone; the integrity check must have said something then
    QString wrongButShownAsGood;
};

/// A trace is shown whole and right, or not at all.
void lookAtTrace(StoreClient &client, const Written &written, Outcome &outcome)
{
    const Result<TraceRun> trace = client.trace(written.traced);
    if (trace.value && describe(*trace.value) != written.trace)
        outcome.wrongButShownAsGood = "the trace";
}

void lookAt(StoreClient &client, const Written &written, Outcome &outcome)
{
    const auto loaded = client.result<ConversationContent>(
        [&](auto done) { client.store().loadConversation(written.conversation, done); });
    const auto checked = client.result<std::string>([&](auto done) { client.store().checkIntegrity(done); });
    if (!loaded.value) {
        ++outcome.refused;
        return;
    }
    const ConversationSummary &summary = loaded.value->summary;
    if (!summary.damaged && describe(summary) != written.summary)
        outcome.wrongButShownAsGood = QString::fromStdString(describe(summary));
    std::map<MessageId, std::string> left = written.messages;
    for (const MessageRecord &message : loaded.value->messages) {
        if (!message.damaged && (!left.contains(message.id) || left[message.id] != describe(message)))
            outcome.wrongButShownAsGood = QString::fromStdString(describe(message));
        outcome.flagged += message.damaged;
        left.erase(message.id);
    }
    if (!left.empty() && checked.value == "ok")
        outcome.wrongButShownAsGood = QString("%1 messages are gone without a word").arg(left.size());
    outcome.missing += static_cast<int>(left.size());
    lookAtTrace(client, written, outcome);
}

void openAndLookAt(const QString &path, const Written &written, Outcome &outcome)
{
    try {
        StoreClient client(path.toStdString());
        lookAt(client, written, outcome);
    } catch (const Error &) {
        ++outcome.refused;
    }
}

/// True when the backup has been made or has failed.
bool waitForTheIdleBackup(const QString &path)
{
    StoreClient client(path.toStdString());
    bool failed = false;
    client.store().onBackgroundFailure([&failed](const Failure &) { failed = true; });
    return QTest::qWaitFor(
        [&] {
            client.store().deliverCompletions();
            return failed || !listBackups(path.toStdString()).empty();
        },
        20000);
}

} // namespace

void RandomDamageTest::nothingWrongIsShownAsGood()
{
    QFETCH(unsigned, largest);
    const QTemporaryDir folder;
    const QString path = folder.filePath("history.sqlite");
    const Written written = writeHistory(path);
    const QByteArray sound = bytesOf(path);
    Outcome outcome;
    std::mt19937 random(largest);
    for (int round = 0; round < 300; ++round) {
        QByteArray bytes = sound;
        const auto length = static_cast<qsizetype>(1 + random() % largest);
        const auto at = static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size() - length));
        for (qsizetype i = 0; i < length; ++i)
            bytes[at + i] = static_cast<char>(random());
        write(path, bytes);
        openAndLookAt(path, written, outcome);
        QVERIFY2(outcome.wrongButShownAsGood.isEmpty(), qPrintable(QString("round %1, %2 bytes at %3: %4")
                                                                       .arg(round)
                                                                       .arg(length)
                                                                       .arg(at)
                                                                       .arg(outcome.wrongButShownAsGood)));
        QFile::remove(path + "-wal");
    }
    qInfo("300 damages of up to %u bytes: %d refused, %d messages flagged, %d missing but reported", largest,
          outcome.refused, outcome.flagged, outcome.missing);
    QVERIFY(outcome.flagged > 0);
}

void RandomDamageTest::theIdleBackupOutlivesAnyBrokenPage()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath("history.sqlite");
    const Written written = writeHistory(path);
    const QByteArray sound = bytesOf(path);
    const int pages = static_cast<int>(sound.size() / pageBytes);
    int refused = 0;
    for (int page = 1; page <= pages; ++page) {
        write(path, withBrokenPage(sound, page));
        try {
            QVERIFY2(waitForTheIdleBackup(path), qPrintable(QString("page %1").arg(page)));
        } catch (const Error &) {
            ++refused;
        }
        QFile::remove(path + "-wal");
        QDir(folder.filePath("backups")).removeRecursively();
    }
    qInfo("%d broken pages, %d of them refused when opening", pages, refused);
    QVERIFY(refused < pages / 2);
}

QTEST_GUILESS_MAIN(RandomDamageTest)
#include "tst_random_damage.moc"
