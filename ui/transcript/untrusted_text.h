#pragma once
// What a model wrote is data from a stranger. It is shown, never obeyed: no file or address is opened because of it,
// and characters that reorder or hide text become visible. Pure functions.

#include <QString>
#include <QStringView>

namespace ui {

enum class Strictness {
    Prose, ///< joiners and direction marks that scripts need stay as they are
    Exact, ///< code and addresses: every invisible character is shown
};

/// Appends `text` with control, bidirectional, tag and (Exact) zero-width characters written as ‹U+202E›, lone
/// surrogates as U+FFFD. Returns whether anything was replaced.
bool appendVisible(QString &target, QStringView text, Strictness strictness);

/// http, https with a host, or mailto with an address; anything else is not offered as a link.
bool isActiveLink(const QString &url);

/// The host in plain ASCII (punycode), so that a look-alike name is recognised; the address for mailto.
QString linkHost(const QString &url);

} // namespace ui
