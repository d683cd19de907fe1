#include "ui/library/open_folder.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>
#include <QUrl>

namespace ui {

namespace {

void chooseFolder(QWidget *window, const QString &title, const QDir &start,
                  const std::function<void(const QString &)> &chosen)
{
    auto *dialog = new QFileDialog(window, title, start.absolutePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    QObject::connect(dialog, &QFileDialog::fileSelected, dialog, [chosen](const QString &folder) { chosen(folder); });
    dialog->open();
}

} // namespace

void chooseModelFolder(QWidget *window, const QString &startAt, const std::function<void(const QString &)> &chosen)
{
    const QString title = QCoreApplication::translate("ui::OpenFolder", "Open a Model Folder");
    chooseFolder(window, title, startAt.isEmpty() ? QDir::home() : QFileInfo(startAt).dir(), chosen);
}

void chooseLibraryFolder(QWidget *window, const std::function<void(const QString &)> &chosen)
{
    chooseFolder(window, QCoreApplication::translate("ui::OpenFolder", "Add a Folder with Models"), QDir::home(),
                 chosen);
}

QString draggedFolder(const QMimeData *data)
{
    const QList<QUrl> urls = data->urls();
    if (urls.size() != 1 || !urls.first().isLocalFile())
        return {};
    const QFileInfo file(urls.first().toLocalFile());
    if (file.isDir())
        return file.absoluteFilePath();
    if (file.isFile() && file.suffix().compare(QStringLiteral("gguf"), Qt::CaseInsensitive) == 0)
        return file.absoluteFilePath();
    const bool inModel = file.isFile() && file.dir().exists(QStringLiteral("config.json"));
    return inModel ? file.absolutePath() : QString();
}

} // namespace ui
