#include "app/cli/escape.h"

#include <QTest>

using app::cli::escapeForTerminal;
using app::cli::firstInvalidUtf8;

class EscapeTest : public QObject {
    Q_OBJECT

private slots:
    void textOfAllLanguagesIsKept()
    {
        const std::string text = "Aé\n\t中文 😀 e\u0301 \u200d שלום ~";
        QCOMPARE(escapeForTerminal(text), text);
    }

    void everyControlCharacterBecomesVisible()
    {
        for (char32_t code = 0; code < 0xA0; ++code) {
            const bool kept = code == '\n' || code == '\t' || (code >= 0x20 && code < 0x7F);
            const std::string text = QString::fromUcs4(&code, 1).toStdString();
            const std::string escaped = escapeForTerminal(text);
            QCOMPARE(escaped == text, kept);
            for (const char byte : escaped)
                QVERIFY(byte == '\n' || byte == '\t' || (byte >= 0x20 && byte < 0x7F));
        }
        QCOMPARE(escapeForTerminal("\033[2J\x07"), std::string("\\x1b[2J\\x07"));
        QCOMPARE(escapeForTerminal("\u009b31m"), std::string("\\x9b31m"));
    }

    void charactersThatReorderOrHideTextBecomeVisible()
    {
        QCOMPARE(escapeForTerminal("a\u202eb\u2066c"), std::string("a\\u{202e}b\\u{2066}c"));
        QCOMPARE(escapeForTerminal("x\U000E0041"), std::string("x\\u{e0041}"));
    }

    void bytesThatAreNotUtf8BecomeVisible_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("shown");
        QTest::newRow("raw C1") << QByteArray("\x9b") << QByteArray("\\x9b");
        QTest::newRow("cut off") << QByteArray("a\xe4\xb8") << QByteArray("a\\xe4\\xb8");
        QTest::newRow("overlong escape") << QByteArray("\xc0\x9b") << QByteArray("\\xc0\\x9b");
        QTest::newRow("overlong, three bytes") << QByteArray("\xe0\x80\x9b") << QByteArray("\\xe0\\x80\\x9b");
        QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << QByteArray("\\xed\\xa0\\x80");
        QTest::newRow("beyond Unicode") << QByteArray("\xf4\x90\x80\x80") << QByteArray("\\xf4\\x90\\x80\\x80");
        QTest::newRow("text goes on") << QByteArray("\xff"
                                                    "b")
                                      << QByteArray("\\xffb");
    }

    void bytesThatAreNotUtf8BecomeVisible()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, shown);
        QCOMPARE(QByteArray::fromStdString(escapeForTerminal(bytes.toStdString())), shown);
        QVERIFY(firstInvalidUtf8(bytes.toStdString()) != std::string::npos);
    }

    void theFirstInvalidByteIsFound()
    {
        QCOMPARE(firstInvalidUtf8("中文\033"), std::string::npos);
        QCOMPARE(firstInvalidUtf8("中\xff"), std::size_t{3});
        QCOMPARE(firstInvalidUtf8(""), std::string::npos);
    }
};

QTEST_APPLESS_MAIN(EscapeTest)
#include "tst_escape.moc"
