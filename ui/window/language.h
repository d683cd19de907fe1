#pragma once
// The language of the window, exchangeable while it runs: widgets receive LanguageChange. UI thread only.

#include <QString>

namespace ui {

/// "en" or "zh_CN": what the setting means here; empty asks the desktop.
QString resolvedLanguage(const QString &setting);

/// Installs our translation and, where present, Qt's own, in place of the ones before. No-op if it is in force already.
void installLanguage(const QString &language);

} // namespace ui
