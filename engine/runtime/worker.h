#pragma once
// The engine thread: takes commands in order, owns the model.

#include "engine/engine.h"
#include "engine/runtime/device_monitor.h"
#include "engine/runtime/event_queue.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <variant>

namespace engine::runtime {

class LoadedModel;
class Session;
struct Successor;

/// Thread contract: as engine::Engine.
class Worker {
public:
    Worker(std::function<void()> wake, EngineOptions options);
    ~Worker();

    void loadModel(std::string folder, LoadOptions options);
    void generate(GenerationRequest request);
    void showPrompt(GenerationRequest request);
    void cancel(RequestId request);
    void cancelLoad();
    std::vector<GenerationEvent> takeEvents() { return m_events.takeAll(); }

private:
    struct Load {
        std::string folder;
        LoadOptions options;
    };
    struct Generate {
        GenerationRequest request;
    };
    struct ShowPrompt {
        GenerationRequest request;
    };
    using Command = std::variant<Load, Generate, ShowPrompt>;

    /// A command and what ends it.
    struct Taken {
        Command command;
        std::stop_token stop;
    };

    EngineOptions optionsFor(const LoadOptions &load) const;
    void push(Command command);
    void loop(const std::stop_token &stop);
    std::optional<Taken> take(const std::stop_token &stop);
    void execute(const Load &command, const std::stop_token &stop);
    void execute(const Generate &command, const std::stop_token &stop);
    void execute(const ShowPrompt &command, const std::stop_token &stop);
    static const GenerationRequest *requestOf(const Command &command); ///< null: it has none
    void replaceModel(const Load &command, const std::stop_token &stop);
    Successor successorOn(const std::string &device);
    void forward(GenerationEvent event);
    bool refuseFailedDevice(const GenerationRequest &request);

    EngineOptions m_options; ///< devices is never null
    EventQueue m_events;
    DeviceMonitor m_monitor;

    // Worker thread only; the session refers to the model.
    std::unique_ptr<LoadedModel> m_model;
    std::unique_ptr<Session> m_session;

    std::mutex m_mutex; ///< guards the five below
    std::condition_variable_any m_changed;
    std::deque<Command> m_commands;
    std::set<RequestId> m_cancelled;    ///< of requests still queued
    std::optional<RequestId> m_running; ///< set when it leaves m_commands: cancel() finds it in one or the other
    bool m_loading = false;             ///< the command that runs is a Load
    std::stop_source m_runningStop;     ///< of the command that was taken last

    std::jthread m_thread; ///< last: joined before what it uses is gone
};

} // namespace engine::runtime
