// Activations in FP8 on the emulated GPU: the rounding to the bit, and whole models.

#include "engine/backend/cpu/rounded_inputs.h"
#include "engine/backend/cuda/detail/device_memory.h"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/mma_e4m3.cuh"
#include "engine/backend/cuda/detail/ops.h"
#include "engine/backend/cuda/detail/quantise.h"
#include "engine/backend/cuda/plugin.h"
#include "engine/verification/op_case.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"
#include "tests/engine/golden_logits/generated_weights.h"
#include "tests/engine/golden_logits/golden_case.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <bit>
#include <cmath>
#include <limits>
#include <list>

using engine::Activations;
using engine::backend::InputRounding;
using engine::backend::Rows;
using support::ModelUnderTest;
using support::randomFloats;
namespace cuda = engine::backend::cuda;

namespace {

constexpr std::size_t positions = 36; ///< of the comparison of chunks

std::vector<std::uint32_t> bitsOf(const std::vector<float> &values)
{
    std::vector<std::uint32_t> bits;
    for (const float value : values)
        bits.push_back(std::isnan(value) ? 0x7FC00000U : std::bit_cast<std::uint32_t>(value));
    return bits;
}

/// What the CPU multiplies with.
std::vector<float> roundedByCpu(std::vector<float> values, std::size_t width, InputRounding rounding)
{
    for (std::size_t at = 0; at < values.size(); at += width)
        engine::backend::cpu::roundRow(values.data() + at, width, rounding, values.data() + at);
    return values;
}

/// Ties, subnormal codes, zeros of both signs, a group of zeros, numbers that are not finite, the largest and the
/// least.
std::vector<float> edges(std::size_t width)
{
    std::vector<float> row(width, 0.0F);
    const float special[] = {448.0F, 17.0F, 19.0F, 34.0F, 38.0F, 0x1p-10F, 0x1.8p-9F, 0x1.4p-8F, -0.0F, -17.0F, 432.0F};
    std::copy(std::begin(special), std::end(special), row.begin());
    row[128] = 1e-38F;
    row[129] = -1e-45F;
    row[256] = std::numeric_limits<float>::infinity();
    row[257] = 1.0F;
    row[384] = std::numeric_limits<float>::max();
    row[385] = -1.0F;
    row[512] = -std::numeric_limits<float>::quiet_NaN();
    row[640] = 9e-5F;
    row[641] = 1e-6F;
    row[768] = 1.1e-4F;
    return row;
}

/// Kernels without a backend around them.
class Device {
public:
    Device() : m_memory(m_queue) {}

