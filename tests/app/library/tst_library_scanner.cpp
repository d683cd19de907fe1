// Scans on their own thread: batches on the UI thread, the newest scan wins, the end comes at once.

#include "app/library_scanner.h"
#include "tests/engine/support/fake_library.h"
#include "tests/engine/support/temporary_folder.h"

#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <set>

using app::LibraryScanner;

namespace {

constexpr int patience = 20'000;

std::vector<engine::ModelPlace> place(const std::filesystem::path &folder)
{
    return {{engine::ModelPlaceKind::Chosen, folder.string()}};
}

/// What a scanner says, as long as this lives.
struct Listener {
    explicit Listener(LibraryScanner &scanner)
    {
        QObject::connect(&scanner, &LibraryScanner::found, &context, [this](const auto &entries) {
            ++batches;
            onThisThread &= QThread::currentThread() == context.thread();
            for (const auto &entry : entries)
                names.insert(entry.name);
        });
        QObject::connect(&scanner, &LibraryScanner::finished, &context, [this](const auto &places) {
            ++ends;
            reports = places;
        });
        QObject::connect(&scanner, &LibraryScanner::devicesListed, &context,
                         [this](const engine::DeviceList &list) { available = list.devices.front().memoryFree; });
    }
    bool waitForEnd(int wanted = 1)
    {
        return QTest::qWaitFor([&] { return ends >= wanted; }, patience);
    }

    QObject context;
    std::multiset<std::string> names;
    std::vector<engine::PlaceReport> reports;
    quint64 available = 0;
    int batches = 0;
    int ends = 0;
    bool onThisThread = true;
};

} // namespace

class LibraryScannerTest : public QObject {
    Q_OBJECT

private slots:
    void modelsComeInBatchesOnThisThread()
    {
        const support::TemporaryFolder folder;
        for (int i = 0; i < 300; ++i)
            support::writeFile(folder.path() / (std::to_string(i) + ".gguf"), support::ggufFile("llama"));
        LibraryScanner scanner({1});
        Listener heard(scanner);
        scanner.scan(place(folder.path()));
        QVERIFY(scanner.scanning());
        // The scanning thread fills while this one is busy: then all of them are one batch.
        QThread::msleep(500);
        QVERIFY(heard.waitForEnd());
        QVERIFY(!scanner.scanning());
        QCOMPARE(heard.names.size(), std::size_t{300});
        QVERIFY(heard.onThisThread);
        QVERIFY2(heard.batches < 100, qPrintable(QString::number(heard.batches)));
        QCOMPARE(heard.reports.size(), std::size_t{1});
        QCOMPARE(heard.reports[0].models, 300);
        QVERIFY(heard.available > 0);
    }

    void onlyTheNewestScanIsHeardOf()
    {
        const support::TemporaryFolder folder;
        support::FakeLibrary library(folder.path());
        for (int i = 0; i < 20; ++i)
            library.writeModel(folder.path() / "old" / std::to_string(i));
        library.writeModel(folder.path() / "new/wanted");
        LibraryScanner scanner({1});
        Listener heard(scanner);
        for (int i = 0; i < 5; ++i)
            scanner.scan(place(folder.path() / "old"));
        QThread::msleep(300); // what was found so far waits for this thread
        scanner.scan(place(folder.path() / "new"));
        QVERIFY(heard.waitForEnd());
        QTest::qWait(50);
        QCOMPARE(heard.ends, 1);
        QCOMPARE(heard.names, (std::multiset<std::string>{"wanted"}));
    }

    void aScannerThatIsDestroyedSaysNothingMore()
    {
        const support::TemporaryFolder folder;
        support::FakeLibrary library(folder.path());
        for (int i = 0; i < 50; ++i)
            library.writeModel(folder.path() / std::to_string(i));
        auto scanner = std::make_unique<LibraryScanner>(engine::ScanOptions{1});
        Listener heard(*scanner);
        scanner->scan(place(folder.path()));
        scanner.reset();
        QTest::qWait(50);
        QCOMPARE(heard.ends, 0);
    }
};

QTEST_GUILESS_MAIN(LibraryScannerTest)
#include "tst_library_scanner.moc"
