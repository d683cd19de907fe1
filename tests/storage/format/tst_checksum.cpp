// The checksum is part of the file format: its values must never change.

#include "storage/sqlite/checksum.h"

#include <QTest>

#include <limits>
#include <vector>

using storage::sqlite::Checksum;
using storage::sqlite::checksumToStore;

class ChecksumTest : public QObject {
    Q_OBJECT

private slots:
    void valuesAreThoseOfTheFormat()
    {
        // zlib's CRC-32 of the little-endian bytes, computed with another program:
        // python3 -c "import zlib,struct; print(hex(zlib.crc32(struct.pack('<q',9)+b'123456789')))"
        QCOMPARE(Checksum().add(std::string_view("123456789")).value(), 0x85a458e8U);
        QCOMPARE(Checksum().add(std::int64_t(-2)).value(), 0xedeedf82U);
        QCOMPARE(Checksum().add(0.5).value(), 0x8d3a01b8U);
        QCOMPARE(Checksum().value(), 0U);
    }

    void neighbouringTextsCannotExchangeBytes()
    {
        const auto sum = [](std::string_view a, std::string_view b) { return Checksum().add(a).add(b).value(); };
        QVERIFY(sum("ab", "c") != sum("a", "bc"));
        QVERIFY(sum("", "abc") != sum("abc", ""));
    }

    void everySingleBitCounts()
    {
        const std::string text = "a text of some length";
        const std::uint32_t whole = Checksum().add(text).value();
        for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
            std::string changed = text;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
            QVERIFY(Checksum().add(changed).value() != whole);
        }
    }

    void zeroHasNoSign() { QCOMPARE(Checksum().add(-0.0).value(), Checksum().add(0.0).value()); }

    void damagedRowKeepsAWrongSum()
    {
        QCOMPARE(checksumToStore(7U, false), 7U);
        QVERIFY(checksumToStore(7U, true) != 7U);
    }
};

QTEST_GUILESS_MAIN(ChecksumTest)
#include "tst_checksum.moc"
