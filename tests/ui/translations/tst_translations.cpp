// The Chinese translation is complete: nothing unfinished, nothing missing that lupdate finds in the source, nothing
// left over, and every placeholder and menu letter in its place.

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>
#include <algorithm>

namespace {

struct Message {
    QString context;
    QString source;
    QString comment;
    QString translation;
    QString type;
    QString key() const { return context + QLatin1Char('|') + source + QLatin1Char('|') + comment; }
};

const QString sourceFolder = QStringLiteral(BATHYSCOPE_SOURCE_DIR);
const QString translationFile = sourceFolder + QStringLiteral("/resources/translations/bathyscope_zh_CN.ts");

void readTranslation(QXmlStreamReader &xml, Message &message)
{
    message.type = xml.attributes().value(QLatin1String("type")).toString();
    message.translation = xml.readElementText(QXmlStreamReader::IncludeChildElements).trimmed();
}

QList<Message> readMessages(const QString &path)
{
    QFile file(path);
    QList<Message> messages;
    if (!file.open(QIODevice::ReadOnly))
        return messages;
    QXmlStreamReader xml(&file);
    QString context;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        if (xml.name() == QLatin1String("name"))
            context = xml.readElementText();
        else if (xml.name() == QLatin1String("message"))
            messages.append({context, {}, {}, {}, {}});
        else if (xml.name() == QLatin1String("source"))
            messages.last().source = xml.readElementText();
        else if (xml.name() == QLatin1String("comment"))
            messages.last().comment = xml.readElementText();
        else if (xml.name() == QLatin1String("translation"))
            readTranslation(xml, messages.last());
    }
    return xml.hasError() ? QList<Message>() : messages;
}

QStringList placeholders(const QString &text)
{
    QStringList found;
    auto matches = QRegularExpression(QStringLiteral("%(?:\\d|n)")).globalMatch(text);
    while (matches.hasNext())
        found << matches.next().captured();
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace

class TranslationsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_messages = readMessages(translationFile);
        QVERIFY(m_messages.size() > 200);
    }

    void nothingIsUnfinished()
    {
        for (const Message &message : m_messages) {
            QVERIFY2(message.type.isEmpty(), qPrintable(message.type + QStringLiteral(": ") + message.key()));
            QVERIFY2(!message.translation.isEmpty(), qPrintable(message.key()));
        }
    }

    void everyStringOfTheSourceIsTranslated()
    {
        const QTemporaryDir folder;
        const QString scanned = folder.filePath(QStringLiteral("scan.ts"));
        QProcess lupdate;
        lupdate.setWorkingDirectory(sourceFolder);
        lupdate.start(QStringLiteral(BATHYSCOPE_LUPDATE),
                      {"-I", ".", "-silent", "-extensions", "cpp,h", "-recursive", "ui", "app", "-ts", scanned});
        QVERIFY(lupdate.waitForFinished(60'000));
        QCOMPARE(lupdate.exitCode(), 0);
        const QList<Message> found = readMessages(scanned);
        QVERIFY(found.size() > 200);
        QSet<QString> known;
        for (const Message &message : m_messages)
            known.insert(message.key());
        QStringList missing;
        for (const Message &message : found) {
            if (!known.remove(message.key()))
                missing << message.key();
        }
        QVERIFY2(missing.isEmpty(), qPrintable(QStringLiteral("not translated:\n") + missing.join(QLatin1Char('\n'))));
        QVERIFY2(known.isEmpty(), qPrintable(QStringLiteral("no longer in the source:\n") +
                                             QStringList(known.begin(), known.end()).join(QLatin1Char('\n'))));
    }

    void placeholdersAreKept()
    {
        for (const Message &message : m_messages)
            QVERIFY2(placeholders(message.source) == placeholders(message.translation), qPrintable(message.key()));
    }

    void menuLettersAreKept()
    {
        for (const Message &message : m_messages) {
            if (message.context == QLatin1String("ui::Commands"))
                QVERIFY2(message.source.contains(QLatin1Char('&')) == message.translation.contains(QLatin1Char('&')),
                         qPrintable(message.key()));
        }
    }

    void theCompiledFileIsBuiltIn()
    {
        Q_INIT_RESOURCE(translations);
        QVERIFY(QFile::exists(QStringLiteral(":/translations/bathyscope_zh_CN.qm")));
    }

private:
    QList<Message> m_messages;
};

QTEST_MAIN(TranslationsTest)
#include "tst_translations.moc"
