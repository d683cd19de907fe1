// Which widget and which command leads to which wish: the connections of MainWindow, nothing else.

#include "ui/library/library_page.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/about_dialog.h"
#include "ui/window/chat_page.h"
#include "ui/window/composer.h"
#include "ui/window/find_bar.h"
#include "ui/window/link_prompt.h"
#include "ui/window/main_window_parts.h"
#include "ui/window/model_bar.h"
#include "ui/window/notice_bar.h"
#include "ui/window/shortcuts_dialog.h"
#include "ui/window/sidebar.h"
#include "ui/window/toast.h"
#include "ui/window/welcome_view.h"

#include <QTimer>

namespace ui {

namespace {

constexpr int textStep = 10;
constexpr int leastText = 80;
constexpr int mostText = 200;

} // namespace

void MainWindow::Parts::on(Command command, const std::function<void()> &act)
{
    connect(commands->action(command), &QAction::triggered, this, act);
}

void MainWindow::Parts::connectWidgets()
{
    ConversationList *list = sidebar->list();
    connect(sidebar, &Sidebar::newChatRequested, commands->action(Command::NewChat), &QAction::trigger);
    connect(sidebar, &Sidebar::settingsRequested, this, &Parts::openSettings);
    connect(sidebar, &Sidebar::hideRequested, this, [this] { setSidebarVisible(false); });
    connect(list, &ConversationList::opened, window, [this](storage::ConversationId id) {
        showLibrary(false);
        emit window->conversationSelected(id);
    });
    connect(list, &ConversationList::renameRequested, window, &MainWindow::renameRequested);
    connect(list, &ConversationList::renameRequested, this, &Parts::updateTitle);
    connect(list, &ConversationList::pinRequested, window, &MainWindow::pinRequested);
    connect(list, &ConversationList::deleteRequested, window, &MainWindow::deleteRequested);
    connect(list, &ConversationList::typed, this, [this](const QString &text) {
        showLibrary(false);
        chat->composer->focusEdit();
        chat->composer->edit()->insertPlainText(text);
    });
    connect(toast, &Toast::actionTaken, this, &Parts::undoDelete);

    connect(chat->composer, &Composer::sendRequested, window, &MainWindow::sendRequested);
    connect(chat->composer, &Composer::stopRequested, window, &MainWindow::stopRequested);
    connect(chat->composer, &Composer::editLastRequested, commands->action(Command::EditLast), &QAction::trigger);
    connect(chat->welcome, &WelcomeView::exampleChosen, this, &Parts::sendExample);
    connect(chat->welcome, &WelcomeView::openModelRequested, this, &Parts::openModel);
    connect(chat->modelBar, &ModelBar::openModelRequested, this, &Parts::openModel);
    connect(chat->modelBar, &ModelBar::cancelLoadRequested, window, &MainWindow::cancelLoadRequested);
    connect(chat->modelBar, &ModelBar::sidebarRequested, this, [this] { setSidebarVisible(true); });
    connect(chat->modelNotice, &NoticeBar::actionTaken, this, [this] { answerNotice(-1); });
    connect(chat->modelNotice, &NoticeBar::otherActionTaken, this, &Parts::answerNotice);
    connect(chat->saveNotice, &NoticeBar::actionTaken, window, &MainWindow::retryRequested);
    connect(chat->findBar, &FindBar::findRequested, this, [this](const QString &text, bool backward) {
        chat->findBar->showFound(chat->transcript->findNext(text, backward));
    });
    connect(chat->findBar, &FindBar::closed, this, [this] {
        chat->transcript->findNext({}, false); // takes the marks away
        chat->composer->focusEdit();
    });

    connect(chat->transcript, &TranscriptView::regenerateRequested, window, &MainWindow::regenerateRequested);
    connect(chat->transcript, &TranscriptView::editRequested, window, &MainWindow::editRequested);
    connect(chat->transcript, &TranscriptView::continueRequested, this, &Parts::continueReply);
    connect(chat->transcript, &TranscriptView::branchRequested, window, &MainWindow::branchRequested);
    connect(chat->transcript, &TranscriptView::promptRequested, this, &Parts::openPrompt);
    connect(chat->composer, &Composer::edited, this, &Parts::promptChanged);
    connect(chat->composer, &Composer::promptRequested, this, [this] { openPrompt(0); });
    connect(chat->composer, &Composer::thinkingSwitched, this, [this](bool on) {
        change([on](UiSettings &s) { s.thinkingMode = on ? engine::ThinkingMode::On : engine::ThinkingMode::Off; });
    });
    connect(chat->transcript, &TranscriptView::linkActivated, this,
            [this](const QString &link) { askToOpenLink(window, link); });
}

void MainWindow::Parts::connectCommands()
{
    on(Command::NewChat, [this] {
        showLibrary(false);
        emit window->newConversationRequested();
        chat->composer->focusEdit();
    });
    on(Command::OpenModel, [this] { openModel(); });
    on(Command::Settings, [this] { openSettings(); });
    on(Command::Quit, [this] { window->close(); });
    on(Command::UndoDelete, [this] { undoDelete(); });
    on(Command::Copy, [this] { copy(); });
    on(Command::FindInChat, [this] {
        showLibrary(false);
        chat->findBar->open(chat->transcript->selectedText());
    });
    on(Command::FindNext, [this] { chat->findBar->step(false); });
    on(Command::FindPrevious, [this] { chat->findBar->step(true); });
    on(Command::SearchConversations, [this] {
        setSidebarVisible(true);
        sidebar->startSearch();
    });
    on(Command::Send, [this] { chat->composer->send(); });
    on(Command::Stop, [this] { emit window->stopRequested(); });
    on(Command::WriteMessage, [this] {
        showLibrary(false);
        chat->composer->focusEdit();
    });
    on(Command::Regenerate, [this] {
        if (const auto id = regenerable())
            emit window->regenerateRequested(id);
    });
    on(Command::Continue, [this] {
        if (const TranscriptMessage *reply = continuable())
            continueReply(reply->id);
    });
    on(Command::ExactPrompt, [this] { openPrompt(0); });
    on(Command::EditLast, [this] {
        if (const auto id = chat->transcript->actionTarget(storage::MessageRole::User))
            chat->transcript->startEditing(id);
    });
    on(Command::PreviousBranch, [this] { stepBranch(-1); });
    on(Command::NextBranch, [this] { stepBranch(1); });
    on(Command::Rename, [this] {
        const auto id = sidebar->list()->actionTarget();
        setSidebarVisible(true);
        sidebar->list()->startRename(id);
    });
    on(Command::Pin, [this] {
        ConversationModel *model = sidebar->list()->conversations();
        if (const auto *conversation = model->find(sidebar->list()->actionTarget()))
            emit window->pinRequested(conversation->id, !conversation->pinned);
        updateActions(); // the mark follows the list, not the click
    });
    on(Command::Delete, [this] {
        if (const auto id = sidebar->list()->actionTarget())
            emit window->deleteRequested(id);
    });
    for (const auto &[command, step] :
         {std::pair(Command::NextConversation, 1), std::pair(Command::PreviousConversation, -1)})
        on(command, [this, step = step] {
            showLibrary(false);
            if (const auto id = sidebar->list()->conversations()->neighbour(step))
                emit window->conversationSelected(id);
        });
    on(Command::Shortcuts, [this] { showShortcuts(window, *commands); });
    on(Command::About, [this] { showAbout(window); });
}

void MainWindow::Parts::connectLibrary()
{
    on(Command::Library, [this] { showLibrary(!chat->showsLibrary()); });
    const auto show = [this] { showLibrary(true); };
    connect(sidebar, &Sidebar::libraryRequested, this, show);
    connect(chat->modelBar, &ModelBar::libraryRequested, this, show);
    LibraryPage *library = chat->library;
    connect(library, &LibraryPage::closed, this, [this] { showLibrary(false); });
    connect(library, &LibraryPage::openRequested, this,
            [this](const QString &path, int contextLength, const QString &device, Precision precision) {
                openingFromLibrary = true;
                emit window->openModelRequested(path, contextLength, device, precision);
            });
    connect(library, &LibraryPage::rescanRequested, window, &MainWindow::libraryRescanRequested);
    connect(library, &LibraryPage::addFolderRequested, this, &Parts::addLibraryFolder);
    connect(library, &LibraryPage::removeFolderRequested, window, &MainWindow::libraryFolderRemoved);
}

void MainWindow::Parts::connectSettingsCommands()
{
    on(Command::Sidebar, [this] { setSidebarVisible(sidebar->isHidden()); });
    on(Command::RoutingStrip, [this] { change([](UiSettings &s) { s.showRoutingStrip = !s.showRoutingStrip; }); });
    const std::pair<Command, ThinkingDisplay> thinking[] = {
        {Command::ThinkingWhileOpen, ThinkingDisplay::OpenWhileThinking},
        {Command::ThinkingAlwaysOpen, ThinkingDisplay::AlwaysOpen},
        {Command::ThinkingCollapsed, ThinkingDisplay::AlwaysCollapsed},
    };
    for (const auto &[command, display] : thinking)
        on(command, [this, value = display] { change([value](UiSettings &s) { s.thinking = value; }); });
    const std::pair<Command, Theme> themes[] = {
        {Command::ThemeSystem, Theme::System},
        {Command::ThemeLight, Theme::Light},
        {Command::ThemeDark, Theme::Dark},
    };
    for (const auto &[command, theme] : themes)
        on(command, [this, value = theme] { change([value](UiSettings &s) { s.theme = value; }); });
    on(Command::LanguageEnglish, [this] { change([](UiSettings &s) { s.language = QStringLiteral("en"); }); });
    on(Command::LanguageChinese, [this] { change([](UiSettings &s) { s.language = QStringLiteral("zh_CN"); }); });
    const auto scaleTo = [this](int percent) {
        change([percent](UiSettings &s) { s.textScalePercent = std::clamp(percent, leastText, mostText); });
    };
    on(Command::TextLarger, [this, scaleTo] { scaleTo(settings.textScalePercent + textStep); });
    on(Command::TextSmaller, [this, scaleTo] { scaleTo(settings.textScalePercent - textStep); });
    on(Command::TextReset, [scaleTo] { scaleTo(100); });
}

} // namespace ui
