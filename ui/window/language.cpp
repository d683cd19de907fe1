#include "ui/window/language.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>
#include <array>
#include <memory>

namespace ui {

namespace {

struct Installed {
    QString language = QStringLiteral("en"); ///< the texts in the source need no file
    std::unique_ptr<QTranslator> ours;
    std::unique_ptr<QTranslator> qt;
};

Installed &installed()
{
    static Installed state;
    return state;
}

std::unique_ptr<QTranslator> load(const QString &name, const QString &folder)
{
    auto translator = std::make_unique<QTranslator>();
    if (!translator->load(name, folder))
        return nullptr;
    QCoreApplication::installTranslator(translator.get());
    return translator;
}

} // namespace

QString resolvedLanguage(const QString &setting)
{
    const QString wanted = setting.isEmpty() ? QLocale::system().uiLanguages().value(0) : setting;
    return wanted.startsWith(QLatin1String("zh")) ? QStringLiteral("zh_CN") : QStringLiteral("en");
}

void installLanguage(const QString &language)
{
    Installed &state = installed();
    if (state.language == language)
        return;
    state.language = language;
    state.ours.reset(); // a destroyed translator takes itself out of the application
    state.qt.reset();
    QLocale::setDefault(QLocale(language == QLatin1String("en") ? QStringLiteral("en_US") : language));
    if (language == QLatin1String("en"))
        return;
    state.qt = load(QStringLiteral("qtbase_") + language, QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    state.ours = load(QStringLiteral("bathyscope_") + language, QStringLiteral(":/translations"));
}

} // namespace ui