    cuda::Queue &queue() { return m_queue; }
    cuda::DeviceMemory &memory() { return m_memory; }
    cuda::QuantisedSpace space(int rows, int width)
    {
        m_quantised.emplace_back();
        m_quantised.back().reserve(static_cast<std::size_t>(rows), static_cast<std::size_t>(width), m_memory);
        return m_quantised.back().space(m_queue, rows, width);
    }
    /// Codes times scales.
    static std::vector<float> read(const cuda::QuantisedSpace &space, int width)
    {
        std::vector<float> values;
        for (int row = 0; row < space.rows; ++row) {
            for (int col = 0; col < width; ++col)
                values.push_back(engine::memory::e4m3ToFloat(*space.at(row, col)) * space.scale(row, col / 128));
        }
        return values;
    }
    static bool isPadded(const cuda::QuantisedSpace &space, int width)
    {
        bool zero = true;
        for (int row = 0; row < space.rows; ++row) {
            for (int col = width; col < space.width; ++col)
                zero = zero && *space.at(row, col) == 0;
        }
        return zero;
    }

private:
    cuda::Queue m_queue;
    cuda::DeviceMemory m_memory;
    std::list<cuda::QuantisedMemory> m_quantised;
};

Rows rowsOf(std::vector<float> &values, int width)
{
    const auto stride = static_cast<std::size_t>(width);
    return {values.data(), static_cast<int>(values.size() / stride), width, stride};
}

/// D of both ways of mmaE4m3() from random codes without NaN.
__global__ void mmaKernel(const unsigned *words, float *direct, float *viaF16)
{
    cuda::waitForEarlier();
    const auto lane = static_cast<int>(threadIdx.x);
    unsigned a[4];
    unsigned b[2];
    for (int i = 0; i < 4; ++i)
        a[i] = words[lane * 6 + i];
    for (int i = 0; i < 2; ++i)
        b[i] = words[lane * 6 + 4 + i];
    float d[4] = {};
    cuda::mmaE4m3(d, a, b);
    float e[4] = {};
    cuda::mmaE4m3AsF16(e, a, b);
    for (int i = 0; i < 4; ++i) {
        direct[lane * 4 + i] = d[i];
        viaF16[lane * 4 + i] = e[i] * cuda::unitOfF16Sums();
    }
}

std::string writeModel(const support::TemporaryFolder &folder, const char *scaleFormat)
{
    auto goldenCase = support::readGoldenCase("fp8-yarn");
    goldenCase["config"]["quantization_config"]["scale_fmt"] = scaleFormat;
    support::writeGoldenModel(goldenCase, folder.path());
    return folder.text();
}

std::string writeWideModel(const support::TemporaryFolder &folder)
{
    support::TinyModelOptions options;
    options.storage = support::TinyModelOptions::Storage::Fp8;
    options.layers = 2;
    options.hidden = 256;
    options.qLoraRank = 128;
    options.kvLoraRank = 64;
    options.rope = 16;
    options.nope = 16;
    options.valueDim = 32;
    options.denseWidth = 384;
    options.expertWidth = 128;
    support::writeTinyModel(options, folder.path());
    return folder.text();
}

std::vector<float> logitsOf(const std::string &folder, std::unique_ptr<engine::backend::Backend> backend, int chunk,
                            std::span<const engine::TokenId> tokens)
{
    engine::model::TransformerOptions options;
    options.prefillChunk = chunk;
    ModelUnderTest model(folder, std::move(backend), options, Activations::Fp8);
    auto cache = model.transformer.makeCache();
    return model.allLogits(tokens, cache);
}

/// The largest of each position.
std::vector<double> differencesOf(const std::vector<float> &found, const std::vector<float> &wanted)
{
    const std::size_t width = wanted.size() / positions;
    std::vector<double> differences;
    for (std::size_t at = 0; at < wanted.size(); at += width)
        differences.push_back(
            support::largestDifference(std::span(found).subspan(at, width), std::span(wanted).subspan(at, width)));
    return differences;
}

} // namespace

class CudaFp8Activations : public QObject {
    Q_OBJECT

private slots:
    void rowsAreRoundedAsOnTheCpu_data()
    {
        QTest::addColumn<bool>("powerOfTwo");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("descending");
        for (const bool powerOfTwo : {false, true}) {
            for (const int width : {900, 1024, 777}) {
                QTest::addRow("%d, %s", width, powerOfTwo ? "powers of two" : "any scale")
                    << powerOfTwo << width << (width == 900);
            }
        }
    }
    void rowsAreRoundedAsOnTheCpu()
    {
        QFETCH(bool, powerOfTwo);
        QFETCH(int, width);
        QFETCH(bool, descending);
        support::useThreadOrder(descending);
        const InputRounding rounding = powerOfTwo ? InputRounding::E4m3PowerOfTwo : InputRounding::E4m3;
        const auto size = static_cast<std::size_t>(width);
        std::vector<float> x = edges(size);
        for (const float value : randomFloats(4 * size, 5, 7.0F))
            x.push_back(value);
        Device device;
        const auto space = device.space(5, width);
        cuda::quantise(device.queue(), rowsOf(x, width), nullptr, rounding, space);
        QCOMPARE(device.queue().error, cudaSuccess);
        QCOMPARE(bitsOf(Device::read(space, width)), bitsOf(roundedByCpu(x, size, rounding)));
        QVERIFY(Device::isPadded(space, width));
        QCOMPARE(space.scaleStride, 8);
        for (int behind = 5; behind < 8; ++behind)
            QCOMPARE(space.scale(behind, 0), 0.0F);
    }

