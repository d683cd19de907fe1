#include "ui/prompt/prompt_omissions.h"

#include "ui/prompt/prompt_look.h"
#include "ui/theme/theme.h"
#include "ui/transcript/statistics_text.h"
#include "ui/transcript/untrusted_text.h"
#include "ui/widgets/format.h"

#include <QHBoxLayout>
#include <algorithm>

namespace ui {

namespace {

constexpr qsizetype fewCharacters = 110;
constexpr qsizetype mostCharacters = 6000; // of an opened card: it stands in one label
constexpr std::size_t mostCards = 100;

QLabel *plainLabel(const char *kind, QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setProperty("kind", QLatin1String(kind));
    return label;
}

} // namespace

PromptOmissionCard::PromptOmissionCard(const QString &title, int tokens, const std::string &text, const QString &reason,
                                       QWidget *parent)
    : QFrame(parent)
{
    const auto &space = theme::current().space;
    appendVisible(m_whole, QString::fromStdString(text).trimmed(), Strictness::Prose);
    setProperty("kind", QStringLiteral("card"));
    auto *heading = plainLabel("strong", this);
    heading->setText(title);
    auto *size = plainLabel("hint", this);
    size->setWordWrap(false);
    size->setText(tokens < 0 ? QString() : StatisticsText().tokens(tokens));
    m_text = plainLabel("secondary", this);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_reason = plainLabel("hint", this);
    m_reason->setText(reason);
    m_more = new QPushButton(this);
    m_more->setProperty("kind", QStringLiteral("inlinelink"));
    m_more->setVisible(m_whole.size() > fewCharacters || m_whole.contains(QLatin1Char('\n')));
    m_more->setAccessibleDescription(title);
    connect(m_more, &QPushButton::clicked, this, [this] {
        m_open = !m_open;
        showText();
    });

    auto *head = new QHBoxLayout;
    head->addWidget(heading, 1);
    head->addWidget(size, 0, Qt::AlignTop);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(space.m, space.s, space.m, space.s);
    column->setSpacing(space.xs);
    column->addLayout(head);
    column->addWidget(m_text);
    column->addWidget(m_reason);
    column->addWidget(m_more, 0, Qt::AlignLeft);
    showText();
}

void PromptOmissionCard::showText()
{
    const QString line = m_whole.simplified();
    if (m_open)
        m_text->setText(m_whole.size() <= mostCharacters ? m_whole : m_whole.left(mostCharacters) + QChar(0x2026));
    else
        m_text->setText(line.size() <= fewCharacters ? line : line.left(fewCharacters).trimmed() + QChar(0x2026));
    m_more->setText(m_open ? tr("Show less") : tr("Show all"));
}

PromptOmissions::PromptOmissions(QWidget *parent) : QScrollArea(parent)
{
    const auto &space = theme::current().space;
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    m_page = new QWidget(this);
    m_title = plainLabel("strong", m_page);
    m_more = plainLabel("hint", m_page);
    m_column = new QVBoxLayout(m_page);
    m_column->setContentsMargins(space.l, space.m, space.l, space.m);
    m_column->setSpacing(space.s);
    m_column->addWidget(m_title);
    m_column->addWidget(m_more);
    m_column->addStretch(1);
    setWidget(m_page);
}

void PromptOmissions::add(PromptOmissionCard *card)
{
    m_column->insertWidget(static_cast<int>(m_cards.size()) + 1, card);
    m_cards.push_back(card);
}

void PromptOmissions::setPrompt(const ShownPrompt &shown)
{
    for (PromptOmissionCard *card : m_cards)
        delete card;
    m_cards.clear();
    m_tokens = 0;
    const auto &omissions = shown.prompt.omissions;
    for (const engine::PromptOmission &omission : omissions)
        m_tokens += omission.tokens;
    const QString templateName = QString::fromStdString(shown.prompt.templateName);
    // The newest first: what was just left out is what one wonders about.
    for (auto at = omissions.rbegin(); at != omissions.rend() && m_cards.size() < mostCards; ++at)
        add(new PromptOmissionCard(PromptLook::place(shown.roles, at->source, at->message), at->tokens, at->text,
                                   PromptLook::reason(at->reason, templateName), m_page));
    for (auto at = shown.unanswered.rbegin(); at != shown.unanswered.rend() && m_cards.size() < mostCards; ++at)
        add(new PromptOmissionCard(tr("Reply without an answer"), -1, *at,
                                   tr("It ended before its answer and would teach the model to answer nothing."),
                                   m_page));
    QString title = tr("Left out: %1").arg(StatisticsText().tokens(m_tokens));
    if (m_cards.empty())
        title = tr("Nothing of this chat is left out");
    else if (m_tokens == 0)
        title = tr("Left out");
    m_title->setText(title);
    setAccessibleName(title);
    const std::size_t more = omissions.size() + shown.unanswered.size() - m_cards.size();
    m_more->setText(tr("and %1 more").arg(formatCount(static_cast<std::int64_t>(more))));
    m_more->setVisible(more > 0);
}

} // namespace ui
