#pragma once
// The state of a reply's thinking: whether it is open, how long it took, and the scroll position of its own box, which
// follows the newest line until the reader scrolls up.

#include "storage/records.h"
#include "ui/transcript_message.h"
#include "ui/ui_settings.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QString>
#include <optional>

namespace ui {

class ThinkingBox {
    Q_DECLARE_TR_FUNCTIONS(ui::ThinkingBox)

public:
    // --- time ------------------------------------------------------------------------------------
    void begin();                                  ///< the first thinking token is here: the clock starts
    void setLive(const LiveStatistics &live);      ///< sets the clock right
    void end();                                    ///< the thought is closed: the clock stops
    void finish(const TranscriptMessage &message); ///< final state and figures
    bool isActive() const { return m_active; }
    double seconds() const;

    /// "Thinking… 3.2 s · 148 tokens · 512 tok/s", "Thought for …", "Stopped while thinking · …".
    QString title() const;

    // --- open or not -----------------------------------------------------------------------------
    void setDisplay(ThinkingDisplay display) { m_display = display; }
    bool isOpen() const;
    void setOpen(bool open) { m_chosen = open; } ///< the reader's own choice, it wins from now on
    const std::optional<bool> &choice() const { return m_chosen; }
    void setChoice(std::optional<bool> open) { m_chosen = open; }

    /// How much of the box is unfolded, for the animation: 0 … 1.
    double unfolded() const { return m_unfolded.value_or(isOpen() ? 1.0 : 0.0); }
    void setUnfolded(std::optional<double> part) { m_unfolded = part; }

    // --- the box ---------------------------------------------------------------------------------
    /// `content` px of text in a box of `box` px. Keeps to the end while following.
    void setExtent(int content, int box);
    int scroll() const { return m_scroll; }
    int maximum() const { return m_content > m_box ? m_content - m_box : 0; }
    bool scrollBy(int delta); ///< false when it is at that end already
    void scrollTo(int position);
    bool follows() const { return m_follows; }

private:
    QString figures() const;

    bool m_active = false;
    bool m_began = false;
    bool m_finished = false;
    QElapsedTimer m_clock;
    double m_baseSeconds = 0.0; ///< at the last setLive
    int m_tokens = 0;
    double m_rate = 0.0;
    storage::MessageState m_state = storage::MessageState::Complete;
    bool m_closed = true;

    ThinkingDisplay m_display = ThinkingDisplay::OpenWhileThinking;
    std::optional<bool> m_chosen;
    std::optional<double> m_unfolded;

    int m_content = 0;
    int m_box = 0;
    int m_scroll = 0;
    bool m_follows = true;
};

} // namespace ui
