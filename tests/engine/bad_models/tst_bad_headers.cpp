// Safetensors files with wrong headers.

#include "tests/engine/bad_models/header_files.h"
#include "tests/engine/support/expect_error.h"

#include <QtTest>

#include <cstdint>

using bad_models::correctDataBytes;
using bad_models::correctFile;
using bad_models::fileWithHeader;
using bad_models::lengthBytes;
using engine::ErrorCode;
using support::complaint;

class TestBadHeaders : public QObject {
    Q_OBJECT

private slots:
    void aCorrectFileIsRead();
    void badHeaderLengths_data();
    void badHeaderLengths();
    void badHeaderTexts_data();
    void badHeaderTexts();
    void otherFormatsAreRecognised_data();
    void otherFormatsAreRecognised();

private:
    bad_models::HeaderReader m_reader;
};

void TestBadHeaders::aCorrectFileIsRead()
{
    QVERIFY(!m_reader.read(correctFile()));
    QCOMPARE(m_reader.last().entries.size(), std::size_t{3});
    QCOMPARE(m_reader.last().entries[2].name, std::string("c"));
    QCOMPARE(m_reader.last().entries[2].tensor.elements(), std::uint64_t{1});
    QCOMPARE(m_reader.last().bytes + correctDataBytes, correctFile().size());
    QVERIFY(!m_reader.read(fileWithHeader("{}", 0)));
    QVERIFY(!m_reader.read(fileWithHeader("{}      ", 0))); // padded as writers do
}

void TestBadHeaders::badHeaderLengths_data()
{
    QTest::addColumn<quint64>("length");
    QTest::addColumn<bool>("missingBytes"); // believable, so the rest of the file may be missing
    QTest::addColumn<QString>("part");
    const std::uint64_t size = correctFile().size();
    for (const std::uint64_t length :
         {size - 7, size, size + 1, std::uint64_t{99'999'999}, std::uint64_t{100'000'000}}) {
        QTest::addRow("%llu", static_cast<unsigned long long>(length))
            << quint64{length} << true << "exceeds the file (";
    }
    for (const std::uint64_t length :
         {std::uint64_t{100'000'001}, std::uint64_t{1} << 31, (std::uint64_t{1} << 31) - 1, std::uint64_t{1} << 32,
          (std::uint64_t{1} << 32) + 1, std::uint64_t{1} << 40, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63,
          UINT64_MAX - 8, UINT64_MAX - 7, UINT64_MAX - 1, UINT64_MAX}) {
        QTest::addRow("%llu", static_cast<unsigned long long>(length))
            << quint64{length} << false << "exceeds the file (";
    }
    QTest::newRow("0") << quint64{0} << false << "too small";
    QTest::newRow("1") << quint64{1} << false << "too small";
    for (const std::uint64_t length : {2, 3, 10, 100}) { // ends inside the JSON
        QTest::addRow("%llu", static_cast<unsigned long long>(length)) << quint64{length} << false << "byte";
    }
    QTest::newRow("header ends inside the data") << quint64{size - 8} << false << "byte";
}

void TestBadHeaders::badHeaderLengths()
{
    QFETCH(quint64, length);
    QFETCH(bool, missingBytes);
    QFETCH(QString, part);
    const auto failure = m_reader.read(lengthBytes(length) + correctFile().substr(8));
    const auto code = missingBytes ? ErrorCode::FileTruncated : ErrorCode::FileMalformed;
    QCOMPARE(complaint(failure, code, part.toStdString()), std::string());
}

