// Every kernel on every instruction set of this machine against double precision.

#include "engine/backend/cpu/kernels.h"
#include "tests/engine/backend/naive.h"

#include <QTest>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace cpu = engine::backend::cpu;
using engine::backend::Matrix;
using engine::memory::DType;
using support::RandomMatrix;

namespace {

std::vector<float> dotAll(const Matrix &weight, int rowBegin, int rowEnd, const std::vector<float> &x, int tokens)
{
    const auto rows = static_cast<std::size_t>(rowEnd - rowBegin);
    std::vector<float> out(rows * static_cast<std::size_t>(tokens));
    cpu::DotCall call;
    call.weight = weight;
    call.rowBegin = rowBegin;
    call.rowEnd = rowEnd;
    call.x = x.data();
    call.xStride = static_cast<std::size_t>(weight.cols);
    call.tokens = tokens;
    call.out = out.data();
    call.outStride = rows;
    cpu::dot(call);
    return out;
}

/// A bound on the rounding of a sum of `count` products of numbers up to 1.
double tolerance(int count)
{
    return 1e-6 * (1.0 + std::sqrt(count));
}

void eachFormat()
{
    QTest::addColumn<int>("dtype");
    for (const DType dtype : {DType::F32, DType::BF16, DType::F16, DType::F8_E4M3})
        QTest::newRow(engine::memory::dtypeName(dtype).data()) << static_cast<int>(dtype);
}

} // namespace

class Kernels : public QObject {
    Q_OBJECT

private slots:
    void everyE4m3CodeIsDecodedExactly()
    {
        std::vector<std::uint8_t> codes;
        for (unsigned code = 0; code < 256; ++code) {
            if ((code & 0x7FU) != 0x7FU) // NaN
                codes.push_back(static_cast<std::uint8_t>(code));
        }
        QCOMPARE(codes.size(), 254U);
        support::forEachInstructionSet([&] {
            std::vector<float> values(codes.size());
            cpu::decodeRow({codes.data(), DType::F8_E4M3, 1, 254}, 0, values.data());
            for (std::size_t i = 0; i < codes.size(); ++i)
                QCOMPARE(std::bit_cast<std::uint32_t>(values[i]),
                         std::bit_cast<std::uint32_t>(engine::memory::e4m3ToFloat(codes[i])));
        });
    }

    void rowsAreDecodedWithTheirScales_data() { eachFormat(); }
    void rowsAreDecodedWithTheirScales()
    {
        QFETCH(int, dtype);
        const RandomMatrix matrix(static_cast<DType>(dtype), 150, 203, 1, 1);
        support::forEachInstructionSet([&] {
            std::vector<float> row(203);
            for (const int r : {0, 127, 128, 149}) {
                cpu::decodeRow(matrix.view(), r, row.data());
                for (int c = 0; c < 203; ++c)
                    QCOMPARE(row[static_cast<std::size_t>(c)], static_cast<float>(matrix.at(r, c)));
            }
        });
    }

    void dotEqualsDoublePrecision_data() { eachFormat(); }
    void dotEqualsDoublePrecision()
    {
        QFETCH(int, dtype);
        for (const int cols : {1, 7, 16, 31, 80, 128, 131, 160, 300}) {
            const RandomMatrix matrix(static_cast<DType>(dtype), 150, cols, static_cast<unsigned>(cols), 1);
            const auto x = support::randomFloats(static_cast<std::size_t>(29 * cols), 5);
            support::forEachInstructionSet([&] {
                for (const int tokens : {1, 2, 3, 29}) {
                    const auto out = dotAll(matrix.view(), 0, 150, x, tokens);
                    for (int token = 0; token < tokens; ++token) {
                        const auto row = std::span(x).subspan(static_cast<std::size_t>(token * cols),
                                                              static_cast<std::size_t>(cols));
                        const auto wanted = support::product(matrix, std::vector<double>(row.begin(), row.end()));
                        for (std::size_t r = 0; r < wanted.size(); ++r)
                            QVERIFY(std::abs(out[static_cast<std::size_t>(token) * 150 + r] - wanted[r]) <=
                                    tolerance(cols));
                    }
                }
            });
        }
    }

