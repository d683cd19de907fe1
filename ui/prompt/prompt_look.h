#pragma once
// Names and colours of what a prompt is made of, and where in the conversation a piece of it stands. In the language
// and theme in force.

#include "engine/generation.h"

#include <QColor>
#include <QCoreApplication>
#include <QString>
#include <vector>

namespace ui {

class PromptLook {
    Q_DECLARE_TR_FUNCTIONS(ui::PromptLook)

public:
    static QString name(engine::PromptSource source);
    static QColor color(engine::PromptSource source);
    /// Behind text, which stays readable on it; neighbouring tokens differ by `odd`.
    static QColor tint(engine::PromptSource source, bool odd);
    static QColor text(engine::PromptSource source);

    /// "Question 2", "Reply 1"; empty if it belongs to no message.
    static QString place(const std::vector<engine::Role> &roles, int message);
    /// "Thought of reply 1", "Question 2", "Markup"
    static QString place(const std::vector<engine::Role> &roles, engine::PromptSource source, int message);
    static QString retention(engine::ThinkingRetention retention);
    /// What is missing and why, in one sentence.
    static QString reason(engine::OmissionReason reason, const QString &templateName);
    /// White space as signs; line breaks too.
    static QString visibleSpaces(QStringView text);
    /// Tool tips guess whether they are HTML; what stands in a prompt never is.
    static QString toolTip(const QString &text);
};

} // namespace ui
