// Only the owner can read the history, and a place that cannot be written is refused instead of losing texts later.

#include "tests/storage/support/child.h"
#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace storage;
using namespace storage::testing;

namespace {

constexpr uid_t nobody = 65534;

unsigned modeOf(const QString &path)
{
    struct stat status;
    return ::stat(path.toUtf8(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

/// Prints what opening the file as an ordinary user says. The child gives its rights up itself: the ordinary user may
/// not be allowed to start a program that lies in root's home.
int openAsChild(const QStringList &arguments)
{
    if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0))
        return 1;
    const std::optional<Failure> failure = openingFailure(arguments.at(1));
    std::puts(!failure ? "open" : failure->code == ErrorCode::ReadOnly ? "read-only" : failure->sentence.c_str());
    return 0;
}

} // namespace

class PermissionsTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    QByteArray openWithoutPrivileges(const QString &file)
    {
        Child child({"open", file});
        return child.everything().trimmed();
    }
    void giveAway(const QString &file)
    {
        if (::geteuid() == 0)
            QCOMPARE(::chown(file.toUtf8(), nobody, nobody), 0);
    }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QCOMPARE(::chmod(m_folder->path().toUtf8(), 0755), 0);
    }

    void filesArePrivateWhateverTheUmask_data()
    {
        QTest::addColumn<unsigned>("mask");
        QTest::newRow("000") << 0U;
        QTest::newRow("022") << 022U;
        QTest::newRow("077") << 077U;
        QTest::newRow("277") << 0277U;
    }
    void filesArePrivateWhateverTheUmask()
    {
        QFETCH(unsigned, mask);
        const mode_t before = ::umask(mask);
        {
            StoreClient client(path("a/b/history.sqlite").toStdString());
            client.create("x");
            ::umask(before);
            QCOMPARE(modeOf(path("a")), 0700U);
            QCOMPARE(modeOf(path("a/b")), 0700U);
            QCOMPARE(modeOf(path("a/b/history.sqlite")), 0600U);
            QCOMPARE(modeOf(path("a/b/history.sqlite-wal")), 0600U);
            QVERIFY(!QFile::exists(path("a/b/history.sqlite-shm"))); // exclusive lock: no shared memory
        }
        QVERIFY(!QFile::exists(path("a/b/history.sqlite-wal")));
    }

    void readableFilesAreMadePrivateAgain()
    {
        QVERIFY(!openingFailure(path("history.sqlite")));
        QCOMPARE(::chmod(path("history.sqlite").toUtf8(), 0644), 0);
        QVERIFY(!openingFailure(path("history.sqlite")));
        QCOMPARE(modeOf(path("history.sqlite")), 0600U);
    }

    void writableFolderOpens()
    {
        QCOMPARE(::chmod(m_folder->path().toUtf8(), 0777), 0);
        QCOMPARE(openWithoutPrivileges(path("history.sqlite")), QByteArray("open"));
    }

    void readOnlyFolderIsRefused()
    {
        QCOMPARE(::chmod(m_folder->path().toUtf8(), 0555), 0);
        QCOMPARE(openWithoutPrivileges(path("history.sqlite")), QByteArray("read-only"));
        QVERIFY(!QFile::exists(path("history.sqlite")));
        QCOMPARE(openWithoutPrivileges(path("sub/history.sqlite")), QByteArray("read-only"));
        QCOMPARE(::chmod(m_folder->path().toUtf8(), 0755), 0);
    }

    void historyInAReadOnlyFolderIsRefused()
    {
        QVERIFY(!openingFailure(path("history.sqlite")));
        giveAway(path("history.sqlite"));
        QCOMPARE(::chmod(m_folder->path().toUtf8(), 0555), 0);
        const auto before = contentsOf(m_folder->path());
        QCOMPARE(openWithoutPrivileges(path("history.sqlite")), QByteArray("read-only"));
        QVERIFY(contentsOf(m_folder->path()) == before);
        QCOMPARE(::chmod(m_folder->path().toUtf8(), 0755), 0);
    }

    void readOnlyFileIsRefused()
    {
        QVERIFY(!openingFailure(path("history.sqlite")));
        giveAway(path("history.sqlite"));
        QCOMPARE(::chmod(path("history.sqlite").toUtf8(), 0400), 0);
        QCOMPARE(::chmod(m_folder->path().toUtf8(), 0777), 0);
        const auto before = contentsOf(m_folder->path());
        QCOMPARE(openWithoutPrivileges(path("history.sqlite")), QByteArray("read-only"));
        QVERIFY(contentsOf(m_folder->path()) == before);
    }
};

int main(int argc, char **argv)
{
    return runTestOrChild<PermissionsTest>(argc, argv, openAsChild);
}
#include "tst_permissions.moc"
