#include "engine/runtime/session.h"

#include "engine/sampling/sampler.h"
#include "engine/text/reasoning_parser.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace engine::runtime {

namespace {

constexpr double progressSeconds = 0.1;

text::RenderOptions renderOptions(const GenerationRequest &request)
{
    return {request.continueLast, request.retention, request.thinking};
}

std::vector<PromptToken> withTexts(const std::vector<TokenId> &tokens, const text::Tokenizer &tokenizer)
{
    std::vector<PromptToken> described;
    described.reserve(tokens.size());
    for (const TokenId token : tokens)
        described.push_back({token, tokenizer.decode(std::span(&token, 1), false),
                             static_cast<int>(tokenizer.tokenBytes(token).size())});
    return described;
}

/// What the exception that is being handled says. `memory`: the sentence when there is not enough.
Failure currentFailure(const char *memory)
{
    try {
        throw;
    } catch (const Error &error) {
        return {error.code(), error.file(), error.field(), error.what()};
    } catch (const std::bad_alloc &) {
        return {ErrorCode::OutOfMemory, {}, {}, memory};
    } catch (const std::exception &error) {
        return {ErrorCode::Internal, {}, {}, error.what()};
    }
}

} // namespace

class Session::Run {
public:
    Run(Session &session, const GenerationRequest &request, std::stop_token stop, const Emit &emit)
        : m_session(session), m_request(request), m_stop(std::move(stop)), m_emit(emit)
    {
        m_statistics.contextLength = session.m_model.transformer().contextLength();
    }

    void run()
    {
        if (m_request.maxTokens < 1)
            throw Error(ErrorCode::RequestInvalid, {}, "maxTokens", "maxTokens must be at least 1.");
        sampling::Sampler sampler(m_request.sampler, m_session.m_model.tokenizer().size());
        const auto prompt = render();
        if (!prompt)
            return finish(FinishReason::Stopped);
        m_parser.emplace(m_session.m_model.tokenizer(), prompt->start);
        if (!prefill(*prompt, sampler))
            return finish(FinishReason::Stopped);
        finish(decode(sampler));
    }

    const GenerationStatistics &statistics() const { return m_statistics; }

private:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count(); }

    /// Nothing when stopped on the way.
    std::optional<text::RenderedPrompt> render() const
    {
        if (m_stop.stop_requested())
            return std::nullopt;
        return m_session.m_model.chatTemplate().render(m_request.messages, renderOptions(m_request),
                                                       {m_statistics.contextLength, m_stop});
    }

    /// False when stopped before the end.
    bool forward(std::span<const TokenId> tokens, std::function<void(int)> progress = {})
    {
        model::ForwardCall call;
        call.tokens = tokens;
        call.routes = m_request.captureRouting ? &m_session.m_routes : nullptr;
        call.stop = m_stop;
        call.progress = std::move(progress);
        const int done = m_session.m_model.transformer().forward(call, m_session.m_cache);
        processed(tokens.first(static_cast<std::size_t>(done)));
        return done == static_cast<int>(tokens.size());
    }

    /// One token, and the one after it into m_next. False when stopped.
    bool step(TokenId token, sampling::Sampler &sampler)
    {
        model::StepCall call;
        call.token = token;
        call.settings = sampler.next();
        call.routes = m_request.captureRouting ? &m_session.m_routes : nullptr;
        call.stop = m_stop;
        m_next = m_session.m_model.transformer().step(call, m_session.m_cache);
        processed(std::span(&token, m_next ? 1 : 0));
        return m_next.has_value();
    }

    /// These tokens are in the cache now.
    void processed(std::span<const TokenId> tokens)
    {
        // Pages that a weight file has lost read as zeros: what was just computed must not reach the reader.
        m_session.m_model.checkFiles();
        m_session.m_tokens.insert(m_session.m_tokens.end(), tokens.begin(), tokens.end());
        m_statistics.contextUsed = m_session.m_cache.length();
    }

    /// False when stopped before the end.
    bool prefill(const text::RenderedPrompt &prompt, sampling::Sampler &sampler)
    {
        const int total = static_cast<int>(prompt.tokens.size());
        const int cached = m_session.reusePrefix(prompt.tokens, m_request.captureRouting);
        m_statistics.promptTokens = total;
        m_statistics.cachedTokens = cached;
        double lastReport = 0.0;
        const auto report = [&](int done) {
            const double now = seconds();
            if (now - lastReport < progressSeconds)
                return;
            lastReport = now;
            m_emit(PromptProgress{m_request.id, cached + done, total});
        };
        const auto rest = std::span(prompt.tokens).subspan(static_cast<std::size_t>(cached));
        // The last token always by itself: the form of attention follows from the number of tokens, and a regenerate,
        // which finds all others in the cache, must sample from the very same logits.
        sampler.observe(prompt.tokens);
        m_session.m_model.transformer().beginSteps(sampler.seen());
        const bool whole =
            (rest.size() == 1 || forward(rest.first(rest.size() - 1), report)) && step(rest.back(), sampler);
        m_statistics.promptSeconds = seconds();
        m_previous = m_statistics.promptSeconds;
        if (!whole)
            return false;
        m_emit(PromptProcessed{m_request.id, total, cached, m_statistics.promptSeconds, prompt.startsIn(),
                               m_request.captureRouting ? m_session.m_routes : RoutingTrace{},
                               m_request.captureRouting ? withTexts(prompt.tokens, m_session.m_model.tokenizer())
                                                        : std::vector<PromptToken>{}});
        return true;
    }

    FinishReason decode(sampling::Sampler &sampler)
    {
        for (int generated = 1;; ++generated) {
            if (m_stop.stop_requested())
                return FinishReason::Stopped;
            const sampling::SampledToken sampled = *m_next;
            if (m_session.m_model.endsReply(sampled.token))
                return FinishReason::EndOfSequence;
            emitToken(sampled, generated > 1);
            if (generated == m_request.maxTokens)
                return FinishReason::MaxTokens;
            if (m_session.m_cache.length() >= m_statistics.contextLength)
                return FinishReason::ContextFull;
            if (!step(sampled.token, sampler))
                return FinishReason::Stopped;
        }
    }

    void emitToken(const sampling::SampledToken &sampled, bool hasOwnRoutes)
    {
        auto step = m_parser->push(sampled.token);
        TokenGenerated event;
        event.request = m_request.id;
        event.token = sampled.token;
        event.part = step.part;
        event.pieces = std::move(step.pieces);
        event.probability = sampled.probability;
        event.alternatives = sampled.alternatives;
        event.contextUsed = std::min(m_session.m_cache.length() + 1, m_statistics.contextLength);
        event.seconds = seconds();
        const RoutingTrace &routes = m_session.m_routes;
        if (m_request.captureRouting && hasOwnRoutes && !routes.empty()) {
            const auto ids = routes.ids(routes.tokens() - 1);
            const auto gates = routes.gates(routes.tokens() - 1);
            event.expertIds.assign(ids.begin(), ids.end());
            event.expertGates.assign(gates.begin(), gates.end());
        }
        count(event);
        m_emit(std::move(event));
    }

    void count(const TokenGenerated &event)
    {
        if (m_statistics.firstTokenSeconds == 0.0)
            m_statistics.firstTokenSeconds = event.seconds;
        const bool thinking = event.part == TextPart::Thinking;
        (thinking ? m_statistics.thinkingSeconds : m_statistics.answerSeconds) += event.seconds - m_previous;
        m_previous = event.seconds;
        m_statistics.thinkingTokens = m_parser->thinkingTokens();
        m_statistics.answerTokens = m_parser->answerTokens();
        // A thought opens only where nothing was answered yet: what stood in front of it has become thinking.
        if (m_statistics.answerTokens == 0)
            m_statistics.thinkingSeconds += std::exchange(m_statistics.answerSeconds, 0.0);
        m_statistics.contextUsed = event.contextUsed;
    }

    void finish(FinishReason reason)
    {
        GenerationFinished event;
        event.request = m_request.id;
        event.reason = reason;
        if (m_parser) {
            // An end of the stream closes a thought for the reader, but a stop in mid-thought must be told apart.
            event.endedIn = m_parser->part();
            event.pieces = m_parser->finish();
        }
        event.statistics = m_statistics;
        m_emit(std::move(event));
    }

    Session &m_session;
    const GenerationRequest &m_request;
    std::stop_token m_stop;
    const Emit &m_emit;
    std::optional<text::ReasoningParser> m_parser; ///< once the prompt is there
    std::optional<sampling::SampledToken> m_next;
    GenerationStatistics m_statistics;
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    double m_previous = 0.0;
};

