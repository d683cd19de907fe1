#include "ui/window/main_window_parts.h"

#include "ui/library/library_page.h"
#include "ui/library/open_folder.h"
#include "ui/prompt/prompt_window.h"
#include "ui/theme/theme.h"
#include "ui/transcript/transcript_view.h"
#include "ui/widgets/visible_text.h"
#include "ui/window/chat_page.h"
#include "ui/window/composer.h"
#include "ui/window/find_bar.h"
#include "ui/window/language.h"
#include "ui/window/link_prompt.h"
#include "ui/window/model_bar.h"
#include "ui/window/notice_bar.h"
#include "ui/window/sampler_advice.h"
#include "ui/window/settings_dialog.h"
#include "ui/window/sidebar.h"
#include "ui/window/toast.h"
#include "ui/window/welcome_view.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QLineEdit>
#include <QScreen>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace ui {

namespace {

constexpr int sidebarWidth = 264;
constexpr char hiddenSidebar = 'h'; // behind the state of the splitter, which does not tell and ignores what follows
constexpr int firstWidth = 1180;
constexpr int firstHeight = 780;

} // namespace

MainWindow::Parts::Parts(MainWindow *owner, const UiSettings &initial) : window(owner), settings(initial)
{
    theme::apply(settings);
    installLanguage(resolvedLanguage(settings.language));
    build();
    connectWidgets();
    connectCommands();
    connectSettingsCommands();
    connectLibrary();
    restorePlaces();
    applySettings(settings);
}

void MainWindow::Parts::build()
{
    commands = new Commands(window);
    commands->fillMenus(window->menuBar());
    splitter = new QSplitter(window);
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    sidebar = new Sidebar(splitter);
    chat = new ChatPage(splitter);
    splitter->addWidget(sidebar);
    splitter->addWidget(chat);
    splitter->setStretchFactor(0, 0);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({sidebarWidth, firstWidth - sidebarWidth});
    window->setCentralWidget(splitter);
    toast = new Toast(chat, chat->composer);
    dropHint = new QFrame(window);
    dropHint->setProperty("kind", QStringLiteral("drop"));
    dropHint->setAttribute(Qt::WA_TransparentForMouseEvents);
    auto *column = new QVBoxLayout(dropHint);
    auto *label = new QLabel(dropHint);
    label->setObjectName(QStringLiteral("dropLabel"));
    label->setTextFormat(Qt::PlainText);
    label->setAlignment(Qt::AlignCenter);
    column->addWidget(label);
    dropHint->hide();
    window->setAcceptDrops(true);
    window->setWindowIcon(QIcon(QStringLiteral(":/icons/bathyscope.svg")));
    window->setMinimumSize(640, 440);
}

namespace {

/// A window from a larger screen, or from another scale of this one, must not reach beyond what there is.
void keepOnScreen(QWidget &window)
{
    constexpr int titleBar = 32; // its height is not known before the window is shown
    const QRect room = window.screen()->availableGeometry().adjusted(0, titleBar, 0, 0);
    QRect place(window.pos(), window.size().boundedTo(room.size()).expandedTo(window.minimumSize()));
    place.moveRight(std::min(place.right(), room.right()));
    place.moveBottom(std::min(place.bottom(), room.bottom()));
    place.moveTopLeft({std::max(place.left(), room.left()), std::max(place.top(), room.top())});
    if (place.size() != window.size())
        window.setGeometry(place);
}

} // namespace

void MainWindow::Parts::restorePlaces()
{
    if (!window->restoreGeometry(settings.geometry))
        window->resize(firstWidth, firstHeight);
    keepOnScreen(*window);
    splitter->restoreState(settings.splitter);
    sidebar->setHidden(settings.splitter.endsWith(hiddenSidebar));
    setSidebarVisible(!sidebar->isHidden());
}

void MainWindow::Parts::rememberPlaces()
{
    settings.geometry = window->saveGeometry();
    settings.splitter = splitter->saveState();
    if (sidebar->isHidden())
        settings.splitter += hiddenSidebar;
}

void MainWindow::Parts::setSidebarVisible(bool visible)
{
    sidebar->setVisible(visible);
    chat->modelBar->setSidebarShown(visible);
    commands->action(Command::Sidebar)->setChecked(visible);
}

void MainWindow::Parts::applySettings(const UiSettings &wanted)
{
    const bool otherLook = wanted.theme != settings.theme || wanted.textScalePercent != settings.textScalePercent;
    settings = wanted;
    if (otherLook) // polishes every widget again
        theme::apply(settings);
    const QString language = resolvedLanguage(settings.language);
    installLanguage(language);
    commands->showSettings(settings, language);
    chat->modelBar->setRoutingShown(settings.showRoutingStrip);
    chat->transcript->setThinkingDisplay(settings.thinking);
    chat->transcript->setCopyWithThinking(settings.copyWithThinking);
    showModelChoices();
    retranslate();
}

