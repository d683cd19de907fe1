// Weights in blocks: the scalar decoder against gguf-py, the kernels against the scalar decoder, every op of the
// backend against double precision.

#include "engine/backend/cpu/kernels.h"
#include "engine/memory/block_formats.h"
#include "engine/memory/tensor.h"
#include "tests/engine/backend/naive.h"

#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>

namespace cpu = engine::backend::cpu;
namespace memory = engine::memory;
using engine::backend::ConstRows;
using engine::backend::Rows;
using memory::DType;
using support::RandomMatrix;

namespace {

constexpr DType blockTypes[] = {DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q5_K,  DType::Q6_K,
                                DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::IQ4_NL};

void eachType()
{
    QTest::addColumn<int>("dtype");
    for (const DType dtype : blockTypes)
        QTest::newRow(memory::dtypeName(dtype).data()) << static_cast<int>(dtype);
}

std::vector<std::uint8_t> bytesOf(const std::string &hex)
{
    std::vector<std::uint8_t> bytes(hex.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
    return bytes;
}

struct Golden {
    std::string name;
    DType dtype = DType::Q8_0;
    std::vector<std::uint8_t> block;
    std::vector<std::uint32_t> values; ///< bits of floats
};

std::vector<Golden> goldens()
{
    std::ifstream file(BATHYSCOPE_SOURCE_DIR "/tests/golden/blocks.json");
    const auto json = nlohmann::json::parse(file);
    std::vector<Golden> list;
    for (const auto &item : json.at("cases")) {
        Golden golden;
        const auto type = item.at("type").get<std::string>();
        golden.name = type + ", " + item.at("factors").get<std::string>();
        golden.dtype = *std::find_if(std::begin(blockTypes), std::end(blockTypes),
                                     [&](DType dtype) { return memory::dtypeName(dtype) == type; });
        golden.block = bytesOf(item.at("block").get<std::string>());
        const auto values = bytesOf(item.at("values").get<std::string>());
        for (std::size_t i = 0; i < values.size(); i += 4)
            golden.values.push_back(memory::loadUnaligned<std::uint32_t>(values.data() + i));
        list.push_back(std::move(golden));
    }
    return list;
}

std::uint32_t bitsOf(float value)
{
    return std::bit_cast<std::uint32_t>(value);
}

std::vector<float> dotAll(const engine::backend::Matrix &weight, int rowBegin, int rowEnd, const std::vector<float> &x,
                          int tokens)
{
    std::vector<float> out(static_cast<std::size_t>((rowEnd - rowBegin) * tokens));
    cpu::DotCall call;
    call.weight = weight;
    call.rowBegin = rowBegin;
    call.rowEnd = rowEnd;
    call.x = x.data();
    call.xStride = static_cast<std::size_t>(weight.cols);
    call.tokens = tokens;
    call.out = out.data();
    call.outStride = static_cast<std::size_t>(rowEnd - rowBegin);
    cpu::dot(call);
    return out;
}

/// Widths of rows: one block, an odd number of blocks, and more than a panel.
std::vector<int> widthsOf(DType dtype)
{
    if (memory::blockElements(dtype) == 32)
        return {32, 96, 160, 256, 1408};
    return {256, 512, 768, 2048, 5632};
}

constexpr int hidden = 512;

struct Expert {
    Expert(DType dtype, int width, unsigned seed)
        : gate(dtype, width, hidden, seed, 1), up(dtype, width, hidden, seed + 1, 1),
          down(dtype, hidden, width, seed + 2, 1)
    {
    }
    engine::backend::Mlp view() const { return {gate.view(), up.view(), down.view()}; }
    std::vector<double> apply(std::span<const double> x) const { return support::mlp(gate, up, down, x); }

    RandomMatrix gate;
    RandomMatrix up;
    RandomMatrix down;
};

/// A bound on the rounding of a sum of `count` products of numbers up to 1.
double tolerance(int count)
{
    return 1e-6 * (1.0 + std::sqrt(count));
}

} // namespace

class BlockKernels : public QObject {
    Q_OBJECT

private slots:
    void everyValueIsTheOneOfGgufPy()
    {
        const auto list = goldens();
        QCOMPARE(list.size(), std::size_t{63});
        for (const Golden &golden : list) {
            QCOMPARE(golden.block.size(), memory::blockBytes(golden.dtype));
            QCOMPARE(golden.values.size(), memory::blockElements(golden.dtype));
            for (std::size_t i = 0; i < golden.values.size(); ++i) {
                const float value = memory::blockValue(golden.dtype, golden.block.data(), i);
                QVERIFY2(bitsOf(value) == golden.values[i], (golden.name + ", value " + std::to_string(i)).c_str());
            }
        }
    }

