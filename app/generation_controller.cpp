#include "app/generation_controller.h"

#include <QThread>
#include <algorithm>

namespace app {

namespace {

constexpr int frameMilliseconds = 16;
constexpr int saveMilliseconds = 200; // with the commit itself at most 250 ms of a reply can be lost
constexpr std::size_t traceChunkTokens = 256;

storage::PartKind kindOf(engine::TextPart part)
{
    return part == engine::TextPart::Thinking ? storage::PartKind::Thinking : storage::PartKind::Answer;
}

} // namespace

struct GenerationController::Pending {
    Reply reply;
    std::vector<storage::MessagePart> unsaved; ///< in order; neighbours differ in kind
    std::vector<storage::MessagePart> unshown; ///< the same, for this frame
    bool changed = false;
};

GenerationController::GenerationController(storage::ConversationStore &store, engine::EngineOptions options,
                                           QObject *parent)
    : QObject(parent), m_store(store), m_saves([this](const storage::Failure &failure) { emit savingFailed(failure); })
{
    m_frame.setSingleShot(true);
    m_frame.setTimerType(Qt::PreciseTimer);
    connect(&m_frame, &QTimer::timeout, this, &GenerationController::takeEvents);
    m_saveTimer.setInterval(saveMilliseconds);
    connect(&m_saveTimer, &QTimer::timeout, this, &GenerationController::saveText);
    m_sinceFrame.start();
    m_engine = std::make_unique<engine::Engine>(
        [this] { QMetaObject::invokeMethod(this, &GenerationController::scheduleFrame, Qt::QueuedConnection); },
        options);
}

GenerationController::~GenerationController() = default;

void GenerationController::loadModel(const QString &folder)
{
    m_engine->loadModel(folder.toStdString());
}

void GenerationController::start(ReplyTarget target, engine::GenerationRequest request,
                                 storage::StatisticsRecord earlier)
{
    request.id = ++m_lastRequest;
    m_pending.emplace(request.id, Pending{Reply(target, request.id, earlier), {}, {}, true});
    m_saveTimer.start();
    m_engine->generate(std::move(request));
}

void GenerationController::stop(storage::ConversationId conversation)
{
    for (const auto &[request, pending] : m_pending) {
        if (pending.reply.target().conversation == conversation)
            m_engine->cancel(request);
    }
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

void GenerationController::finish()
{
    for (const auto &[request, pending] : m_pending)
        m_engine->cancel(request);
    QElapsedTimer waited;
    waited.start();
    // The event loop is about to end, so completions are asked for by hand.
    while ((!m_pending.empty() || !m_saves.idle()) && !m_saves.failed() && waited.elapsed() < 2000) {
        takeEvents();
        m_store.deliverCompletions();
        QThread::msleep(2);
    }
    saveText();
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
        std::visit([this](const auto &concrete) { handle(concrete); }, event);
    for (auto &[request, pending] : m_pending) {
        for (const auto &piece : std::exchange(pending.unshown, {}))
            emit textArrived(pending.reply.target(), piece.kind, piece.text);
        if (std::exchange(pending.changed, false))
            emit liveChanged(pending.reply);
    }
}

void GenerationController::handle(const engine::ModelLoaded &event)
{
    m_model = event.info;
    emit modelLoaded(event.info);
}

void GenerationController::handle(const engine::ModelLoadFailed &event)
{
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
        const auto layers = static_cast<int>(m_model.moeLayers.size());
        pending->reply.take(event, engine::RoutingTrace(layers, m_model.expertsPerToken, m_model.routedExperts));
        pending->changed = true;
    }
}

void GenerationController::handle(const engine::TokenGenerated &event)
{
    if (Pending *pending = find(event.request)) {
        pending->reply.take(event);
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

void GenerationController::saveText()
{
    for (auto &[request, pending] : m_pending) {
        for (auto &piece : std::exchange(pending.unsaved, {})) {
            m_saves.push([this, id = pending.reply.target().message, piece](storage::Completion<storage::Done> done) {
                m_store.appendText(id, piece.kind, piece.text, std::move(done));
            });
        }
    }
    if (m_pending.empty())
        m_saveTimer.stop();
}

void GenerationController::endReply(engine::RequestId request, ReplyEnd end)
{
    saveText();
    const auto node = m_pending.extract(request);
    const Reply &reply = node.mapped().reply;
    for (const auto &piece : node.mapped().unshown)
        emit textArrived(reply.target(), piece.kind, piece.text);
    emit liveChanged(reply);
    m_saves.push([this, id = reply.target().message, end](storage::Completion<storage::Done> done) {
        m_store.finishMessage(id, end.state, end.thinkingClosed, end.statistics, end.failure.sentence, std::move(done));
    });
    saveTrace(reply);
    emit replyEnded(reply.target(), end);
}

void GenerationController::saveTrace(const Reply &reply)
{
    const engine::RoutingTrace &routes = reply.routes();
    if (routes.empty())
        return;
    storage::TraceRun run;
    run.message = reply.target().message;
    run.modelName = m_model.name;
    run.modelFingerprint = m_model.fingerprint;
    run.routedExperts = m_model.routedExperts;
    run.expertsPerToken = m_model.expertsPerToken;
    run.expertGroups = m_model.expertGroups;
    run.groupsPerToken = m_model.groupsPerToken;
    run.sharedExperts = m_model.sharedExperts;
    run.moeLayers = m_model.moeLayers;
    for (std::size_t first = 0; first < routes.tokens(); first += traceChunkTokens) {
        const std::size_t count = std::min(traceChunkTokens, routes.tokens() - first);
        for (const auto plane : {engine::RoutingTrace::Plane::Ids, engine::RoutingTrace::Plane::Gates}) {
            run.chunks.push_back({static_cast<int>(plane), static_cast<int>(first / traceChunkTokens),
                                  static_cast<std::int64_t>(first), static_cast<std::int64_t>(count),
                                  routes.encodeChunk(plane, first, count)});
        }
    }
    m_saves.push([this, run = std::move(run)](storage::Completion<storage::Done> done) {
        m_store.saveTrace(run, std::move(done));
    });
}

GenerationController::Pending *GenerationController::find(engine::RequestId request)
{
    const auto found = m_pending.find(request);
    return found == m_pending.end() ? nullptr : &found->second;
}

} // namespace app
