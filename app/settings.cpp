#include "app/settings.h"

#include "app/paths.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <algorithm>

namespace app {

namespace {

constexpr qsizetype longestDevice = 64; ///< characters of an id

template <typename T>
T clampedEnum(const QVariant &value, T fallback, T last)
{
    bool ok = false;
    const int number = value.toInt(&ok);
    return ok && number >= 0 && number <= static_cast<int>(last) ? static_cast<T>(number) : fallback;
}

double clampedNumber(const QSettings &file, const QString &key, double fallback, double low, double high)
{
    bool ok = false;
    const double value = file.value(key, fallback).toDouble(&ok);
    return ok ? std::clamp(value, low, high) : fallback;
}

int clampedInt(const QSettings &file, const QString &key, int fallback, int low, int high)
{
    bool ok = false;
    const int value = file.value(key, fallback).toInt(&ok);
    return ok ? std::clamp(value, low, high) : fallback;
}

QStringList absoluteFolders(QStringList folders)
{
    folders.removeIf([](const QString &folder) { return !QDir::isAbsolutePath(folder); });
    folders.removeDuplicates();
    return folders;
}

void readSampler(QSettings &file, ui::UiSettings &settings)
{
    const storage::SamplerRecord defaults;
    auto &sampler = settings.sampler;
    file.beginGroup("sampler");
    settings.useRecommendedSampler = file.value("recommended", true).toBool();
    settings.randomSeed = file.value("randomSeed", true).toBool();
    sampler.temperature = clampedNumber(file, "temperature", defaults.temperature, 0.0, 5.0);
    sampler.topK = clampedInt(file, "topK", defaults.topK, 0, 1'000'000);
    sampler.topP = clampedNumber(file, "topP", defaults.topP, 0.01, 1.0);
    sampler.minP = clampedNumber(file, "minP", defaults.minP, 0.0, 1.0);
    sampler.repetitionPenalty = clampedNumber(file, "repetitionPenalty", defaults.repetitionPenalty, 0.1, 10.0);
    sampler.maxTokens = clampedInt(file, "maxTokens", defaults.maxTokens, 1, 1'000'000);
    sampler.seed = file.value("seed", 0).toULongLong();
    file.endGroup();
}

void writeSampler(QSettings &file, const ui::UiSettings &settings)
{
    const auto &sampler = settings.sampler;
    file.beginGroup("sampler");
    file.setValue("recommended", settings.useRecommendedSampler);
    file.setValue("randomSeed", settings.randomSeed);
    file.setValue("temperature", sampler.temperature);
    file.setValue("topK", sampler.topK);
    file.setValue("topP", sampler.topP);
    file.setValue("minP", sampler.minP);
    file.setValue("repetitionPenalty", sampler.repetitionPenalty);
    file.setValue("maxTokens", sampler.maxTokens);
    file.setValue("seed", QVariant::fromValue<qulonglong>(sampler.seed));
    file.endGroup();
}

} // namespace

QString settingsFile()
{
    return configFolder() + "/bathyscope.ini";
}

Settings loadSettings(const QString &path)
{
    QSettings file(path, QSettings::IniFormat);
    Settings settings;
    auto &ui = settings.ui;
    ui.theme = clampedEnum(file.value("window/theme"), ui::Theme::System, ui::Theme::Dark);
    ui.language = file.value("window/language").toString();
    ui.thinking = clampedEnum(file.value("window/thinking"), ui::ThinkingDisplay::OpenWhileThinking,
                              ui::ThinkingDisplay::AlwaysCollapsed);
    ui.showRoutingStrip = file.value("window/routingStrip", true).toBool();
    ui.copyWithThinking = file.value("window/copyWithThinking", false).toBool();
    ui.textScalePercent = clampedInt(file, "window/textScale", 100, 80, 200);
    ui.systemPrompt = file.value("chat/systemPrompt").toString();
    ui.retention = clampedEnum(file.value("chat/earlierThoughts"), engine::ThinkingRetention::Template,
                               engine::ThinkingRetention::None);
    ui.thinkingMode =
        clampedEnum(file.value("chat/thinkingMode"), engine::ThinkingMode::Template, engine::ThinkingMode::Off);
    ui.geometry = file.value("window/geometry").toByteArray();
    ui.splitter = file.value("window/splitter").toByteArray();
    settings.modelFolder = file.value("model/folder").toString();
    settings.modelContext = clampedInt(file, "model/context", 0, 0, 1 << 24);
    settings.modelPrecision = {file.value("model/fp8Activations", false).toBool(),
                               file.value("model/fp8Cache", false).toBool()};
    settings.device = file.value("model/device").toString().left(longestDevice);
    settings.libraryFolders = absoluteFolders(file.value("library/folders").toStringList());
    readSampler(file, ui);
    return settings;
}

bool saveSettings(const QString &path, const Settings &settings)
{
    QDir().mkpath(QFileInfo(path).absolutePath());
    QSettings file(path, QSettings::IniFormat);
    const auto &ui = settings.ui;
    file.setValue("window/theme", static_cast<int>(ui.theme));
    file.setValue("window/language", ui.language);
    file.setValue("window/thinking", static_cast<int>(ui.thinking));
    file.setValue("window/routingStrip", ui.showRoutingStrip);
    file.setValue("window/copyWithThinking", ui.copyWithThinking);
    file.setValue("window/textScale", ui.textScalePercent);
    file.setValue("chat/systemPrompt", ui.systemPrompt);
    file.setValue("chat/earlierThoughts", static_cast<int>(ui.retention));
    file.setValue("chat/thinkingMode", static_cast<int>(ui.thinkingMode));
    file.setValue("window/geometry", ui.geometry);
    file.setValue("window/splitter", ui.splitter);
    file.setValue("model/folder", settings.modelFolder);
    file.setValue("model/context", settings.modelContext);
    file.setValue("model/fp8Activations", settings.modelPrecision.activations);
    file.setValue("model/fp8Cache", settings.modelPrecision.cache);
    file.setValue("model/device", settings.device);
    file.setValue("library/folders", settings.libraryFolders);
    writeSampler(file, ui);
    file.sync();
    // QSettings creates files readable by everybody.
    QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner);
    return file.status() == QSettings::NoError;
}

} // namespace app