    void everyInstructionSetDecodesTheSameBits()
    {
        const auto list = goldens();
        support::forEachInstructionSet([&] {
            for (const Golden &golden : list) {
                const auto cols = static_cast<int>(golden.values.size());
                std::vector<std::uint8_t> shifted = golden.block;
                shifted.insert(shifted.begin(), 0);
                std::vector<float> row(golden.values.size());
                cpu::decodeRow({shifted.data() + 1, golden.dtype, 1, cols}, 0, row.data());
                for (std::size_t i = 0; i < row.size(); ++i)
                    QVERIFY2(bitsOf(row[i]) == golden.values[i], (golden.name + " " + cpu::instructionSet()).c_str());
            }
        });
    }

    void everyByteOfABlockCounts_data() { eachType(); }
    void everyByteOfABlockCounts()
    {
        QFETCH(int, dtype);
        const auto type = static_cast<DType>(dtype);
        const auto cols = 3 * static_cast<int>(memory::blockElements(type));
        const RandomMatrix matrix(type, 40, cols, 11, 1);
        support::forEachInstructionSet([&] {
            std::vector<float> row(static_cast<std::size_t>(cols));
            for (int r = 0; r < 40; ++r) {
                cpu::decodeRow(matrix.view(), r, row.data());
                for (int c = 0; c < cols; ++c)
                    QCOMPARE(bitsOf(row[static_cast<std::size_t>(c)]), bitsOf(static_cast<float>(matrix.at(r, c))));
            }
        });
    }

    void dotEqualsDoublePrecision_data() { eachType(); }
    void dotEqualsDoublePrecision()
    {
        QFETCH(int, dtype);
        double worst = 0.0;
        for (const int cols : widthsOf(static_cast<DType>(dtype))) {
            const RandomMatrix matrix(static_cast<DType>(dtype), 23, cols, static_cast<unsigned>(cols), 1);
            const auto x = support::randomFloats(static_cast<std::size_t>(17 * cols), 5);
            std::vector<std::vector<double>> wanted;
            for (int token = 0; token < 17; ++token)
                wanted.push_back(support::product(
                    matrix, std::vector<double>(x.begin() + static_cast<std::ptrdiff_t>(token) * cols,
                                                x.begin() + static_cast<std::ptrdiff_t>(token + 1) * cols)));
            support::forEachInstructionSet([&] {
                for (const int tokens : {1, 2, 3, 17}) {
                    const auto out = dotAll(matrix.view(), 0, 23, x, tokens);
                    for (std::size_t i = 0; i < out.size(); ++i) {
                        const double error = std::abs(out[i] - wanted[i / 23][i % 23]);
                        worst = std::max(worst, error / tolerance(cols));
                        QVERIFY(error <= tolerance(cols));
                    }
                }
            });
        }
        qInfo("largest error %.2f of the tolerance", worst);
    }

    void manyTokensEqualOneTokenBitForBit_data() { eachType(); }
    void manyTokensEqualOneTokenBitForBit()
    {
        QFETCH(int, dtype);
        const int cols = widthsOf(static_cast<DType>(dtype))[2];
        const RandomMatrix matrix(static_cast<DType>(dtype), 45, cols, 3, 1);
        const auto x = support::randomFloats(static_cast<std::size_t>(31 * cols), 5);
        support::forEachInstructionSet([&] {
            const auto all = dotAll(matrix.view(), 0, 45, x, 31);
            for (std::size_t token = 0; token < 31; ++token) {
                const auto first = x.begin() + static_cast<std::ptrdiff_t>(token) * cols;
                // An odd row range, too: where a range starts must not matter.
                const auto out = dotAll(matrix.view(), 5, 43, {first, first + cols}, 1);
                for (std::size_t r = 5; r < 43; ++r)
                    QCOMPARE(out[r - 5], all[token * 45 + r]);
            }
        });
    }

