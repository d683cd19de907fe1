// Routing traces: whole, replaced, gone with their message.

#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace storage;
using namespace storage::testing;

class TracesTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<StoreClient> m_client;
    ConversationId m_conversation = 0;
    MessageId m_message = 0;

    std::string file() const { return m_folder->filePath("history.sqlite").toStdString(); }
    TraceRun sample() const
    {
        TraceRun run;
        run.message = m_message;
        run.modelName = "nano-v3";
        run.modelFingerprint = "f00";
        run.routedExperts = 256;
        run.expertsPerToken = 8;
        run.expertGroups = 8;
        run.groupsPerToken = 4;
        run.sharedExperts = 1;
        run.moeLayers = {3, 4, 5, 9};
        run.chunks = {{0, 0, 0, 256, std::vector<std::uint8_t>(50000, 7)},
                      {0, 1, 256, 12, {0, 255, 0}},
                      {1, 0, 0, 256, {}},
                      {7, 0, 0, std::int64_t(1) << 40, {1}}};
        return run;
    }
    void save(const TraceRun &run)
    {
        m_client->value<Done>([&](auto done) { m_client->store().saveTrace(run, done); });
    }
    Result<TraceRun> load(MessageId id)
    {
        return m_client->result<TraceRun>([&](auto done) { m_client->store().loadTrace(id, done); });
    }

private slots:
    void init()
    {
        m_client.reset();
        m_folder = std::make_unique<QTemporaryDir>();
        m_client = std::make_unique<StoreClient>(file());
        m_conversation = m_client->create("a").id;
        m_message = m_client->add(reply(m_conversation, 0)).id;
    }

    void everyFieldComesBack()
    {
        save(sample());
        m_client.reset();
        m_client = std::make_unique<StoreClient>(file());
        QCOMPARE(describe(*load(m_message).value), describe(sample()));
    }

    void savingAgainReplacesTheWholeRun()
    {
        save(sample());
        TraceRun shorter = sample();
        shorter.moeLayers = {3};
        shorter.chunks.resize(1);
        save(shorter);
        QCOMPARE(describe(*load(m_message).value), describe(shorter));
    }

    void traceGrowsByChunks()
    {
        const TraceRun whole = sample();
        TraceRun begun = whole;
        begun.chunks = {whole.chunks[0], whole.chunks[2]};
        save(begun);
        const std::vector<TraceChunk> rest = {whole.chunks[1], whole.chunks[3]};
        m_client->value<Done>([&](auto done) { m_client->store().appendTrace(m_message, rest, done); });
        QCOMPARE(describe(*load(m_message).value), describe(whole));
    }

    void chunksWithoutATraceAreRefused()
    {
        const auto result =
            m_client->result<Done>([&](auto done) { m_client->store().appendTrace(m_message, sample().chunks, done); });
        QCOMPARE(result.failure->code, ErrorCode::NotFound);
    }

    void messageWithoutTraceSaysSo()
    {
        const Result<TraceRun> result = load(m_message);
        QCOMPARE(result.failure->code, ErrorCode::NotFound);
    }

    void traceOfAnUnknownMessageIsRefused()
    {
        TraceRun run = sample();
        run.message = 4711;
        const auto result = m_client->result<Done>([&](auto done) { m_client->store().saveTrace(run, done); });
        QCOMPARE(result.failure->code, ErrorCode::NotFound);
    }

    void traceGoesWithItsConversation()
    {
        save(sample());
        m_client->remove(m_conversation);
        m_client->purge(std::numeric_limits<std::int64_t>::max());
        QCOMPARE(load(m_message).failure->code, ErrorCode::NotFound);
        QCOMPARE(m_client->integrity(), std::string("ok"));
    }
};

QTEST_GUILESS_MAIN(TracesTest)
#include "tst_traces.moc"
