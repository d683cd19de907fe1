#pragma once
// A link in a reply is untrusted: only http, https and mailto are opened, after the user has seen where it leads.

#include <QString>
#include <QUrl>
#include <optional>

class QWidget;

namespace ui {

/// The link if it may be opened at all: scheme http, https or mailto, with a host or an address.
std::optional<QUrl> openableLink(const QString &link);

/// The host as it is looked up; an international name also as the letters it is sent as, so that look-alikes show.
QString linkHost(const QUrl &url);

/// Shows host and address as plain text and opens the link if the user agrees. Not blocking.
void askToOpenLink(QWidget *window, const QString &link);

} // namespace ui