    void manyTokensEqualOneTokenBitForBit_data() { eachFormat(); }
    void manyTokensEqualOneTokenBitForBit()
    {
        QFETCH(int, dtype);
        constexpr int cols = 333;
        const RandomMatrix matrix(static_cast<DType>(dtype), 150, cols, 3, 1);
        const auto x = support::randomFloats(31 * cols, 5);
        support::forEachInstructionSet([&] {
            const auto all = dotAll(matrix.view(), 0, 150, x, 31);
            for (std::size_t token = 0; token < 31; ++token) {
                const std::vector<float> one(x.begin() + static_cast<std::ptrdiff_t>(token * cols),
                                             x.begin() + static_cast<std::ptrdiff_t>((token + 1) * cols));
                // An odd row range, too: where a range starts must not matter.
                const auto out = dotAll(matrix.view(), 5, 148, one, 1);
                for (std::size_t r = 5; r < 148; ++r)
                    QCOMPARE(out[r - 5], all[token * 150 + r]);
            }
        });
    }

    void dotGathersAndAccumulates()
    {
        const RandomMatrix matrix(DType::BF16, 20, 40, 1);
        const auto x = support::randomFloats(5 * 40, 2);
        const std::int32_t gather[] = {4, 0, 4};
        support::forEachInstructionSet([&] {
            const auto plain = dotAll(matrix.view(), 0, 20, x, 5);
            std::vector<float> out(3 * 25, 1.0F);
            cpu::DotCall call;
            call.weight = matrix.view();
            call.rowEnd = 20;
            call.x = x.data();
            call.xStride = 40;
            call.gather = gather;
            call.tokens = 3;
            call.out = out.data();
            call.outStride = 25;
            call.accumulate = true;
            cpu::dot(call);
            for (std::size_t token = 0; token < 3; ++token) {
                for (std::size_t r = 0; r < 20; ++r)
                    QCOMPARE(out[token * 25 + r], 1.0F + plain[static_cast<std::size_t>(gather[token]) * 20 + r]);
                for (std::size_t r = 20; r < 25; ++r)
                    QCOMPARE(out[token * 25 + r], 1.0F);
            }
        });
    }

    void scaleBlocksOfOtherSizesAreFollowed()
    {
        const RandomMatrix codes(DType::F8_E4M3, 40, 100, 1, 0, false);
        const auto scales = support::randomFloats(3 * 4, 2);
        Matrix matrix = codes.view();
        matrix.scale = scales.data();
        matrix.blockRows = 16;
        matrix.blockCols = 32;
        const auto x = support::randomFloats(2 * 100, 3);
        support::forEachInstructionSet([&] {
            const auto out = dotAll(matrix, 0, 40, x, 2);
            for (int row = 0; row < 40; ++row) {
                double wanted = 0.0;
                for (int col = 0; col < 100; ++col)
                    wanted += codes.at(row, col) * static_cast<double>(x[static_cast<std::size_t>(100 + col)]) *
                              static_cast<double>(scales[static_cast<std::size_t>(row / 16 * 4 + col / 32)]);
                QVERIFY(std::abs(out[static_cast<std::size_t>(40 + row)] - wanted) < tolerance(100));
            }
        });
    }

    void mixEqualsDoublePrecision_data() { eachFormat(); }
    void mixEqualsDoublePrecision()
    {
        QFETCH(int, dtype);
        for (const int cols : {1, 9, 16, 40, 72, 130}) {
            const RandomMatrix matrix(static_cast<DType>(dtype), 200, cols + 3, 4, 1);
            for (const int rows : {1, 64, 131}) {
                const auto coefficients = support::randomFloats(static_cast<std::size_t>(7 * rows), 6);
                support::forEachInstructionSet([&] {
                    std::vector<float> out(static_cast<std::size_t>(7 * (cols + 2)), 0.5F);
                    cpu::MixCall call;
                    call.weight = matrix.view();
                    call.rowBegin = 60;
                    call.rows = rows;
                    call.cols = cols;
                    call.coefficients = coefficients.data();
                    call.coefficientStride = static_cast<std::size_t>(rows);
                    call.tokens = 7;
                    call.out = out.data();
                    call.outStride = static_cast<std::size_t>(cols + 2);
                    cpu::mix(call);
                    for (int token = 0; token < 7; ++token) {
                        const float *row = out.data() + token * (cols + 2);
                        for (int col = 0; col < cols; ++col) {
                            double wanted = 0.5;
                            for (int r = 0; r < rows; ++r)
                                wanted +=
                                    static_cast<double>(coefficients[static_cast<std::size_t>(token * rows + r)]) *
                                    matrix.at(60 + r, col);
                            QVERIFY(std::abs(row[col] - wanted) < tolerance(rows));
                        }
                        QCOMPARE(row[cols], 0.5F); // nothing is written past the columns asked for
                        QCOMPARE(row[cols + 1], 0.5F);
                    }
                });
            }
        }
    }

