// Products through cuBLASLt: how matrices, strides and scales are described to it. What the emulator has in its place
// reads the descriptions as NVIDIA documents them, so that a wrong one gives wrong products or none.

#include "cublasLt.h"
#include "engine/backend/cuda/detail/cublas_lt.h"
#include "engine/memory/dtype.h"
#include "engine/memory/memory_space.h"
#include "engine/verification/placed.h"
#include "engine/verification/random_operands.h"
#include "tests/engine/cuda/backend_under_test.h"

#include <QTest>

#include <cmath>
#include <cstdlib>
#include <vector>

namespace cuda = engine::backend::cuda;
using engine::backend::InputRounding;
using engine::backend::Rows;
using engine::memory::Buffer;
using engine::memory::DType;
using engine::verification::randomFloats;
using engine::verification::RandomMatrix;

namespace {

struct Shape {
    DType dtype;
    int rows;
    int cols;
    int tokens;
    int stride; ///< of x
    bool accumulate;
};

std::size_t area(int rows, int cols)
{
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
}

/// x in the element type of the weight, with scales where that is FP8, and what it stands for.
struct Input {
    Buffer data;
    Buffer scales;
    std::vector<double> values; ///< [tokens, cols]

    explicit Input(const Shape &shape)
        : data(area(shape.tokens, shape.stride) * 2), scales(area((shape.cols + 127) / 128, shape.tokens) * 4)
    {
        const auto numbers = randomFloats(area(shape.tokens, shape.cols), 3);
        const auto blockScales = randomFloats(scales.size() / 4, 4, 0.2F);
        std::copy(blockScales.begin(), blockScales.end(), scales.as<float>().begin());
        data.fillZero();
        for (int token = 0; token < shape.tokens; ++token)
            for (int col = 0; col < shape.cols; ++col)
                values.push_back(
                    store(shape, token, col, numbers[area(token, shape.cols) + static_cast<std::size_t>(col)]));
    }

private:
    double store(const Shape &shape, int token, int col, float number)
    {
        const std::size_t index = area(token, shape.stride) + static_cast<std::size_t>(col);
        if (shape.dtype == DType::BF16) {
            const std::uint16_t bits = engine::memory::floatToBf16(number);
            data.as<std::uint16_t>()[index] = bits;
            return engine::memory::bf16ToFloat(bits);
        }
        const auto code = static_cast<std::uint8_t>(0x30 + (token * 7 + col * 3) % 16 + (col % 2) * 0x80);
        data.as<std::uint8_t>()[index] = code;
        const float scale = scales.as<float>()[area(col / 128, shape.tokens) + static_cast<std::size_t>(token)];
        return static_cast<double>(engine::memory::e4m3ToFloat(code)) * static_cast<double>(scale);
    }
};

struct Outcome {
    bool multiplied = false;
    double largestError = 0.0; ///< relative to the sum of the magnitudes
};

bool isWanted(int tokens)
{
    cuda::CublasLt library;
    library.open();
    return library.isWanted(tokens);
}

Outcome multiply(const Shape &shape)
{
    cuda::CublasLt library;
    library.open();
    library.reserve(engine::memory::hostMemory());
    const RandomMatrix random(shape.dtype, shape.rows, shape.cols, 5);
    const Input input(shape);
    Buffer weight(area(shape.rows, shape.cols) * engine::memory::dtypeBytes(shape.dtype));
    std::memcpy(weight.data(), random.view().data, weight.size());
    const std::size_t blocks = area((shape.rows + 127) / 128, (shape.cols + 127) / 128);
    Buffer scale(blocks * 4);
    if (shape.dtype == DType::F8_E4M3)
        std::memcpy(scale.data(), random.view().scale, scale.size());
    const int outStride = (shape.rows + 3) / 4 * 4 + 8;
    Buffer out(area(shape.tokens, outStride) * 4);
    const auto before = randomFloats(out.size() / 4, 6);
    std::copy(before.begin(), before.end(), out.as<float>().begin());

    cuda::LibraryProduct product;
    product.x = input.data.data();
    product.stride = static_cast<std::size_t>(shape.stride);
    product.scales = shape.dtype == DType::F8_E4M3 ? input.scales.as<float>().data() : nullptr;
    product.tokens = shape.tokens;
    product.weight = random.view();
    product.weight.data = weight.data();
    if (shape.dtype == DType::F8_E4M3)
        product.weight.scale = scale.data();
    product.out = {out.as<float>().data(), shape.tokens, shape.rows, static_cast<std::size_t>(outStride)};
    product.accumulate = shape.accumulate;
    cuda::Queue queue;
    queue.afterKernel = true;
    Outcome outcome{library.multiply(queue, product)};
    if (!outcome.multiplied || queue.afterKernel)
        return outcome;
    for (int token = 0; token < shape.tokens; ++token) {
        for (int row = 0; row < shape.rows; ++row) {
            const std::size_t index = area(token, outStride) + static_cast<std::size_t>(row);
            double wanted = shape.accumulate ? static_cast<double>(before[index]) : 0.0;
            double magnitude = std::abs(wanted) + 1e-9;
            for (int col = 0; col < shape.cols; ++col) {
                const double part =
                    input.values[area(token, shape.cols) + static_cast<std::size_t>(col)] * random.at(row, col);
                wanted += part;
                magnitude += std::abs(part);
            }
            const double error = std::abs(static_cast<double>(out.as<float>()[index]) - wanted) / magnitude;
            outcome.largestError = std::max(outcome.largestError, error);
        }
        if (out.as<float>()[area(token, outStride) + static_cast<std::size_t>(shape.rows)] !=
            before[area(token, outStride) + static_cast<std::size_t>(shape.rows)])
            outcome.largestError = 1.0; // wrote beyond its rows
    }
    return outcome;
}

} // namespace

