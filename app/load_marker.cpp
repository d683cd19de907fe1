#include "app/load_marker.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace app {

namespace {

constexpr qint64 longestPath = 16 * 1024;

} // namespace

LoadMarker::LoadMarker(const QString &folder) : m_file(folder + "/model-being-opened") {}

void LoadMarker::set(const QString &model)
{
    QDir().mkpath(QFileInfo(m_file).absolutePath());
    QSaveFile file(m_file); // waits for the disk: the machine may go down with the program
    if (file.open(QIODevice::WriteOnly) && file.write(model.toUtf8()) >= 0)
        file.commit();
}

void LoadMarker::clear()
{
    QFile::remove(m_file);
}

QString LoadMarker::model() const
{
    QFile file(m_file);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.read(longestPath)) : QString();
}

} // namespace app
