#include "ui/main_window.h"

#include "ui/library/library_page.h"
#include "ui/library/open_folder.h"
#include "ui/prompt/prompt_window.h"
#include "ui/theme/theme.h"
#include "ui/transcript/transcript_view.h"
#include "ui/widgets/visible_text.h"
#include "ui/window/chat_page.h"
#include "ui/window/composer.h"
#include "ui/window/main_window_parts.h"
#include "ui/window/model_bar.h"
#include "ui/window/notice_bar.h"
#include "ui/window/sidebar.h"
#include "ui/window/toast.h"
#include "ui/window/welcome_view.h"

#include <QCloseEvent>
#include <QDir>
#include <QDragEnterEvent>

namespace ui {

namespace {

constexpr qsizetype titleInToast = 40; ///< characters

} // namespace

MainWindow::MainWindow(const UiSettings &settings, QWidget *parent)
    : QMainWindow(parent), m_parts(std::make_unique<Parts>(this, settings))
{
    m_parts->chat->composer->focusEdit();
}

MainWindow::~MainWindow() = default;

void MainWindow::showModelLoading(const QString &folder)
{
    m_parts->modelReady = false;
    m_parts->showModelFailure(std::nullopt);
    m_parts->chat->modelBar->showLoading(folder);
    m_parts->chat->library->showOpening(folder);
    m_parts->chat->welcome->setModel(QDir(folder).dirName(), true);
    m_parts->chat->composer->setState(Composer::State::Loading);
    m_parts->updateActions();
}

void MainWindow::showModelProgress(const engine::ModelLoadProgress &progress)
{
    m_parts->chat->modelBar->showProgress(progress);
    m_parts->chat->library->showProgress(progress);
}

void MainWindow::showModel(const engine::ModelInfo &info)
{
    m_parts->showModelFailure(std::nullopt);
    m_parts->showReadyModel(info);
    m_parts->leaveAfterOpening();
    setGenerating(m_parts->generating);
}

void MainWindow::showModelFailure(const engine::Failure &failure, const QString &folder, const engine::ModelInfo &kept)
{
    const bool cancelled = failure.code == engine::ErrorCode::Cancelled;
    m_parts->openingFromLibrary = false;
    m_parts->failedModel = folder;
    m_parts->showModelFailure(cancelled ? std::nullopt : std::optional(failure),
                              cancelled ? QString() : QString::fromStdString(kept.name));
    if (cancelled && m_parts->deviceFailure)
        m_parts->showDeviceFailure(*m_parts->deviceFailure);
    if (!kept.name.empty()) {
        m_parts->showReadyModel(kept);
        return setGenerating(m_parts->generating);
    }
    m_parts->modelReady = false;
    if (cancelled)
        m_parts->chat->modelBar->showNothing();
    else
        m_parts->chat->modelBar->showFailure(folder);
    m_parts->chat->library->showOpen({});
    showPromptFailure(failure);
    m_parts->chat->welcome->setModel({}, false);
    m_parts->chat->composer->setState(Composer::State::NoModel);
    m_parts->updateActions();
}

void MainWindow::showUnopenedModel(const QString &path, bool offerBundled)
{
    m_parts->showUnopened(UnopenedModel{path, offerBundled});
}

void MainWindow::beginLibraryScan(const std::vector<engine::ModelPlace> &places)
{
    m_parts->chat->library->beginScan(places);
}

void MainWindow::addLibraryModels(const std::vector<engine::ModelEntry> &entries)
{
    m_parts->chat->library->add(entries);
}

void MainWindow::endLibraryScan(const std::vector<engine::PlaceReport> &reports)
{
    m_parts->chat->library->endScan(reports);
}

void MainWindow::setAvailableMemory(std::uint64_t bytes)
{
    m_parts->chat->library->setAvailable(bytes);
}

void MainWindow::setDevices(const engine::DeviceList &list)
{
    m_parts->chat->library->setDevices(list);
}

void MainWindow::setDevice(const QString &id)
{
    m_parts->chat->library->setDevice(id);
}

void MainWindow::showDeviceFailure(const engine::Failure &failure)
{
    m_parts->showDeviceFailure(failure);
}

void MainWindow::showDeviceUsage(const engine::DeviceUsage &usage)
{
    m_parts->chat->modelBar->showDevice(usage);
}

void MainWindow::showLibrary(bool shown)
{
    m_parts->showLibrary(shown);
}

bool MainWindow::showsLibrary() const
{
    return m_parts->chat->showsLibrary();
}

void MainWindow::setConversations(std::vector<storage::ConversationSummary> conversations)
{
    m_parts->sidebar->list()->conversations()->setConversations(std::move(conversations));
    m_parts->conversationsChanged();
    m_parts->sidebar->list()->showCurrent();
}

void MainWindow::updateConversation(const storage::ConversationSummary &conversation)
{
    m_parts->sidebar->list()->conversations()->update(conversation);
    m_parts->conversationsChanged();
}

void MainWindow::removeConversation(storage::ConversationId id)
{
    m_parts->sidebar->list()->conversations()->remove(id);
    m_parts->conversationsChanged();
}

void MainWindow::setCurrentConversation(storage::ConversationId id)
{
    m_parts->sidebar->list()->conversations()->setCurrent(id);
    m_parts->sidebar->list()->showCurrent();
    m_parts->conversationsChanged();
}

void MainWindow::offerUndoDelete(storage::ConversationId id, const QString &title)
{
    QString shown = visibleText(title);
    if (shown.size() > titleInToast)
        shown = shown.left(titleInToast) + QStringLiteral("…");
    m_parts->deleted.emplace_back(id, shown);
    m_parts->toast->offer(m_parts->deletedText(), tr("Undo"));
    m_parts->updateActions();
}

void MainWindow::showTranscript(std::vector<TranscriptMessage> messages)
{
    m_parts->messages.clear();
    for (const TranscriptMessage &message : messages)
        m_parts->showMessage(message);
    m_parts->chat->showWelcome(messages.empty());
    m_parts->chat->transcript->setMessages(std::move(messages));
    m_parts->showUsage();
    m_parts->updateActions();
    m_parts->promptChanged();
}

void MainWindow::appendMessage(const TranscriptMessage &message)
{
    m_parts->showMessage(message);
    m_parts->chat->showWelcome(false);
    m_parts->chat->transcript->appendMessage(message);
    m_parts->updateActions();
}

void MainWindow::appendText(storage::MessageId id, storage::PartKind kind, const QString &text)
{
    m_parts->chat->transcript->appendText(id, kind, text);
}

void MainWindow::showLive(storage::MessageId id, const LiveStatistics &live, const std::vector<std::uint16_t> &routes)
{
    m_parts->chat->transcript->showLive(id, live);
    m_parts->chat->modelBar->showLive(live, routes);
}

void MainWindow::finishMessage(const TranscriptMessage &message)
{
    m_parts->showMessage(message);
    m_parts->chat->transcript->finishMessage(message);
    m_parts->showUsage();
    m_parts->updateActions();
    m_parts->promptChanged();
}

void MainWindow::setGenerating(bool generating)
{
    if (generating && !m_parts->generating)
        m_parts->chat->modelBar->startReply();
    m_parts->generating = generating;
    if (m_parts->modelReady)
        m_parts->chat->composer->setState(generating ? Composer::State::Generating : Composer::State::Ready);
    if (m_parts->prompt)
        m_parts->prompt->setGenerating(generating);
    m_parts->updateActions();
}

void MainWindow::showPrompt(const ShownPrompt &prompt)
{
    if (m_parts->prompt)
        m_parts->prompt->showPrompt(prompt);
}

void MainWindow::showPromptFailure(const engine::Failure &failure)
{
    if (m_parts->prompt)
        m_parts->prompt->showFailure(failure);
}

void MainWindow::showNotice(const QString &sentence)
{
    m_parts->failure.reset();
    m_parts->chat->notice->show(sentence);
}

void MainWindow::showFailure(const StorageFailure &failure)
{
    showNotice(storageErrorText(failure, StorageMoment::Acting));
    m_parts->failure = failure;
}

void MainWindow::showSaveFailure(const StorageFailure &failure)
{
    m_parts->showSaveFailure(failure);
}

void MainWindow::clearSaveFailure()
{
    m_parts->showSaveFailure(std::nullopt);
}

QString MainWindow::draft() const
{
    return m_parts->chat->composer->text();
}

void MainWindow::setDraft(const QString &text)
{
    m_parts->chat->composer->setText(text);
}

void MainWindow::applySettings(const UiSettings &settings)
{
    m_parts->applySettings(settings);
}

void MainWindow::setCloseGuard(std::function<bool()> mayClose)
{
    m_mayClose = std::move(mayClose);
}

bool MainWindow::event(QEvent *event)
{
    const bool handled = QMainWindow::event(event);
    // The desktop went from light to dark or back.
    if (event->type() == QEvent::ThemeChange && m_parts && m_parts->settings.theme == Theme::System)
        theme::apply(m_parts->settings);
    return handled;
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::LanguageChange && m_parts)
        m_parts->retranslate();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    m_parts->rememberPlaces();
    emit settingsChanged(m_parts->settings);
    if (m_mayClose && !m_mayClose())
        return event->ignore();
    emit closing();
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (draggedFolder(event->mimeData()).isEmpty())
        return;
    event->acceptProposedAction();
    m_parts->dropHint->setGeometry(centralWidget()->geometry());
    m_parts->dropHint->show();
    m_parts->dropHint->raise();
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent *)
{
    m_parts->dropHint->hide();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    m_parts->dropHint->hide();
    const QString folder = draggedFolder(event->mimeData());
    if (folder.isEmpty())
        return;
    event->acceptProposedAction();
    emit openModelRequested(folder);
}

} // namespace ui