class CudaLibraryTest : public QObject {
    Q_OBJECT

    /// `used`: how many products the library is to make; from 40 tokens on.
    static bool agreesWithOwnProducts(DType dtype, int tokens, long long used,
                                      InputRounding rounding = InputRounding::None)
    {
        const RandomMatrix first(dtype, 64, 512, 8);
        const RandomMatrix second(dtype, 128, 512, 9);
        std::vector<std::vector<float>> results;
        for (const char *from : {"0", "40"}) {
            setenv("BATHYSCOPE_CUBLASLT_FROM", from, 1);
            setenv("BATHYSCOPE_CUBLASLT_FP8_FROM", from, 1);
            const long long before = emulator::cublasLtProducts;
            const auto backend = support::makeBackendUnderTest();
            engine::verification::Placed placed(*backend);
            engine::backend::WorkspaceShape shape;
            shape.tokens = tokens;
            shape.hidden = 512;
            shape.roundedWidth = rounding == InputRounding::None ? 0 : 512;
            backend->reserve(shape);
            const Rows x = placed.rows(randomFloats(area(tokens, 512), 10), tokens, 512);
            const Rows out = placed.rows(std::vector<float>(area(tokens, 192)), tokens, 192);
            auto firstWeight = placed.matrix(first.view());
            auto secondWeight = placed.matrix(second.view());
            firstWeight.inputs = rounding;
            secondWeight.inputs = rounding;
            const engine::backend::Product products[] = {{&firstWeight, out.columns(0, 64)},
                                                         {&secondWeight, out.columns(64, 128)}};
            backend->linearGroup(x, products);
            results.push_back(placed.read(out));
            if (emulator::cublasLtProducts - before != (results.size() == 1 ? 0 : used))
                return false;
        }
        double largest = 0.0;
        for (std::size_t i = 0; i < results[0].size(); ++i)
            largest =
                std::max(largest, std::abs(static_cast<double>(results[0][i]) - static_cast<double>(results[1][i])));
        return largest < 1e-4;
    }

private slots:
    void init()
    {
        emulator::cublasLtIsInstalled = true;
        unsetenv("BATHYSCOPE_CUBLASLT_FROM");
        unsetenv("BATHYSCOPE_CUBLASLT_FP8_FROM");
    }

