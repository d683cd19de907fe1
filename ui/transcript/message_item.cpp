#include "ui/transcript/message_item.h"

#include "ui/transcript/message_metrics.h"

#include <QFontMetrics>
#include <algorithm>

namespace ui {

namespace {

using State = storage::MessageState;

bool hasLetters(const QString &text)
{
    return std::any_of(text.begin(), text.end(), [](QChar c) { return !c.isSpace(); });
}

TextTone toneOf(storage::MessageRole role)
{
    switch (role) {
    case storage::MessageRole::User:
        return TextTone::User;
    case storage::MessageRole::System:
        return TextTone::System;
    case storage::MessageRole::Assistant:
        break;
    }
    return TextTone::Answer;
}

MessageText::Syntax syntaxOf(storage::MessageRole role)
{
    return role == storage::MessageRole::Assistant ? MessageText::Syntax::Markdown : MessageText::Syntax::Plain;
}

} // namespace

MessageItem::MessageItem(TranscriptMessage message)
    : m_message(std::move(message)), m_thoughtText(MessageText::Syntax::Markdown),
      m_answerText(syntaxOf(m_message.role)), m_thought(m_thoughtText, TextTone::Thinking),
      m_answer(m_answerText, toneOf(m_message.role))
{
    m_thoughtText.append(std::exchange(m_message.thinking, {}));
    m_answerText.append(std::exchange(m_message.answer, {}));
    const bool thinks = isStreaming() && hasThinking() && m_answerText.source().isEmpty();
    m_thoughtText.setStreaming(thinks);
    m_answerText.setStreaming(isStreaming());
    if (thinks)
        m_thinking.begin();
    if (!isStreaming())
        m_thinking.finish(m_message);
}

// --- words -------------------------------------------------------------------------------------------

QString MessageItem::speaker() const
{
    switch (m_message.role) {
    case storage::MessageRole::User:
        return tr("You");
    case storage::MessageRole::System:
        return tr("System prompt");
    case storage::MessageRole::Assistant:
        break;
    }
    return m_message.modelName.isEmpty() ? tr("Assistant") : m_message.modelName;
}

QString MessageItem::accessibleName() const
{
    if (!isReply())
        return speaker();
    switch (m_message.state) {
    case State::Streaming:
        if (m_thinking.isActive())
            return tr("%1, thinking").arg(speaker());
        return m_answerText.source().isEmpty() ? tr("%1, reading the prompt").arg(speaker())
                                               : tr("%1, answering").arg(speaker());
    case State::Stopped:
        return tr("%1, stopped").arg(speaker());
    case State::Interrupted:
        return tr("%1, interrupted").arg(speaker());
    case State::Failed:
        return tr("%1, failed").arg(speaker());
    case State::LengthLimit:
    case State::ContextFull:
        return tr("%1, cut short").arg(speaker());
    case State::Complete:
        break;
    }
    return speaker();
}

QString MessageItem::caption() const
{
    QStringList sentences;
    switch (m_message.state) {
    case State::Stopped:
        sentences.append(tr("You stopped this reply."));
        break;
    case State::Interrupted:
        sentences.append(tr("Interrupted: the program was closed."));
        break;
    case State::LengthLimit:
        sentences.append(tr("The reply reached its length limit."));
        break;
    case State::ContextFull:
        sentences.append(tr("The model's context is full: it can read no more. Start a new conversation or shorten an "
                            "earlier message."));
        break;
    case State::Failed:
        sentences.append(m_message.failure.isEmpty() ? tr("The reply failed.") : m_message.failure);
        break;
    case State::Complete:
    case State::Streaming:
        break;
    }
    if (m_message.damaged)
        sentences.append(tr("This message is damaged on disk. What could be read is shown."));
    return sentences.join(QLatin1Char(' '));
}

/// A reply that failed may have to go on elsewhere, which is a longer text.
int MessageItem::continueWidth() const
{
    return canContinue() ? MessageMetrics::continueWidth(m_message.state == storage::MessageState::Failed) : 0;
}

bool MessageItem::canContinue() const
{
    return m_last && isContinuable(m_message);
}

void MessageItem::setLast(bool last)
{
    m_last = last;
    m_geometryValid = false;
}

bool MessageItem::hasThinking() const
{
    return isReply() && hasLetters(m_thoughtText.source());
}

QString MessageItem::thinkingPreview() const
{
    for (auto block = m_thoughtText.blocks().rbegin(); block != m_thoughtText.blocks().rend(); ++block) {
        const QStringView text = QStringView(block->text).trimmed();
        if (!text.isEmpty())
            return text.mid(text.lastIndexOf(QLatin1Char('\n')) + 1).trimmed().toString();
    }
    return {};
}

QString MessageItem::source(bool withThinking) const
{
    if (!withThinking || !hasThinking())
        return m_answerText.source();
    return QStringLiteral("<think>\n%1\n</think>\n\n").arg(m_thoughtText.source().trimmed()) + m_answerText.source();
}

// --- growing -----------------------------------------------------------------------------------------

void MessageItem::appendText(storage::PartKind kind, const QString &text)
{
    if (text.isEmpty())
        return;
    if (kind == storage::PartKind::Thinking) {
        m_thinking.begin();
        m_thoughtText.setStreaming(isStreaming());
        m_thoughtText.append(text);
    } else {
        m_thinking.end();
        m_thoughtText.setStreaming(false);
        m_answerText.append(text);
    }
    m_geometryValid = false;
}

void MessageItem::setLive(const LiveStatistics &live)
{
    m_live = live;
    m_thinking.setLive(live);
    m_geometryValid = false;
}

void MessageItem::finish(const TranscriptMessage &message)
{
    m_message = message;
    if (m_thoughtText.source().isEmpty())
        m_thoughtText.append(m_message.thinking);
    if (m_answerText.source().isEmpty())
        m_answerText.append(m_message.answer);
    m_message.thinking.clear();
    m_message.answer.clear();
    m_thoughtText.setStreaming(isStreaming());
    m_answerText.setStreaming(isStreaming());
    if (!isStreaming())
        m_thinking.finish(m_message);
    m_live.reset();
    m_geometryValid = false;
}

void MessageItem::update()
{
    m_parsed = true;
    if (m_thoughtText.isDirty())
        m_thought.blocksChanged(m_thoughtText.update());
    if (m_answerText.isDirty())
        m_answer.blocksChanged(m_answerText.update());
    m_geometryValid = false;
}

void MessageItem::prepare()
{
    if (!m_parsed)
        update();
}

// --- parts -------------------------------------------------------------------------------------------

const MessageText &MessageItem::text(MessagePart part) const
{
    return part == MessagePart::Thinking ? m_thoughtText : m_answerText;
}

BlockColumn &MessageItem::column(MessagePart part)
{
    prepare();
    return part == MessagePart::Thinking ? m_thought : m_answer;
}

// --- geometry ----------------------------------------------------------------------------------------

void MessageItem::setWidth(int width)
{
    if (m_width == width)
        return;
    m_width = width;
    const int inner = isUser() ? MessageMetrics::bubbleLimit(width) - 2 * MessageMetrics::bubblePaddingX : width;
    m_answer.setWidth(std::max(inner, 40));
    m_thought.setWidth(std::max(width - MessageMetrics::thinkingIndent - MessageMetrics::thinkingBarRoom, 40));
    m_geometryValid = false;
}

void MessageItem::restyle()
{
    m_answer.restyle();
    m_thought.restyle();
    m_geometryValid = false;
}

void MessageItem::retranslate()
{
    m_thoughtText.parseAgain();
    m_answerText.parseAgain();
    if (m_parsed)
        update();
}

void MessageItem::setEditorHeight(int height)
{
    m_editorHeight = height;
    m_geometryValid = false;
}

const MessageGeometry &MessageItem::geometry()
{
    // Whoever looks at a block out of view lays it out and so corrects its height.
    const bool current = m_answerHeight == m_answer.height() && m_thoughtHeight == m_thought.height();
    if (!m_geometryValid || !current)
        computeGeometry();
    return m_geometry;
}

int MessageItem::addThinking(MessageGeometry &g, int y)
{
    g.thinkingHeader = QRect(0, y, m_width, MessageMetrics::thinkingHeaderHeight());
    y = g.thinkingHeader.bottom() + 1;
    const int content = m_thought.height() + 2 * MessageMetrics::thinkingPaddingY;
    const int limit = 28 * m_thought.style().body.pixelSize();
    const int box = std::min(content, limit);
    m_thinking.setExtent(content, box);
    const double unfolded = m_thinking.unfolded();
    if (unfolded <= 0.0)
        return y;
    g.thinkingBody = QRect(0, y, m_width, static_cast<int>(box * unfolded));
    const int edge = static_cast<int>(MessageMetrics::thinkingCollapseHeight * unfolded);
    g.thinkingCollapse = QRect(0, g.thinkingBody.bottom() + 1, m_width, edge);
    return y + g.thinkingBody.height() + edge;
}

int MessageItem::bubbleWidth()
{
    const int limit = MessageMetrics::bubbleLimit(m_width);
    if (!m_parsed || m_answer.count() != 1)
        return limit;
    const int natural = static_cast<int>(m_answer.layoutOf(0).contentWidth) + 2 * MessageMetrics::bubblePaddingX + 1;
    return std::clamp(natural, 40, limit);
}

int MessageItem::addAnswer(MessageGeometry &g, int y)
{
    const QString &source = m_answerText.source();
    const int width = isUser() && m_editorHeight == 0 ? bubbleWidth() : m_width; // may lay out: before heights are read
    int height = 0;
    if (m_parsed) {
        height = m_answer.height();
    } else if (!source.isEmpty()) {
        Block whole;
        whole.text = source;
        height = estimatedHeight(whole, m_answer.width(), m_answer.style());
    }
    if (!isUser()) {
        g.answer = QRect(0, y, m_width, height);
        return y + height;
    }
    if (m_editorHeight > 0) {
        g.bubble = QRect(0, y, m_width, m_editorHeight);
        return y + m_editorHeight;
    }
    g.bubble = QRect(m_width - width, y, width, height + 2 * MessageMetrics::bubblePaddingY);
    g.answer = g.bubble.adjusted(MessageMetrics::bubblePaddingX, MessageMetrics::bubblePaddingY,
                                 -MessageMetrics::bubblePaddingX, -MessageMetrics::bubblePaddingY);
    return y + g.bubble.height();
}

void MessageItem::computeGeometry()
{
    MessageGeometry g;
    int y = isUser() ? MessageMetrics::paddingTop : MessageMetrics::paddingTop - 4;
    if (!isUser()) {
        g.header = QRect(0, y, m_width, MessageMetrics::headerHeight());
        y += g.header.height();
    }
    const bool waiting = isReply() && isStreaming() && !hasThinking() && !hasLetters(m_answerText.source());
    if (waiting) {
        g.status = QRect(0, y, m_width, m_answer.style().lineHeight);
        y += g.status.height();
    }
    if (hasThinking())
        y = addThinking(g, y) + (m_answerText.source().isEmpty() ? 0 : MessageMetrics::thinkingGap);
    y = addAnswer(g, y);
    if (const QString sentence = caption(); !sentence.isEmpty()) {
        y += 8;
        g.caption = QRect(0, y, m_width, MessageMetrics::captionHeight(sentence, m_width, continueWidth()));
        y += g.caption.height();
    }
    g.footer = QRect(0, y + (isUser() ? 4 : 8), m_width, MessageMetrics::footerHeight());
    g.height = g.footer.bottom() + 1;
    m_geometry = g;
    m_geometryValid = true;
    m_answerHeight = m_answer.height();
    m_thoughtHeight = m_thought.height();
}

bool MessageItem::layOutRange(int from, int to)
{
    const int heightBefore = height(); // of text that is not parsed yet a guess, which parsing corrects
    prepare();
    bool changed = false;
    const MessageGeometry before = geometry();
    if (!before.thinkingBody.isEmpty() && before.thinkingBody.top() < to && before.thinkingBody.bottom() >= from) {
        // Heights above the box's own window move the window while it follows the end.
        for (int round = 0; round < 8; ++round) {
            const int top = m_thinking.scroll() - MessageMetrics::thinkingPaddingY;
            if (!m_thought.layOutRange(top, top + before.thinkingBody.height()))
                break;
            changed = true;
            m_geometryValid = false;
            geometry();
        }
    }
    const int answerTop = geometry().answer.top();
    changed = m_answer.layOutRange(from - answerTop, to - answerTop) || changed;
    m_geometryValid = m_geometryValid && !changed;
    return changed || geometry().height != heightBefore;
}

void MessageItem::release(int from, int to)
{
    if (!m_parsed)
        return;
    const int answerTop = geometry().answer.top();
    m_answer.release(from - answerTop, to - answerTop);
    const int top = m_thinking.scroll();
    const bool inView = geometry().thinkingBody.top() < to && geometry().thinkingBody.bottom() >= from;
    m_thought.release(inView ? top - 1000 : -1, inView ? top + 2000 : -1);
}

QPoint MessageItem::origin(MessagePart part)
{
    const MessageGeometry &g = geometry();
    if (part == MessagePart::Answer)
        return g.answer.topLeft();
    return {MessageMetrics::thinkingIndent,
            g.thinkingBody.top() + MessageMetrics::thinkingPaddingY - m_thinking.scroll()};
}

QRect MessageItem::clip(MessagePart part)
{
    return part == MessagePart::Answer ? geometry().answer : geometry().thinkingBody;
}

} // namespace ui