    void gatheredRowsAreTheRowsOfTheList()
    {
        std::vector<float> x = randomFloats(6 * 130, 9);
        std::vector<int> list{5, 0, 0, 3};
        Device device;
        const auto space = device.space(4, 130);
        cuda::quantise(device.queue(), rowsOf(x, 130), list.data(), InputRounding::E4m3, space);
        const auto rounded = roundedByCpu(x, 130, InputRounding::E4m3);
        std::vector<float> wanted;
        for (const int row : list)
            wanted.insert(wanted.end(), rounded.begin() + row * 130, rounded.begin() + (row + 1) * 130);
        QCOMPARE(bitsOf(Device::read(space, 130)), bitsOf(wanted));
    }

    void theNormIsThatOfRmsNormAndThenRounded()
    {
        for (const int width : {192, 1000, 201}) {
            const auto size = static_cast<std::size_t>(width);
            std::vector<float> x = randomFloats(3 * size, 21, 4.0F);
            std::vector<float> weight = randomFloats(size, 22);
            std::vector<float> wanted = x;
            Device device;
            const engine::backend::Vector vector{weight.data(), engine::memory::DType::F32, width};
            cuda::rmsNorm(device.queue(), rowsOf(x, width), vector, 1e-6F, rowsOf(wanted, width));
            const auto space = device.space(3, width);
            cuda::quantiseNorm(device.queue(), rowsOf(x, width), vector, 1e-6F, rowsOf(x, width), InputRounding::E4m3,
                               space);
            QCOMPARE(bitsOf(x), bitsOf(wanted));
            QCOMPARE(bitsOf(Device::read(space, width)), bitsOf(roundedByCpu(wanted, size, InputRounding::E4m3)));
            QVERIFY(Device::isPadded(space, width));
        }
    }

    void swigluIsRounded()
    {
        std::vector<float> gate = randomFloats(2 * 150, 31, 4.0F);
        std::vector<float> up = randomFloats(2 * 150, 32, 4.0F);
        std::vector<float> wanted;
        for (std::size_t i = 0; i < gate.size(); ++i)
            wanted.push_back(gate[i] / (1.0F + std::exp(-gate[i])) * up[i]);
        Device device;
        const auto space = device.space(2, 150);
        cuda::quantiseSwiglu(device.queue(), rowsOf(gate, 150), rowsOf(up, 150), InputRounding::E4m3, space);
        const auto found = Device::read(space, 150);
        const auto rounded = roundedByCpu(wanted, 150, InputRounding::E4m3);
        QVERIFY(support::largestDifference(found, rounded) <= 1e-6);
    }

    void codesAsF16GiveTheSameSums()
    {
        std::vector<unsigned> words(32 * 6);
        for (std::size_t i = 0; i < words.size(); ++i)
            words[i] = static_cast<unsigned>(i * 2654435761U) & 0xBEBEBEBEU; // no NaN
        std::vector<float> direct(128);
        std::vector<float> viaF16(128);
        cuda::Queue queue;
        cuda::launch(queue, mmaKernel, dim3(1), dim3(32), words.data(), direct.data(), viaF16.data());
        // Row 3, column 2: lanes 12 … 15 have the row, lanes 8 … 11 the column.
        double wanted = 0.0;
        for (unsigned k = 0; k < 32; ++k) {
            const auto code = [](unsigned word, unsigned which) {
                return static_cast<double>(
                    engine::memory::e4m3ToFloat(static_cast<std::uint8_t>(word >> (8 * which) & 0xFFU)));
            };
            const unsigned place = k % 16 / 4;
            wanted +=
                code(words[(12 + place) * 6 + k / 16 * 2], k % 4) * code(words[(8 + place) * 6 + 4 + k / 16], k % 4);
        }
        QVERIFY(std::abs(static_cast<double>(direct[13 * 4]) - wanted) <= 1e-6 * std::abs(wanted));
        QVERIFY(std::any_of(direct.begin(), direct.end(), [](float value) { return value != 0.0F; }));
        for (std::size_t i = 0; i < direct.size(); ++i)
            QVERIFY(std::abs(direct[i] - viaF16[i]) <= 1e-5F * std::max(1.0F, std::abs(direct[i])));
    }

