#include "ui/window/shortcuts_dialog.h"

#include "ui/theme/theme.h"
#include "ui/window/commands.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

namespace {

class ShortcutsDialog {
    Q_DECLARE_TR_FUNCTIONS(ui::ShortcutsDialog)

public:
    static QWidget *group(QMenu *menu, QWidget *parent);
    static void addRows(QGridLayout *grid, QMenu *menu, const QString &prefix);
    static QDialog *make(QWidget *window, const Commands &commands);
};

QString plain(const QString &menuText)
{
    QString text = menuText;
    text.remove(QRegularExpression(QStringLiteral("\\(&.\\)"))); // Chinese menus: 文件(&F)
    text.remove(QLatin1Char('&'));
    text.remove(QStringLiteral("…"));
    return text;
}

QLabel *makeLabel(const QString &text, const char *kind, QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    label->setProperty("kind", QLatin1String(kind));
    return label;
}

void ShortcutsDialog::addRows(QGridLayout *grid, QMenu *menu, const QString &prefix)
{
    for (QAction *action : menu->actions()) {
        if (action->isSeparator())
            continue;
        if (action->menu()) {
            addRows(grid, action->menu(), plain(action->text()) + QStringLiteral(": "));
            continue;
        }
        const int row = grid->rowCount();
        QWidget *parent = grid->parentWidget();
        grid->addWidget(makeLabel(prefix + plain(action->text()), "", parent), row, 0);
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        grid->addWidget(makeLabel(keys, "key", parent), row, 1, Qt::AlignRight);
    }
}

QWidget *ShortcutsDialog::group(QMenu *menu, QWidget *parent)
{
    const auto &tokens = theme::current();
    auto *box = new QWidget(parent);
    auto *grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, tokens.space.l);
    grid->setHorizontalSpacing(tokens.space.xl);
    grid->setVerticalSpacing(tokens.space.s);
    grid->setColumnStretch(0, 1);
    box->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    grid->addWidget(makeLabel(plain(menu->title()), "strong", box), 0, 0, 1, 2);
    addRows(grid, menu, {});
    return box;
}

QDialog *ShortcutsDialog::make(QWidget *window, const Commands &commands)
{
    const auto &tokens = theme::current();
    auto *dialog = new QDialog(window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keyboard Shortcuts"));
    auto *scroll = new QScrollArea(dialog);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setAccessibleName(tr("Keyboard Shortcuts"));
    auto *page = new QWidget(scroll);
    auto *columns = new QHBoxLayout(page);
    columns->setContentsMargins(tokens.space.xl, tokens.space.xl, tokens.space.xl, 0);
    columns->setSpacing(2 * tokens.space.xl);
    QVBoxLayout *sides[] = {new QVBoxLayout, new QVBoxLayout};
    for (int i = 0; i < commands.menus().size(); ++i) // File, Edit and Chat left; View and Help right
        sides[i < 3 ? 0 : 1]->addWidget(group(commands.menus()[i], page));
    for (QVBoxLayout *side : sides) {
        side->addStretch(1);
        columns->addLayout(side, 1);
    }
    scroll->setWidget(page);
    auto *buttons = new QDialogButtonBox(dialog);
    buttons->setContentsMargins(tokens.space.xl, tokens.space.s, tokens.space.xl, tokens.space.l);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    auto *column = new QVBoxLayout(dialog);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(scroll, 1);
    column->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    dialog->resize(820, 740);
    return dialog;
}

} // namespace

void showShortcuts(QWidget *window, const Commands &commands)
{
    ShortcutsDialog::make(window, commands)->open();
}

} // namespace ui
