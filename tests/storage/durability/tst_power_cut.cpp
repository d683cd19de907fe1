// The power goes at any moment: of what was written since a file's last sync, each piece may be there, missing, torn at
// a sector or garbage. Everything acknowledged is still there. The control, a disk whose syncs do nothing, must lose
// something, or this test would prove nothing.

#include "tests/storage/support/files.h"
#include "tests/storage/support/simulated_disk.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <limits>
#include <random>

using namespace storage;
using namespace storage::testing;

namespace {

/// What the client knew to be stored when `operations` changes had been made.
struct Acknowledged {
    std::size_t operations = 0;
    std::size_t conversations = 0;
    std::vector<std::string> texts; ///< per message
};

struct Recording {
    QByteArray created; ///< the file before
    std::vector<DiskOperation> operations;
    std::vector<Acknowledged> acknowledgements;
};

class RecordedSession {
public:
    explicit RecordedSession(const QString &file) : m_file(file.toStdString()) {}

    Recording run()
    {
        SimulatedDisk &disk = SimulatedDisk::install();
        open(); // the first start makes the file whole under another name; cuts there leave no file at all
        m_client.reset();
        const QByteArray created = bytesOf(QString::fromStdString(m_file));
        disk.startRecording();
        open();
        m_conversation = m_client->create("kept").id;
        m_state.conversations = 1;
        acknowledge();
        for (int turn = 0; turn < 4; ++turn) {
            talk(turn);
            if (turn == 1) { // checkpoints: by purging, by closing
                m_client->remove(m_client->create("thrown").id);
                m_client->purge(std::numeric_limits<std::int64_t>::max());
            } else if (turn == 2) {
                open();
            }
        }
        m_client.reset();
        return {created, disk.takeRecording(), std::move(m_acknowledgements)};
    }

private:
    void open()
    {
        m_client.reset();
        m_client = std::make_unique<StoreClient>(m_file);
    }
    void acknowledge()
    {
        m_state.operations = SimulatedDisk::install().recorded();
        m_acknowledgements.push_back(m_state);
    }
    void talk(int turn)
    {
        const std::string text = "question " + std::to_string(turn);
        m_leaf = m_client->add(question(m_conversation, m_leaf, text)).id;
        m_state.texts.push_back(text);
        acknowledge();
        m_leaf = m_client->add(reply(m_conversation, m_leaf)).id;
        m_state.texts.emplace_back();
        acknowledge();
        for (int i = 0; i < 8; ++i) {
            const std::string piece(static_cast<std::size_t>(40 + 2500 * (i % 3)), static_cast<char>('a' + i));
            m_client->append(m_leaf, i < 4 ? PartKind::Thinking : PartKind::Answer, piece);
            m_state.texts.back() += piece;
            acknowledge();
        }
        m_client->finish(m_leaf);
        acknowledge();
    }

    std::string m_file;
    std::unique_ptr<StoreClient> m_client;
    ConversationId m_conversation = 0;
    MessageId m_leaf = 0;
    Acknowledged m_state;
    std::vector<Acknowledged> m_acknowledgements;
};

/// One file while the recording is played back.
class ReplayedFile {
public:
    explicit ReplayedFile(const QByteArray &synced = {}) : m_synced(synced) {}

    void apply(const DiskOperation &operation, bool syncsWork)
    {
        if (operation.kind != DiskOperation::Kind::Sync)
            m_unsynced.push_back(&operation);
        if (operation.kind == DiskOperation::Kind::Sync && syncsWork) {
            for (const DiskOperation *change : m_unsynced)
                applyWhole(m_synced, *change);
            m_unsynced.clear();
        }
    }

