#pragma once
// The splitting patterns of tokenizer.json on PCRE2. The patterns are written for Oniguruma (Ruby syntax), so they
// are translated first; what means something else there and here is refused by name instead of being guessed.
//
// std::regex overflows the stack on long runs of letters, and wrappers that report a failed match as "no
// match" lose text. Here every outcome but a match and a proper "no match" is an Error.

#include "engine/text/detail/json_place.h"

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace engine::text::detail {

/// The PCRE2 spelling of an Oniguruma pattern. Throws UnsupportedFeature at `where` for constructs that are not common
/// to both.
std::string translatePattern(const std::string &pattern, const JsonPlace &where);

struct Range {
    std::size_t begin;
    std::size_t end;
};

/// A compiled pattern that never matches the empty string. Immutable; shared by threads.
class Regex {
public:
    /// Throws TokenizerInvalid at `where` if PCRE2 cannot compile it, UnsupportedFeature as translatePattern() does.
    static Regex compile(const std::string &pattern, const JsonPlace &where);

    struct Code; // pcre2.h stays out of this header

private:
    friend class Matcher;
    explicit Regex(std::shared_ptr<const Code> code) : m_code(std::move(code)) {}
    std::shared_ptr<const Code> m_code;
};

/// What one thread needs for matching. One per call of encode().
class Matcher {
public:
    /// After `budget` find() throws RequestInvalid: a guard against patterns that are quadratic on a hostile text.
    explicit Matcher(std::chrono::milliseconds budget, std::stop_token stop = {});
    ~Matcher();
    Matcher(const Matcher &) = delete;
    Matcher &operator=(const Matcher &) = delete;

    /// The leftmost match at or after `start`; the subject must be valid UTF-8. Nothing once a stop was noticed.
    std::optional<Range> find(const Regex &regex, std::string_view subject, std::size_t start);

private:
    struct State;
    void lookAtClock();

    std::unique_ptr<State> m_state;
    std::stop_token m_stop;
    std::chrono::steady_clock::time_point m_lastLook;
    std::chrono::steady_clock::time_point m_deadline;
    int m_interval = 1; ///< finds from one look at the clock to the next
    int m_untilLook = 1;
    bool m_stopped = false;
};

} // namespace engine::text::detail
