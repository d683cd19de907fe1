#include "app/paths.h"
#include "app/settings.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

class SettingsTest : public QObject {
    Q_OBJECT

private slots:
    void comeBackAsTheyWere()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("deep/bathyscope.ini");
        app::Settings settings;
        settings.modelFolder = QStringLiteral("/models/深 度");
        settings.ui.theme = ui::Theme::Dark;
        settings.ui.language = "zh_CN";
        settings.ui.thinking = ui::ThinkingDisplay::AlwaysCollapsed;
        settings.ui.textScalePercent = 150;
        settings.ui.useRecommendedSampler = false;
        settings.ui.sampler.temperature = 0.25;
        settings.ui.sampler.seed = 9223372036854775807ULL;
        settings.ui.retention = engine::ThinkingRetention::Newest;
        settings.ui.thinkingMode = engine::ThinkingMode::Off;
        settings.ui.systemPrompt = QStringLiteral("Be brief.\n\"简短\", please; a = b, c\\d");
        settings.ui.geometry = QByteArray("\0\1\2", 3);
        settings.modelContext = 8192;
        settings.libraryFolders = {"/data/我的 模型", "/mnt/models"};
        QVERIFY(app::saveSettings(file, settings));

        const auto read = app::loadSettings(file);
        QCOMPARE(read.modelFolder, settings.modelFolder);
        QCOMPARE(read.modelContext, 8192);
        QCOMPARE(read.libraryFolders, settings.libraryFolders);
        QVERIFY(read.ui.theme == ui::Theme::Dark);
        QCOMPARE(read.ui.language, QString("zh_CN"));
        QVERIFY(read.ui.thinking == ui::ThinkingDisplay::AlwaysCollapsed);
        QCOMPARE(read.ui.textScalePercent, 150);
        QVERIFY(!read.ui.useRecommendedSampler);
        QCOMPARE(read.ui.sampler.temperature, 0.25);
        QCOMPARE(read.ui.sampler.seed, 9223372036854775807ULL);
        QVERIFY(read.ui.retention == engine::ThinkingRetention::Newest);
        QVERIFY(read.ui.thinkingMode == engine::ThinkingMode::Off);
        QCOMPARE(read.ui.systemPrompt, settings.ui.systemPrompt);
        QCOMPARE(read.ui.geometry, settings.ui.geometry);
    }

    void areReadableByTheirOwnerOnly()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("bathyscope.ini");
        QVERIFY(app::saveSettings(file, {}));
        const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
        QCOMPARE(QFile::permissions(file) & others, QFile::Permissions());
    }

    void damagedValuesBecomeDefaultsOrAreClamped()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath("bathyscope.ini");
        QFile file(path);
        QVERIFY(file.open(QFile::WriteOnly));
        file.write("[window]\ntheme=99\nthinking=soon\ntextScale=4000\n[chat]\nearlierThoughts=4\nthinkingMode=on\n["
                   "sampler]\ntemperature=hot\ntopP=7\nmaxTokens=-5\n[model]\ncontext=-3\n[library]\n"
                   "folders=relative, /there, /there\n");
        file.close();
        const auto read = app::loadSettings(path);
        QVERIFY(read.ui.theme == ui::Theme::System);
        QVERIFY(read.ui.thinking == ui::ThinkingDisplay::OpenWhileThinking);
        QCOMPARE(read.ui.textScalePercent, 200);
        QVERIFY(read.ui.retention == engine::ThinkingRetention::Template);
        QVERIFY(read.ui.thinkingMode == engine::ThinkingMode::Template);
        QCOMPARE(read.ui.sampler.temperature, storage::SamplerRecord{}.temperature);
        QCOMPARE(read.ui.sampler.topP, 1.0);
        QCOMPARE(read.ui.sampler.maxTokens, 1);
        QCOMPARE(read.modelContext, 0);
        QCOMPARE(read.libraryFolders, QStringList{"/there"});
    }

    void relativeXdgFoldersAreIgnored()
    {
        qputenv("XDG_DATA_HOME", "relative/data");
        QVERIFY(app::dataFolder().startsWith(QDir::homePath()));
        const QTemporaryDir folder;
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        QCOMPARE(app::dataFolder(), folder.path() + "/bathyscope");
        qunsetenv("XDG_DATA_HOME");
    }
};

QTEST_GUILESS_MAIN(SettingsTest)
#include "tst_settings.moc"
