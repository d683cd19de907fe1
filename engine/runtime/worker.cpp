#include "engine/runtime/worker.h"

#include "engine/runtime/loaded_model.h"
#include "engine/runtime/session.h"

#include <chrono>

namespace engine::runtime {

namespace {

const char *const noModel = "No model is loaded. Open a model folder, then send again.";

/// Thins out what a load tells about its progress, so that nobody is flooded. Every stage that begins is told.
class LoadReporter {
public:
    LoadReporter(EventQueue &events, std::string folder) : m_events(events), m_folder(std::move(folder)) {}

    void operator()(LoadStage stage, std::uint64_t done, std::uint64_t total)
    {
        const auto now = std::chrono::steady_clock::now();
        if (stage == m_stage && now - m_told < std::chrono::milliseconds(100))
            return;
        m_stage = stage;
        m_told = now;
        m_events.push(ModelLoadProgress{m_folder, stage, done, total});
    }

private:
    EventQueue &m_events;
    std::string m_folder;
    std::optional<LoadStage> m_stage;
    std::chrono::steady_clock::time_point m_told;
};

EngineOptions withDevices(EngineOptions options)
{
    if (!options.devices)
        options.devices = machineDevices();
    return options;
}

} // namespace

Worker::Worker(std::function<void()> wake, EngineOptions options)
    : m_options(withDevices(std::move(options))), m_events(std::move(wake)),
      m_monitor(*m_options.devices, [this](const DeviceUsage &usage) { m_events.push(DeviceUsageChanged{usage}); }),
      m_thread([this](const std::stop_token &stop) { loop(stop); })
{
}

Worker::~Worker()
{
    m_thread.request_stop();
    const std::lock_guard lock(m_mutex);
    m_runningStop.request_stop();
}

void Worker::loadModel(std::string folder, LoadOptions options)
{
    push(Load{std::move(folder), std::move(options)});
}

EngineOptions Worker::optionsFor(const LoadOptions &load) const
{
    EngineOptions options = m_options;
    if (load.contextLength > 0)
        options.contextLength = load.contextLength;
    if (!load.device.empty())
        options.device = load.device;
    options.activations = load.activations.value_or(options.activations);
    if (load.cache != CacheFormat::Automatic)
        options.cache = load.cache;
    return options;
}

void Worker::generate(GenerationRequest request)
{
    push(Generate{std::move(request)});
}

void Worker::showPrompt(GenerationRequest request)
{
    push(ShowPrompt{std::move(request)});
}

const GenerationRequest *Worker::requestOf(const Command &command)
{
    return std::visit(
        [](const auto &concrete) -> const GenerationRequest * {
            if constexpr (requires { concrete.request; })
                return &concrete.request;
            return nullptr;
        },
        command);
}

void Worker::cancel(RequestId request)
{
    const std::lock_guard lock(m_mutex);
    if (m_running == request) {
        m_runningStop.request_stop();
        return;
    }
    for (const auto &command : m_commands) {
        const GenerationRequest *queued = requestOf(command);
        if (queued != nullptr && queued->id == request)
            m_cancelled.insert(request);
    }
}

void Worker::cancelLoad()
{
    std::vector<std::string> waiting;
    {
        const std::lock_guard lock(m_mutex);
        if (m_loading)
            m_runningStop.request_stop();
        std::erase_if(m_commands, [&waiting](Command &command) {
            if (auto *load = std::get_if<Load>(&command))
                waiting.push_back(std::move(load->folder));
            return std::holds_alternative<Load>(command);
        });
    }
    // Not left to the worker, which may be busy with a long reply.
    for (const std::string &folder : waiting)
        m_events.push(ModelLoadFailed{
            folder, {ErrorCode::Cancelled, folder, {}, "Loading " + folder + " was cancelled before it began."}});
}

void Worker::push(Command command)
{
    const std::lock_guard lock(m_mutex);
    m_commands.push_back(std::move(command));
    m_changed.notify_one();
}

void Worker::loop(const std::stop_token &stop)
{
    while (const auto taken = take(stop)) {
        std::visit([&](const auto &command) { execute(command, taken->stop); }, taken->command);
        const std::lock_guard lock(m_mutex);
        m_running.reset();
        m_loading = false;
    }
}

/// Waits for a command; nothing when the worker is to end.
std::optional<Worker::Taken> Worker::take(const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    if (!m_changed.wait(lock, stop, [this] { return !m_commands.empty(); }) || stop.stop_requested())
        return std::nullopt;
    m_runningStop = {};
    Taken taken{std::move(m_commands.front()), m_runningStop.get_token()};
    m_commands.pop_front();
    m_loading = std::holds_alternative<Load>(taken.command);
    if (const GenerationRequest *request = requestOf(taken.command)) {
        m_running = request->id;
        if (m_cancelled.erase(request->id) > 0)
            m_runningStop.request_stop();
    }
    return taken;
}

void Worker::execute(const Load &command, const std::stop_token &stop)
{
    const bool hadModel = m_model != nullptr;
    const auto fail = [&](Failure failure) {
        m_events.push(ModelLoadFailed{command.folder, std::move(failure), !hadModel || m_model != nullptr});
    };
    try {
        replaceModel(command, stop);
    } catch (const Error &error) {
        fail({error.code(), error.file(), error.field(), error.what()});
    } catch (const std::bad_alloc &) {
        fail(
            {ErrorCode::OutOfMemory, command.folder, {}, "There is not enough memory to load " + command.folder + "."});
    } catch (const std::exception &error) {
        fail({ErrorCode::Internal, command.folder, {}, error.what()});
    }
}

/// The earlier model stays until the new one is complete, so that one that cannot be opened costs nothing: on the CPU
/// its weights are file pages that take no room of their own; on a GPU it goes just before where there is no room for
/// both.
void Worker::replaceModel(const Load &command, const std::stop_token &stop)
{
    const auto start = std::chrono::steady_clock::now();
    const model::LoadWatch watch(stop, LoadReporter(m_events, command.folder));
    const EngineOptions options = optionsFor(command.options);
    auto model = std::make_unique<LoadedModel>(command.folder, options, watch, successorOn(options.device));
    auto session = std::make_unique<Session>(*model);
    m_session = std::move(session); // first: the old one refers to the old model
    m_model = std::move(model);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    m_events.push(ModelLoaded{m_model->info(), seconds.count()});
    m_monitor.watch(m_model->info().device);
}

/// What the model that is loaded gives back to another one on that device.
Successor Worker::successorOn(const std::string &device)
{
    if (!m_model || m_model->info().device != device)
        return {};
    Successor successor;
    successor.cacheBytes = m_session->cacheBytes();
    successor.weightBytes = m_model->deviceBytes();
    successor.release = [this] {
        m_session.reset();
        m_model.reset();
    };
    return successor;
}

/// A device that failed is marked before anybody hears of it, so that nobody asks it again.
void Worker::forward(GenerationEvent event)
{
    auto *failed = std::get_if<GenerationFailed>(&event);
    if (failed != nullptr && failed->failure.code == ErrorCode::DeviceFailed) {
        const std::string &device = m_model->info().device;
        failed->failure.field = device;
        failed->failure.sentence = m_options.devices->markFailed(device, failed->failure.sentence);
    }
    m_events.push(std::move(event));
}

bool Worker::refuseFailedDevice(const GenerationRequest &request)
{
    const std::string &device = m_model->info().device;
    const auto failure = m_options.devices->failureOf(device);
    if (failure)
        m_events.push(GenerationFailed{request.id, {ErrorCode::DeviceFailed, {}, device, *failure}, {}});
    return failure.has_value();
}

void Worker::execute(const Generate &command, const std::stop_token &stop)
{
    const GenerationRequest &request = command.request;
    if (!m_session) {
        m_events.push(GenerationFailed{request.id, {ErrorCode::RequestInvalid, {}, "model", noModel}, {}});
        return;
    }
    if (!refuseFailedDevice(request))
        m_session->generate(request, stop, [this](GenerationEvent event) { forward(std::move(event)); });
}

void Worker::execute(const ShowPrompt &command, const std::stop_token &stop)
{
    const GenerationRequest &request = command.request;
    if (!m_session) {
        m_events.push(PromptShowFailed{request.id, {ErrorCode::RequestInvalid, {}, "model", noModel}});
        return;
    }
    m_session->showPrompt(request, stop, [this](GenerationEvent event) { m_events.push(std::move(event)); });
}

} // namespace engine::runtime
