// Matrix products of the CUDA backend against the CPU's, at shapes that span several blocks, splits and slices.

#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

#include <cmath>
#include <optional>

using namespace engine::backend;
using engine::memory::DType;
using support::Placed;
using support::RandomMatrix;

namespace {

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

Rows rowsOf(float *data, int rows, int width)
{
    return {data, rows, width, static_cast<std::size_t>(width)};
}

std::vector<float> product(Backend &backend, const Matrix &weight, const std::vector<float> &x, int tokens)
{
    Placed placed(backend);
    const Rows out = rowsOf(placed.copy(std::vector<float>(area(tokens, weight.rows))), tokens, weight.rows);
    backend.linear(rowsOf(placed.copy(std::vector(x.begin(), x.begin() + tokens * weight.cols)), tokens, weight.cols),
                   placed.matrix(weight), out, false);
    return placed.read(out.data, area(tokens, weight.rows));
}

std::vector<float> embedded(Backend &backend, const Matrix &table)
{
    const std::vector<std::int32_t> ids{3, 36, 0};
    Placed placed(backend);
    const Rows out = rowsOf(placed.copy(std::vector<float>(area(3, table.cols))), 3, table.cols);
    backend.embed(std::span<const std::int32_t>(placed.copy(ids), ids.size()), placed.matrix(table), out);
    return placed.read(out.data, area(3, table.cols));
}

} // namespace

class CudaProducts : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_gpu = support::makeBackendUnderTest();
        m_cpu = makeCpuBackend(1);
    }

    void fewTokens_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("cols");
        for (const DType type : {DType::F8_E4M3, DType::BF16, DType::F16}) {
            for (const auto &[rows, cols] : {std::pair(300, 2320), std::pair(20, 3088), std::pair(900, 1040)})
                QTest::addRow("%s %d x %d", engine::memory::dtypeName(type).data(), rows, cols)
                    << static_cast<int>(type) << rows << cols;
        }
    }
    /// Up to 8 tokens lose nothing, and each is computed as if it were alone.
    void fewTokens()
    {
        QFETCH(int, type);
        QFETCH(int, rows);
        QFETCH(int, cols);
        constexpr int most = 32;
        const RandomMatrix weight(static_cast<DType>(type), rows, cols, 7);
        auto x = support::randomFloats(area(most, cols), 8);
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] *= std::ldexp(1.0F, static_cast<int>(i % 17) - 12); // some lose most of their bits in a sum
        const auto wanted = product(*m_cpu, weight.view(), x, most);
        std::vector<float> alone;
        for (const int tokens : {1, 5, 8, 9, 17, 32}) {
            const auto found = product(*m_gpu, weight.view(), x, tokens);
            const std::vector<float> part(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(found.size()));
            const double error = errorOf(found, part);
            QVERIFY2(error <= (tokens <= 8 ? 1e-6 : 3e-3), qPrintable(QString("%1: %2").arg(tokens).arg(error)));
            if (tokens == 1)
                alone = found;
            if (tokens <= 8)
                QVERIFY(std::equal(alone.begin(), alone.end(), found.begin()));
        }
    }

    /// Every code of FP8 but NaN.
    void everyCode()
    {
        std::vector<std::uint8_t> codes(256 * 256);
        for (std::size_t i = 0; i < codes.size(); ++i)
            codes[i] = static_cast<std::uint8_t>((i + i / 256) % 128 == 127 ? 0 : i + i / 256);
        Matrix weight{codes.data(), DType::F8_E4M3, 256, 256};
        const auto x = support::randomFloats(256, 3);
        const auto wanted = product(*m_cpu, weight, x, 1);
        QVERIFY(errorOf(product(*m_gpu, weight, x, 1), wanted) <= 1e-6);
    }

    /// Three products in one launch, with bias, or one after the other where they cannot be together.
    void group()
    {
        const int cols = 1040;
        const RandomMatrix first(DType::BF16, 140, cols, 1);
        const RandomMatrix second(DType::BF16, 20, cols, 2);
        const RandomMatrix third(DType::BF16, 300, cols, 3);
        const RandomMatrix other(DType::F32, 20, cols, 4);
        const auto bias = support::randomFloats(300, 5);
        for (const int tokens : {1, 8, 20, 40}) {
            const auto x = support::randomFloats(area(tokens, cols), 9);
            for (const RandomMatrix *middle : {&second, &other}) {
                const auto run = [&](Backend &backend) {
                    Placed placed(backend);
                    Matrix last = third.view();
                    last.bias = {bias.data(), DType::F32, 300};
                    const Matrix weights[] = {placed.matrix(first.view()), placed.matrix(middle->view()),
                                              placed.matrix(last)};
                    const Rows out = rowsOf(placed.copy(std::vector<float>(area(tokens, 460))), tokens, 460);
                    const Product products[] = {{&weights[0], out.columns(0, 140)},
                                                {&weights[1], out.columns(140, 20)},
                                                {&weights[2], out.columns(160, 300)}};
                    backend.linearGroup(rowsOf(placed.copy(x), tokens, cols), products);
                    return placed.read(out.data, area(tokens, 460));
                };
                const double error = errorOf(run(*m_gpu), run(*m_cpu));
                QVERIFY2(error <= (tokens <= 8 ? 1e-6 : 4e-3), qPrintable(QString("%1: %2").arg(tokens).arg(error)));
            }
        }
    }

    void blocks_data()
    {
        QTest::addColumn<int>("type");
        for (const DType type : {DType::Q8_0, DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::IQ4_NL,
                                 DType::Q4_K, DType::Q5_K, DType::Q6_K})
            QTest::addRow("%s", engine::memory::dtypeName(type).data()) << static_cast<int>(type);
    }
    /// Decoded to the bit; multiplied in F32 up to 8 tokens.
    void blocks()
    {
        QFETCH(int, type);
        const auto dtype = static_cast<DType>(type);
        const RandomMatrix weight(dtype, 37, 768, 5);
        QCOMPARE(embedded(*m_gpu, weight.view()), embedded(*m_cpu, weight.view()));
        const auto x = support::randomFloats(area(40, 768), 8);
        for (const int tokens : {1, 3, 6, 12, 40}) {
            const auto wanted = product(*m_cpu, weight.view(), x, tokens);
            const double error = errorOf(product(*m_gpu, weight.view(), x, tokens), wanted);
            QVERIFY2(error <= (tokens <= 8 ? 2e-6 : 6e-3), qPrintable(QString("%1: %2").arg(tokens).arg(error)));
        }
    }

    void experts_data()
    {
        QTest::addColumn<int>("type");
        for (const DType type : {DType::F8_E4M3, DType::BF16, DType::F16})
            QTest::addRow("%s", engine::memory::dtypeName(type).data()) << static_cast<int>(type);
    }
    /// The shared MLP has so few rows that its columns are split.
    void experts()
    {
        QFETCH(int, type);
        for (const int tokens : {1, 3, 8}) {
            const ExpertShape shape{static_cast<DType>(type), static_cast<DType>(type), 1040, 272, 48};
            const double error = errorOf(expertResult(*m_gpu, shape, tokens), expertResult(*m_cpu, shape, tokens));
            QVERIFY2(error <= 5e-6, qPrintable(QString("%1: %2").arg(tokens).arg(error)));
        }
    }

    /// As quantised models have them: the last matrix has more bits.
    void expertsInBlocks()
    {
        const ExpertShape shape{DType::Q4_K, DType::Q6_K, 256, 512, 256};
        for (const int tokens : {2, 12}) {
            const double error = errorOf(expertResult(*m_gpu, shape, tokens), expertResult(*m_cpu, shape, tokens));
            QVERIFY2(error <= (tokens <= 8 ? 5e-6 : 1e-2), qPrintable(QString("%1: %2").arg(tokens).arg(error)));
        }
    }

