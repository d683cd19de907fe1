// The trace of a reply reaches the history while the reply streams, and is whole when it has ended.

#include "app/generation_controller.h"
#include "engine/token_trace.h"
#include "tests/engine/support/tiny_model.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using storage::TraceRun;

namespace {

constexpr int patience = 20'000; // milliseconds; a bound, not an expectation

std::int64_t tokensOf(const TraceRun &run, int plane)
{
    std::int64_t tokens = 0;
    for (const auto &chunk : run.chunks)
        tokens += chunk.plane == plane ? chunk.tokens : 0;
    return tokens;
}

} // namespace

class SavedTraceTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<storage::ConversationStore> m_store;
    std::unique_ptr<app::GenerationController> m_generation;
    app::ReplyTarget m_target;

    template <typename T, typename Call>
    storage::Result<T> result(Call call)
    {
        std::optional<storage::Result<T>> answer;
        call([&answer](storage::Result<T> got) { answer = std::move(got); });
        if (!QTest::qWaitFor([&answer] { return answer.has_value(); }, patience))
            qFatal("the history did not answer");
        return *answer;
    }
    storage::MessageRecord add(const storage::MessageRecord &record)
    {
        return *result<storage::MessageRecord>([&](auto done) { m_store->addMessage(record, done); }).value;
    }
    storage::Result<TraceRun> trace()
    {
        return result<TraceRun>([this](auto done) { m_store->loadTrace(m_target.message, done); });
    }
    void makeReplyRow()
    {
        storage::MessageRecord message;
        message.conversation = result<storage::ConversationSummary>([this](auto done) {
                                   m_store->createConversation("c", done);
                               }).value->id;
        message.parent = add(message).id;
        message.role = storage::MessageRole::Assistant;
        message.state = storage::MessageState::Streaming;
        m_target = {message.conversation, add(message).id};
    }

private slots:
    void initTestCase()
    {
        const QString model = m_folder.filePath("tiny");
        support::TinyModelOptions options;
        options.maxPositions = 4096;
        support::writeTinyModel(options, model.toStdString());
        m_store = std::make_unique<storage::ConversationStore>(m_folder.filePath("h.sqlite").toStdString(), [this] {
            QMetaObject::invokeMethod(
                this, [this] { m_store->deliverCompletions(); }, Qt::QueuedConnection);
        });
        engine::EngineOptions engineOptions;
        engineOptions.threads = 1;
        m_generation = std::make_unique<app::GenerationController>(*m_store, engineOptions);
        m_generation->loadModel(model);
        QVERIFY(QTest::qWaitFor([this] { return m_generation->modelReady(); }, patience));
    }

    void wholeChunksAreThereBeforeTheEnd()
    {
        makeReplyRow();
        engine::GenerationRequest request;
        request.messages.push_back({engine::Role::User, std::string(2000, 'x'), {}, true});
        request.sampler.temperature = 0.0F; // the same reply every time, and a long one
        request.maxTokens = 2000;
        QSignalSpy ended(m_generation.get(), &app::GenerationController::replyEnded);
        m_generation->start(m_target, request);
        QVERIFY(QTest::qWaitFor([this] { return trace().value.has_value(); }, patience));
        QCOMPARE(ended.count(), 0);
        const TraceRun begun = *trace().value;
        QVERIFY(tokensOf(begun, 0) >= 256);
        QCOMPARE(tokensOf(begun, 0) % 256, 0);

        m_generation->stop(m_target.conversation);
        QVERIFY(ended.count() > 0 || ended.wait(patience));
        QVERIFY(QTest::qWaitFor([this] { return m_generation->everythingSaved(); }, patience));
        const TraceRun whole = *trace().value;
        QVERIFY(tokensOf(whole, 0) > tokensOf(begun, 0));
        QCOMPARE(tokensOf(whole, 1), tokensOf(whole, 0));
        QCOMPARE(tokensOf(whole, 7), tokensOf(whole, 0) + 1); // the last token was never read
        QCOMPARE(whole.moeLayers, m_generation->model().moeLayers);
    }

    void cleanupTestCase()
    {
        m_generation.reset();
        m_store.reset();
    }
};

QTEST_MAIN(SavedTraceTest)
#include "tst_saved_trace.moc"
