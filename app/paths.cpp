#include "app/paths.h"

#include <QCoreApplication>
#include <QDir>

namespace app {

namespace {

QString xdgFolder(const char *variable, const QString &fallback)
{
    const QString value = qEnvironmentVariable(variable);
    const QString base = QDir::isAbsolutePath(value) ? value : QDir::homePath() + '/' + fallback;
    return QDir::cleanPath(base) + "/bathyscope";
}

} // namespace

QString dataFolder()
{
    return xdgFolder("XDG_DATA_HOME", ".local/share");
}

QString configFolder()
{
    return xdgFolder("XDG_CONFIG_HOME", ".config");
}

QString bundledModelsFolder()
{
    QDir folder(QCoreApplication::applicationDirPath());
    const QString installed = folder.absoluteFilePath("../share/bathyscope/models");
    if (QDir(installed).exists())
        return QDir::cleanPath(installed);
    // build/<preset>/app and build/<preset>/tests/… lie below the source tree.
    do {
        if (folder.exists("resources/models"))
            return folder.absoluteFilePath("resources/models");
    } while (folder.cdUp());
    return {};
}

QString bundledModelFolder()
{
    return bundledModelsFolder() + "/nano-r1";
}

} // namespace app