private:
    struct ExpertShape {
        DType type;
        DType downType;
        int hidden;
        int width;
        int sharedWidth;
    };
    static std::vector<float> expertResult(Backend &backend, const ExpertShape &sizes, int tokens);

    std::unique_ptr<Backend> m_gpu;
    std::unique_ptr<Backend> m_cpu;
};

std::vector<float> CudaProducts::expertResult(Backend &backend, const ExpertShape &sizes, int tokens)
{
    constexpr int topK = 3;
    const int hidden = sizes.hidden;
    WorkspaceShape shape;
    shape.tokens = tokens;
    shape.hidden = hidden;
    shape.experts = 5;
    shape.topK = topK;
    shape.expertWidth = sizes.width;
    shape.mlpWidth = sizes.sharedWidth;
    backend.reserve(shape);
    Placed placed(backend);
    const auto mlpOf = [&](int mlpWidth, unsigned seed) {
        const RandomMatrix gate(sizes.type, mlpWidth, hidden, seed);
        const RandomMatrix up(sizes.type, mlpWidth, hidden, seed + 1);
        const RandomMatrix down(sizes.downType, hidden, mlpWidth, seed + 2);
        return placed.mlp({gate.view(), up.view(), down.view()});
    };
    std::vector<Mlp> routed;
    for (unsigned expert = 0; expert < 5; ++expert)
        routed.push_back(mlpOf(sizes.width, 10 * expert));
    const Mlp shared = mlpOf(sizes.sharedWidth, 90);
    backend.prepareExperts(routed, &shared);
    std::vector<std::uint16_t> ids;
    for (int slot = 0; slot < tokens * topK; ++slot)
        ids.push_back(static_cast<std::uint16_t>((slot * 2 + slot / topK) % 5));
    ExpertArgs args;
    args.x = rowsOf(placed.copy(support::randomFloats(area(tokens, hidden), 41)), tokens, hidden);
    args.experts = routed;
    args.shared = &shared;
    args.topK = topK;
    args.ids = placed.copy(ids);
    args.weights = placed.copy(support::randomFloats(area(tokens, topK), 42));
    args.routeStride = topK;
    args.out = rowsOf(placed.copy(support::randomFloats(area(tokens, hidden), 43)), tokens, hidden);
    backend.expertFfn(args);
    return placed.read(args.out.data, area(tokens, hidden));
}

QTEST_GUILESS_MAIN(CudaProducts)
#include "tst_cuda_products.moc"
