#include "app/close_dialog.h"

#include <QCoreApplication>
#include <QMessageBox>
#include <QPushButton>

namespace app {

namespace {

class CloseDialog {
    Q_DECLARE_TR_FUNCTIONS(app::CloseDialog)

public:
    static QString text(int replies)
    {
        const QString what =
            replies == 1 ? tr("One reply is not saved.") : tr("%1 replies are not saved.").arg(replies);
        return what + QLatin1Char('\n') + tr("What is missing of it in the history is lost when Bathyscope closes.");
    }
    static QString retry() { return tr("Retry"); }
    static QString closeAnyway() { return tr("Close Anyway"); }
    static QString keepOpen() { return tr("Keep Open"); }
};

} // namespace

CloseChoice askBeforeClosing(QWidget *window, int unsavedReplies)
{
    QMessageBox box(QMessageBox::Warning, QStringLiteral("Bathyscope"), CloseDialog::text(unsavedReplies),
                    QMessageBox::NoButton, window);
    box.setTextFormat(Qt::PlainText);
    const QPushButton *anyway = box.addButton(CloseDialog::closeAnyway(), QMessageBox::DestructiveRole);
    QPushButton *retry = box.addButton(CloseDialog::retry(), QMessageBox::AcceptRole);
    box.setEscapeButton(box.addButton(CloseDialog::keepOpen(), QMessageBox::RejectRole));
    box.setDefaultButton(retry);
    box.exec();
    if (box.clickedButton() == retry)
        return CloseChoice::Retry;
    return box.clickedButton() == anyway ? CloseChoice::CloseAnyway : CloseChoice::KeepOpen;
}

} // namespace app
