#pragma once
// One window per history: a second start raises the first one instead. UI thread.

#include <QLocalServer>
#include <QObject>
#include <QString>

namespace app {

class SingleInstance : public QObject {
    Q_OBJECT

public:
    /// The socket's name is derived from `dataFolder`, so that another history may have its own window.
    explicit SingleInstance(const QString &dataFolder, QObject *parent = nullptr);

    /// True if another instance has answered that it raises its window. One that only holds the socket and hangs does
    /// not count. Waits for a moment.
    bool raiseOther() const;
    /// Listens for later starts. A socket left behind by a killed program is replaced.
    void listen();

signals:
    void raiseRequested();

private:
    void answer();

    QString m_name;
    QLocalServer m_server;
};

} // namespace app