    void rmsNormEqualsDoublePrecision_data()
    {
        QTest::addColumn<int>("dtype");
        for (const DType dtype : {DType::F32, DType::BF16, DType::F16})
            QTest::newRow(engine::memory::dtypeName(dtype).data()) << static_cast<int>(dtype);
    }
    void rmsNormEqualsDoublePrecision()
    {
        QFETCH(int, dtype);
        for (const int width : {1, 5, 16, 72, 129}) {
            const RandomMatrix weight(static_cast<DType>(dtype), 1, width, 1, 1, false);
            const auto x = support::randomFloats(static_cast<std::size_t>(width), 2, 3.0F);
            double squares = 0.0;
            for (const float value : x)
                squares += static_cast<double>(value) * static_cast<double>(value);
            support::forEachInstructionSet([&] {
                std::vector<float> out(x.size());
                cpu::rmsNormRow(x.data(), {weight.view().data, static_cast<DType>(dtype), width}, 0.01F, out.data());
                for (int i = 0; i < width; ++i) {
                    const auto index = static_cast<std::size_t>(i);
                    const double wanted =
                        weight.at(0, i) * static_cast<double>(x[index]) / std::sqrt(squares / width + 0.01);
                    QVERIFY(std::abs(out[index] - wanted) < 1e-6);
                }
            });
        }
    }

    void swigluEqualsDoublePrecisionAndSurvivesExtremes()
    {
        std::vector<float> gate = support::randomFloats(37, 1, 8.0F);
        gate[0] = 1000.0F;
        gate[1] = -1000.0F;
        gate[2] = std::numeric_limits<float>::quiet_NaN();
        const auto up = support::randomFloats(37, 2);
        support::forEachInstructionSet([&] {
            std::vector<float> out = gate;
            cpu::swiglu(out.data(), up.data(), out.size());
            QCOMPARE(out[0], 1000.0F * up[0]);
            QVERIFY(std::abs(out[1]) < 1e-30F);
            QVERIFY(std::isnan(out[2]));
            for (std::size_t i = 3; i < out.size(); ++i) {
                const double z = gate[i];
                const double wanted = z / (1.0 + std::exp(-z)) * static_cast<double>(up[i]);
                QVERIFY(std::abs(out[i] - wanted) < 2e-6);
            }
        });
    }

    void softmaxPartsEqualDoublePrecision()
    {
        for (const std::size_t count : {1U, 8U, 16U, 19U, 64U}) {
            const auto scores = support::randomFloats(count, 3, 20.0F);
            support::forEachInstructionSet([&] {
                const float largest = cpu::maxOf(scores.data(), count);
                QCOMPARE(largest, *std::max_element(scores.begin(), scores.end()));
                std::vector<float> powers = scores;
                const float sum = cpu::expRow(powers.data(), 0.5F, 0.5F * largest, count);
                double wantedSum = 0.0;
                for (std::size_t i = 0; i < count; ++i) {
                    const double wanted =
                        std::exp(0.5 * (static_cast<double>(scores[i]) - static_cast<double>(largest)));
                    wantedSum += wanted;
                    QVERIFY(std::abs(powers[i] - wanted) < 1e-6);
                }
                QVERIFY(std::abs(sum - wantedSum) < 1e-5);
            });
        }
    }

    void rowsAreScaledAndAdded()
    {
        const auto x = support::randomFloats(21, 1);
        support::forEachInstructionSet([&] {
            std::vector<float> out(21, 2.0F);
            cpu::addScaled(out.data(), x.data(), 3.0F, 20);
            cpu::scaleRow(out.data(), 0.5F, 20);
            for (std::size_t i = 0; i < 20; ++i)
                QVERIFY(std::abs(out[i] - (1.0F + 1.5F * x[i])) < 1e-6F);
            QCOMPARE(out[20], 2.0F);
        });
    }

    void pairsAreRotatedInterleaved()
    {
        std::vector<float> x{1, 2, 3, 4};
        const float cos[] = {0.0F, 0.6F};
        const float sin[] = {1.0F, 0.8F};
        cpu::rotatePairs(x.data(), 4, cos, sin);
        const std::vector<float> wanted{-2.0F, 1.0F, 3 * 0.6F - 4 * 0.8F, 3 * 0.8F + 4 * 0.6F};
        for (std::size_t i = 0; i < 4; ++i)
            QVERIFY(std::abs(x[i] - wanted[i]) < 1e-6F);
    }
};

QTEST_GUILESS_MAIN(Kernels)
#include "tst_kernels.moc"
