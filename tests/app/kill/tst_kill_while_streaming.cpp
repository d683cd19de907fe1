// kill -9 while a reply streams: every message that was sent is there afterwards, at most the last 250 ms of the reply
// are missing, nothing is there twice, the reply can be continued, and the database is whole.

#include "tests/app/kill/streaming_child.h"

#include "app/conversation_tree.h"
#include "storage/conversation_store.h"
#include "tests/engine/support/tiny_model.h"

#include <QDeadlineTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace {

constexpr long long lossMicroseconds = 250'000;

struct Shown {
    std::vector<std::pair<storage::PartKind, std::pair<long long, std::string>>> pieces;
};

struct Witness {
    std::vector<storage::MessageId> sent;
    std::map<storage::MessageId, Shown> replies;
    std::set<storage::MessageId> ended;
    std::vector<long long> times; ///< of everything announced
    long long last = 0;

    void read(const QByteArray &output)
    {
        for (const QByteArray &line : output.split('\n')) {
            const auto fields = line.split(' ');
            if (fields.size() < 3)
                continue;
            last = fields[1].toLongLong();
            times.push_back(last);
            if (fields[0] == "end")
                ended.insert(fields[2].toLongLong());
            else if (fields[0] == "sent")
                sent.push_back(fields[2].toLongLong());
            else if (fields[0] == "text" && fields.size() == 5)
                replies[fields[2].toLongLong()].pieces.push_back(
                    {fields[3] == "T" ? storage::PartKind::Thinking : storage::PartKind::Answer,
                     {last, QByteArray::fromHex(fields[4]).toStdString()}});
        }
    }

    /// The longest time without a sign of the program in the second before it was killed, beyond a few frames: a
    /// computer that does not run the program does not save either. Microseconds.
    long long standstill(long long killed) const
    {
        constexpr long long frames = 100'000;
        long long longest = 0;
        long long earlier = 0;
        for (const long long time : times) {
            if (earlier != 0 && time > killed - 1'000'000)
                longest = std::max(longest, time - earlier);
            earlier = time;
        }
        return std::max(0LL, std::max(longest, killed - earlier) - frames);
    }

    std::string text(storage::MessageId reply, storage::PartKind kind, long long until) const
    {
        std::string joined;
        const auto found = replies.find(reply);
        if (found == replies.end())
            return joined;
        for (const auto &[pieceKind, piece] : found->second.pieces) {
            if (pieceKind == kind && piece.first <= until)
                joined += piece.second;
        }
        return joined;
    }
};

template <typename T, typename Start>
T wait(storage::ConversationStore &store, Start start)
{
    std::optional<storage::Result<T>> result;
    start([&result](storage::Result<T> answer) { result = std::move(answer); });
    const QDeadlineTimer deadline(10'000);
    while (!result && !deadline.hasExpired()) {
        store.deliverCompletions();
        QTest::qSleep(1);
    }
    if (!result || !result->value)
        qFatal("the history did not answer: %s",
               result && result->failure ? result->failure->sentence.c_str() : "timeout");
    return std::move(*result->value);
}

} // namespace

class KillWhileStreamingTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_model;

    Witness killOnce(const QString &data, int afterMilliseconds, long long &killed)
    {
        QProcess child;
        child.setProcessChannelMode(QProcess::SeparateChannels);
        child.start(QCoreApplication::applicationFilePath(), {"--child", data, m_model});
        QByteArray output;
        const QDeadlineTimer deadline(60'000);
        while (!output.contains("text") && !deadline.hasExpired() && child.state() != QProcess::NotRunning) {
            child.waitForReadyRead(100);
            output += child.readAllStandardOutput();
        }
        QTest::qSleep(afterMilliseconds);
        ::kill(static_cast<pid_t>(child.processId()), SIGKILL);
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        killed = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
        child.waitForFinished();
        output += child.readAllStandardOutput();
        if (!output.contains("text"))
            qWarning() << child.readAllStandardError();
        Witness witness;
        witness.read(output);
        return witness;
    }

    void verify(const QString &data, const Witness &witness, long long killed)
    {
        storage::ConversationStore store((data + "/history.sqlite3").toStdString(), [] {});
        QCOMPARE(wait<std::string>(store, [&](auto done) { store.checkIntegrity(std::move(done)); }),
                 std::string("ok"));
        std::map<storage::MessageId, storage::MessageRecord> saved;
        const auto list = wait<std::vector<storage::ConversationSummary>>(
            store, [&](auto done) { store.listConversations(std::move(done)); });
        for (const auto &summary : list) {
            const auto content = wait<storage::ConversationContent>(
                store, [&](auto done) { store.loadConversation(summary.id, std::move(done)); });
            for (const auto &message : content.messages)
                saved.emplace(message.id, message);
        }
        for (const auto id : witness.sent)
            QVERIFY2(saved.contains(id), "a message that was sent is gone");
        for (const auto &[id, shown] : witness.replies) {
            QVERIFY(saved.contains(id));
            verifyReply(saved.at(id), witness, killed);
        }
    }

    /// A user would: one more start, Continue, and the next message.
    void goOn(const QString &data)
    {
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(), {"--continue", data, m_model});
        QVERIFY(child.waitForFinished(120'000));
        QVERIFY2(child.exitStatus() == QProcess::NormalExit && child.exitCode() == 0,
                 child.readAllStandardError().constData());
    }

    static void verifyReply(const storage::MessageRecord &saved, const Witness &witness, long long killed)
    {
        QVERIFY(!saved.damaged);
        QVERIFY(saved.state != storage::MessageState::Streaming);
        if (!witness.ended.contains(saved.id))
            QVERIFY(saved.state == storage::MessageState::Interrupted);
        for (const auto kind : {storage::PartKind::Thinking, storage::PartKind::Answer}) {
            const std::string text = app::textOf(saved, kind);
            const std::string everything = witness.text(saved.id, kind, std::numeric_limits<long long>::max());
            const long long loss = lossMicroseconds + witness.standstill(killed);
            const std::string mustBeThere = witness.text(saved.id, kind, killed - loss);
            // Text is shown before it is saved, so nothing is saved that was not announced, and nothing twice.
            QCOMPARE(text, everything.substr(0, text.size()));
            QVERIFY2(
                text.size() >= mustBeThere.size(),
                qPrintable(QString("%1 ms of a reply are missing").arg(lost(witness, saved.id, kind, text, killed))));
        }
    }

    /// How long before the kill the first character was announced that is not in the history.
    static long long lost(const Witness &witness, storage::MessageId id, storage::PartKind kind,
                          const std::string &text, long long killed)
    {
        std::size_t shown = 0;
        for (const auto &[pieceKind, piece] : witness.replies.at(id).pieces) {
            shown += pieceKind == kind ? piece.second.size() : 0;
            if (shown > text.size())
                return (killed - piece.first) / 1000;
        }
        return 0;
    }

private slots:
    void initTestCase()
    {
        // Slow enough for replies that take a second: a kill shall hit one in the middle.
        support::TinyModelOptions options;
        options.maxPositions = 2048;
        options.layers = 24;
        options.hidden = 256;
        options.heads = 8;
        options.denseWidth = 1024;
        options.expertWidth = 256;
        m_model = m_folder.filePath("model");
        support::writeTinyModel(options, m_model.toStdString());
    }

    void nothingSentIsEverLost()
    {
        const int rounds = qEnvironmentVariableIntValue("BATHYSCOPE_KILL_ROUNDS");
        std::mt19937 random(20260101);
        for (int round = 0; round < (rounds > 0 ? rounds : 12); ++round) {
            // Several kills hit the same history, as in real life; then a fresh one.
            const QString data = m_folder.filePath(QString("data%1").arg(round / 6));
            long long killed = 0;
            const Witness witness = killOnce(data, std::uniform_int_distribution(0, 700)(random), killed);
            QVERIFY2(!witness.replies.empty(), "no reply streamed in this round");
            verify(data, witness, killed);
            if (round % 6 == 5)
                goOn(data);
            if (QTest::currentTestFailed())
                return;
        }
    }
};

int main(int argc, char **argv)
{
    if (argc > 3 && qstrcmp(argv[1], "--child") == 0)
        return runStreamingChild(argc, argv);
    if (argc > 3 && qstrcmp(argv[1], "--continue") == 0)
        return runContinuingChild(argc, argv);
    QCoreApplication application(argc, argv);
    KillWhileStreamingTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_kill_while_streaming.moc"
