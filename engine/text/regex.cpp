#include "engine/text/detail/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

namespace engine::text::detail {
namespace {

constexpr std::size_t maxPatternBytes = 64U << 10U;
constexpr std::size_t jitStackBytes = 1U << 20U;
constexpr std::uint32_t heapKibibytes = 64U << 10U;
// Match limit for one start position: measured in steps of the matcher, generous for one pass over the text.
constexpr std::size_t matchSteps = 1'000'000;
constexpr std::size_t matchStepsPerByte = 16;
// Start positions tried in one call of PCRE2; between the calls the clock is looked at.
constexpr std::size_t searchWindow = 256;
// A find takes between 100 ns and, with a hostile pattern, a good part of a second. Looking at the clock costs little
// beside the slow ones and something beside the fast ones, so these share a look.
constexpr int mostFindsPerLook = 64;
constexpr std::chrono::milliseconds slowInterval{1};

struct Free {
    void operator()(pcre2_code *p) const { pcre2_code_free(p); }
    void operator()(pcre2_compile_context *p) const { pcre2_compile_context_free(p); }
    void operator()(pcre2_match_context *p) const { pcre2_match_context_free(p); }
    void operator()(pcre2_match_data *p) const { pcre2_match_data_free(p); }
    void operator()(pcre2_jit_stack *p) const { pcre2_jit_stack_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

template <class T>
Owned<T> owned(T *created)
{
    if (created == nullptr)
        throw Error(ErrorCode::OutOfMemory, "", "", "There is not enough memory for splitting text into tokens.");
    return Owned<T>(created);
}

std::string messageOf(int code)
{
    std::array<PCRE2_UCHAR, 128> message{};
    pcre2_get_error_message(code, message.data(), message.size());
    return reinterpret_cast<const char *>(message.data());
}

[[noreturn]] void failedOnText(const std::string &why)
{
    throw Error(ErrorCode::RequestInvalid, "", "messages",
                "The tokenizer's splitting rule took too long on this text (" + why +
                    "). Shorten it, or break long runs without spaces.");
}

std::size_t nextCharacter(std::string_view text, std::size_t offset)
{
    do
        ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U);
    return offset;
}

} // namespace

struct Regex::Code {
    Owned<pcre2_code> compiled;
};

Regex Regex::compile(const std::string &pattern, const JsonPlace &where)
{
    if (pattern.size() > maxPatternBytes)
        where.invalid("the splitting rule is " + std::to_string(pattern.size()) + " bytes long.");
    const std::string translated = translatePattern(pattern, where);
    const auto context = owned(pcre2_compile_context_create(nullptr));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int code = 0;
    PCRE2_SIZE offset = 0;
    // In Ruby syntax ^ and $ always mean lines.
    pcre2_code *compiled =
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT, &code,
                      &offset, context.get());
    if (compiled == nullptr)
        where.invalid("the splitting rule " + inQuotes(pattern) + " is no regular expression: " + messageOf(code) +
                      ".");
    auto result = std::make_shared<Code>();
    result->compiled.reset(compiled);
    std::uint32_t matchesEmpty = 0;
    pcre2_pattern_info(compiled, PCRE2_INFO_MATCHEMPTY, &matchesEmpty);
    if (matchesEmpty != 0)
        where.unsupported("the splitting rule " + inQuotes(pattern) + " can match the empty text.");
    // Where the processor has no JIT, or memory may not be executable, PCRE2 interprets: slower, the same result.
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
    return Regex(std::move(result));
}

struct Matcher::State {
    Owned<pcre2_match_data> data = owned(pcre2_match_data_create(1, nullptr));
    Owned<pcre2_match_context> context = owned(pcre2_match_context_create(nullptr));
    Owned<pcre2_jit_stack> stack = owned(pcre2_jit_stack_create(32U << 10U, jitStackBytes, nullptr));
};

Matcher::Matcher(std::chrono::milliseconds budget, std::stop_token stop)
    : m_state(std::make_unique<State>()), m_stop(std::move(stop)), m_lastLook(std::chrono::steady_clock::now()),
      m_deadline(m_lastLook + budget)
{
    pcre2_set_heap_limit(m_state->context.get(), heapKibibytes);
    // Without an own stack the JIT code takes 32 KiB of the thread's.
    pcre2_jit_stack_assign(m_state->context.get(), nullptr, m_state->stack.get());
}

Matcher::~Matcher() = default;

void Matcher::lookAtClock()
{
    m_stopped = m_stop.stop_requested();
    const auto now = std::chrono::steady_clock::now();
    if (now > m_deadline && !m_stopped)
        failedOnText("time limit");
    m_interval = now - m_lastLook > slowInterval ? 1 : std::min(2 * m_interval, mostFindsPerLook);
    m_untilLook = m_interval;
    m_lastLook = now;
}

std::optional<Range> Matcher::find(const Regex &regex, std::string_view subject, std::size_t start)
{
    pcre2_match_context *context = m_state->context.get();
    const std::size_t steps = matchSteps + matchStepsPerByte * subject.size();
    pcre2_set_match_limit(context, static_cast<std::uint32_t>(std::min<std::size_t>(steps, UINT32_MAX)));
    if (--m_untilLook <= 0)
        lookAtClock();
    while (start < subject.size() && !m_stopped) {
        const std::size_t last = std::min(start + searchWindow, subject.size() - 1);
        pcre2_set_offset_limit(context, last);
        const int outcome = pcre2_match(regex.m_code->compiled.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()),
                                        subject.size(), start, PCRE2_NO_UTF_CHECK, m_state->data.get(), context);
        if (outcome >= 0) { // 0: more groups than the one range kept here
            const PCRE2_SIZE *range = pcre2_get_ovector_pointer(m_state->data.get());
            return Range{range[0], range[1]};
        }
        if (outcome != PCRE2_ERROR_NOMATCH)
            failedOnText(messageOf(outcome));
        lookAtClock();
        start = nextCharacter(subject, last);
    }
    return std::nullopt;
}

} // namespace engine::text::detail
