#pragma once
// The test program started once more as another process: `program --child MODE ARGUMENTS…`.

#include <QCoreApplication>
#include <QProcess>
#include <QTest>

#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>

namespace storage::testing {

class Child {
public:
    explicit Child(const QStringList &arguments)
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(QCoreApplication::applicationFilePath(), QStringList("--child") + arguments);
        m_process.waitForStarted();
    }
    ~Child()
    {
        m_process.closeWriteChannel(); // children end when their input does
        if (!m_process.waitForFinished(30000))
            killHard();
    }

    /// The next line the child prints, or empty when it ends without one.
    QByteArray line()
    {
        while (!m_process.canReadLine() && m_process.waitForReadyRead(60000))
            ;
        return m_process.readLine().trimmed();
    }
    QByteArray everything()
    {
        m_process.closeWriteChannel();
        m_process.waitForFinished(60000);
        return m_process.readAllStandardOutput();
    }
    void killHard()
    {
        m_process.kill(); // SIGKILL
        m_process.waitForFinished(30000);
    }
    QProcess &process() { return m_process; }

private:
    QProcess m_process;
};

/// main() of a test that starts itself: `child` gets the arguments after --child.
template <typename Test>
int runTestOrChild(int argc, char **argv, const std::function<int(const QStringList &)> &child)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() > 2 && arguments.at(1) == "--child")
        return child(arguments.mid(2));
    Test test;
    return QTest::qExec(&test, argc, argv);
}

} // namespace storage::testing
