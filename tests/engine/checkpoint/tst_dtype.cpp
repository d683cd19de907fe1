// Scalar conversions, against the definition of the formats and exhaustively where that is possible.

#include "engine/error.h"
#include "engine/memory/dtype.h"
#include "engine/memory/tensor.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace engine::memory;

namespace {

struct Code {
    double value = 0.0;
    unsigned bits = 0;
};

/// Finite non-negative values of a format with `mantissaBits` and exponent bias, by the definition of the format.
std::vector<Code> formatValues(unsigned codes, int mantissaBits, int bias)
{
    std::vector<Code> values;
    for (unsigned code = 0; code < codes; ++code) {
        const auto exponent = static_cast<int>(code >> mantissaBits);
        const double fraction = static_cast<double>(code & ((1U << mantissaBits) - 1U)) / (1 << mantissaBits);
        values.push_back(
            {exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1.0 + fraction, exponent - bias), code});
    }
    return values;
}

/// Nearest code, ties to the even one; `values` ascend.
unsigned nearest(const std::vector<Code> &values, double wanted)
{
    const auto above = std::lower_bound(values.begin(), values.end(), wanted,
                                        [](const Code &code, double value) { return code.value < value; });
    if (above == values.begin()) {
        return above->bits;
    }
    const auto below = above - 1;
    if (above == values.end()) {
        return below->bits;
    }
    const double up = above->value - wanted;
    const double down = wanted - below->value;
    return up < down || (up == down && above->bits % 2 == 0) ? above->bits : below->bits;
}

/// Values of the format, the middles between neighbours, and the floats next to each.
std::vector<float> hardCases(const std::vector<Code> &values)
{
    std::vector<float> cases;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double next = i + 1 < values.size() ? values[i + 1].value : values[i].value * 1.01;
        for (const double middle :
             {values[i].value, (values[i].value + next) / 2, values[i].value * 0.7 + next * 0.3}) {
            const auto exact = static_cast<float>(middle);
            cases.insert(cases.end(), {exact, std::nextafter(exact, 0.0F), std::nextafter(exact, 1e30F)});
        }
    }
    return cases;
}

} // namespace

class TestDtype : public QObject {
    Q_OBJECT

private slots:
    void everyE4m3CodeHasItsValue();
    void floatsRoundToTheNearestE4m3();
    void e4m3Saturates();
    void everyF16CodeHasItsValue();
    void floatsRoundToTheNearestF16();
    void f16KeepsInfinityAndNan();
    void bf16IsTheUpperHalfOfAFloat();
    void floatsRoundToTheNearestBf16();
    void namesAndSizesAgree();
    void tensorsOfBlocksAreMeasuredInBlocks();
};

void TestDtype::everyE4m3CodeHasItsValue()
{
    for (const Code &code : formatValues(0x7F, 3, 7)) {
        QCOMPARE(static_cast<double>(e4m3ToFloat(static_cast<std::uint8_t>(code.bits))), code.value);
        QCOMPARE(static_cast<double>(e4m3ToFloat(static_cast<std::uint8_t>(code.bits | 0x80U))), -code.value);
        QCOMPARE(unsigned{floatToE4m3(static_cast<float>(code.value))}, code.bits);
        QCOMPARE(unsigned{floatToE4m3(-static_cast<float>(code.value))}, code.bits | 0x80U);
    }
    QVERIFY(std::isnan(e4m3ToFloat(0x7F)) && std::isnan(e4m3ToFloat(0xFF)));
    QVERIFY(std::signbit(e4m3ToFloat(0x80)));
}

void TestDtype::floatsRoundToTheNearestE4m3()
{
    const std::vector<Code> values = formatValues(0x7F, 3, 7);
    for (const float value : hardCases(values)) {
        QCOMPARE(unsigned{floatToE4m3(value)}, nearest(values, static_cast<double>(value)));
    }
}

void TestDtype::e4m3Saturates()
{
    for (const float large : {448.0F, 449.0F, 464.0F, 1e30F, std::numeric_limits<float>::infinity()}) {
        QCOMPARE(unsigned{floatToE4m3(large)}, 0x7EU);
        QCOMPARE(unsigned{floatToE4m3(-large)}, 0xFEU);
    }
    QCOMPARE(floatToE4m3(std::numeric_limits<float>::quiet_NaN()) & 0x7F, 0x7F);
    QCOMPARE(unsigned{floatToE4m3(1e-30F)}, 0U);
}