    void allWaysGiveTheSameProducts_data()
    {
        QTest::addColumn<int>("tokens");
        for (const int tokens : {1, 8, 11, 16, 27, 32})
            QTest::addRow("%d tokens", tokens) << tokens;
    }
    /// Codes or F16 in the tensor cores, straight from memory, and the ordinary cores; several slices and splits.
    void allWaysGiveTheSameProducts()
    {
        QFETCH(int, tokens);
        constexpr int cols = 2448; // not a multiple of 128
        constexpr int rows = 150;
        const support::RandomMatrix weight(engine::memory::DType::F8_E4M3, rows, cols, 3);
        const auto matrix = weight.view();
        std::vector<float> x = randomFloats(static_cast<std::size_t>(tokens) * cols, 4);
        Device device;
        const auto space = device.space(tokens, cols);
        cuda::quantise(device.queue(), rowsOf(x, cols), nullptr, InputRounding::E4m3, space);
        std::vector<std::vector<float>> results;
        for (const int way : {0, 1, 2}) {
            cuda::LinearScratch scratch;
            scratch.reserve(device.memory(), {3, 0, way == 1});
            std::vector<float> out(static_cast<std::size_t>(tokens) * rows, 0.5F);
            const engine::backend::Product product{&matrix, rowsOf(out, rows)};
            if (way == 2)
                cuda::plainQuantised(device.queue(), space.view(), matrix, product.out, true);
            else
                cuda::streamQuantised(device.queue(), space.view(), {&product, 1}, true, scratch);
            QCOMPARE(device.queue().error, cudaSuccess);
            results.push_back(out);
        }
        QVERIFY(engine::verification::deviationOf(results[0], results[2]).relative <= 1e-6);
        QVERIFY(engine::verification::deviationOf(results[1], results[2]).relative <= 1e-6);
    }

    /// A norm followed by products takes the launches it takes without rounding.
    void aNormBeforeProductsSavesALaunch()
    {
        const auto backend = support::makeBackendUnderTest();
        engine::backend::WorkspaceShape shape;
        shape.tokens = 2;
        shape.roundedWidth = 256;
        backend->reserve(shape);
        support::Placed placed(*backend);
        const support::RandomMatrix weight(engine::memory::DType::F8_E4M3, 96, 256, 1);
        auto matrix = placed.matrix(weight.view());
        matrix.inputs = InputRounding::E4m3;
        const std::vector<float> ones(256, 1.0F);
        const auto norm = placed.vector({ones.data(), engine::memory::DType::F32, 256});
        const Rows x = placed.rows(randomFloats(512, 2), 2, 256);
        const Rows out = placed.rows(std::vector<float>(192), 2, 96);
        const auto launches = [&](const auto &run) {
            const auto before = support::countsSoFar().launches;
            run();
            return support::countsSoFar().launches - before;
        };
        QCOMPARE(launches([&] {
                     backend->rmsNormForProducts(x, norm, 1e-6F, x, InputRounding::E4m3);
                     backend->linear(x, matrix, out, false);
                 }),
                 2);
        QCOMPARE(launches([&] {
                     backend->rmsNorm(x, norm, 1e-6F, x); // what was rounded before is out of date
                     backend->linear(x, matrix, out, false);
                 }),
                 3);
        QCOMPARE(support::countsSoFar().unwaited, 0);
    }

