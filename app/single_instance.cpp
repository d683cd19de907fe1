#include "app/single_instance.h"

#include <QCryptographicHash>
#include <QDir>
#include <QLocalSocket>
#include <QStandardPaths>

namespace app {

namespace {

constexpr int answerMilliseconds = 2000; // a busy window may be in the middle of something
constexpr char raised = 'R';

} // namespace

SingleInstance::SingleInstance(const QString &dataFolder, QObject *parent) : QObject(parent)
{
    const QByteArray path = QDir(dataFolder).absolutePath().toUtf8();
    const QString digest = QCryptographicHash::hash(path, QCryptographicHash::Sha256).toHex().left(16);
    QString folder = QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation);
    if (folder.isEmpty())
        folder = dataFolder;
    m_name = folder + "/bathyscope-" + digest;
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::answer);
}

void SingleInstance::answer()
{
    QLocalSocket *other = m_server.nextPendingConnection();
    connect(other, &QLocalSocket::disconnected, other, &QObject::deleteLater);
    other->write(&raised, 1);
    other->flush();
    emit raiseRequested();
}

bool SingleInstance::raiseOther() const
{
    QLocalSocket socket;
    socket.connectToServer(m_name);
    // The system accepts the connection by itself, also for a program that hangs: only the answer is a sign of life.
    return socket.waitForConnected(answerMilliseconds) && socket.waitForReadyRead(answerMilliseconds);
}

void SingleInstance::listen()
{
    QLocalServer::removeServer(m_name);
    m_server.listen(m_name);
}

} // namespace app
