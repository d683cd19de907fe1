// Links of a reply: only the web and mail, only after the user saw the host, never by default.

#include "samples.h"
#include "ui/main_window.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/link_prompt.h"

#include <QDesktopServices>
#include <QDialog>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>

using namespace ui;

class LinkPromptTest : public QObject {
    Q_OBJECT

public slots:
    void opened(const QUrl &url) { m_opened << url; }

private slots:
    void init()
    {
        m_opened.clear();
        for (const char *scheme : {"http", "https", "mailto", "file", "javascript", "smb", "data", "steam"})
            QDesktopServices::setUrlHandler(QLatin1String(scheme), this, "opened");
        m_window = std::make_unique<MainWindow>(samples::settings());
        m_window->show();
    }
    void cleanup() { m_window.reset(); }

    void dangerousLinksAreRefused_data()
    {
        QTest::addColumn<QString>("link");
        for (const char *link : {"javascript:alert(1)",
                                 "file:///etc/passwd",
                                 "/etc/passwd",
                                 "data:text/html,<b>",
                                 "smb://host/share",
                                 "steam://run/1",
                                 "qrc:/icons/send.svg",
                                 "https://",
                                 "http:",
                                 "//host/path",
                                 "mailto:",
                                 "vbscript:x",
                                 "ftp://host/file",
                                 "about:blank",
                                 "https:/\\evil.example",
                                 "",
                                 " ",
                                 "\\\\host\\share",
                                 "HTTPS",
                                 "jar:https://a.example!/b"})
            QTest::newRow(link) << QString::fromLatin1(link);
    }
    void dangerousLinksAreRefused()
    {
        QFETCH(QString, link);
        QVERIFY(!openableLink(link));
        const QDialog *dialog = ask(link);
        QVERIFY(dialog);
        QVERIFY(!dialog->findChild<QPushButton *>(QStringLiteral("openLink")));
        QVERIFY(m_opened.isEmpty());
    }

    void theUserSeesHostAndAddress()
    {
        const QDialog *dialog = ask(QStringLiteral("https://example.org/a?q=1&amp;b"));
        QVERIFY(labels(dialog).contains(QStringLiteral("example.org")));
        QCOMPARE(dialog->findChild<QPlainTextEdit *>()->toPlainText(),
                 QStringLiteral("https://example.org/a?q=1&amp;b"));
        QVERIFY(m_opened.isEmpty());
    }

    void enterDoesNotOpen()
    {
        QDialog *dialog = ask(QStringLiteral("https://example.org/"));
        QTest::keyClick(dialog, Qt::Key_Return);
        QVERIFY(m_opened.isEmpty());
        QVERIFY(!dialog->isVisible());
    }

    void consentOpensExactlyThisLink()
    {
        QDialog *dialog = ask(QStringLiteral("https://example.org/path?x=1#y"));
        dialog->findChild<QPushButton *>(QStringLiteral("openLink"))->click();
        QCOMPARE(m_opened, QList<QUrl>{QUrl(QStringLiteral("https://example.org/path?x=1#y"))});
    }

    void lookAlikeHostsShowWhatIsSent()
    {
        // Cyrillic а in place of the Latin letter.
        QVERIFY2(linkHost(QUrl(QStringLiteral("https://ex\u0430mple.org/"))).contains(QStringLiteral("xn--")),
                 qPrintable(linkHost(QUrl(QStringLiteral("https://ex\u0430mple.org/")))));
        QCOMPARE(linkHost(QUrl(QStringLiteral("https://example.org/"))), QStringLiteral("example.org"));
    }

    void aUserNameBeforeTheHostIsPointedOut()
    {
        const QDialog *dialog = ask(QStringLiteral("https://www.bank.example@evil.example/login"));
        QVERIFY(labels(dialog).contains(QStringLiteral("evil.example")));
        QVERIFY(labels(dialog).join(QLatin1Char(' ')).contains(QStringLiteral("user name in front of the host")));
    }

    void mailLinksShowTheAddress()
    {
        QVERIFY(
            labels(ask(QStringLiteral("mailto:someone@example.org"))).contains(QStringLiteral("someone@example.org")));
    }

private:
    QDialog *ask(const QString &link)
    {
        emit m_window->findChild<TranscriptView *>()->linkActivated(link);
        return m_window->findChild<QDialog *>();
    }

    static QStringList labels(const QDialog *dialog)
    {
        QStringList texts;
        for (const QLabel *label : dialog->findChildren<QLabel *>())
            texts << label->text();
        return texts;
    }

    std::unique_ptr<MainWindow> m_window;
    QList<QUrl> m_opened;
};

QTEST_MAIN(LinkPromptTest)
#include "tst_link_prompt.moc"