void TestDtype::everyF16CodeHasItsValue()
{
    for (const Code &code : formatValues(0x7C00, 10, 15)) {
        QCOMPARE(static_cast<double>(f16ToFloat(static_cast<std::uint16_t>(code.bits))), code.value);
        QCOMPARE(static_cast<double>(f16ToFloat(static_cast<std::uint16_t>(code.bits | 0x8000U))), -code.value);
        QCOMPARE(unsigned{floatToF16(static_cast<float>(code.value))}, code.bits);
    }
}

void TestDtype::floatsRoundToTheNearestF16()
{
    const std::vector<Code> values = formatValues(0x7C00, 10, 15);
    for (const float value : hardCases(values)) {
        if (value < 65520.0F) { // beyond, infinity is nearer
            QCOMPARE(unsigned{floatToF16(value)}, nearest(values, static_cast<double>(value)));
        }
    }
}

void TestDtype::f16KeepsInfinityAndNan()
{
    QCOMPARE(unsigned{floatToF16(65519.0F)}, 0x7BFFU);
    QCOMPARE(unsigned{floatToF16(65520.0F)}, 0x7C00U);
    QCOMPARE(unsigned{floatToF16(-std::numeric_limits<float>::infinity())}, 0xFC00U);
    QVERIFY(std::isinf(f16ToFloat(0x7C00)));
    QVERIFY(std::isnan(f16ToFloat(0x7C01)));
    QVERIFY(std::isnan(f16ToFloat(floatToF16(std::numeric_limits<float>::quiet_NaN()))));
}

void TestDtype::bf16IsTheUpperHalfOfAFloat()
{
    for (unsigned code = 0; code <= 0xFFFF; ++code) {
        const float value = bf16ToFloat(static_cast<std::uint16_t>(code));
        if (!std::isnan(value)) {
            QCOMPARE(unsigned{floatToBf16(value)}, code);
        }
    }
    QVERIFY(std::isnan(bf16ToFloat(floatToBf16(std::bit_cast<float>(0x7F800001U)))));
}

void TestDtype::floatsRoundToTheNearestBf16()
{
    std::vector<Code> values = formatValues(0x7F80, 7, 127);
    for (const float value : hardCases(values)) {
        if (value < bf16ToFloat(0x7F7F)) {
            QCOMPARE(unsigned{floatToBf16(value)}, nearest(values, static_cast<double>(value)));
        }
    }
}

void TestDtype::namesAndSizesAgree()
{
    QCOMPARE(dtypeBytes(DType::F8_E4M3), std::size_t{1});
    QCOMPARE(dtypeBytes(DType::BF16), std::size_t{2});
    QCOMPARE(dtypeBytes(DType::F32), std::size_t{4});
    QCOMPARE(dtypeBytes(DType::I64), std::size_t{8});
    for (int i = 0; i <= static_cast<int>(DType::BOOL); ++i) {
        const auto dtype = static_cast<DType>(i);
        QVERIFY(dtypeFromName(dtypeName(dtype)) == dtype);
        QCOMPARE(blockElements(dtype), std::size_t{1});
        QCOMPARE(blockBytes(dtype), dtypeBytes(dtype));
    }
    for (const DType dtype : {DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::Q4_1, DType::Q5_0,
                              DType::Q5_1, DType::IQ4_NL}) {
        QVERIFY(isBlockType(dtype) && !isFloatMatrixType(dtype));
        QVERIFY(!dtypeFromName(dtypeName(dtype))); // a safetensors header may not name it
        QVERIFY_EXCEPTION_THROWN(dtypeBytes(dtype), engine::Error);
    }
    QVERIFY(!dtypeFromName("F4") && !dtypeFromName("") && !dtypeFromName("f32"));
}

void TestDtype::tensorsOfBlocksAreMeasuredInBlocks()
{
    const std::array<std::uint64_t, 2> shape = {3, 512};
    std::vector<std::uint8_t> bytes(3 * 2 * 210);
    bytes[5 * 210 + 209] = 0x3C;     // d = 1 in the last block
    bytes[5 * 210 + 192 + 15] = 3;   // scale of its last 16 values
    bytes[5 * 210 + 64 + 63] = 0xF0; // lower bits of its last value
    const Tensor tensor(bytes.data(), DType::Q6_K, shape);
    QCOMPARE(tensor.bytes(), std::uint64_t{bytes.size()});
    QCOMPARE(tensor.rowBytes(), std::uint64_t{420});
    QCOMPARE(tensor.row(2) - tensor.row(0), std::ptrdiff_t{840});
    QCOMPARE(tensor.at(3 * 512 - 1), 3.0F * (15 - 32));
    QCOMPARE(tensor.at(3 * 512 - 2), 3.0F * (0 - 32));
    QCOMPARE(tensor.at(0), 0.0F);
}

QTEST_APPLESS_MAIN(TestDtype)
#include "tst_dtype.moc"