    void logitsAreThoseOfTheCpu_data()
    {
        QTest::addColumn<QString>("scaleFormat");
        QTest::newRow("any scale") << "float";
        QTest::newRow("powers of two") << "ue8m0";
    }
    /// And of the reference: these prompts hang on no tie.
    void logitsAreThoseOfTheCpu()
    {
        QFETCH(QString, scaleFormat);
        const support::TemporaryFolder folder;
        const std::string path = writeModel(folder, scaleFormat.toUtf8().constData());
        const auto golden = nlohmann::json::parse(
            support::readFile(std::string(BATHYSCOPE_SOURCE_DIR) + "/tests/golden/fp8-activations.json"));
        for (const auto &prompt : golden["prompts"]) {
            if (prompt["scale_fmt"] != scaleFormat.toStdString())
                continue;
            const auto tokens = prompt["tokens"].get<std::vector<engine::TokenId>>();
            const auto found = logitsOf(path, support::makeBackendUnderTest(), 256, tokens);
            const double difference = support::largestDifference(found, support::floatsOf(prompt["logits"]));
            qInfo("%zu tokens: logits differ by %.2e", tokens.size(), difference);
            QVERIFY(difference <= 1e-4);
        }
    }

    void chunksEqualTheWhole_data()
    {
        QTest::addColumn<bool>("wide");
        QTest::newRow("widths that fit nothing") << false;
        QTest::newRow("widths of the real models") << true;
    }
    /// Rounding is per token, so the size of the call shows only where sums come in another order and a number lies at
    /// a tie. The second model's weights go straight from memory, through tiles, or to Hopper's tensor cores, by the
    /// size of the call. All calls take the absorbed form of attention.
    void chunksEqualTheWhole()
    {
        QFETCH(bool, wide);
        const support::TemporaryFolder folder;
        const std::string path = wide ? writeWideModel(folder) : writeModel(folder, "float");
        const auto tokens = support::generatedTokens("chunks", 1, positions, 160);
        const auto wanted = logitsOf(path, engine::backend::makeCpuBackend(1), 40, tokens);
        for (const int chunk : {36, 20, 13, 8, 1}) {
            const auto differences =
                differencesOf(logitsOf(path, support::makeBackendUnderTest(), chunk, tokens), wanted);
            const auto tied = std::count_if(differences.begin(), differences.end(), [](double d) { return d > 1e-4; });
            const double largest = *std::max_element(differences.begin(), differences.end());
            qInfo("chunks of %d: logits differ by %.2e, %td positions by more than 1e-4", chunk, largest, tied);
            QVERIFY(tied <= 1);
            QVERIFY(largest <= 0.05);
        }
    }

    void whatWasNotReservedIsAnError()
    {
        const auto backend = support::makeBackendUnderTest();
        support::Placed placed(*backend);
        const support::RandomMatrix weight(engine::memory::DType::F8_E4M3, 96, 256, 1);
        auto matrix = placed.matrix(weight.view());
        matrix.inputs = InputRounding::E4m3;
        backend->linear(placed.rows(randomFloats(512, 2), 2, 256), matrix, placed.rows(std::vector<float>(192), 2, 96),
                        false);
        QVERIFY_EXCEPTION_THROWN(backend->synchronize(), engine::Error);
    }

    void whatIsPlannedIsReserved()
    {
        engine::backend::WorkspaceShape shape;
        shape.tokens = 40;
        shape.hidden = 512;
        shape.experts = 16;
        shape.topK = 4;
        shape.expertWidth = 200;
        shape.mlpWidth = 1024;
        shape.vocab = 1000;
        shape.heads = 4;
        shape.kvHeads = 4;
        shape.headWidth = 64;
        int units = 0;
        cudaDeviceGetAttribute(&units, cudaDevAttrMultiProcessorCount, 0);
        const auto exact = bathyscope_cuda_workspace_bytes(shape, units);
        shape.roundedWidth = 640;
        const auto rounded = bathyscope_cuda_workspace_bytes(shape, units);
        QVERIFY(rounded > exact);
        const auto backend = support::makeBackendUnderTest();
        backend->reserve(shape);
        QCOMPARE(quint64{backend->reservedBytes()}, quint64{rounded});
    }
};

QTEST_GUILESS_MAIN(CudaFp8Activations)
#include "tst_cuda_fp8_activations.moc"