void TestBadHeaders::badHeaderTexts_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QString>("part");
    const auto row = [](const char *name, const QByteArray &header, const char *part) {
        QTest::newRow(name) << header << part;
    };
    const auto tensor = [&row](const char *name, const QByteArray &body, const char *part) {
        row(name, R"({"x":{)" + body + "}}", part);
    };
    row("a list", R"(["x"])", "does not start with '{'");
    row("white space first", R"( {"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "does not start with '{'");
    row("byte order mark", "\xef\xbb\xbf{}", "does not start with '{'");
    row("cut off", R"({"x":{"dtype":"U8")", "byte");
    row("NUL padding", QByteArray("{}\0\0\0\0\0\0", 8), "NUL");
    row("second object", R"({}{})", "byte");
    row("tensor is a number", R"({"x":4})", "x: a tensor is described by an object");
    row("tensor is a list", R"({"x":[]})", "x: a tensor is described by an object");
    row("tensor is null", R"({"x":null})", "x: a tensor is described by an object");
    row("no name", R"({"":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "has no name");
    row("same name twice", R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"x":{}})",
        "x: this key stands there twice");
    row("metadata is a number", R"({"__metadata__":{"format":1}})", "metadata must be text");
    row("metadata is nested", R"({"__metadata__":{"format":{}}})", "metadata must be text");
    row("metadata is text itself", R"({"__metadata__":"pt"})", "__metadata__");
    row("metadata is a list", R"({"__metadata__":["pt"]})", "__metadata__");
    tensor("nothing in it", "", "needs dtype, shape and data_offsets");
    tensor("no dtype", R"("shape":[4],"data_offsets":[0,4])", "needs dtype");
    tensor("no shape", R"("dtype":"U8","data_offsets":[0,4])", "needs dtype");
    tensor("no offsets", R"("dtype":"U8","shape":[4])", "needs dtype");
    tensor("a fourth member", R"("dtype":"U8","shape":[4],"data_offsets":[0,4],"z":1)", "x.z");
    tensor("a fourth list", R"("dtype":"U8","shape":[4],"data_offsets":[0,4],"z":[])", "x.z");
    tensor("dtype twice", R"("dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4])", "twice");
    tensor("dtype is a number", R"("dtype":8,"shape":[4],"data_offsets":[0,4])", "x.dtype");
    tensor("dtype is a list", R"("dtype":["U8"],"shape":[4],"data_offsets":[0,4])", "x.dtype");
    tensor("dtype is unknown", R"("dtype":"F31","shape":[4],"data_offsets":[0,4])", "'F31' is not known");
    tensor("dtype in small letters", R"("dtype":"u8","shape":[4],"data_offsets":[0,4])", "'u8' is not known");
    tensor("dtype with a control sequence", R"("dtype":"\u001b[2J","shape":[4],"data_offsets":[0,4])", "\\x1b[2J");
    tensor("shape is a number", R"("dtype":"U8","shape":4,"data_offsets":[0,4])", "x.shape");
    tensor("shape is null", R"("dtype":"U8","shape":null,"data_offsets":[0,4])", "x.shape");
    tensor("shape is an object", R"("dtype":"U8","shape":{"0":4},"data_offsets":[0,4])", "x.shape");
    tensor("shape in shape", R"("dtype":"U8","shape":[[4]],"data_offsets":[0,4])", "x.shape");
    tensor("negative dimension", R"("dtype":"U8","shape":[-4],"data_offsets":[0,4])", "whole numbers");
    tensor("two negative dimensions", R"("dtype":"U8","shape":[-2,-2],"data_offsets":[0,4])", "whole numbers");
    tensor("float dimension", R"("dtype":"U8","shape":[4.0],"data_offsets":[0,4])", "whole numbers");
    tensor("exponent", R"("dtype":"U8","shape":[4e0],"data_offsets":[0,4])", "whole numbers");
    tensor("dimension is text", R"("dtype":"U8","shape":["4"],"data_offsets":[0,4])", "whole numbers");
    tensor("2^64", R"("dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,4])", "whole numbers");
    tensor("zero dimension", R"("dtype":"U8","shape":[0],"data_offsets":[0,0])", "outside 1–");
    tensor("nine dimensions", R"("dtype":"U8","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,4])", "more than 8");
    tensor("one offset", R"("dtype":"U8","shape":[4],"data_offsets":[4])", "exactly two");
    tensor("three offsets", R"("dtype":"U8","shape":[4],"data_offsets":[0,4,4])", "exactly two");
    tensor("offsets backwards", R"("dtype":"U8","shape":[4],"data_offsets":[4,0])", "run backwards");
    tensor("offset negative", R"("dtype":"U8","shape":[4],"data_offsets":[-1,3])", "whole numbers");
    tensor("offset wraps", R"("dtype":"U8","shape":[4],"data_offsets":[18446744073709551615,3])", "run backwards");
    tensor("too few bytes", R"("dtype":"BF16","shape":[4],"data_offsets":[0,4])", "needs 8 bytes, data_offsets give 4");
    tensor("too many bytes", R"("dtype":"U8","shape":[3],"data_offsets":[0,4])", "needs 3 bytes, data_offsets give 4");
    tensor("starts late", R"("dtype":"U8","shape":[3],"data_offsets":[1,4])", "gap of 1 bytes");
}

void TestBadHeaders::badHeaderTexts()
{
    QFETCH(QByteArray, header);
    QFETCH(QString, part);
    const auto failure = m_reader.read(fileWithHeader(header.toStdString(), 4));
    QCOMPARE(complaint(failure, ErrorCode::FileMalformed, part.toStdString()), std::string());
}

void TestBadHeaders::otherFormatsAreRecognised_data()
{
    QTest::addColumn<QByteArray>("start");
    QTest::addColumn<QString>("part");
    QTest::newRow("zip, PyTorch") << QByteArray("PK\x03\x04\x14\x00\x08\x08", 8) << "PyTorch";
    QTest::newRow("pickle 2") << QByteArray("\x80\x02}q\x00(X\x01", 8) << "pickle";
    QTest::newRow("pickle 4") << QByteArray("\x80\x04\x95\x10\x27\x00\x00\x01", 8) << "pickle";
    QTest::newRow("GGUF") << QByteArray("GGUF\x03\x00\x00\x01", 8) << "GGUF";
    QTest::newRow("Git LFS pointer") << QByteArray("version https://git-lfs.github.com/spec/v1") << "Git LFS";
    QTest::newRow("web page") << QByteArray("<!DOCTYPE html><html>") << "web page";
    QTest::newRow("JSON") << QByteArray(R"({"error": "not found"})") << "JSON";
    QTest::newRow("zeros") << QByteArray(64, '\0') << "too small";
    QTest::newRow("noise") << QByteArray(64, '\xa5') << "not a safetensors file";
}

void TestBadHeaders::otherFormatsAreRecognised()
{
    QFETCH(QByteArray, start);
    QFETCH(QString, part);
    const auto failure = m_reader.read(start.toStdString() + std::string(100, 'x'));
    QCOMPARE(complaint(failure, ErrorCode::FileMalformed, part.toStdString()), std::string());
}

QTEST_APPLESS_MAIN(TestBadHeaders)
#include "tst_bad_headers.moc"