    /// The bytes that a power cut now leaves behind.
    QByteArray afterCut(std::mt19937 &random) const
    {
        QByteArray bytes = m_synced;
        for (const DiskOperation *change : m_unsynced) {
            DiskOperation partly = *change;
            switch (random() % 4) {
            case 0: // never reached the disk
                continue;
            case 1: // torn
                partly.bytes.truncate(static_cast<qsizetype>(random() % 17) * 512);
                break;
            case 2: // garbage
                for (char &byte : partly.bytes)
                    byte = static_cast<char>(random());
                break;
            default:
                break;
            }
            applyWhole(bytes, partly);
        }
        return bytes;
    }

private:
    static void applyWhole(QByteArray &bytes, const DiskOperation &operation)
    {
        if (operation.kind == DiskOperation::Kind::Truncate)
            bytes.resize(static_cast<qsizetype>(operation.offset));
        if (operation.kind != DiskOperation::Kind::Write)
            return;
        const auto end = static_cast<qsizetype>(operation.offset) + operation.bytes.size();
        if (bytes.size() < end)
            bytes.append(QByteArray(end - bytes.size(), '\0'));
        bytes.replace(static_cast<qsizetype>(operation.offset), operation.bytes.size(), operation.bytes);
    }

    QByteArray m_synced;
    std::vector<const DiskOperation *> m_unsynced;
};

/// Writes the files as a cut before operation `end` leaves them into `folder`.
void cutPower(const Recording &recording, std::size_t end, bool syncsWork, std::mt19937 &random, const QString &folder)
{
    QMap<QString, ReplayedFile> files;
    files["history.sqlite"] = ReplayedFile(recording.created);
    for (std::size_t i = 0; i < end; ++i) {
        const DiskOperation &operation = recording.operations[i];
        const QString name = QFileInfo(operation.file).fileName();
        if (operation.kind == DiskOperation::Kind::Remove)
            files.remove(name);
        else
            files[name].apply(operation, syncsWork);
    }
    QDir(folder).removeRecursively();
    QDir().mkpath(folder);
    for (auto file = files.begin(); file != files.end(); ++file)
        write(folder + "/" + file.key(), file->afterCut(random));
}

enum class Verdict { Kept, Lost, Broken };

Verdict lookAt(const QString &file, const Acknowledged &acknowledged)
{
    try {
        StoreClient client(file.toStdString());
        if (client.integrity() != "ok")
            return Verdict::Broken;
        const std::vector<ConversationSummary> list = client.list();
        if (list.size() < acknowledged.conversations)
            return Verdict::Lost;
        if (acknowledged.conversations == 0)
            return Verdict::Kept;
        const std::vector<MessageRecord> messages = client.load(1).messages;
        if (messages.size() < acknowledged.texts.size())
            return Verdict::Lost;
        for (std::size_t i = 0; i < acknowledged.texts.size(); ++i) {
            if (!textOf(messages[i]).starts_with(acknowledged.texts[i]) || messages[i].damaged)
                return Verdict::Lost;
        }
        return Verdict::Kept;
    } catch (const std::runtime_error &) {
        return Verdict::Broken;
    }
}

} // namespace

class PowerCutTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    Recording m_recording;

    QMap<Verdict, int> cut(int times, bool syncsWork)
    {
        std::mt19937 random(20250611);
        QMap<Verdict, int> verdicts;
        const QString folder = m_folder.filePath("cut");
        for (int i = 0; i < times; ++i) {
            const std::size_t end = random() % (m_recording.operations.size() + 1);
            cutPower(m_recording, end, syncsWork, random, folder);
            Acknowledged known;
            for (const Acknowledged &acknowledged : m_recording.acknowledgements) {
                if (acknowledged.operations <= end)
                    known = acknowledged;
            }
            ++verdicts[lookAt(folder + "/history.sqlite", known)];
        }
        return verdicts;
    }

private slots:
    void initTestCase()
    {
        SimulatedDisk::install();
        m_recording = RecordedSession(m_folder.filePath("history.sqlite")).run();
        QVERIFY(m_recording.acknowledgements.size() > 40);
    }

    void nothingAcknowledgedIsLost()
    {
        const QMap<Verdict, int> verdicts = cut(3000, true);
        qInfo("3000 cuts: %d lost, %d broken", verdicts[Verdict::Lost], verdicts[Verdict::Broken]);
        QCOMPARE(verdicts[Verdict::Kept], 3000);
    }

    void controlWithoutSyncsLoses()
    {
        const QMap<Verdict, int> verdicts = cut(300, false);
        qInfo("300 cuts without syncs: %d lost, %d broken", verdicts[Verdict::Lost], verdicts[Verdict::Broken]);
        QVERIFY(verdicts[Verdict::Kept] < 150);
    }
};

QTEST_GUILESS_MAIN(PowerCutTest)
#include "tst_power_cut.moc"
