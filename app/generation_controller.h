#pragma once
// Replies in flight: takes the engine's events once a frame, hands text and figures to whoever shows them, and saves
// the text at most every 250 ms. UI thread.

#include "app/reply.h"
#include "app/save_queue.h"
#include "engine/engine.h"
#include "storage/conversation_store.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <functional>
#include <map>

namespace app {

class GenerationController : public QObject {
    Q_OBJECT

public:
    GenerationController(storage::ConversationStore &store, engine::EngineOptions options = {},
                         QObject *parent = nullptr);
    ~GenerationController() override;

    /// `contextLength`: tokens, 0 = as the model comes. `device`: an id, empty = as the options say.
    void loadModel(const QString &folder, engine::LoadOptions options = {});
    void cancelLoad() { m_engine->cancelLoad(); }
    const engine::ModelInfo &model() const { return m_model; } ///< name is empty while none is loaded
    bool modelReady() const { return !m_model.name.empty(); }
    /// A model was asked for and has not answered: until then nobody knows whose replies the next ones will be.
    bool loading() const { return m_loads > 0; }

    /// The reply's message exists in the history (state Streaming). Ends at once, as stopped, after settle().
    void start(ReplyTarget target, engine::GenerationRequest request, storage::StatisticsRecord earlier = {});
    /// The same for a reply that was stopped before the engine was asked for it: it ends at once, as stopped. To ask
    /// and cancel would leave a small model the time to say everything.
    void endUnasked(ReplyTarget target, const engine::GenerationRequest &request,
                    const storage::StatisticsRecord &earlier = {});
    void stop(storage::ConversationId conversation);
    /// Answered by promptShown or promptFailed, unless another one is asked for before.
    void showPrompt(engine::GenerationRequest request);
    bool generating(storage::ConversationId conversation) const;
    const Reply *reply(storage::ConversationId conversation) const;

    void retrySaving() { m_saves.retry(); }
    bool everythingSaved() const { return m_saves.idle(); } ///< of what saving was begun for
    bool savingHasFailed() const { return m_saves.failed(); }
    bool hasUnsaved(storage::ConversationId conversation) const { return m_saves.contains(conversation); }
    int unsavedReplies() const { return m_saves.replies(); }

    /// Stops everything and waits, up to two seconds, until what was generated is saved and `othersIdle` says so too.
    void settle(const std::function<bool()> &othersIdle);
    void resume() { m_settling = false; } ///< the program goes on after settle()
    /// The program ends: what is not saved yet goes to the store, which writes it before it closes.
    void finish();

signals:
    void modelLoading(const engine::ModelLoadProgress &event);
    void modelLoaded(const engine::ModelInfo &info);
    void modelLoadFailed(const engine::ModelLoadFailed &event); ///< model() is as before, or none
    void textArrived(const app::ReplyTarget &target, storage::PartKind kind, const std::string &text);
    void liveChanged(const app::Reply &reply);
    void replyEnded(const app::ReplyTarget &target, const app::ReplyEnd &end);
    void promptShown(const engine::PromptShown &prompt);
    void deviceUsageChanged(const engine::DeviceUsage &usage);
    void promptFailed(const engine::Failure &failure);
    void savingFailed(const storage::Failure &failure); ///< tried again every few seconds
    void savingRecovered();                             ///< everything is saved after all

private:
    struct Pending; ///< a Reply with its unsaved text

    void scheduleFrame();
    void takeEvents();
    void take(const engine::GenerationEvent &event);
    void giveUp(engine::RequestId request, const char *why);
    void handle(const engine::ModelLoadProgress &event) { emit modelLoading(event); }
    void handle(const engine::ModelLoaded &event);
    void handle(const engine::ModelLoadFailed &event);
    void handle(const engine::PromptProgress &event);
    void handle(const engine::PromptProcessed &event);
    void handle(const engine::TokenGenerated &event);
    void handle(const engine::GenerationFinished &event);
    void handle(const engine::GenerationFailed &event);
    void handle(const engine::PromptShown &event);
    void handle(const engine::PromptShowFailed &event);
    void handle(const engine::DeviceUsageChanged &event) { emit deviceUsageChanged(event.usage); }

    static void addText(Pending &pending, const std::vector<engine::TextPiece> &text);
    void saveTexts();
    void saveText(Pending &pending);
    void endReply(engine::RequestId request, ReplyEnd end);
    void saveEnd(const ReplyTarget &target, const ReplyEnd &end);
    void saveTrace(Pending &pending, bool ended);
    Pending *find(engine::RequestId request);

    storage::ConversationStore &m_store;
    SaveQueue m_saves;
    engine::ModelInfo m_model;
    std::map<engine::RequestId, Pending> m_pending;
    QTimer m_frame;
    QTimer m_saveTimer;
    QTimer m_retryTimer;
    QElapsedTimer m_sinceFrame;
    engine::RequestId m_lastRequest = 0;
    engine::RequestId m_promptRequest = 0; ///< 0: none waits for its answer
    int m_loads = 0;                       ///< asked for and not answered
    bool m_settling = false;
    std::unique_ptr<engine::Engine> m_engine; ///< last: its worker must be gone before what it wakes
};

} // namespace app
