// A second start raises the window of the first, but only one that is alive counts.

#include "app/single_instance.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <future>

class SingleInstanceTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::future<bool> startSecond()
    {
        return std::async(std::launch::async, [this] { return app::SingleInstance(m_folder.path()).raiseOther(); });
    }

private slots:
    void nobodyAnswersWhereNobodyIs() { QVERIFY(!startSecond().get()); }

    void aLivingInstanceIsRaised()
    {
        app::SingleInstance first(m_folder.path());
        first.listen();
        QSignalSpy raised(&first, &app::SingleInstance::raiseRequested);
        auto second = startSecond();
        QVERIFY(raised.wait(20'000));
        QVERIFY(second.get());
    }

    void aHangingInstanceDoesNotCount()
    {
        app::SingleInstance first(m_folder.path());
        first.listen(); // and never comes to its event loop
        QVERIFY(!startSecond().get());
    }

    void anotherHistoryHasItsOwnWindow()
    {
        const QTemporaryDir other;
        app::SingleInstance first(other.path());
        first.listen();
        QSignalSpy raised(&first, &app::SingleInstance::raiseRequested);
        auto second = startSecond();
        QVERIFY(!raised.wait(500)); // though it is alive and would answer
        QVERIFY(!second.get());
    }
};

QTEST_GUILESS_MAIN(SingleInstanceTest)
#include "tst_single_instance.moc"
