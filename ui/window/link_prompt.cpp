#include "ui/window/link_prompt.h"

#include "ui/theme/theme.h"
#include "ui/widgets/growing_edit.h"
#include "ui/widgets/visible_text.h"

#include <QCoreApplication>
#include <QDesktopServices>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int mostAddressLines = 8;
constexpr int dialogWidth = 480;

class LinkPrompt {
    Q_DECLARE_TR_FUNCTIONS(ui::LinkPrompt)

public:
    static QLabel *label(QDialog *dialog, const QString &text, const char *kind);
    static QDialog *refusal(QWidget *window, const QString &link);
    static QDialog *question(QWidget *window, const QUrl &url);
    static QDialog *dialog(QWidget *window, const QString &title, const QString &headline, const QString &host,
                           const QString &address);
};

QLabel *LinkPrompt::label(QDialog *dialog, const QString &text, const char *kind)
{
    auto *label = new QLabel(dialog);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    label->setProperty("kind", QLatin1String(kind));
    label->setWordWrap(true);
    return label;
}

QDialog *LinkPrompt::dialog(QWidget *window, const QString &title, const QString &headline, const QString &host,
                            const QString &address)
{
    const auto &tokens = theme::current();
    auto *dialog = new QDialog(window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setModal(true);
    dialog->setMinimumWidth(dialogWidth);
    auto *column = new QVBoxLayout(dialog);
    column->setContentsMargins(tokens.space.xl, tokens.space.xl, tokens.space.xl, tokens.space.l);
    column->setSpacing(tokens.space.m);
    column->addWidget(label(dialog, headline, "secondary"));
    if (!host.isEmpty())
        column->addWidget(label(dialog, host, "heading"));
    auto *text = new GrowingEdit(1, mostAddressLines, dialog);
    text->setPlainText(address);
    text->setReadOnly(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text->setTabChangesFocus(true);
    text->setProperty("kind", QStringLiteral("code"));
    text->setAccessibleName(tr("Address"));
    column->addWidget(text);
    return dialog;
}

QDialog *LinkPrompt::refusal(QWidget *window, const QString &link)
{
    QDialog *result =
        dialog(window, tr("Link Not Opened"), tr("Bathyscope opens only web and mail links. This link was not opened:"),
               {}, visibleText(link));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, result);
    buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
    result->layout()->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, result, &QDialog::reject);
    return result;
}

QDialog *LinkPrompt::question(QWidget *window, const QUrl &url)
{
    const QString host = visibleText(linkHost(url));
    QDialog *result = dialog(window, tr("Open Link?"), tr("The reply contains a link that leads out of Bathyscope to:"),
                             host, visibleText(url.toString(QUrl::FullyEncoded)));
    if (!url.userInfo().isEmpty() && url.scheme() != QLatin1String("mailto"))
        static_cast<QVBoxLayout *>(result->layout())
            ->insertWidget(
                2, label(result, tr("The address has a user name in front of the host. This is often used to deceive."),
                         "warning"));
    auto *buttons = new QDialogButtonBox(result);
    QPushButton *open = buttons->addButton(tr("Open Link"), QDialogButtonBox::AcceptRole);
    QPushButton *cancel = buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    open->setObjectName(QStringLiteral("openLink"));
    open->setAutoDefault(false);
    cancel->setDefault(true);
    result->layout()->addWidget(buttons);
    cancel->setFocus();
    QObject::connect(buttons, &QDialogButtonBox::accepted, result, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, result, &QDialog::reject);
    QObject::connect(result, &QDialog::accepted, result, [url] { QDesktopServices::openUrl(url); });
    return result;
}

} // namespace

std::optional<QUrl> openableLink(const QString &link)
{
    const QUrl url(link.trimmed(), QUrl::StrictMode);
    if (!url.isValid())
        return std::nullopt;
    const QString scheme = url.scheme().toLower();
    const bool web = (scheme == QLatin1String("http") || scheme == QLatin1String("https")) && !url.host().isEmpty();
    const bool mail = scheme == QLatin1String("mailto") && url.path().contains(QLatin1Char('@'));
    return web || mail ? std::optional(url) : std::nullopt;
}

QString linkHost(const QUrl &url)
{
    if (url.scheme() == QLatin1String("mailto"))
        return url.path(QUrl::FullyDecoded);
    const QString readable = url.host(QUrl::FullyDecoded);
    const QString sent = QString::fromLatin1(QUrl::toAce(readable));
    return sent.isEmpty() || sent == readable ? readable : QStringLiteral("%1 (%2)").arg(readable, sent);
}

void askToOpenLink(QWidget *window, const QString &link)
{
    const auto url = openableLink(link);
    QDialog *dialog = url ? LinkPrompt::question(window, *url) : LinkPrompt::refusal(window, link);
    dialog->open();
}

} // namespace ui
