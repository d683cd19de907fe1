#include "ui/prompt/prompt_window.h"

#include "ui/error_text.h"
#include "ui/prompt/prompt_look.h"
#include "ui/prompt/prompt_omissions.h"
#include "ui/prompt/prompt_panel.h"
#include "ui/prompt/prompt_strip.h"
#include "ui/prompt/prompt_text_view.h"
#include "ui/prompt/prompt_token_view.h"
#include "ui/widgets/context_gauge.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/visible_text.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>

namespace ui {

namespace {

constexpr int pauseMilliseconds = 250; // in writing, before the prompt is asked for again
constexpr int copiedMilliseconds = 1500;

} // namespace

PromptWindow::PromptWindow(QWidget *parent) : QDialog(parent), m_prompt(std::make_shared<PromptText>())
{
    m_pause.setSingleShot(true);
    m_pause.setInterval(pauseMilliseconds);
    m_copied.setSingleShot(true);
    m_copied.setInterval(copiedMilliseconds);
    build();
    connectParts();
    retranslate();
    showTokens(false);
}

void PromptWindow::setModel(const engine::ModelInfo &model)
{
    m_model = model;
    retranslate();
}

void PromptWindow::setWish(const PromptWish &wish)
{
    m_shown.wish = wish;
    m_panel->setFixed(wish.reply != 0);
    m_hasPrompt = false;
    ask();
}

void PromptWindow::setRetention(engine::ThinkingRetention retention)
{
    if (m_shown.wish.reply == 0)
        m_panel->setRetention(retention);
}

void PromptWindow::refresh(const QString &draft)
{
    if (m_shown.wish.reply == 0)
        m_shown.wish.draft = draft;
    m_pause.start();
}

void PromptWindow::setGenerating(bool generating)
{
    if (generating == m_generating)
        return;
    m_generating = generating;
    if (generating)
        showStatus();
    else
        m_pause.start();
}

void PromptWindow::ask()
{
    m_pause.stop();
    m_failure.reset();
    m_asking = !m_generating;
    showStatus();
    if (m_asking)
        emit asked(m_shown.wish);
}

void PromptWindow::showPrompt(const ShownPrompt &shown)
{
    if (shown.wish != m_shown.wish)
        return; // another one was asked for meanwhile
    m_asking = false;
    m_hasPrompt = true;
    m_failure.reset();
    m_shown = shown;
    m_prompt = std::make_shared<PromptText>(shown.prompt);
    m_shown.prompt.tokens.clear(); // the text has them
    m_shown.prompt.parts.clear();
    m_text->setPrompt(m_prompt);
    m_tokens->setPrompt(m_prompt);
    m_strip->setPrompt(m_prompt, shown.roles);
    m_legend->setPrompt(m_prompt);
    m_panel->setPrompt(shown);
    m_gauge->setUsage(m_prompt->tokenCount(), shown.prompt.contextLength, shown.prompt.cachedTokens,
                      m_model.kvBytesPerToken);
    m_subtitle->setText(subtitleText());
    showStatus();
    showDetails(m_stack->currentWidget() == m_tokens ? m_tokens->chosenPiece() : m_text->chosenPiece());
}

void PromptWindow::showFailure(const engine::Failure &failure)
{
    m_asking = false;
    m_hasPrompt = false;
    m_failure = failure;
    showStatus();
}

PromptOmissions *PromptWindow::omissions() const
{
    return m_panel->omissions();
}

QComboBox *PromptWindow::retention() const
{
    return m_panel->retention();
}

QString PromptWindow::details() const
{
    return m_details->text();
}

QString PromptWindow::status() const
{
    return m_stack->currentWidget() == m_status ? m_status->text() : QString();
}

/// An older prompt stays while a newer one is on its way.
void PromptWindow::showStatus()
{
    if (m_failure)
        m_status->setText(errorText(*m_failure));
    else if (m_generating)
        m_status->setText(tr("A reply is being written. The prompt of the next message follows when it has ended."));
    else
        m_status->setText(tr("Making the prompt…"));
    const bool shown = m_hasPrompt && !m_failure;
    m_stack->setCurrentWidget(!shown                      ? static_cast<QWidget *>(m_status)
                              : m_showTokens->isChecked() ? static_cast<QWidget *>(m_tokens)
                                                          : m_text);
    for (QPushButton *button : {m_copyText, m_copyIds})
        button->setEnabled(shown);
}

void PromptWindow::showTokens(bool tokens)
{
    (tokens ? m_showTokens : m_showText)->setChecked(true);
    const int piece = tokens ? m_text->chosenPiece() : m_tokens->chosenPiece();
    showStatus();
    m_spaces->setEnabled(!tokens); // each token shows its white space
    if (piece < 0 || piece >= m_prompt->pieceCount())
        return;
    if (tokens)
        m_tokens->choose(piece);
    else if (m_text->chosenPiece() != piece)
        m_text->chooseToken(m_prompt->piece(piece).firstToken);
}

void PromptWindow::find(bool backward)
{
    if (m_showTokens->isChecked())
        showTokens(false);
    const bool found = m_search->text().isEmpty() || m_text->find(m_search->text(), backward);
    m_found->setText(found ? QString() : tr("No match"));
}

void PromptWindow::showDetails(int piece)
{
    m_details->setText(describe(piece));
}

QString PromptWindow::describe(int piece) const
{
    if (piece < 0 || piece >= m_prompt->pieceCount())
        return {};
    const int first = m_prompt->piece(piece).firstToken;
    const int count = m_prompt->pieceTokens(piece);
    QStringList ids;
    for (int i = 0; i < count; ++i)
        ids.append(QString::number(m_prompt->tokenId(first + i)));
    const int at = m_prompt->runAt(m_prompt->piece(piece).start);
    const PromptText::Run &run = m_prompt->runs()[static_cast<std::size_t>(at)];
    QStringList parts{count == 1 ? tr("Token %1").arg(formatCount(first))
                                 : tr("Tokens %1 to %2").arg(formatCount(first), formatCount(first + count - 1)),
                      tr("id %1").arg(ids.join(QLatin1Char(' '))),
                      tr("“%1”").arg(PromptLook::visibleSpaces(m_prompt->pieceText(piece))),
                      PromptLook::place(m_shown.roles, run.source, run.message)};
    if (first < m_prompt->cachedTokens())
        parts.append(tr("cached"));
    return parts.join(QStringLiteral(" · "));
}

void PromptWindow::copy(QPushButton *button, const QString &text)
{
    QApplication::clipboard()->setText(text);
    retranslate();
    button->setText(tr("Copied"));
    m_copied.start();
}

QString PromptWindow::subtitleText() const
{
    const QString model = visibleText(QString::fromStdString(m_model.name));
    QString what = tr("What %1 is sent with the next message; nothing is written yet").arg(model);
    if (m_shown.wish.reply != 0)
        what = tr("What %1 is sent for this reply").arg(model);
    else if (!m_shown.wish.draft.trimmed().isEmpty())
        what = tr("What %1 is sent with the message in the text field").arg(model);
    if (!m_hasPrompt)
        return what;
    const bool thinks = m_shown.prompt.startsIn == engine::TextPart::Thinking;
    return QStringList{what, tr("template %1").arg(QString::fromStdString(m_shown.prompt.templateName)),
                       thinks ? tr("it goes on with a thought") : tr("it goes on with an answer")}
        .join(QStringLiteral(" · "));
}

void PromptWindow::retranslate()
{
    setWindowTitle(tr("Exact Prompt"));
    m_title->setText(tr("Exact prompt"));
    m_subtitle->setText(subtitleText());
    m_showText->setText(tr("Text"));
    m_showTokens->setText(tr("Tokens"));
    m_spaces->setText(tr("White space"));
    m_spaces->setToolTip(tr("Show spaces, tabs and line breaks"));
    m_search->setPlaceholderText(tr("Find in the prompt"));
    m_search->setAccessibleName(tr("Find in the prompt"));
    m_text->setAccessibleName(tr("Text of the prompt"));
    m_tokens->setAccessibleName(tr("Tokens of the prompt"));
    m_copyText->setText(tr("Copy Text"));
    m_copyIds->setText(tr("Copy Token IDs"));
    m_close->setText(tr("Close"));
    showStatus();
}

void PromptWindow::changeEvent(QEvent *event)
{
    QDialog::changeEvent(event);
    if (event->type() != QEvent::LanguageChange)
        return;
    retranslate();
    showDetails(m_text->chosenPiece());
    if (m_hasPrompt)
        m_panel->setPrompt(m_shown);
}

} // namespace ui
