// TranscriptStage: which messages are shown, and what of place and focus outlives a change of them.

#include "ui/transcript/message_editor.h"
#include "ui/transcript/transcript_stage.h"

#include <QVariantAnimation>
#include <algorithm>

namespace ui {

namespace {

/// Versions of one message, as far as can be seen from outside.
bool isAlternative(const TranscriptMessage &a, const TranscriptMessage &b)
{
    return a.role == b.role && a.branches > 1 && a.branches == b.branches && a.branch != b.branch;
}

} // namespace

void TranscriptStage::forgetContent()
{
    if (m_animation)
        m_animation->stop();
    m_dirty.clear();
    m_selection.clear();
    m_finder.clear();
    m_hot.reset();
    m_focused.reset();
    m_copied.reset();
    m_hotItem = -1;
}

void TranscriptStage::setMessages(std::vector<TranscriptMessage> messages)
{
    const int kept = m_page.sharedWith(messages);
    if (m_edited >= kept)
        endEditing();
    const auto focused = m_focused;
    forgetContent();
    const bool sameChat = kept > 0 || (m_page.count() > 0 && !messages.empty() &&
                                       isAlternative(m_page.item(0).message(), messages.front()));
    m_follow = !sameChat || keepPlace(messages, kept);
    m_page.setItems(makeItems(std::move(messages), kept));
    if (m_editor != nullptr)
        fitEditor();
    settle();
    if (sameChat && focused)
        keepFocus(*focused, kept);
    updateRunning();
}

std::vector<std::unique_ptr<MessageItem>> TranscriptStage::makeItems(std::vector<TranscriptMessage> messages, int kept)
{
    std::vector<std::unique_ptr<MessageItem>> items;
    items.reserve(messages.size());
    for (TranscriptMessage &message : messages) {
        const int index = static_cast<int>(items.size());
        items.push_back(std::make_unique<MessageItem>(std::move(message)));
        items.back()->thinking().setDisplay(m_display);
        if (index < kept)
            items.back()->thinking().setChoice(m_page.item(index).thinking().choice());
    }
    return items;
}

/// Another version of a message changes what comes from it on; what is above stays where the reader has it. A new
/// message or a reply that begins is to be seen. Returns whether the end is followed.
bool TranscriptStage::keepPlace(const std::vector<TranscriptMessage> &messages, int kept)
{
    const int before = m_page.count();
    const int after = static_cast<int>(messages.size());
    const bool news = after > 0 && (messages.back().state == storage::MessageState::Streaming ||
                                    (messages.back().role == storage::MessageRole::User && after > kept));
    const int next = std::min({kept + 1, before, after});
    // The foot of the changed message, where its buttons are, stays under the pointer.
    if (m_anchor.item >= kept && kept < before)
        m_anchor = {next, -1, std::min(scrollTop() - m_page.top(next), 0)};
    return news || (m_follow && kept + 1 >= before);
}

/// The control may be gone with the old message; its copy button is always there.
void TranscriptStage::keepFocus(const ControlRef &focused, int kept)
{
    if (focused.item > kept || focused.item >= m_page.count())
        return;
    const bool inBlock = focused.control.kind == ControlKind::CopyCode || focused.control.kind == ControlKind::Link;
    const bool known = (!inBlock || focused.item < kept) && boxOf(focused);
    m_focused = known ? focused : ControlRef{focused.item, {ControlKind::Copy}};
}

void TranscriptStage::appendMessage(const TranscriptMessage &message)
{
    auto item = std::make_unique<MessageItem>(message);
    item->thinking().setDisplay(m_display);
    m_page.append(std::move(item));
    if (message.role == storage::MessageRole::User) // sent just now: the writer wants to see it
        m_follow = true;
    settle();
    updateRunning();
}

} // namespace ui
