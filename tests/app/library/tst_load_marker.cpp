// A program that is killed while it opens a model does not open that model by itself again.

#include "app/load_marker.h"
#include "tests/app/support/model_folder.h"
#include "tests/app/support/no_space.h"
#include "tests/app/support/program.h"

#include <QApplication>
#include <QFile>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <csignal>

using namespace support;

namespace {

constexpr const char *childArgument = "--die-while-opening";

app::ApplicationOptions optionsOf(const QString &data, const QString &asked, const QString &bundled)
{
    app::ApplicationOptions options = optionsFor(data, asked);
    options.bundledModel = bundled;
    options.bundledModels.clear();
    return options;
}

/// Opens the model and is killed before the event loop could hear that it has been opened.
int dieWhileOpening(int argc, char **argv)
{
    QApplication application(argc, argv);
    app::Application program(
        optionsOf(QString::fromLocal8Bit(argv[2]), QString::fromLocal8Bit(argv[3]), QString::fromLocal8Bit(argv[4])));
    program.show();
    ::raise(SIGKILL);
    return 0;
}

bool killChild(const QString &data, const QString &asked, const QString &bundled)
{
    QProcess child;
    child.start(QApplication::applicationFilePath(), {childArgument, data, asked, bundled});
    return child.waitForFinished(patience) && child.exitStatus() == QProcess::CrashExit;
}

QPushButton *button(Program &program, const QString &text)
{
    for (auto *candidate : program.application().window().findChildren<QPushButton *>()) {
        if (candidate->text() == text && candidate->isVisible())
            return candidate;
    }
    return nullptr;
}

} // namespace

class LoadMarkerTest : public QObject {
    Q_OBJECT

    ModelFolder m_folder;
    ModelFolder m_other;

private slots:
    void aMarkerIsThereUntilItIsTakenAway()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("not/there/yet");
        app::LoadMarker marker(file);
        QVERIFY(marker.model().isEmpty());
        marker.set("/models/大 模型 🐋");
        QCOMPARE(app::LoadMarker(file).model(), QString("/models/大 模型 🐋"));
        marker.clear();
        QVERIFY(app::LoadMarker(file).model().isEmpty());
        marker.clear();
    }

    void aFullDiskIsNoReasonNotToOpen()
    {
        const QTemporaryDir folder;
        app::LoadMarker marker(folder.path());
        const NoSpace full;
        marker.set("/models/tiny");
        QVERIFY(marker.model().isEmpty());
    }

    void aModelThatOpensLeavesNoMarker()
    {
        const QString data = m_folder.freshData();
        Program program(data, m_folder.model());
        QCOMPARE(app::LoadMarker(data).model(), m_folder.model());
        QVERIFY(program.waitForModel());
        QVERIFY(app::LoadMarker(data).model().isEmpty());
    }

    void aModelThatFailsLeavesNoMarker()
    {
        const QString data = m_folder.freshData();
        Program program(data, m_folder.filePath("nothing here"));
        QVERIFY(QTest::qWaitFor([&] { return !program.generation().loading(); }, patience));
        QVERIFY(app::LoadMarker(data).model().isEmpty());
    }

    void closingWhileItOpensIsNoCrash()
    {
        const QString data = m_folder.freshData();
        {
            Program program(data, m_folder.model());
            QCOMPARE(app::LoadMarker(data).model(), m_folder.model());
        }
        QVERIFY(app::LoadMarker(data).model().isEmpty());
    }

    void aKilledProgramDoesNotOpenTheModelAgain()
    {
        const QString data = m_folder.freshData();
        QVERIFY(killChild(data, m_folder.model(), m_other.model()));
        QCOMPARE(app::LoadMarker(data).model(), m_folder.model());
        {
            Program program(optionsOf(data, {}, m_other.model()));
            QVERIFY(!program.generation().loading());
            QTest::qWait(100);
            QVERIFY(!program.generation().modelReady());
            QVERIFY(button(program, "Open It Anyway") && button(program, "Choose Another Model"));
        }
        Program again(optionsOf(data, {}, m_other.model())); // it was not decided: it is asked again
        button(again, "Open It Anyway")->click();
        QVERIFY(again.waitForModel());
        QCOMPARE(again.generation().model().folder, m_folder.model().toStdString());
        QVERIFY(app::LoadMarker(data).model().isEmpty());
    }

    void theIncludedModelIsAWayOut()
    {
        const QString data = m_folder.freshData();
        QVERIFY(killChild(data, m_folder.model(), m_other.model()));
        Program program(optionsOf(data, {}, m_other.model()));
        button(program, "Open the Included Model")->click();
        QVERIFY(program.waitForModel());
        QCOMPARE(program.generation().model().folder, m_other.model().toStdString());
        QVERIFY(app::LoadMarker(data).model().isEmpty());
    }

    void theIncludedModelIsNotOfferedInPlaceOfItself()
    {
        const QString data = m_folder.freshData();
        QVERIFY(killChild(data, {}, m_folder.model()));
        Program program(optionsOf(data, {}, m_folder.model()));
        QVERIFY(!program.generation().loading());
        QVERIFY(button(program, "Open It Anyway"));
        QVERIFY(!button(program, "Open the Included Model"));
    }

    void aModelNamedOnTheCommandLineIsOpened()
    {
        const QString data = m_folder.freshData();
        QVERIFY(killChild(data, m_folder.model(), m_other.model()));
        Program program(optionsOf(data, m_other.model(), m_other.model()));
        QVERIFY(program.waitForModel());
    }
};

int main(int argc, char **argv)
{
    if (argc > 4 && qstrcmp(argv[1], childArgument) == 0)
        return dieWhileOpening(argc, argv);
    QApplication application(argc, argv);
    LoadMarkerTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_load_marker.moc"
