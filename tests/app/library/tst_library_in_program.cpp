// The library of the whole program: what is on disk appears, opens with the context chosen, and comes back that way.

#include "app/settings.h"
#include "tests/app/support/model_folder.h"
#include "tests/app/support/program.h"
#include "tests/engine/support/fake_library.h"

#include <QAbstractItemView>
#include <QListView>
#include <QTemporaryDir>

using namespace support;

namespace {

QListView *listOf(Program &program)
{
    for (auto *view : program.application().window().findChildren<QListView *>()) {
        if (view->accessibleName() == "Models")
            return view;
    }
    return nullptr;
}

QModelIndex rowNamed(const QListView &list, const QString &name)
{
    for (int row = 0; row < list.model()->rowCount(); ++row) {
        const QModelIndex index = list.model()->index(row, 0);
        if (index.data().toString() == name)
            return index;
    }
    return {};
}

} // namespace

class LibraryInProgramTest : public QObject {
    Q_OBJECT

    ModelFolder m_folder;
    QTemporaryDir m_home;

    app::ApplicationOptions options(const QString &data)
    {
        app::ApplicationOptions options = optionsFor(data, {});
        options.bundledModel = m_folder.model();
        options.bundledModels.clear();
        return options;
    }

private slots:
    void initTestCase()
    {
        for (const char *name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
                                 "XDG_CONFIG_HOME", "LLAMA_CACHE", "OLLAMA_MODELS"})
            qunsetenv(name);
        qputenv("HOME", m_home.path().toUtf8());
        FakeLibrary library(m_home.path().toStdString());
        library.addHubModel("deepseek-ai/Tiny");
        library.writeModel((m_home.path() + "/我的 models/own").toStdString());
    }

    void modelsAppearAndOpenWithTheContextChosen()
    {
        const QString data = m_folder.freshData();
        {
            Program program(options(data));
            QVERIFY(program.waitForModel());
            QSignalSpy scanned(&program.application().library(), &app::LibraryController::scanned);
            program.application().window().showLibrary(true);
            QVERIFY(scanned.wait(patience));
            QListView *list = listOf(program);
            QVERIFY(list && rowNamed(*list, "deepseek-ai/Tiny").isValid());
            const QString path = rowNamed(*list, "deepseek-ai/Tiny").data(Qt::UserRole).toString();
            emit program.application().window().openModelRequested(path, 128, {}, {false, true});
            QVERIFY(program.waitForModel());
            QCOMPARE(program.generation().model().contextLength, 128);
            QCOMPARE(program.generation().model().name, std::string("Tiny"));
            QVERIFY(program.generation().model().cacheFormat == engine::CacheFormat::Fp8);
        }
        Program again(options(data));
        QVERIFY(again.waitForModel());
        QCOMPARE(again.generation().model().name, std::string("Tiny"));
        QCOMPARE(again.generation().model().contextLength, 128);
        QVERIFY(again.generation().model().cacheFormat == engine::CacheFormat::Fp8);
    }

    void ownFoldersAreKept()
    {
        const QString data = m_folder.freshData();
        const QString own = m_home.path() + "/我的 models";
        {
            Program program(options(data));
            QSignalSpy scanned(&program.application().library(), &app::LibraryController::scanned);
            emit program.application().window().libraryFolderAdded(own + '/');
            QVERIFY(scanned.wait(patience));
            QVERIFY(rowNamed(*listOf(program), "own").isValid());
        }
        QCOMPARE(app::loadSettings(data + "/bathyscope.ini").libraryFolders, QStringList{own});
        Program again(options(data));
        QSignalSpy scanned(&again.application().library(), &app::LibraryController::scanned);
        again.application().window().showLibrary(true);
        QVERIFY(scanned.wait(patience));
        QVERIFY(rowNamed(*listOf(again), "own").isValid());
        emit again.application().window().libraryFolderRemoved(own);
        QVERIFY(scanned.wait(patience));
        QVERIFY(!rowNamed(*listOf(again), "own").isValid());
        QVERIFY(app::loadSettings(data + "/bathyscope.ini").libraryFolders.isEmpty());
    }

    void whatWasFoundHoldsForTheSession()
    {
        Program program(options(m_folder.freshData()));
        QSignalSpy scanned(&program.application().library(), &app::LibraryController::scanned);
        program.application().window().showLibrary(true);
        QVERIFY(scanned.wait(patience));
        program.application().window().showLibrary(false);
        program.application().window().showLibrary(true);
        QVERIFY(!program.application().library().scanning());
        emit program.application().window().libraryRescanRequested();
        QVERIFY(program.application().library().scanning());
        QVERIFY(scanned.wait(patience));
    }
};

QTEST_MAIN(LibraryInProgramTest)
#include "tst_library_in_program.moc"
