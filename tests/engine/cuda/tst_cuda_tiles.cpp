// The CUDA backend's products of many tokens against the CPU's, where tiles are not full. Inputs are BF16 already, so
// products of BF16 and FP8 weights lose nothing by being made of it.

#include "engine/memory/dtype.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

#include <cmath>
#include <cstdlib>
#include <functional>

using namespace engine::backend;
using engine::memory::DType;
using support::Placed;
using support::RandomMatrix;

namespace {

constexpr double exact = 1e-5;          ///< tensor cores do not round their sums as other cores do
constexpr double weightsRounded = 4e-3; ///< to BF16
constexpr double hiddenRounded = 8e-3;

/// |a − b| / |b|, as vectors.
double errorOf(const std::vector<float> &a, const std::vector<float> &b)
{
    double difference = 0.0;
    double size = 1e-30;
    for (std::size_t i = 0; i < b.size(); ++i) {
        difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        size += std::pow(static_cast<double>(b[i]), 2);
    }
    return a.size() == b.size() ? std::sqrt(difference / size) : INFINITY;
}

std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

std::vector<float> roundedFloats(std::size_t count, unsigned seed)
{
    auto values = support::randomFloats(count, seed);
    for (float &value : values)
        value = engine::memory::bf16ToFloat(engine::memory::floatToBf16(value));
    return values;
}

/// Of a product: `out` begins in the middle of rows that are wider.
struct LinearCall {
    int tokens = 0;
    int before = 0; ///< columns before it
    bool accumulate = false;
};

/// Of the rows it lies in: even where it begins at an even column, so that numbers can be written in pairs.
int widthOf(int rows, int before)
{
    return rows + before + (before % 2 == 0 ? 2 : 3);
}

std::vector<float> product(Backend &backend, const Matrix &weight, const std::vector<float> &x, const LinearCall &call)
{
    Placed placed(backend);
    const int width = widthOf(weight.rows, call.before);
    const Rows all = placed.rows(support::randomFloats(area(call.tokens, width), 77), call.tokens, width);
    backend.linear({placed.copy(std::vector(x.begin(), x.begin() + call.tokens * weight.cols)), call.tokens,
                    weight.cols, static_cast<std::size_t>(weight.cols)},
                   placed.matrix(weight), all.columns(call.before, weight.rows), call.accumulate);
    return placed.read(all); // what lies beside it too
}

/// FP8 with scales of any block.
class ScaledMatrix {
public:
    ScaledMatrix(int rows, int cols, int blockRows, int blockCols, unsigned seed)
        : m_codes(area(rows, cols)),
          m_scales(support::randomFloats(area((rows + blockRows - 1) / blockRows, (cols + blockCols - 1) / blockCols),
                                         seed + 1)),
          m_view{m_codes.data(), DType::F8_E4M3, rows, cols, m_scales.data(), blockRows, blockCols}
    {
        const auto values = support::randomFloats(m_codes.size(), seed);
        for (std::size_t i = 0; i < values.size(); ++i)
            m_codes[i] = engine::memory::floatToE4m3(values[i]);
    }
    ScaledMatrix(const ScaledMatrix &) = delete;
    ScaledMatrix &operator=(const ScaledMatrix &) = delete;
    const Matrix &view() const { return m_view; }

private:
    std::vector<std::uint8_t> m_codes;
    std::vector<float> m_scales;
    Matrix m_view;
};

struct MlpTypes {
    DType gate;
    DType up;
    DType down;
};

struct ExpertCase {
    std::vector<MlpTypes> experts;
    int hidden = 0;
    int width = 0;
    int tokens = 0;
    int topK = 2;
    std::function<int(int token, int rank)> choose;
};

std::vector<float> expertResult(Backend &backend, const ExpertCase &sizes)
{
    WorkspaceShape shape;
    shape.tokens = sizes.tokens;
    shape.hidden = sizes.hidden;
    shape.experts = static_cast<int>(sizes.experts.size());
    shape.topK = sizes.topK;
    shape.expertWidth = sizes.width;
    backend.reserve(shape);
    Placed placed(backend);
    std::vector<Mlp> routed;
    for (const MlpTypes &types : sizes.experts) {
        const auto seed = static_cast<unsigned>(10 * routed.size());
        const RandomMatrix gate(types.gate, sizes.width, sizes.hidden, seed);
        const RandomMatrix up(types.up, sizes.width, sizes.hidden, seed + 1);
        const RandomMatrix down(types.down, sizes.hidden, sizes.width, seed + 2);
        routed.push_back(placed.mlp({gate.view(), up.view(), down.view()}));
    }
    backend.prepareExperts(routed, nullptr);
    std::vector<std::uint16_t> ids;
    for (int token = 0; token < sizes.tokens; ++token) {
        for (int rank = 0; rank < sizes.topK; ++rank)
            ids.push_back(static_cast<std::uint16_t>(sizes.choose(token, rank)));
    }
    ExpertArgs args;
    args.x = placed.rows(roundedFloats(area(sizes.tokens, sizes.hidden), 41), sizes.tokens, sizes.hidden);
    args.experts = routed;
    args.topK = sizes.topK;
    args.ids = placed.copy(ids);
    args.weights = placed.copy(support::randomFloats(area(sizes.tokens, sizes.topK), 42));
    args.routeStride = static_cast<std::size_t>(sizes.topK);
    args.out = placed.rows(std::vector<float>(area(sizes.tokens, sizes.hidden), 0.0F), sizes.tokens, sizes.hidden);
    backend.expertFfn(args);
    return placed.read(args.out);
}

std::vector<MlpTypes> alike(std::size_t count, DType type)
{
    return std::vector<MlpTypes>(count, {type, type, type});
}

} // namespace