void MainWindow::Parts::change(const std::function<void(UiSettings &)> &edit)
{
    UiSettings wanted = settings;
    edit(wanted);
    applySettings(wanted);
    emit window->settingsChanged(settings);
    if (prompt)
        prompt->setRetention(settings.retention);
    promptChanged();
}

void MainWindow::Parts::retranslate()
{
    commands->retranslate();
    updateActions();
    updateTitle();
    translateNotices();
    dropHint->findChild<QLabel *>()->setText(MainWindow::tr("Drop the folder to open this model"));
    window->menuBar()->setAccessibleName(MainWindow::tr("Menu bar"));
    splitter->handle(1)->setAccessibleName(MainWindow::tr("Width of the sidebar"));
}

void MainWindow::Parts::translateNotices()
{
    translateModelNotice();
    if (saveFailure)
        chat->saveNotice->translate(storageErrorText(*saveFailure, StorageMoment::Saving), MainWindow::tr("Retry"));
    if (failure)
        chat->notice->translate(storageErrorText(*failure, StorageMoment::Acting));
    if (!toast->isHidden())
        toast->setTexts(deletedText(), MainWindow::tr("Undo"));
}

void MainWindow::Parts::translateModelNotice()
{
    if (chat->modelNotice->isHidden())
        return;
    if (unopened)
        showUnopened(*unopened);
    else if (modelFailure)
        showModelFailure(modelFailure, keptModel);
    else if (deviceFailure)
        showDeviceFailure(*deviceFailure);
}

void MainWindow::Parts::showReadyModel(const engine::ModelInfo &info)
{
    if (deviceFailure && info.device != deviceFailure->field)
        deviceFailure.reset();
    modelReady = true;
    chat->modelBar->showModel(info);
    const QString folder = QString::fromStdString(info.folder);
    chat->library->setPrecision(folder, precisionOf(info));
    chat->library->showOpen(folder);
    showModelChoices();
    promptChanged();
    chat->welcome->setModel(QString::fromStdString(info.name), false);
    showUsage();
}

QString MainWindow::Parts::modelFailureText() const
{
    if (!modelFailure)
        return {};
    const QString text = errorText(*modelFailure);
    return keptModel.isEmpty()
               ? text
               : text + QLatin1Char('\n') + MainWindow::tr("%1 stays open.").arg(visibleText(keptModel));
}

void MainWindow::Parts::showModelFailure(const std::optional<engine::Failure> &wanted, const QString &kept)
{
    modelFailure = wanted;
    keptModel = kept;
    unopened.reset();
    chat->modelNotice->show(modelFailureText(), MainWindow::tr("Open Model Folder…"));
    if (couldUseCpu())
        chat->modelNotice->offer({MainWindow::tr("Open on the CPU")});
}

bool MainWindow::Parts::couldUseCpu() const
{
    if (!modelFailure)
        return false;
    const bool device = modelFailure->field == "device" || modelFailure->code == engine::ErrorCode::DeviceFailed;
    return device && !failedModel.isEmpty();
}

void MainWindow::Parts::showDeviceFailure(const engine::Failure &wanted)
{
    deviceFailure = wanted;
    modelFailure.reset();
    unopened.reset();
    // The reply itself says the rest.
    chat->modelNotice->show(errorText(wanted).section(QLatin1Char('\n'), 0, 0),
                            failedReply() != nullptr ? MainWindow::tr("Continue on the CPU")
                                                     : MainWindow::tr("Open on the CPU"));
    chat->modelNotice->offer({MainWindow::tr("Restart Bathyscope")});
    updateActions();
}

void MainWindow::Parts::continueReply(storage::MessageId reply)
{
    if (deviceFailure)
        emit window->continueOnCpuRequested(reply);
    else
        emit window->continueRequested(reply);
}

void MainWindow::Parts::showUnopened(const UnopenedModel &model)
{
    unopened = model;
    const QString name = visibleText(QDir(model.path).dirName());
    chat->modelNotice->show(
        MainWindow::tr("%1 was being opened when the program ended. It has not been opened again.").arg(name),
        MainWindow::tr("Open It Anyway"));
    QStringList others{MainWindow::tr("Choose Another Model")};
    if (model.offerBundled)
        others << MainWindow::tr("Open the Included Model");
    chat->modelNotice->offer(others);
}

