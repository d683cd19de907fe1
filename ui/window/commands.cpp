#include "ui/window/commands.h"

#include <QActionGroup>
#include <QMenu>

namespace ui {

namespace {

constexpr Command separator = Command::Count;

struct Shortcut {
    Command command;
    const char *keys; ///< portable text; several separated by "; ", the first is shown
};

// Ctrl+Shift+F, Ctrl+Shift+U and Ctrl+Alt+T are left to input methods and desktops.
constexpr Shortcut shortcuts[] = {
    {Command::NewChat, "Ctrl+N"},
    {Command::OpenModel, "Ctrl+O"},
    {Command::Library, "Ctrl+Shift+M"},
    {Command::Settings, "Ctrl+,"},
    {Command::Quit, "Ctrl+Q"},
    {Command::UndoDelete, "Ctrl+Z"},
    {Command::Copy, "Ctrl+C"},
    {Command::FindInChat, "Ctrl+F"},
    {Command::FindNext, "F3; Ctrl+G"},
    {Command::FindPrevious, "Shift+F3; Ctrl+Shift+G"},
    {Command::SearchConversations, "Ctrl+K"},
    {Command::Send, "Ctrl+Return; Ctrl+Enter"},
    {Command::Stop, "Esc"},
    {Command::Regenerate, "Ctrl+R"},
    {Command::EditLast, "Ctrl+E"},
    {Command::Continue, "Ctrl+Shift+Return; Ctrl+Shift+Enter"},
    {Command::ExactPrompt, "Ctrl+Shift+P"},
    {Command::PreviousBranch, "Alt+Left"},
    {Command::NextBranch, "Alt+Right"},
    {Command::WriteMessage, "Ctrl+L"},
    {Command::Rename, "F2"},
    {Command::Pin, "Ctrl+P"},
    {Command::Delete, "Ctrl+Shift+Del"},
    {Command::Sidebar, "Ctrl+B"},
    {Command::RoutingStrip, "Ctrl+Shift+R"},
    {Command::ThinkingWhileOpen, "Ctrl+Shift+W"},
    {Command::ThinkingAlwaysOpen, "Ctrl+Shift+O"},
    {Command::ThinkingCollapsed, "Ctrl+Shift+H"},
    {Command::ThemeSystem, "Ctrl+Shift+S"},
    {Command::ThemeLight, "Ctrl+Shift+L"},
    {Command::ThemeDark, "Ctrl+Shift+D"},
    {Command::LanguageEnglish, "Ctrl+Shift+E"},
    {Command::LanguageChinese, "Ctrl+Shift+Y"},
    {Command::TextLarger, "Ctrl+=; Ctrl++"},
    {Command::TextSmaller, "Ctrl+-"},
    {Command::TextReset, "Ctrl+0"},
    {Command::NextConversation, "Ctrl+Tab; Ctrl+PgDown"},
    {Command::PreviousConversation, "Ctrl+Shift+Tab; Ctrl+PgUp"},
    {Command::Shortcuts, "F1"},
    {Command::About, "Shift+F1"},
};
static_assert(std::size(shortcuts) == static_cast<std::size_t>(Command::Count));

/// Whether a key held down does it again and again; a held Ctrl+R would write one version after the other.
bool repeats(Command command)
{
    return command == Command::TextLarger || command == Command::TextSmaller || command == Command::FindNext ||
           command == Command::FindPrevious;
}

} // namespace

Commands::Commands(QWidget *owner) : QObject(owner)
{
    for (const Shortcut &shortcut : shortcuts) {
        auto *action = new QAction(this);
        action->setShortcuts(QKeySequence::listFromString(QLatin1String(shortcut.keys), QKeySequence::PortableText));
        action->setMenuRole(QAction::NoRole);
        action->setAutoRepeat(repeats(shortcut.command));
        m_actions[static_cast<std::size_t>(shortcut.command)] = action;
        owner->addAction(action);
    }
    for (const auto command : {Command::Sidebar, Command::RoutingStrip, Command::Pin, Command::Library})
        action(command)->setCheckable(true);
    const std::initializer_list<std::initializer_list<Command>> choices{
        {Command::ThinkingWhileOpen, Command::ThinkingAlwaysOpen, Command::ThinkingCollapsed},
        {Command::ThemeSystem, Command::ThemeLight, Command::ThemeDark},
        {Command::LanguageEnglish, Command::LanguageChinese},
    };
    for (const auto &choice : choices) {
        auto *group = new QActionGroup(this);
        for (const Command command : choice) {
            action(command)->setCheckable(true);
            group->addAction(action(command));
        }
    }
}

QMenu *Commands::addMenu(QMenuBar *bar, std::initializer_list<Command> commands)
{
    QMenu *menu = bar->addMenu(QString());
    for (const Command command : commands)
        command == separator ? static_cast<void>(menu->addSeparator()) : menu->addAction(action(command));
    m_menus.append(menu);
    return menu;
}

QMenu *Commands::addSubMenu(QMenu *menu, std::initializer_list<Command> commands)
{
    QMenu *child = menu->addMenu(QString());
    for (const Command command : commands)
        child->addAction(action(command));
    return child;
}

void Commands::fillMenus(QMenuBar *bar)
{
    addMenu(bar, {Command::NewChat, Command::Library, Command::OpenModel, separator, Command::Settings, separator,
                  Command::Quit});
    addMenu(bar, {Command::UndoDelete, Command::Copy, separator, Command::FindInChat, Command::FindNext,
                  Command::FindPrevious, separator, Command::SearchConversations});
    addMenu(bar,
            {Command::WriteMessage, Command::Send, Command::Stop, separator, Command::Regenerate, Command::Continue,
             Command::EditLast, separator, Command::ExactPrompt, separator, Command::PreviousBranch,
             Command::NextBranch, separator, Command::Rename, Command::Pin, Command::Delete});
    QMenu *view = addMenu(bar, {Command::Sidebar, Command::RoutingStrip, separator});
    m_thinkingMenu =
        addSubMenu(view, {Command::ThinkingWhileOpen, Command::ThinkingAlwaysOpen, Command::ThinkingCollapsed});
    m_themeMenu = addSubMenu(view, {Command::ThemeSystem, Command::ThemeLight, Command::ThemeDark});
    m_languageMenu = addSubMenu(view, {Command::LanguageEnglish, Command::LanguageChinese});
    m_textMenu = addSubMenu(view, {Command::TextLarger, Command::TextSmaller, Command::TextReset});
    view->addSeparator();
    view->addAction(action(Command::NextConversation));
    view->addAction(action(Command::PreviousConversation));
    addMenu(bar, {Command::Shortcuts, Command::About});
    retranslate();
}

QString Commands::text(Command command) const
{
    switch (command) {
    case Command::NewChat:
        return tr("&New Chat");
    case Command::OpenModel:
        return tr("&Open Model Folder…");
    case Command::Library:
        return tr("&Models");
    case Command::Settings:
        return tr("&Settings…");
    case Command::Quit:
        return tr("&Quit");
    case Command::UndoDelete:
        return tr("&Undo Delete");
    case Command::Copy:
        return tr("&Copy");
    case Command::FindInChat:
        return tr("&Find in Chat");
    case Command::FindNext:
        return tr("Find &Next");
    case Command::FindPrevious:
        return tr("Find &Previous");
    case Command::SearchConversations:
        return tr("&Search Conversations");
    case Command::Send:
        return tr("&Send Message");
    case Command::Stop:
        return tr("S&top Reply");
    case Command::Regenerate:
        return tr("&Regenerate Reply");
    case Command::EditLast:
        return tr("&Edit Last Message");
    case Command::Continue:
        return tr("&Continue Reply");
    case Command::ExactPrompt:
        return tr("Show Ex&act Prompt");
    case Command::PreviousBranch:
        return tr("&Previous Version");
    case Command::NextBranch:
        return tr("Ne&xt Version");
    case Command::WriteMessage:
        return tr("&Write a Message");
    case Command::Rename:
        return tr("Rena&me Conversation");
    case Command::Pin:
        return tr("P&in Conversation");
    case Command::Delete:
        return tr("&Delete Conversation");
    case Command::Sidebar:
        return tr("&Sidebar");
    case Command::RoutingStrip:
        return tr("&Routing Strip");
    case Command::ThinkingWhileOpen:
        return tr("Open While &Thinking");
    case Command::ThinkingAlwaysOpen:
        return tr("Always &Open");
    case Command::ThinkingCollapsed:
        return tr("Always &Collapsed");
    case Command::ThemeSystem:
        return tr("&System");
    case Command::ThemeLight:
        return tr("&Light");
    case Command::ThemeDark:
        return tr("&Dark");
    case Command::LanguageEnglish: // each language by its own name, so that it can be found again
        return QStringLiteral("&English");
    case Command::LanguageChinese:
        return QStringLiteral("简体中文(&C)");
    case Command::TextLarger:
        return tr("&Larger");
    case Command::TextSmaller:
        return tr("&Smaller");
    case Command::TextReset:
        return tr("&Normal");
    case Command::NextConversation:
        return tr("&Next Conversation");
    case Command::PreviousConversation:
        return tr("&Previous Conversation");
    case Command::Shortcuts:
        return tr("&Keyboard Shortcuts");
    case Command::About:
        return tr("&About Bathyscope");
    case Command::Count:
        break;
    }
    return {};
}

void Commands::retranslate()
{
    for (std::size_t i = 0; i < m_actions.size(); ++i)
        m_actions[i]->setText(text(static_cast<Command>(i)));
    const QStringList titles{tr("&File"), tr("&Edit"), tr("&Chat"), tr("&View"), tr("&Help")};
    for (qsizetype i = 0; i < m_menus.size(); ++i)
        m_menus[i]->setTitle(titles[i]);
    if (!m_thinkingMenu)
        return;
    m_thinkingMenu->setTitle(tr("&Thinking"));
    m_themeMenu->setTitle(tr("Th&eme"));
    m_languageMenu->setTitle(tr("&Language"));
    m_textMenu->setTitle(tr("Te&xt Size"));
}

void Commands::showSettings(const UiSettings &settings, const QString &language)
{
    action(Command::RoutingStrip)->setChecked(settings.showRoutingStrip);
    const Command thinking = settings.thinking == ThinkingDisplay::AlwaysOpen        ? Command::ThinkingAlwaysOpen
                             : settings.thinking == ThinkingDisplay::AlwaysCollapsed ? Command::ThinkingCollapsed
                                                                                     : Command::ThinkingWhileOpen;
    action(thinking)->setChecked(true);
    const Command theme = settings.theme == Theme::Light  ? Command::ThemeLight
                          : settings.theme == Theme::Dark ? Command::ThemeDark
                                                          : Command::ThemeSystem;
    action(theme)->setChecked(true);
    action(language == QLatin1String("zh_CN") ? Command::LanguageChinese : Command::LanguageEnglish)->setChecked(true);
    action(Command::TextLarger)->setEnabled(settings.textScalePercent < 200);
    action(Command::TextSmaller)->setEnabled(settings.textScalePercent > 80);
}

} // namespace ui