    void aDotIsThatOfTheDecodedWeightsBitForBit_data() { eachType(); }
    void aDotIsThatOfTheDecodedWeightsBitForBit()
    {
        QFETCH(int, dtype);
        const int cols = widthsOf(static_cast<DType>(dtype))[3];
        const RandomMatrix matrix(static_cast<DType>(dtype), 9, cols, 4, 1);
        const auto x = support::randomFloats(static_cast<std::size_t>(5 * cols), 5);
        std::vector<float> decoded(static_cast<std::size_t>(9 * cols));
        for (int row = 0; row < 9; ++row)
            cpu::decodeRow(matrix.view(), row, decoded.data() + static_cast<std::ptrdiff_t>(row) * cols);
        support::forEachInstructionSet([&] {
            for (const int tokens : {1, 5})
                QCOMPARE(dotAll(matrix.view(), 0, 9, x, tokens),
                         dotAll({decoded.data(), DType::F32, 9, cols}, 0, 9, x, tokens));
        });
    }

    void mixEqualsDoublePrecision_data() { eachType(); }
    void mixEqualsDoublePrecision()
    {
        QFETCH(int, dtype);
        for (const int width : widthsOf(static_cast<DType>(dtype))) {
            const RandomMatrix matrix(static_cast<DType>(dtype), 100, width, 4, 1);
            const auto coefficients = support::randomFloats(7 * 67, 6);
            // All columns, or some that end within a block.
            for (const int cols : {width, std::max(1, width - 37)}) {
                support::forEachInstructionSet([&] {
                    std::vector<float> out(static_cast<std::size_t>(7 * (cols + 2)), 0.5F);
                    cpu::MixCall call;
                    call.weight = matrix.view();
                    call.rowBegin = 29;
                    call.rows = 67;
                    call.cols = cols;
                    call.coefficients = coefficients.data();
                    call.coefficientStride = 67;
                    call.tokens = 7;
                    call.out = out.data();
                    call.outStride = static_cast<std::size_t>(cols + 2);
                    cpu::mix(call);
                    for (int token = 0; token < 7; token += 3) { // of a whole tile, and a token after it
                        const float *row = out.data() + static_cast<std::ptrdiff_t>(token) * (cols + 2);
                        for (int col = 0; col < cols; ++col) {
                            double wanted = 0.5;
                            for (int r = 0; r < 67; ++r)
                                wanted += static_cast<double>(coefficients[static_cast<std::size_t>(token * 67 + r)]) *
                                          matrix.at(29 + r, col);
                            QVERIFY(std::abs(row[col] - wanted) < tolerance(67));
                        }
                        QCOMPARE(row[cols], 0.5F); // nothing is written past the columns asked for
                        QCOMPARE(row[cols + 1], 0.5F);
                    }
                });
            }
        }
    }

    void opsTakeBlocks_data() { eachType(); }
    void opsTakeBlocks()
    {
        QFETCH(int, dtype);
        constexpr int cols = 768;
        constexpr int rows = 70;
        const RandomMatrix matrix(static_cast<DType>(dtype), rows, cols, 8, 1);
        const auto x = support::randomFloats(3 * cols, 9);
        const auto backend = engine::backend::makeCpuBackend(3);

        std::vector<float> rowsOut(2 * cols);
        const std::int32_t ids[] = {69, 0};
        backend->embed(ids, matrix.view(), {rowsOut.data(), 2, cols, cols});
        for (int c = 0; c < cols; ++c) {
            QCOMPARE(rowsOut[static_cast<std::size_t>(c)], static_cast<float>(matrix.at(69, c)));
            QCOMPARE(rowsOut[static_cast<std::size_t>(cols + c)], static_cast<float>(matrix.at(0, c)));
        }

        const auto bias = support::randomFloats(rows, 10);
        engine::backend::Matrix weight = matrix.view();
        weight.bias = {bias.data(), DType::F32, rows};
        std::vector<float> out(3 * rows, 2.0F);
        backend->linear({x.data(), 3, cols, cols}, weight, {out.data(), 3, rows, rows}, true);
        for (std::size_t token = 0; token < 3; ++token) {
            const auto row = std::span(x).subspan(token * cols, cols);
            const auto wanted = support::product(matrix, std::vector<double>(row.begin(), row.end()));
            for (std::size_t r = 0; r < rows; ++r)
                QVERIFY(std::abs(out[token * rows + r] - (2.0 + wanted[r] + static_cast<double>(bias[r]))) <
                        2 * tolerance(cols));
        }
    }