/// The first button opens what the notice is about, or asks for another model.
void MainWindow::Parts::answerNotice(int which)
{
    if (which < 0 && deviceFailure && !modelFailure && !unopened)
        return emit window->continueOnCpuRequested(failedReply() != nullptr ? failedReply()->id : 0);
    if (which == 0 && modelFailure)
        return emit window->openModelRequested(failedModel, 0, QString::fromLatin1(engine::cpuDevice));
    if (which == 0 && deviceFailure && !unopened)
        return emit window->restartRequested();
    if (which < 0 && !unopened)
        return openModel();
    if (which < 0)
        return emit window->openModelRequested(unopened->path);
    if (which == 0)
        return showLibrary(true);
    emit window->openBundledModelRequested();
}

void MainWindow::Parts::showLibrary(bool shown)
{
    commands->action(Command::Library)->setChecked(shown);
    if (shown == chat->showsLibrary())
        return;
    chat->showLibrary(shown);
    if (!shown)
        return chat->composer->focusEdit();
    emit window->libraryShown();
    chat->library->start();
}

void MainWindow::Parts::leaveAfterOpening()
{
    if (std::exchange(openingFromLibrary, false))
        showLibrary(false);
}

void MainWindow::Parts::showSaveFailure(const std::optional<StorageFailure> &wanted)
{
    saveFailure = wanted;
    chat->saveNotice->show(wanted ? storageErrorText(*wanted, StorageMoment::Saving) : QString(),
                           MainWindow::tr("Retry"));
}

QString MainWindow::Parts::deletedText() const
{
    return MainWindow::tr("Conversation “%1” deleted").arg(deleted.empty() ? QString() : deleted.back().second);
}

void MainWindow::Parts::showUsage()
{
    const auto last =
        std::find_if(messages.rbegin(), messages.rend(), [](const auto &m) { return m.statistics.has_value(); });
    const bool known = last != messages.rend();
    chat->modelBar->showUsage(known ? last->statistics->contextUsed : 0, known ? last->statistics->cachedTokens : 0);
}

void MainWindow::Parts::conversationsChanged()
{
    sidebar->updateEmptyText();
    updateTitle();
    updateActions();
}

void MainWindow::Parts::updateTitle()
{
    ConversationModel *model = sidebar->list()->conversations();
    const auto *conversation = model->find(model->current());
    const QString title =
        conversation ? visibleText(QString::fromStdString(conversation->title)) : MainWindow::tr("New chat");
    window->setWindowTitle(QStringLiteral("%1 — Bathyscope").arg(title));
}

const TranscriptMessage *MainWindow::Parts::find(storage::MessageId id) const
{
    const auto at =
        std::find_if(messages.begin(), messages.end(), [id](const auto &message) { return message.id == id; });
    return at == messages.end() ? nullptr : &*at;
}

void MainWindow::Parts::showMessage(const TranscriptMessage &message)
{
    TranscriptMessage known = message;
    known.thinking.clear(); // the transcript has the texts
    known.answer.clear();
    const auto at =
        std::find_if(messages.begin(), messages.end(), [&](const auto &other) { return other.id == message.id; });
    if (at == messages.end())
        messages.push_back(std::move(known));
    else
        *at = std::move(known);
}

/// A question whose reply is not there has no button for one.
storage::MessageId MainWindow::Parts::regenerable() const
{
    if (!messages.empty() && messages.back().role == storage::MessageRole::User)
        return messages.back().id;
    return chat->transcript->actionTarget(storage::MessageRole::Assistant);
}

const TranscriptMessage *MainWindow::Parts::continuable() const
{
    return !messages.empty() && isContinuable(messages.back()) ? &messages.back() : nullptr;
}

const TranscriptMessage *MainWindow::Parts::failedReply() const
{
    const TranscriptMessage *last = continuable();
    return last != nullptr && last->state == storage::MessageState::Failed ? last : nullptr;
}

void MainWindow::Parts::updateActions()
{
    const auto has = [this](storage::MessageRole role) {
        return std::any_of(messages.begin(), messages.end(),
                           [role](const auto &message) { return message.role == role; });
    };
    const auto enable = [this](Command command, bool on) { commands->action(command)->setEnabled(on); };
    const bool free = modelReady && !generating;
    const auto branches = [](const TranscriptMessage &message) { return message.branches > 1; };
    const bool branched = std::any_of(messages.begin(), messages.end(), branches);
    ConversationModel *model = sidebar->list()->conversations();
    const auto *conversation = model->find(model->current());
    enable(Command::Stop, generating);
    enable(Command::Regenerate, free && regenerable() != 0);
    enable(Command::Continue, free && continuable() != nullptr);
    enable(Command::EditLast, free && has(storage::MessageRole::User));
    enable(Command::PreviousBranch, !generating && branched);
    enable(Command::NextBranch, !generating && branched);
    enable(Command::Rename, conversation != nullptr);
    enable(Command::Pin, conversation != nullptr);
    enable(Command::Delete, conversation != nullptr);
    enable(Command::UndoDelete, !deleted.empty());
    commands->action(Command::Pin)->setChecked(conversation && conversation->pinned);
    enable(Command::ExactPrompt, modelReady);
    chat->transcript->setAllowedActions({free, !generating, modelReady, deviceFailure.has_value()});
}

