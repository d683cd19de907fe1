#pragma once
// Everything the user can do from the menus: one QAction for each, with one shortcut of its own. The owner connects the
// actions; nothing here acts by itself. UI thread only.

#include "ui/ui_settings.h"

#include <QAction>
#include <QMenuBar>
#include <QObject>
#include <array>

namespace ui {

enum class Command {
    NewChat,
    OpenModel,
    Library,
    Settings,
    Quit,
    UndoDelete,
    Copy,
    FindInChat,
    FindNext,
    FindPrevious,
    SearchConversations,
    Send,
    Stop,
    Regenerate,
    EditLast,
    Continue,
    ExactPrompt,
    PreviousBranch,
    NextBranch,
    WriteMessage,
    Rename,
    Pin,
    Delete,
    Sidebar,
    RoutingStrip,
    ThinkingWhileOpen,
    ThinkingAlwaysOpen,
    ThinkingCollapsed,
    ThemeSystem,
    ThemeLight,
    ThemeDark,
    LanguageEnglish,
    LanguageChinese,
    TextLarger,
    TextSmaller,
    TextReset,
    NextConversation,
    PreviousConversation,
    Shortcuts,
    About,
    Count,
};

class Commands : public QObject {
    Q_OBJECT

public:
    explicit Commands(QWidget *owner);

    QAction *action(Command command) const { return m_actions[static_cast<std::size_t>(command)]; }
    void fillMenus(QMenuBar *bar);
    void retranslate();
    /// Check marks follow the settings, never the other way round.
    void showSettings(const UiSettings &settings, const QString &language);
    /// Top-level menus in order, for the overview of shortcuts.
    const QList<QMenu *> &menus() const { return m_menus; }

private:
    QMenu *addMenu(QMenuBar *bar, std::initializer_list<Command> commands);
    QMenu *addSubMenu(QMenu *menu, std::initializer_list<Command> commands);
    QString text(Command command) const;

    std::array<QAction *, static_cast<std::size_t>(Command::Count)> m_actions{};
    QList<QMenu *> m_menus;
    QMenu *m_thinkingMenu = nullptr;
    QMenu *m_themeMenu = nullptr;
    QMenu *m_languageMenu = nullptr;
    QMenu *m_textMenu = nullptr;
};

} // namespace ui