    void theRouterChoosesByBlocks_data() { eachType(); }
    void theRouterChoosesByBlocks()
    {
        QFETCH(int, dtype);
        constexpr int cols = 512;
        constexpr int experts = 24;
        const RandomMatrix gate(static_cast<DType>(dtype), experts, cols, 12, 1);
        const auto x = support::randomFloats(5 * cols, 13, 0.2F);
        const std::vector<float> bias(experts, 0.0F);
        engine::backend::RouteArgs args;
        args.x = {x.data(), 5, cols, cols};
        args.gate = gate.view();
        args.groups = 4;
        args.keptGroups = 2;
        args.topK = 4;
        std::vector<std::uint16_t> ids(20);
        std::vector<float> weights(20);
        args.ids = ids.data();
        args.weights = weights.data();
        args.outStride = 4;
        engine::backend::WorkspaceShape shape;
        shape.tokens = 5;
        shape.experts = experts;
        const auto backend = engine::backend::makeCpuBackend(1);
        backend->reserve(shape);
        backend->route(args);
        for (std::size_t token = 0; token < 5; ++token) {
            const auto row = std::span(x).subspan(token * cols, cols);
            auto affinities = support::product(gate, std::vector<double>(row.begin(), row.end()));
            for (double &affinity : affinities)
                affinity = 1.0 / (1.0 + std::exp(-affinity));
            const auto wanted = support::chooseExperts(affinities, bias, args);
            for (std::size_t rank = 0; rank < 4; ++rank) {
                QCOMPARE(int{ids[token * 4 + rank]}, wanted.ids[rank]);
                QVERIFY(std::abs(weights[token * 4 + rank] - wanted.weights[rank]) < 1e-5);
            }
        }
    }

    void expertsMayLieInBlocks_data() { eachType(); }
    void expertsMayLieInBlocks()
    {
        QFETCH(int, dtype);
        const auto type = static_cast<DType>(dtype);
        const std::vector<Expert> experts = {Expert(type, 256, 20), Expert(type, 256, 30), Expert(type, 256, 40)};
        const std::vector<engine::backend::Mlp> views = {experts[0].view(), experts[1].view(), experts[2].view()};
        const Expert shared(type, 768, 50);
        const auto sharedView = shared.view();
        const auto x = support::randomFloats(5 * hidden, 14, 0.1F);
        const std::vector<std::uint16_t> ids = {0, 2, 2, 0, 0, 2, 0, 2, 2, 0}; // nobody chooses expert 1
        const auto gates = support::randomFloats(10, 15);
        engine::backend::WorkspaceShape shape;
        shape.tokens = 5;
        shape.hidden = hidden;
        shape.experts = 3;
        shape.topK = 2;
        shape.expertWidth = 256;
        shape.mlpWidth = 768;
        const auto backend = engine::backend::makeCpuBackend(2);
        backend->reserve(shape);
        std::vector<float> out(5 * hidden, 0.25F);
        engine::backend::ExpertArgs args;
        args.x = {x.data(), 5, hidden, hidden};
        args.experts = views;
        args.shared = &sharedView;
        args.topK = 2;
        args.ids = ids.data();
        args.weights = gates.data();
        args.routeStride = 2;
        args.out = {out.data(), 5, hidden, hidden};
        backend->expertFfn(args);
        for (std::size_t token = 0; token < 5; ++token) {
            const auto row = std::span(x).subspan(token * hidden, hidden);
            const std::vector<double> input(row.begin(), row.end());
            std::vector<double> wanted = shared.apply(input);
            for (std::size_t rank = 0; rank < 2; ++rank) {
                const auto y = experts[ids[token * 2 + rank]].apply(input);
                for (std::size_t i = 0; i < hidden; ++i)
                    wanted[i] += static_cast<double>(gates[token * 2 + rank]) * y[i];
            }
            for (std::size_t i = 0; i < hidden; ++i)
                QVERIFY(std::abs(out[token * hidden + i] - 0.25 - wanted[i]) < 2e-5 * (1.0 + std::abs(wanted[i])));
        }
    }
};

QTEST_GUILESS_MAIN(BlockKernels)
#include "tst_block_kernels.moc"