Session::Session(LoadedModel &model)
    : m_model(model), m_cache(model.transformer().makeCache()), m_routes(model.transformer().emptyTrace())
{
}

void Session::generate(const GenerationRequest &request, std::stop_token stop, const Emit &emit)
{
    Run run(*this, request, std::move(stop), emit);
    const auto fail = [&](Failure failure) {
        // After an error nothing that was computed is trusted.
        m_cache.truncate(0);
        keepWhatIsCached();
        emit(GenerationFailed{request.id, std::move(failure), run.statistics()});
    };
    try {
        m_model.checkFiles();
        run.run();
        keepWhatIsCached();
    } catch (...) {
        fail(currentFailure("There is not enough memory to go on with this reply."));
    }
}

void Session::showPrompt(const GenerationRequest &request, const std::stop_token &stop, const Emit &emit) const
{
    try {
        emit(describe(request, stop));
    } catch (...) {
        emit(PromptShowFailed{request.id, currentFailure("There is not enough memory to show the prompt.")});
    }
}

PromptShown Session::describe(const GenerationRequest &request, const std::stop_token &stop) const
{
    PromptShown shown;
    shown.request = request.id;
    shown.contextLength = m_model.info().contextLength;
    shown.templateName = m_model.chatTemplate().name();
    auto prompt =
        m_model.chatTemplate().describe(request.messages, renderOptions(request), {shown.contextLength, stop});
    if (!prompt)
        throw Error(ErrorCode::Internal, {}, {}, "The prompt is not shown: this was cancelled.");
    shown.tokens = withTexts(prompt->rendered.tokens, m_model.tokenizer());
    shown.parts = std::move(prompt->parts);
    shown.omissions = std::move(prompt->omissions);
    shown.cachedTokens = cachedPrefix(prompt->rendered.tokens, request.captureRouting);
    shown.startsIn = prompt->rendered.startsIn();
    return shown;
}

int Session::cachedPrefix(const std::vector<TokenId> &prompt, bool withRoutes) const
{
    const auto differs = std::mismatch(prompt.begin(), prompt.end(), m_tokens.begin(), m_tokens.end()).first;
    auto common = std::min(static_cast<std::size_t>(differs - prompt.begin()), prompt.size() - 1);
    if (withRoutes && m_routes.layers() > 0)
        common = std::min(common, m_routes.tokens());
    return static_cast<int>(common);
}

int Session::reusePrefix(const std::vector<TokenId> &prompt, bool withRoutes)
{
    m_cache.truncate(cachedPrefix(prompt, withRoutes));
    keepWhatIsCached();
    return m_cache.length();
}

void Session::keepWhatIsCached()
{
    const auto length = static_cast<std::size_t>(m_cache.length());
    m_tokens.resize(std::min(m_tokens.size(), length));
    m_routes.truncate(length);
}

} // namespace engine::runtime
