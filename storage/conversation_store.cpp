#include "storage/conversation_store.h"

#include "storage/runtime/storage_thread.h"
#include "storage/sqlite/add_turn.h"
#include "storage/sqlite/history.h"

#include <memory>
#include <utility>

namespace storage {

using runtime::Job;
using sqlite::History;

namespace {

/// `work` returns the value of the completion. It may run twice, so it must leave its captures as they are.
template <typename T, typename Work>
Job makeJob(Job::Kind kind, Completion<T> done, Work work)
{
    const auto value = std::make_shared<std::optional<T>>();
    Job job;
    job.kind = kind;
    job.work = [value, work = std::move(work)](History &history) { *value = work(history); };
    job.finish = [value, done = std::move(done)](std::optional<Failure> failure) -> std::function<void()> {
        Result<T> result;
        if (failure)
            result.failure = std::move(failure);
        else
            result.value = std::move(*value);
        return [done, result = std::move(result)]() mutable {
            if (done)
                done(std::move(result));
        };
    };
    return job;
}

template <typename T, typename Work>
Job reading(Completion<T> done, Work work)
{
    return makeJob(Job::Kind::Read, std::move(done), std::move(work));
}

template <typename T, typename Work>
Job writing(Completion<T> done, Work work)
{
    return makeJob(Job::Kind::Write, std::move(done), std::move(work));
}

} // namespace

class ConversationStore::Implementation : public runtime::StorageThread {
public:
    using StorageThread::StorageThread;
};

ConversationStore::ConversationStore(std::string file, std::function<void()> wake)
    : m_implementation(std::make_unique<Implementation>(std::move(file), std::move(wake)))
{
}

ConversationStore::~ConversationStore() = default;

void ConversationStore::listConversations(Completion<std::vector<ConversationSummary>> done)
{
    m_implementation->push(reading(std::move(done), [](History &history) { return history.listConversations(); }));
}

void ConversationStore::loadConversation(ConversationId id, Completion<ConversationContent> done)
{
    m_implementation->push(reading(std::move(done), [id](History &history) { return history.loadConversation(id); }));
}

void ConversationStore::createConversation(std::string title, Completion<ConversationSummary> done)
{
    m_implementation->push(writing(
        std::move(done), [title = std::move(title)](History &history) { return history.createConversation(title); }));
}

void ConversationStore::renameConversation(ConversationId id, std::string title, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id, title = std::move(title)](History &history) {
        history.renameConversation(id, title);
        return Done{};
    }));
}

void ConversationStore::setPinned(ConversationId id, bool pinned, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id, pinned](History &history) {
        history.setPinned(id, pinned);
        return Done{};
    }));
}

void ConversationStore::deleteConversation(ConversationId id, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id](History &history) {
        history.deleteConversation(id);
        return Done{};
    }));
}

void ConversationStore::restoreConversation(ConversationId id, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id](History &history) {
        history.restoreConversation(id);
        return Done{};
    }));
}

void ConversationStore::purgeDeleted(std::int64_t olderThan, Completion<Done> done)
{
    Job job = writing(std::move(done), [olderThan](History &history) {
        history.purgeDeleted(olderThan);
        return Done{};
    });
    job.afterCommit = [](History &history) { history.connection().checkpoint(); };
    m_implementation->push(std::move(job));
}

void ConversationStore::setCurrentLeaf(ConversationId id, MessageId leaf, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id, leaf](History &history) {
        history.setCurrentLeaf(id, leaf);
        return Done{};
    }));
}

void ConversationStore::addMessage(MessageRecord record, Completion<MessageRecord> done)
{
    m_implementation->push(writing(
        std::move(done), [record = std::move(record)](History &history) { return history.addMessage(record); }));
}

void ConversationStore::addTurn(Turn turn, Completion<Turn> done)
{
    m_implementation->push(writing(
        std::move(done), [turn = std::move(turn)](History &history) { return sqlite::addTurn(history, turn); }));
}

void ConversationStore::appendText(MessageId id, PartKind kind, std::string text, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id, kind, text = std::move(text)](History &history) {
        history.appendText(id, kind, text);
        return Done{};
    }));
}

void ConversationStore::finishMessage(MessageId id, MessageState state, bool thinkingClosed,
                                      StatisticsRecord statistics, FailureRecord failure, Completion<Done> done)
{
    m_implementation->push(writing(
        std::move(done), [id, state, thinkingClosed, statistics, failure = std::move(failure)](History &history) {
            history.finishMessage(id, state, thinkingClosed, statistics, failure);
            return Done{};
        }));
}

void ConversationStore::reopenMessage(MessageId id, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id](History &history) {
        history.reopenMessage(id);
        return Done{};
    }));
}

void ConversationStore::saveTrace(TraceRun run, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [run = std::move(run)](History &history) {
        history.saveTrace(run);
        return Done{};
    }));
}

void ConversationStore::appendTrace(MessageId id, std::vector<TraceChunk> chunks, Completion<Done> done)
{
    m_implementation->push(writing(std::move(done), [id, chunks = std::move(chunks)](History &history) {
        history.appendTrace(id, chunks);
        return Done{};
    }));
}

void ConversationStore::loadTrace(MessageId id, Completion<TraceRun> done)
{
    m_implementation->push(reading(std::move(done), [id](History &history) { return history.loadTrace(id); }));
}

void ConversationStore::checkIntegrity(Completion<std::string> done)
{
    m_implementation->push(
        reading(std::move(done), [](History &history) { return history.checkIntegrity([] { return false; }); }));
}

void ConversationStore::onBackgroundFailure(std::function<void(Failure)> handler)
{
    m_implementation->onBackgroundFailure(std::move(handler));
}

void ConversationStore::deliverCompletions()
{
    m_implementation->deliverCompletions();
}

} // namespace storage