    void productsAreRight_data()
    {
        QTest::addColumn<int>("dtype");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("cols");
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("stride");
        const auto add = [](DType dtype, int rows, int cols, int tokens, int stride) {
            QTest::addRow("%s %d x %d, %d tokens, every %d", std::string(engine::memory::dtypeName(dtype)).c_str(),
                          rows, cols, tokens, stride)
                << static_cast<int>(dtype) << rows << cols << tokens << stride;
        };
        add(DType::BF16, 24, 40, 5, 40);
        add(DType::BF16, 33, 64, 7, 72);
        add(DType::F8_E4M3, 132, 512, 8, 512);
        add(DType::F8_E4M3, 260, 1024, 12, 1040);
        add(DType::F8_E4M3, 64, 400, 4, 400);
    }
    void productsAreRight()
    {
        QFETCH(int, dtype);
        QFETCH(int, rows);
        QFETCH(int, cols);
        QFETCH(int, tokens);
        QFETCH(int, stride);
        for (const bool accumulate : {false, true}) {
            const auto outcome = multiply({static_cast<DType>(dtype), rows, cols, tokens, stride, accumulate});
            QVERIFY(outcome.multiplied);
            QVERIFY2(outcome.largestError < 1e-6, std::to_string(outcome.largestError).c_str());
        }
    }

    void whatTheLibraryDoesNotTakeIsLeftToOthers()
    {
        QVERIFY(!multiply({DType::F32, 24, 40, 5, 40, false}).multiplied);
        QVERIFY(!multiply({DType::BF16, 24, 36, 5, 36, false}).multiplied);       // rows of 72 bytes
        QVERIFY(!multiply({DType::F8_E4M3, 128, 640, 8, 640, false}).multiplied); // 5 scales in a row
        QVERIFY(!multiply({DType::F8_E4M3, 128, 512, 6, 512, false}).multiplied); // 6 tokens
        QVERIFY(!multiply({DType::F8_E4M3, 130, 512, 8, 512, false}).multiplied); // 130 rows
    }

    void withoutTheLibraryNothingIsTried()
    {
        emulator::cublasLtIsInstalled = false;
        QVERIFY(!isWanted(100'000));
        QVERIFY(!multiply({DType::BF16, 24, 40, 5, 40, false}).multiplied);
    }

    void aBackendUsesItForManyTokensOfBf16()
    {
        QVERIFY(agreesWithOwnProducts(DType::BF16, 40, 2)); // of two in a group
        QVERIFY(agreesWithOwnProducts(DType::BF16, 39, 0));
        QVERIFY(agreesWithOwnProducts(DType::F8_E4M3, 40, 0)); // inputs are not FP8
    }

    void aBackendUsesItForFp8ActivationsWhereThatIsAskedFor()
    {
        QVERIFY(agreesWithOwnProducts(DType::F8_E4M3, 40, 2, InputRounding::E4m3));
        QVERIFY(agreesWithOwnProducts(DType::F8_E4M3, 42, 0, InputRounding::E4m3)); // scales lie 44 apart
        QVERIFY(agreesWithOwnProducts(DType::F8_E4M3, 36, 0, InputRounding::E4m3));
    }

    void theEnvironmentSaysFromHowManyTokens()
    {
        QVERIFY(isWanted(cuda::defaultLibraryTokens));
        QVERIFY(!isWanted(cuda::defaultLibraryTokens - 1));
        setenv("BATHYSCOPE_CUBLASLT_FROM", "3", 1);
        QVERIFY(isWanted(3));
        QVERIFY(!isWanted(2));
        setenv("BATHYSCOPE_CUBLASLT_FROM", "0", 1);
        QVERIFY(!isWanted(100'000));
    }
};

QTEST_APPLESS_MAIN(CudaLibraryTest)
#include "tst_cuda_library.moc"
