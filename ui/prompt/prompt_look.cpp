#include "ui/prompt/prompt_look.h"

#include "ui/theme/theme.h"

#include <QTextDocument>
#include <algorithm>

namespace ui {

using engine::OmissionReason;
using engine::PromptSource;
using engine::Role;
using engine::ThinkingRetention;

namespace {

constexpr double evenShare = 0.08; // of the source's colour in the tint
constexpr double oddShare = 0.16;

QColor mix(const QColor &from, const QColor &to, double share)
{
    const auto part = static_cast<float>(share);
    const auto channel = [part](float a, float b) { return a + (b - a) * part; };
    return QColor::fromRgbF(channel(from.redF(), to.redF()), channel(from.greenF(), to.greenF()),
                            channel(from.blueF(), to.blueF()));
}

} // namespace

QString PromptLook::name(PromptSource source)
{
    switch (source) {
    case PromptSource::Bos:
        return tr("Beginning");
    case PromptSource::Markup:
        return tr("Markup");
    case PromptSource::System:
        return tr("System prompt");
    case PromptSource::User:
        return tr("Questions");
    case PromptSource::Thinking:
        return tr("Thoughts");
    case PromptSource::Answer:
        return tr("Answers");
    }
    return {};
}

QColor PromptLook::color(PromptSource source)
{
    const theme::Colors &c = theme::current().colors;
    switch (source) {
    case PromptSource::Bos:
        return c.comment;
    case PromptSource::Markup:
        return c.keyword;
    case PromptSource::System:
        return c.number;
    case PromptSource::User:
        return c.function;
    case PromptSource::Thinking:
        return c.type;
    case PromptSource::Answer:
        return c.string;
    }
    return c.comment;
}

QColor PromptLook::tint(PromptSource source, bool odd)
{
    return mix(theme::current().colors.window, color(source), odd ? oddShare : evenShare);
}

QColor PromptLook::text(PromptSource source)
{
    const bool ofTheTemplate = source == PromptSource::Bos || source == PromptSource::Markup;
    return ofTheTemplate ? color(source) : theme::current().colors.textPrimary;
}

QString PromptLook::place(const std::vector<Role> &roles, int message)
{
    if (message < 0 || message >= static_cast<int>(roles.size()))
        return {};
    const Role role = roles[static_cast<std::size_t>(message)];
    const auto number = std::count(roles.begin(), roles.begin() + message + 1, role);
    switch (role) {
    case Role::System:
        return tr("System prompt");
    case Role::User:
        return tr("Question %1").arg(number);
    case Role::Assistant:
        return tr("Reply %1").arg(number);
    }
    return {};
}

QString PromptLook::place(const std::vector<Role> &roles, PromptSource source, int message)
{
    const QString where = place(roles, message);
    if (source == PromptSource::Bos || where.isEmpty())
        return name(source);
    if (source == PromptSource::Markup)
        return tr("Markup of “%1”").arg(where);
    if (source == PromptSource::Thinking)
        return tr("Thought of “%1”").arg(where);
    return where;
}

QString PromptLook::retention(ThinkingRetention retention)
{
    switch (retention) {
    case ThinkingRetention::Template:
        return tr("As the template does");
    case ThinkingRetention::All:
        return tr("All");
    case ThinkingRetention::Newest:
        return tr("The newest only");
    case ThinkingRetention::None:
        return tr("None");
    }
    return {};
}

QString PromptLook::reason(OmissionReason reason, const QString &templateName)
{
    switch (reason) {
    case OmissionReason::TemplateDropsThoughts:
        return tr("The template %1 leaves earlier thoughts out.").arg(templateName);
    case OmissionReason::RetentionPolicy:
        return tr("You chose which earlier thoughts the model sees; this one is not among them.");
    case OmissionReason::ThoughtNotClosed:
        return tr("The thought was cut off; the model would take what follows for its end.");
    case OmissionReason::OnlyLastSystemMessage:
        return tr("The template %1 keeps the last system prompt only.").arg(templateName);
    case OmissionReason::ModelHasNoThoughts:
        return tr("This model does not think; it has no words for a thought.");
    }
    return {};
}

QString PromptLook::visibleSpaces(QStringView text)
{
    QString shown;
    shown.reserve(text.size());
    for (const QChar c : text) {
        if (c == QLatin1Char(' '))
            shown += QChar(0x00B7); // middle dot
        else if (c == QLatin1Char('\n'))
            shown += QChar(0x23CE); // return symbol
        else if (c == QLatin1Char('\t'))
            shown += QChar(0x2192); // arrow
        else
            shown += c;
    }
    return shown;
}

QString PromptLook::toolTip(const QString &text)
{
    return Qt::mightBeRichText(text) ? text.toHtmlEscaped() : text;
}

} // namespace ui
