// One history, one owner: a second program is told at once, and a killed owner leaves no lock behind.

#include "tests/storage/support/child.h"
#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

using namespace storage;
using namespace storage::testing;

namespace {

/// Opens the file, says how it went, and holds it until the input ends.
int holdAsChild(const QStringList &arguments)
{
    try {
        StoreClient client(arguments.at(1).toStdString());
        client.create("child");
        std::puts("open");
        std::fflush(stdout);
        std::getchar();
        return 0;
    } catch (const Error &error) {
        std::puts(error.code() == ErrorCode::AlreadyOpen ? "already open" : error.what());
        return 0;
    }
}

} // namespace

class SecondInstanceTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    QString file() const { return m_folder->filePath("history.sqlite"); }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void secondProcessIsTold()
    {
        Child owner({"hold", file()});
        QCOMPARE(owner.line(), QByteArray("open"));
        const std::optional<Failure> failure = openingFailure(file());
        QVERIFY(failure);
        QCOMPARE(failure->code, ErrorCode::AlreadyOpen);
        QVERIFY(failure->sentence.find(file().toStdString()) != std::string::npos);
        QCOMPARE(Child({"hold", file()}).line(), QByteArray("already open"));
    }

    void killedOwnerLeavesNoLock()
    {
        for (int i = 0; i < 3; ++i) {
            Child owner({"hold", file()});
            QCOMPARE(owner.line(), QByteArray("open"));
            owner.killHard();
            StoreClient client(file().toStdString());
            QCOMPARE(client.list().size(), static_cast<std::size_t>(i + 1)); // its log was taken over
        }
    }

    void endedOwnerLeavesNoLock()
    {
        {
            Child owner({"hold", file()});
            QCOMPARE(owner.line(), QByteArray("open"));
        }
        QVERIFY(!openingFailure(file()));
    }

    /// Closing any descriptor of the file would drop the POSIX locks of the whole process.
    void refusedSecondStoreOfThisProcessDoesNotLoosenTheLock()
    {
        StoreClient owner(file().toStdString());
        QCOMPARE(openingFailure(file())->code, ErrorCode::AlreadyOpen);
        QCOMPARE(Child({"hold", file()}).line(), QByteArray("already open"));
        owner.create("still works");
    }

    void ofManySimultaneousStartsOneWins()
    {
        std::vector<std::unique_ptr<Child>> children;
        for (int i = 0; i < 8; ++i)
            children.push_back(std::make_unique<Child>(QStringList{"hold", file()}));
        int open = 0;
        int told = 0;
        for (const auto &child : children) {
            const QByteArray line = child->line();
            open += line == "open";
            told += line == "already open";
        }
        QCOMPARE(open, 1);
        QCOMPARE(told, 7);
    }
};

int main(int argc, char **argv)
{
    return runTestOrChild<SecondInstanceTest>(argc, argv, holdAsChild);
}
#include "tst_second_instance.moc"
