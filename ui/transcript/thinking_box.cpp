#include "ui/transcript/thinking_box.h"

#include "ui/transcript/statistics_text.h"

#include <algorithm>

namespace ui {

void ThinkingBox::begin()
{
    if (m_began)
        return;
    m_began = true;
    m_active = true;
    m_closed = false;
    m_clock.start();
}

void ThinkingBox::setLive(const LiveStatistics &live)
{
    if (m_finished)
        return;
    m_tokens = live.thinkingTokens;
    if (live.thinkingSeconds > 0.0) {
        m_baseSeconds = live.thinkingSeconds;
        m_clock.restart();
    }
    // The last figures of a thought arrive together with the first of the answer, after its end.
    m_rate = m_active ? live.tokensPerSecond : tokenRate(m_tokens, m_baseSeconds);
}

void ThinkingBox::end()
{
    if (!m_active)
        return;
    m_baseSeconds = seconds();
    m_active = false;
    m_closed = true;
    m_rate = tokenRate(m_tokens, m_baseSeconds);
}

void ThinkingBox::finish(const TranscriptMessage &message)
{
    end();
    m_finished = true;
    m_state = message.state;
    m_closed = message.thinkingClosed;
    if (!message.statistics)
        return;
    m_tokens = message.statistics->thinkingTokens;
    m_baseSeconds = message.statistics->thinkingSeconds;
    m_rate = tokenRate(m_tokens, m_baseSeconds);
}

double ThinkingBox::seconds() const
{
    return m_baseSeconds + (m_active ? static_cast<double>(m_clock.elapsed()) / 1000.0 : 0.0);
}

QString ThinkingBox::figures() const
{
    const StatisticsText text;
    QString result;
    if (m_tokens > 0)
        result += QStringLiteral(" \u00B7 ") + text.tokens(m_tokens);
    if (const QString rate = text.rate(m_rate); !rate.isEmpty())
        result += QStringLiteral(" \u00B7 ") + rate;
    return result;
}

QString ThinkingBox::title() const
{
    using State = storage::MessageState;
    // The running timer keeps one form; what it came to may need a finer one.
    const QString time = m_active ? StatisticsText().duration(seconds()) : StatisticsText().latency(seconds());
    const bool timed = seconds() > 0.0;
    if (m_active)
        return tr("Thinking…") + QLatin1Char(' ') + time + figures();
    if (m_closed || m_state == State::Complete)
        return (timed ? tr("Thought for %1").arg(time) : tr("Thought")) + figures();
    QString state;
    switch (m_state) {
    case State::Stopped:
        state = tr("Stopped while thinking");
        break;
    case State::Failed:
        state = tr("Failed while thinking");
        break;
    case State::LengthLimit:
        state = tr("Length limit reached while thinking");
        break;
    case State::ContextFull:
        state = tr("Context full while thinking");
        break;
    default:
        state = tr("Interrupted while thinking");
        break;
    }
    return state + (timed ? QStringLiteral(" \u00B7 ") + time : QString()) + figures();
}

bool ThinkingBox::isOpen() const
{
    if (m_chosen)
        return *m_chosen;
    return m_display == ThinkingDisplay::AlwaysOpen || (m_display == ThinkingDisplay::OpenWhileThinking && m_active);
}

void ThinkingBox::setExtent(int content, int box)
{
    m_content = content;
    m_box = box;
    m_scroll = m_follows && m_active ? maximum() : std::clamp(m_scroll, 0, maximum());
}

bool ThinkingBox::scrollBy(int delta)
{
    const int before = m_scroll;
    scrollTo(m_scroll + delta);
    return m_scroll != before;
}

void ThinkingBox::scrollTo(int position)
{
    m_scroll = std::clamp(position, 0, maximum());
    m_follows = m_scroll >= maximum();
}

} // namespace ui