void MainWindow::Parts::stepBranch(int step)
{
    TranscriptView *view = chat->transcript;
    const TranscriptMessage *target = find(view->actionTarget(storage::MessageRole::Assistant));
    if (!target || target->branches < 2)
        target = find(view->actionTarget(storage::MessageRole::User));
    if (!target || target->branches < 2) {
        const auto last =
            std::find_if(messages.rbegin(), messages.rend(), [](const auto &m) { return m.branches > 1; });
        target = last == messages.rend() ? nullptr : &*last;
    }
    if (target && target->branch + step >= 0 && target->branch + step < target->branches)
        emit window->branchRequested(target->id, target->branch + step);
}

void MainWindow::Parts::copy()
{
    QWidget *focus = QApplication::focusWidget();
    if (auto *line = qobject_cast<QLineEdit *>(focus); line && line->hasSelectedText())
        line->copy();
    else if (auto *text = qobject_cast<QPlainTextEdit *>(focus); text && text->textCursor().hasSelection())
        text->copy();
    else
        chat->transcript->copySelection();
}

void MainWindow::Parts::openModel()
{
    chooseModelFolder(window, QString::fromStdString(chat->modelBar->info().folder),
                      [this](const QString &folder) { emit window->openModelRequested(folder); });
}

void MainWindow::Parts::addLibraryFolder()
{
    chooseLibraryFolder(window, [this](const QString &folder) { emit window->libraryFolderAdded(folder); });
}

void MainWindow::Parts::openSettings()
{
    auto *dialog = new SettingsDialog(settings, chat->modelBar->info(), window);
    connect(dialog, &SettingsDialog::changed, this, [this](const UiSettings &wanted) {
        change([&wanted](UiSettings &edited) {
            const QByteArray geometry = edited.geometry;
            const QByteArray places = edited.splitter;
            edited = wanted;
            edited.geometry = geometry;
            edited.splitter = places;
        });
    });
    dialog->open();
}

void MainWindow::Parts::openPrompt(storage::MessageId reply)
{
    if (!prompt) {
        prompt = new PromptWindow(window);
        prompt->setAttribute(Qt::WA_DeleteOnClose);
        connect(prompt, &PromptWindow::asked, window, &MainWindow::promptRequested);
        connect(prompt, &PromptWindow::retentionChosen, this, [this](engine::ThinkingRetention retention) {
            change([retention](UiSettings &s) { s.retention = retention; });
        });
    }
    prompt->setModel(chat->modelBar->info());
    prompt->setGenerating(generating);
    prompt->setRetention(settings.retention);
    prompt->setWish({reply, reply == 0 ? chat->composer->text() : QString()});
    prompt->show();
    prompt->raise();
    prompt->activateWindow();
}

void MainWindow::Parts::promptChanged()
{
    if (!prompt)
        return;
    if (prompt->wish().reply != 0 && find(prompt->wish().reply) == nullptr)
        return prompt->setWish({0, chat->composer->text()}); // another chat or branch is shown
    prompt->refresh(chat->composer->text());
}

void MainWindow::Parts::showModelChoices()
{
    const engine::ModelInfo &model = chat->modelBar->info();
    chat->composer->setThinkingSwitch(model.canSwitchThinking, thinks(settings.thinkingMode, model));
    chat->composer->setRetention(settings.retention);
    QStringList advice = samplerAdvice(model, samplerInUse(settings, model));
    advice.append(SamplerAdvice::systemPrompt(model, settings.systemPrompt.trimmed()));
    chat->composer->setAdvice(advice.value(0));
    if (prompt)
        prompt->setModel(model);
}

void MainWindow::Parts::undoDelete()
{
    toast->hide();
    if (deleted.empty())
        return;
    const auto id = deleted.back().first;
    deleted.pop_back();
    updateActions();
    emit window->undoDeleteRequested(id);
}

void MainWindow::Parts::sendExample(const QString &question)
{
    if (chat->composer->state() == Composer::State::Ready)
        return emit window->sendRequested(question);
    chat->composer->setText(question);
    chat->composer->send(); // says why it has to wait
}

} // namespace ui
