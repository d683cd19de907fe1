#include "app/generation_controller.h"

#include "app/failure_record.h"
#include "app/reply_trace.h"

#include <QThread>
#include <algorithm>

namespace app {

namespace {

constexpr int frameMilliseconds = 16;
constexpr int saveMilliseconds = 75; // of the 250 ms that may be lost; the commit before and its own take the rest
constexpr int retryMilliseconds = 3000;

storage::PartKind kindOf(engine::TextPart part)
{
    return part == engine::TextPart::Thinking ? storage::PartKind::Thinking : storage::PartKind::Answer;
}

/// A trace of the model's shape; a dense model has none.
engine::RoutingTrace emptyTrace(const engine::ModelInfo &model)
{
    if (model.moeLayers.empty())
        return {};
    return {static_cast<int>(model.moeLayers.size()), model.expertsPerToken, model.routedExperts};
}

/// 0 for what belongs to no reply.
engine::RequestId requestOf(const engine::GenerationEvent &event)
{
    return std::visit(
        [](const auto &concrete) -> engine::RequestId {
            if constexpr (requires { concrete.request; })
                return concrete.request;
            return 0;
        },
        event);
}

/// What a reply that never began ends with.
ReplyEnd stoppedBefore(const engine::GenerationRequest &request, const storage::StatisticsRecord &earlier)
{
    ReplyEnd end;
    end.state = storage::MessageState::Stopped;
    end.thinkingClosed = !request.continueLast || request.messages.back().thinkingClosed;
    end.statistics = earlier;
    return end;
}

} // namespace

struct GenerationController::Pending {
    Reply reply;
    std::vector<storage::MessagePart> unsaved; ///< in order; neighbours differ in kind
    std::vector<storage::MessagePart> unshown; ///< the same, for this frame
    bool changed = false;
    ReplyTrace trace{};
};

GenerationController::GenerationController(storage::ConversationStore &store, engine::EngineOptions options,
                                           QObject *parent)
    : QObject(parent), m_store(store), m_saves(
                                           [this](const storage::Failure &failure) {
                                               m_retryTimer.start();
                                               emit savingFailed(failure);
                                           },
                                           [this] { emit savingRecovered(); })
{
    m_frame.setSingleShot(true);
    m_frame.setTimerType(Qt::PreciseTimer);
    connect(&m_frame, &QTimer::timeout, this, &GenerationController::takeEvents);
    m_saveTimer.setInterval(saveMilliseconds);
    m_saveTimer.setTimerType(Qt::PreciseTimer);
    connect(&m_saveTimer, &QTimer::timeout, this, &GenerationController::saveTexts);
    m_retryTimer.setSingleShot(true);
    m_retryTimer.setInterval(retryMilliseconds);
    connect(&m_retryTimer, &QTimer::timeout, this, &GenerationController::retrySaving);
    m_sinceFrame.start();
    m_engine = std::make_unique<engine::Engine>(
        [this] { QMetaObject::invokeMethod(this, &GenerationController::scheduleFrame, Qt::QueuedConnection); },
        options);
}

GenerationController::~GenerationController() = default;

void GenerationController::loadModel(const QString &folder, engine::LoadOptions options)
{
    ++m_loads;
    m_engine->loadModel(folder.toStdString(), std::move(options));
}

void GenerationController::start(ReplyTarget target, engine::GenerationRequest request,
                                 storage::StatisticsRecord earlier)
{
    if (m_settling)
        return endUnasked(target, request, earlier);
    request.id = ++m_lastRequest;
    m_pending.emplace(request.id, Pending{Reply(target, request.id, earlier), {}, {}, true});
    if (!m_saveTimer.isActive()) // else the replies already in flight would wait longer for theirs
        m_saveTimer.start();
    m_engine->generate(std::move(request));
}

void GenerationController::endUnasked(ReplyTarget target, const engine::GenerationRequest &request,
                                      const storage::StatisticsRecord &earlier)
{
    const ReplyEnd end = stoppedBefore(request, earlier);
    saveEnd(target, end);
    emit replyEnded(target, end);
}

void GenerationController::stop(storage::ConversationId conversation)
{
    for (const auto &[request, pending] : m_pending) {
        if (pending.reply.target().conversation == conversation)
            m_engine->cancel(request);
    }
}

void GenerationController::showPrompt(engine::GenerationRequest request)
{
    if (m_promptRequest != 0)
        m_engine->cancel(m_promptRequest);
    request.id = ++m_lastRequest;
    m_promptRequest = request.id;
    m_engine->showPrompt(std::move(request));
}

bool GenerationController::generating(storage::ConversationId conversation) const
{
    return reply(conversation) != nullptr;
}

const Reply *GenerationController::reply(storage::ConversationId conversation) const
{
    for (const auto &[request, pending] : m_pending) {
        if (pending.reply.target().conversation == conversation)
            return &pending.reply;
    }
    return nullptr;
}

void GenerationController::settle(const std::function<bool()> &othersIdle)
{
    m_settling = true;
    m_saves.retry();
    for (const auto &[request, pending] : m_pending)
        m_engine->cancel(request);
    QElapsedTimer waited;
    waited.start();
    // The event loop is about to end, so completions are asked for by hand.
    const auto saving = [this] { return !m_saves.idle() && !m_saves.failed(); };
    while ((!m_pending.empty() || saving() || !othersIdle()) && waited.elapsed() < 2000) {
        takeEvents();
        m_store.deliverCompletions();
        QThread::msleep(2);
    }
}

void GenerationController::finish()
{
    for (auto &[request, pending] : m_pending)
        saveText(pending);
    m_saves.flush();
}

// A burst of tokens is handled once a frame, but a first event after a pause at once: that is the one people wait for.
void GenerationController::scheduleFrame()
{
    if (m_frame.isActive())
        return;
    const qint64 elapsed = m_sinceFrame.elapsed();
    if (elapsed >= frameMilliseconds)
        takeEvents();
    else
        m_frame.start(static_cast<int>(frameMilliseconds - elapsed));
}

void GenerationController::takeEvents()
{
    m_sinceFrame.restart();
    for (const auto &event : m_engine->takeEvents())
        take(event);
    for (auto &[request, pending] : m_pending) {
        for (const auto &piece : std::exchange(pending.unshown, {}))
            emit textArrived(pending.reply.target(), piece.kind, piece.text);
        if (std::exchange(pending.changed, false))
            emit liveChanged(pending.reply);
    }
}

/// An exception must not leave a Qt event handler, and one reply's must not end the others.
void GenerationController::take(const engine::GenerationEvent &event)
{
    const engine::RequestId request = requestOf(event);
    try {
        std::visit([this](const auto &concrete) { handle(concrete); }, event);
    } catch (const std::exception &error) {
        if (request == 0) // nobody's reply can say so
            throw;
        giveUp(request, error.what());
    }
}

void GenerationController::giveUp(engine::RequestId request, const char *why)
{
    m_engine->cancel(request);
    if (const Pending *pending = find(request))
        endReply(request,
                 pending->reply.end(engine::GenerationFailed{request, {engine::ErrorCode::Internal, {}, {}, why}, {}}));
}

void GenerationController::handle(const engine::ModelLoaded &event)
{
    --m_loads;
    m_model = event.info;
    emit modelLoaded(event.info);
}

void GenerationController::handle(const engine::ModelLoadFailed &event)
{
    --m_loads;
    if (!event.earlierKept)
        m_model = {};
    emit modelLoadFailed(event);
}

void GenerationController::handle(const engine::PromptProgress &event)
{
    if (Pending *pending = find(event.request)) {
        pending->reply.take(event);
        pending->changed = true;
    }
}

void GenerationController::handle(const engine::PromptProcessed &event)
{
    if (Pending *pending = find(event.request)) {
        pending->reply.take(event, emptyTrace(m_model));
        pending->trace.take(event);
        pending->changed = true;
    }
}

void GenerationController::handle(const engine::TokenGenerated &event)
{
    if (Pending *pending = find(event.request)) {
        pending->reply.take(event);
        pending->trace.take(event);
        addText(*pending, event.pieces);
        pending->changed = true;
    }
}

void GenerationController::handle(const engine::GenerationFinished &event)
{
    if (Pending *pending = find(event.request)) {
        addText(*pending, event.pieces);
        endReply(event.request, pending->reply.end(event));
    }
}

void GenerationController::handle(const engine::GenerationFailed &event)
{
    if (Pending *pending = find(event.request))
        endReply(event.request, pending->reply.end(event));
}

void GenerationController::handle(const engine::PromptShown &event)
{
    if (event.request != m_promptRequest)
        return;
    m_promptRequest = 0;
    emit promptShown(event);
}

void GenerationController::handle(const engine::PromptShowFailed &event)
{
    if (event.request != m_promptRequest)
        return;
    m_promptRequest = 0;
    emit promptFailed(event.failure);
}

void GenerationController::addText(Pending &pending, const std::vector<engine::TextPiece> &text)
{
    for (const auto &[part, piece] : text) {
        for (auto *pieces : {&pending.unsaved, &pending.unshown}) {
            if (pieces->empty() || pieces->back().kind != kindOf(part))
                pieces->push_back({kindOf(part), {}});
            pieces->back().text += piece;
        }
    }
}

/// While a slow disk still writes the pieces before, the next one grows here: it then costs one commit, not several.
void GenerationController::saveTexts()
{
    if (m_pending.empty())
        m_saveTimer.stop();
    if (!m_saves.idle())
        return;
    for (auto &[request, pending] : m_pending)
        saveText(pending);
}

void GenerationController::saveText(Pending &pending)
{
    const ReplyTarget &target = pending.reply.target();
    for (auto &piece : std::exchange(pending.unsaved, {})) {
        m_saves.push(target, [this, id = target.message, piece](storage::Completion<storage::Done> done) {
            m_store.appendText(id, piece.kind, piece.text, std::move(done));
        });
    }
    saveTrace(pending, false);
}

void GenerationController::endReply(engine::RequestId request, ReplyEnd end)
{
    // Shown before it is saved, as everywhere: what is in the history is never more than what has been seen.
    Pending &ending = *find(request);
    for (const auto &piece : std::exchange(ending.unshown, {}))
        emit textArrived(ending.reply.target(), piece.kind, piece.text);
    saveText(ending);
    auto node = m_pending.extract(request);
    const Reply &reply = node.mapped().reply;
    emit liveChanged(reply);
    saveEnd(reply.target(), end);
    saveTrace(node.mapped(), true);
    emit replyEnded(reply.target(), end);
}

void GenerationController::saveEnd(const ReplyTarget &target, const ReplyEnd &end)
{
    m_saves.push(target, [this, id = target.message, end](storage::Completion<storage::Done> done) {
        m_store.finishMessage(id, end.state, end.thinkingClosed, end.statistics, failureRecord(end), std::move(done));
    });
}

/// Whole chunks while the reply streams, so that a kill leaves what there was; the rest at its end.
void GenerationController::saveTrace(Pending &pending, bool ended)
{
    const ReplyTarget &target = pending.reply.target();
    const bool begun = pending.trace.begun();
    auto chunks = pending.trace.takeChunks(pending.reply.routes(), ended);
    if (chunks.empty())
        return;
    if (begun) {
        m_saves.push(target, [this, id = target.message, chunks = std::move(chunks)](auto done) {
            m_store.appendTrace(id, chunks, std::move(done));
        });
        return;
    }
    storage::TraceRun run = traceRun(target.message, m_model);
    run.chunks = std::move(chunks);
    m_saves.push(target, [this, run = std::move(run)](auto done) { m_store.saveTrace(run, std::move(done)); });
}

GenerationController::Pending *GenerationController::find(engine::RequestId request)
{
    const auto found = m_pending.find(request);
    return found == m_pending.end() ? nullptr : &found->second;
}

} // namespace app
