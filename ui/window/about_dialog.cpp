#include "ui/window/about_dialog.h"

#include "ui/theme/theme.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QIcon>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int markSide = 96;

class AboutDialog {
    Q_DECLARE_TR_FUNCTIONS(ui::AboutDialog)

public:
    static QDialog *make(QWidget *window);
};

QLabel *makeLabel(const QString &text, const char *kind, QDialog *dialog)
{
    auto *label = new QLabel(dialog);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    label->setProperty("kind", QLatin1String(kind));
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    return label;
}

QDialog *AboutDialog::make(QWidget *window)
{
    const auto &tokens = theme::current();
    auto *dialog = new QDialog(window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("About Bathyscope"));
    dialog->setMinimumWidth(420);
    auto *column = new QVBoxLayout(dialog);
    column->setContentsMargins(tokens.space.xxl, tokens.space.xxl, tokens.space.xxl, tokens.space.l);
    column->setSpacing(tokens.space.s);
    auto *mark = new QLabel(dialog);
    mark->setPixmap(QIcon(QStringLiteral(":/icons/bathyscope.svg")).pixmap(QSize(markSide, markSide)));
    mark->setAlignment(Qt::AlignCenter);
    column->addWidget(mark);
    column->addWidget(makeLabel(QStringLiteral("Bathyscope"), "title", dialog));
    column->addWidget(makeLabel(tr("Version %1").arg(QCoreApplication::applicationVersion()), "hint", dialog));
    column->addSpacing(tokens.space.s);
    column->addWidget(
        makeLabel(tr("A glass for looking into DeepSeek models while they think. Everything runs on this computer; "
                     "nothing you write leaves it."),
                  "secondary", dialog));
    column->addWidget(makeLabel(tr("Free software under the Apache License 2.0"), "hint", dialog));
    column->addSpacing(tokens.space.s);
    auto *buttons = new QDialogButtonBox(dialog);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    buttons->setCenterButtons(true);
    column->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    return dialog;
}

} // namespace

void showAbout(QWidget *window)
{
    AboutDialog::make(window)->open();
}

} // namespace ui