class CudaTiles : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        setenv("BATHYSCOPE_CUBLASLT_FROM", "0", 1); // the tiles are meant, not the library
        m_gpu = support::makeBackendUnderTest();
        m_cpu = makeCpuBackend(1);
    }

    void tails_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("cols");
        for (const auto &[type, cols] :
             {std::pair(DType::BF16, 200), std::pair(DType::F8_E4M3, 208), std::pair(DType::F8_E4M3, 128),
              std::pair(DType::F16, 72), std::pair(DType::Q8_0, 96), std::pair(DType::IQ4_NL, 32)})
            QTest::addRow("%s, %d columns", engine::memory::dtypeName(type).data(), cols)
                << static_cast<int>(type) << cols;
    }
    /// Tokens, rows and columns that fill no tile; each token as if it were in the smallest tile.
    void tails()
    {
        QFETCH(int, type);
        QFETCH(int, cols);
        const auto dtype = static_cast<DType>(type);
        const bool lossless = dtype == DType::BF16 || dtype == DType::F8_E4M3;
        const auto x = roundedFloats(area(300, cols), 8);
        for (const int rows : {137, 270}) {
            const RandomMatrix weight(dtype, rows, cols, 7);
            const auto all = product(*m_gpu, weight.view(), x, {300});
            for (const int tokens : {33, 63, 64, 65, 127, 130, 300}) {
                const LinearCall call{tokens};
                const auto wanted = product(*m_cpu, weight.view(), x, call);
                const auto found = tokens == 300 ? all : product(*m_gpu, weight.view(), x, call);
                const double error = errorOf(found, wanted);
                QVERIFY2(error <= (lossless ? exact : weightsRounded),
                         qPrintable(QString("%1 x %2: %3").arg(tokens).arg(rows).arg(error)));
                for (int token = 0; token < tokens; ++token) {
                    const int first = token * widthOf(rows, 0);
                    const auto row = found.begin() + first;
                    QVERIFY(std::equal(row, row + rows, all.begin() + first));
                }
            }
        }
    }

    /// Wherever the result lies, with a bias or added.
    void places()
    {
        const int cols = 136;
        const auto x = roundedFloats(area(70, cols), 3);
        const auto bias = support::randomFloats(150, 4);
        for (const DType type : {DType::BF16, DType::F8_E4M3}) {
            const RandomMatrix weight(type, 150, type == DType::BF16 ? cols : 128, 5);
            for (const int before : {0, 1, 2}) {
                for (const bool accumulate : {false, true}) {
                    for (const bool biased : {false, true}) {
                        Matrix matrix = weight.view();
                        if (biased)
                            matrix.bias = {bias.data(), DType::F32, 150};
                        const LinearCall call{70, before, accumulate};
                        QVERIFY(errorOf(product(*m_gpu, matrix, x, call), product(*m_cpu, matrix, x, call)) <= exact);
                    }
                }
            }
        }
    }

    /// Every code of FP8 but NaN comes out as it is.
    void everyCode()
    {
        constexpr int size = 256;
        std::vector<std::uint8_t> codes(area(size, size));
        for (std::size_t i = 0; i < codes.size(); ++i)
            codes[i] = static_cast<std::uint8_t>((i + i / size) % 128 == 127 ? 0 : i + i / size);
        std::vector<float> identity(area(size, size));
        for (std::size_t i = 0; i < size; ++i)
            identity[i * size + i] = 1.0F;
        const Matrix weight{codes.data(), DType::F8_E4M3, size, size};
        const auto found = product(*m_gpu, weight, identity, {size});
        for (std::size_t token = 0; token < size; ++token) {
            for (std::size_t row = 0; row < size; ++row)
                QCOMPARE(found[token * static_cast<std::size_t>(widthOf(size, 0)) + row],
                         engine::memory::e4m3ToFloat(codes[row * size + token]));
        }
    }

    void scales_data()
    {
        QTest::addColumn<int>("blockRows");
        QTest::addColumn<int>("blockCols");
        for (const auto &[rows, cols] : {std::pair(128, 128), std::pair(16, 128), std::pair(48, 64), std::pair(128, 64),
                                         std::pair(24, 128), std::pair(128, 32)})
            QTest::addRow("%d x %d", rows, cols) << rows << cols;
    }
    /// Scales that end inside a tile, and those that tiles do not take.
    void scales()
    {
        QFETCH(int, blockRows);
        QFETCH(int, blockCols);
        const ScaledMatrix weight(200, 400, blockRows, blockCols, 3);
        const auto x = roundedFloats(area(150, 400), 4);
        for (const int tokens : {40, 150}) {
            const LinearCall call{tokens};
            const double error =
                errorOf(product(*m_gpu, weight.view(), x, call), product(*m_cpu, weight.view(), x, call));
            QVERIFY2(error <= exact, qPrintable(QString("%1: %2").arg(tokens).arg(error)));
        }
    }

    /// As many stages as there is shared memory for.
    void stages()
    {
        const RandomMatrix weight(DType::BF16, 300, 520, 7);
        const RandomMatrix codes(DType::F8_E4M3, 140, 528, 7);
        const auto x = roundedFloats(area(300, 528), 8);
        for (const std::size_t kib : {99, 163, 227}) {
            if (!support::limitSharedMemory(kib * 1024))
                QSKIP("The shared memory of a GPU is what it is.");
            const auto gpu = support::makeBackendUnderTest();
            for (const Matrix &matrix : {weight.view(), codes.view()}) {
                for (const int tokens : {40, 150, 300}) {
                    const LinearCall call{tokens};
                    QVERIFY(errorOf(product(*gpu, matrix, x, call), product(*m_cpu, matrix, x, call)) <= exact);
                }
            }
        }
        support::limitSharedMemory(227 * 1024);
    }

    void experts_data()
    {
        QTest::addColumn<int>("type");
        for (const DType type : {DType::BF16, DType::F8_E4M3, DType::F16, DType::Q5_1})
            QTest::addRow("%s", engine::memory::dtypeName(type).data()) << static_cast<int>(type);
    }
    /// Few and many tokens an expert, experts without any, one with all.
    void experts()
    {
        QFETCH(int, type);
        ExpertCase sizes;
        sizes.experts = alike(7, static_cast<DType>(type));
        sizes.hidden = 288;
        sizes.width = 96;
        for (const int tokens : {9, 33, 130, 310}) {
            sizes.tokens = tokens;
            sizes.choose = [](int token, int rank) { return rank == 0 ? token % 3 : 4 + token % 2 * 2; };
            QVERIFY(errorOf(expertResult(*m_gpu, sizes), expertResult(*m_cpu, sizes)) <= hiddenRounded);
            sizes.choose = [](int token, int rank) { return rank == 0 ? 5 : token % 7 == 5 ? 4 : token % 7; };
            QVERIFY(errorOf(expertResult(*m_gpu, sizes), expertResult(*m_cpu, sizes)) <= hiddenRounded);
        }
    }

    /// More slots than one warp looks at, more experts than a lane places.
    void manyExperts()
    {
        ExpertCase sizes;
        sizes.experts = alike(70, DType::BF16);
        sizes.hidden = 32;
        sizes.width = 16;
        sizes.tokens = 411;
        sizes.topK = 6;
        sizes.choose = [](int token, int rank) { return (token / 3 * token + rank * 11) % 70; };
        const auto found = expertResult(*m_gpu, sizes);
        QVERIFY(errorOf(found, expertResult(*m_cpu, sizes)) <= hiddenRounded);
        support::useThreadOrder(true);
        const auto again = expertResult(*m_gpu, sizes);
        support::useThreadOrder(false);
        QCOMPARE(again, found);
    }

    void types_data()
    {
        QTest::addColumn<bool>("apart");
        QTest::addRow("gate and up alike") << false;
        QTest::addRow("gate and up apart") << true;
    }
    /// Experts of one layer in several types.
    void types()
    {
        QFETCH(bool, apart);
        ExpertCase sizes;
        sizes.experts = {{DType::BF16, DType::BF16, DType::F8_E4M3},
                         {DType::Q8_0, DType::Q8_0, DType::Q4_0},
                         {DType::F8_E4M3, DType::F8_E4M3, DType::BF16},
                         {DType::BF16, apart ? DType::Q8_0 : DType::BF16, DType::Q8_0}};
        sizes.hidden = 160;
        sizes.width = 224;
        sizes.choose = [](int token, int rank) { return (token + rank) % 4; };
        for (const int tokens : {3, 33, 150}) {
            sizes.tokens = tokens;
            const double error = errorOf(expertResult(*m_gpu, sizes), expertResult(*m_cpu, sizes));
            QVERIFY2(error <= (tokens <= 8 ? 5e-6 : hiddenRounded),
                     qPrintable(QString("%1: %2").arg(tokens).arg(error)));
        }
    }

private:
    std::unique_ptr<Backend> m_gpu;
    std::unique_ptr<Backend> m_cpu;
};

QTEST_GUILESS_MAIN(CudaTiles)
#include "tst_cuda_tiles.moc"
