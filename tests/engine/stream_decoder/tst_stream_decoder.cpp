// However the bytes of a text arrive, the characters come out complete, in order and once.

#include "engine/text/stream_decoder.h"

#include <QStringDecoder>
#include <QtTest>

#include <random>

using engine::text::StreamDecoder;

namespace {

bool isValid(const std::string &text)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString decoded = decoder(QByteArrayView(text.data(), static_cast<qsizetype>(text.size())));
    return !decoder.hasError();
}

} // namespace

class StreamDecoderTest : public QObject {
    Q_OBJECT

private slots:
    void everySplitGivesTheSame_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("expected");
        QTest::newRow("ASCII") << QByteArray("plain") << "plain";
        QTest::newRow("two to four bytes") << QByteArray("é你😀") << "é你😀";
        QTest::newRow("ZWJ emoji") << QByteArray("👨‍👩‍👧") << "👨‍👩‍👧";
        QTest::newRow("cut at the end") << QByteArray("a\xF0\x9F\x98") << "a\uFFFD";
        QTest::newRow("cut in the middle") << QByteArray("\xF0\x9F\x98z") << "\uFFFDz";
        QTest::newRow("cut, then another") << QByteArray("\xE4\xBD\xE4\xBD\xA0") << "\uFFFD你";
        QTest::newRow("continuation first") << QByteArray("\x80\x80z") << "\uFFFD\uFFFDz";
        QTest::newRow("overlong") << QByteArray("\xE0\x80\x80") << "\uFFFD\uFFFD\uFFFD";
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << "\uFFFD\uFFFD\uFFFD";
        QTest::newRow("too high") << QByteArray("\xF4\x90\x80\x80") << "\uFFFD\uFFFD\uFFFD\uFFFD";
        QTest::newRow("impossible bytes") << QByteArray("\xFE\xC0\xFF") << "\uFFFD\uFFFD\uFFFD";
        QTest::newRow("example of Unicode 3.9") // table 3-8
            << QByteArray("a\xF1\x80\x80\xE1\x80\xC2"
                          "b\x80"
                          "c\x80\xBF"
                          "d")
            << "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd";
        QTest::newRow("NUL") << QByteArray("a\0b", 3) << QString::fromUtf8("a\0b", 3);
    }

    void everySplitGivesTheSame()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, expected);
        const std::string whole = bytes.toStdString();
        for (unsigned cuts = 0; cuts < 1U << (whole.size() - 1); ++cuts) { // every way of cutting
            StreamDecoder decoder;
            std::string text;
            std::string part;
            for (std::size_t i = 0; i < whole.size(); ++i) {
                part += whole[i];
                if (i + 1 < whole.size() && (cuts >> i & 1U) == 0)
                    continue;
                const std::string shown = decoder.push(part);
                QVERIFY(isValid(shown));
                text += shown;
                part.clear();
            }
            text += decoder.finish();
            QCOMPARE(QString::fromStdString(text), expected);
            if (whole.size() > 12 && cuts > 5000)
                break;
        }
    }

    void aCharacterIsShownWithItsLastByte()
    {
        StreamDecoder decoder;
        QCOMPARE(decoder.push("a\xF0\x9F"), std::string("a"));
        QVERIFY(decoder.holdsBack());
        QCOMPARE(decoder.push("\x98"), std::string());
        QCOMPARE(decoder.push("\x80"), std::string("😀"));
        QVERIFY(!decoder.holdsBack());
        QCOMPARE(decoder.finish(), std::string());
    }

    void finishEmptiesTheDecoder()
    {
        StreamDecoder decoder;
        decoder.push("\xE4\xBD");
        QCOMPARE(decoder.finish(), std::string("\uFFFD"));
        QVERIFY(!decoder.holdsBack());
        QCOMPARE(decoder.push("b"), std::string("b"));
    }

    void randomBytesDecodeAsTheWholeDoes()
    {
        std::mt19937 random(11);
        const std::string alphabet = "a\x80\xBF\xC2\xE0\xA0\xED\x9F\xF0\x90\xF4\x8F\xFF";
        for (int round = 0; round < 3000; ++round) {
            std::string whole;
            StreamDecoder decoder;
            std::string text;
            for (std::size_t pieces = random() % 6; pieces > 0; --pieces) {
                std::string part;
                for (std::size_t length = random() % 5; length > 0; --length)
                    part += alphabet[random() % alphabet.size()];
                whole += part;
                text += decoder.push(part);
            }
            text += decoder.finish();
            QVERIFY(isValid(text));
            StreamDecoder atOnce;
            std::string expected = atOnce.push(whole);
            expected += atOnce.finish();
            QCOMPARE(text, expected);
        }
    }
};

QTEST_APPLESS_MAIN(StreamDecoderTest)
#include "tst_stream_decoder.moc"
