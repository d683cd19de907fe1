// The conversions of detail/e4m3.cuh as they are made where there is no instruction for them, against engine/memory.

#include "engine/backend/cuda/detail/e4m3.cuh"

#include <QTest>

#include <bit>
#include <cmath>

using namespace engine::backend::cuda;
using engine::memory::e4m3ToFloat;

namespace {

float lowHalf(unsigned pair)
{
    return engine::memory::f16ToFloat(static_cast<std::uint16_t>(pair & 0xFFFFU));
}

float highHalf(unsigned pair)
{
    return engine::memory::f16ToFloat(static_cast<std::uint16_t>(pair >> 16));
}

/// NaN comes out as 480.
bool isSame(float found, unsigned code)
{
    const float wanted = e4m3ToFloat(static_cast<std::uint8_t>(code));
    return std::isnan(wanted) ? std::abs(found) == 480.0F
                              : std::bit_cast<unsigned>(found) == std::bit_cast<unsigned>(wanted);
}

} // namespace

class CudaE4m3 : public QObject {
    Q_OBJECT

private slots:
    void everyCodeAtEveryPlaceIsExactInF16()
    {
        for (unsigned code = 0; code < 256; ++code) {
            const unsigned others[3] = {code ^ 0x5AU, (code + 77) % 256, 255 - code};
            const unsigned bytes[4] = {code, others[0], others[1], others[2]};
            for (int turn = 0; turn < 4; ++turn) {
                const auto byte = [&](int i) { return bytes[(i + turn) % 4]; };
                const unsigned word = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
                unsigned first = 0;
                unsigned second = 0;
                e4m3NeighboursToF16(word, first, second);
                QVERIFY(isSame(lowHalf(first), byte(0)) && isSame(highHalf(first), byte(1)));
                QVERIFY(isSame(lowHalf(second), byte(2)) && isSame(highHalf(second), byte(3)));
                e4m3AlternatesToF16(word, first, second);
                QVERIFY(isSame(lowHalf(first), byte(0)) && isSame(highHalf(first), byte(2)));
                QVERIFY(isSame(lowHalf(second), byte(1)) && isSame(highHalf(second), byte(3)));
            }
        }
    }

    void everyCodeIsExactInF32()
    {
        for (unsigned code = 0; code < 256; ++code) {
            const float wanted = e4m3ToFloat(static_cast<std::uint8_t>(code));
            const float found = engine::backend::cuda::e4m3ToFloat(code);
            QVERIFY(std::isnan(wanted) ? std::isnan(found) : found == wanted);
        }
    }

    void numbersAreRoundedAsOnTheCpu()
    {
        std::uint64_t state = 1;
        for (int i = 0; i < 1'000'000; ++i) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            auto bits = static_cast<unsigned>(state >> 32);
            if (i % 2 == 0) // near E4M3's numbers, where the ties are
                bits = (bits & 0x80F80000U) | (((118U + (bits >> 8) % 20U) << 23) + (bits >> 30 == 0 ? 0U : 0x80000U));
            const float value = std::bit_cast<float>(bits);
            QCOMPARE(floatToE4m3(value), unsigned{engine::memory::floatToE4m3(value)});
        }
    }
};

QTEST_GUILESS_MAIN(CudaE4m3)
#include "tst_cuda_e4m3.moc"
