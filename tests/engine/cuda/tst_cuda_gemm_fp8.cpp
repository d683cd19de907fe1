// FP8 x FP8 on the tensor cores of compute capability 9.0, emulated or real, against sums in double of the same
// numbers.

#include "engine/backend/cuda/detail/device_memory.h"
#include "engine/backend/cuda/detail/gemm_fp8.h"
#include "engine/memory/dtype.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <list>
#include <random>
#include <utility>

using namespace engine::backend;
using namespace engine::backend::cuda;
using engine::memory::DType;

namespace {

std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

std::vector<float> randomScales(std::size_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> in(0.5F, 2.0F);
    std::vector<float> scales(count);
    for (float &scale : scales)
        scale = in(random);
    return scales;
}

/// Every code but NaN.
std::vector<std::uint8_t> randomCodes(std::size_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<std::uint8_t> codes(count);
    for (std::uint8_t &code : codes) {
        do
            code = static_cast<std::uint8_t>(random());
        while (code % 128 == 127);
    }
    return codes;
}

struct HostRows {
    int rows;
    int width;
    int stride;
    std::vector<std::uint8_t> values;
    std::vector<float> scales;

    HostRows(int rowCount, int cols, unsigned seed)
        : rows(rowCount), width(cols), stride((rowCount + 3) / 4 * 4), values(randomCodes(area(rowCount, cols), seed)),
          scales(randomScales(area(cols / 128, stride), seed + 1))
    {
    }
    double at(int row, int col) const
    {
        return static_cast<double>(
                   engine::memory::e4m3ToFloat(values[area(row, width) + static_cast<std::size_t>(col)])) *
               static_cast<double>(scales[area(col / 128, stride) + static_cast<std::size_t>(row)]);
    }
};

struct HostWeight {
    int rows;
    int cols;
    std::vector<std::uint8_t> values;
    std::vector<float> scales;

    HostWeight(int rowCount, int colCount, unsigned seed)
        : rows(rowCount), cols(colCount), values(randomCodes(area(rowCount, colCount), seed)),
          scales(randomScales(area((rowCount + 127) / 128, colCount / 128), seed + 1))
    {
    }
    double at(int row, int col) const
    {
        return static_cast<double>(
                   engine::memory::e4m3ToFloat(values[area(row, cols) + static_cast<std::size_t>(col)])) *
               static_cast<double>(scales[area(row / 128, cols / 128) + static_cast<std::size_t>(col / 128)]);
    }
};

/// Memory, a stream and what was put there.
class Gpu {
public:
    Gpu() : m_memory(queue) { cudaStreamCreateWithFlags(&queue.stream, cudaStreamNonBlocking); }
    ~Gpu() { cudaStreamDestroy(queue.stream); }

    template <typename T>
    T *put(const std::vector<T> &values)
    {
        m_buffers.push_back(m_memory.allocate(values.size() * sizeof(T)));
        m_memory.upload(m_buffers.back().data(), values.data(), values.size() * sizeof(T));
        return reinterpret_cast<T *>(m_buffers.back().data());
    }
    /// Of that many bytes; what is in them does not matter.
    [[maybe_unused]] std::byte *space(std::size_t bytes)
    {
        m_buffers.push_back(m_memory.allocate(bytes));
        return m_buffers.back().data();
    }
    std::vector<float> read(const float *from, std::size_t count)
    {
        std::vector<float> values(count);
        m_memory.download(values.data(), from, count * sizeof(float));
        queue.note(cudaStreamSynchronize(queue.stream));
        return values;
    }
    QuantisedRows rows(const HostRows &host)
    {
        return {put(host.values), put(host.scales), host.rows, host.width, host.stride};
    }
    Matrix matrix(const HostWeight &host)
    {
        return {put(host.values), DType::F8_E4M3, host.rows, host.cols, put(host.scales)};
    }
    engine::memory::MemorySpace &memory() { return m_memory; }

    Queue queue;

private:
    DeviceMemory m_memory;
    std::list<engine::memory::Buffer> m_buffers;
};

#ifdef ON_A_GPU
constexpr bool isOnGpu = true;
/// The tensor cores sum with fewer bits than F32 has.
constexpr double tolerance = 1e-3;

void useOrder(bool) {}
std::string takeFault()
{
    return {};
}
long long unwaited()
{
    return 0;
}
void useDriverWithTensorMaps(bool) {}
#else
constexpr bool isOnGpu = false;
constexpr double tolerance = 1e-6;

void useOrder(bool descending)
{
    emulator::order = descending ? emulator::Order::Descending : emulator::Order::Ascending;
}
std::string takeFault()
{
    return std::exchange(emulator::firstFault, {});
}
long long unwaited()
{
    return emulator::unwaited;
}
void useDriverWithTensorMaps(bool has)
{
    emulator::driverHasTensorMaps = has;
}
#endif

constexpr float untouched = 77.0F;
constexpr int spare = 4; ///< columns after those of the result, and rows

/// Empty, or what differs from `before` + x · Wᵀ; `weight` tells which one a row is multiplied by, null: none.
template <typename WeightOf>
QString difference(const std::vector<float> &found, const std::vector<float> &before, int rows, const HostRows &x,
                   const WeightOf &weightOf, bool accumulate)
{
    const int stride = rows + spare;
    for (int token = 0; token < x.rows + spare; ++token) {
        const HostWeight *weight = token < x.rows ? weightOf(token) : nullptr;
        for (int row = 0; row < stride; ++row) {
            const std::size_t at = area(token, stride) + static_cast<std::size_t>(row);
            const bool written = weight != nullptr && row < rows;
            double sum = accumulate || !written ? static_cast<double>(before[at]) : 0.0;
            double magnitude = std::abs(sum);
            for (int col = 0; written && col < x.width; ++col) {
                const double product = x.at(token, col) * weight->at(row, col);
                sum += product;
                magnitude += std::abs(product);
            }
            if (!(std::abs(static_cast<double>(found[at]) - sum) <= tolerance * magnitude))
                return QString("token %1, row %2: %3 instead of %4").arg(token).arg(row).arg(found[at]).arg(sum);
        }
    }
    return {};
}

} // namespace

class CudaGemmFp8 : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (!findFp8Device(0).usable)
            QSKIP("There is no GPU of compute capability 9.0.");
    }
    void init()
    {
        takeFault();
        m_unwaited = unwaited();
    }
    void cleanup()
    {
        useOrder(false);
        QCOMPARE(takeFault(), std::string());
        QCOMPARE(unwaited(), m_unwaited);
    }

    void dense_data()
    {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("cols");
        QTest::addColumn<int>("tileTokens");
        QTest::addColumn<bool>("pairs");
        QTest::addColumn<bool>("accumulate");
        const auto add = [](int tokens, int rows, int cols, int tileTokens, bool pairs, bool accumulate) {
            QTest::addRow("%d x %d x %d, tiles of %d%s%s", tokens, rows, cols, tileTokens, pairs ? ", pairs" : "",
                          accumulate ? ", accumulate" : "")
                << tokens << rows << cols << tileTokens << pairs << accumulate;
        };
        for (const bool pairs : {false, true}) {
            add(1, 128, 128, 64, pairs, false);
            add(63, 576, 128, 128, pairs, true);
            add(64, 128, 256, 256, pairs, false);
            add(65, 320, 256, 64, pairs, false);
            add(130, 264, 256, 256, pairs, true);
            add(300, 192, 1152, 256, pairs, false);
            add(300, 128, 128, 128, pairs, false);
        }
    }
    void dense()
    {
        QFETCH(int, tokens);
        QFETCH(int, rows);
        QFETCH(int, cols);
        QFETCH(int, tileTokens);
        QFETCH(bool, pairs);
        QFETCH(bool, accumulate);
        const Fp8Device device = findFp8Device(0);
        const HostRows x(tokens, cols, 1);
        const HostWeight weight(rows, cols, 5);
        const std::vector<float> before(area(tokens + spare, rows + spare), untouched);
        for (const bool descending : {false, true}) {
            useOrder(descending);
            Gpu gpu;
            const Rows out{gpu.put(before), tokens, rows, static_cast<std::size_t>(rows + spare)};
            const QuantisedRows input = gpu.rows(x);
            const Matrix matrix = gpu.matrix(weight);
            QVERIFY(canMultiplyFp8(device, input, matrix, out));
            multiplyFp8(gpu.queue, device, input, matrix, out, accumulate, {tileTokens, pairs});
            QCOMPARE(gpu.queue.error, cudaSuccess);
            const auto found = gpu.read(out.data, before.size());
            QCOMPARE(difference(
                         found, before, rows, x, [&](int) { return &weight; }, accumulate),
                     QString());
        }
    }

    void grouped_data()
    {
        QTest::addColumn<QList<int>>("counts");
        QTest::addColumn<int>("left"); // rows that belong to nobody
        QTest::addRow("one of each kind") << QList<int>{0, 65, 0, 64, 1, 130, 0} << 3;
        QTest::addRow("all with one") << QList<int>{0, 0, 0, 300, 0} << 0;
        QTest::addRow("nothing at all") << QList<int>{0, 0} << 0;
        QTest::addRow("none") << QList<int>{0, 0, 0} << 5;
        QTest::addRow("a whole tile each") << QList<int>{256, 256} << 0;
        QList<int> many(70, 0);
        many[3] = 5;
        many[33] = 2;
        many[69] = 70;
        QTest::addRow("more experts than lanes") << many << 1;
    }
    void grouped()
    {
        QFETCH(QList<int>, counts);
        QFETCH(int, left);
        constexpr int rows = 264;
        constexpr int cols = 256;
        const Fp8Device device = findFp8Device(0);
        std::vector<std::int32_t> offsets{0};
        std::vector<HostWeight> weights;
        for (const int count : counts) {
            offsets.push_back(offsets.back() + count);
            weights.emplace_back(rows, cols, static_cast<unsigned>(20 + 2 * weights.size()));
        }
        const HostRows x(offsets.back() + left, cols, 3);
        const std::vector<float> before(area(x.rows + spare, rows + spare), untouched);
        const auto weightOf = [&](int token) -> const HostWeight * {
            const auto next = std::upper_bound(offsets.begin(), offsets.end(), token);
            return next == offsets.end() ? nullptr : &weights[static_cast<std::size_t>(next - offsets.begin() - 1)];
        };
        for (int run = 0; run < 4; ++run) {
            useOrder(run % 2 == 1);
            Gpu gpu;
            std::vector<Matrix> matrices;
            for (const HostWeight &weight : weights)
                matrices.push_back(gpu.matrix(weight));
            const Fp8Experts experts = prepareFp8Experts(device, matrices, gpu.memory());
            const Rows out{gpu.put(before), x.rows, rows, static_cast<std::size_t>(rows + spare)};
            const QuantisedRows input = gpu.rows(x);
            QVERIFY(canMultiplyFp8(input, experts, out));
            multiplyFp8Grouped(gpu.queue, device, input, experts, gpu.put(offsets), out, {256, run >= 2});
            QCOMPARE(gpu.queue.error, cudaSuccess);
            const auto found = gpu.read(out.data, before.size());
            QCOMPARE(difference(found, before, rows, x, weightOf, false), QString());
        }
    }

    /// The result of a token does not depend on how the work is cut, nor on the other tokens.
    void planDoesNotMatter()
    {
        const Fp8Device device = findFp8Device(0);
        const HostRows x(200, 256, 1);
        const HostWeight weight(136, 256, 5);
        std::vector<float> first;
        for (const Fp8Plan plan : {Fp8Plan{256, true}, Fp8Plan{128, false}, Fp8Plan{64, true}}) {
            Gpu gpu;
            const Rows out{gpu.put(std::vector<float>(area(200, 136))), 200, 136, 136};
            multiplyFp8(gpu.queue, device, gpu.rows(x), gpu.matrix(weight), out, false, plan);
            const auto found = gpu.read(out.data, area(200, 136));
            if (first.empty())
                first = found;
            QVERIFY(found == first);
        }
    }

    void plans()
    {
        Fp8Device device;
        device.units = 132;
        const auto planOf = [&](int rows, int tokens, int experts) {
            const Fp8Plan plan = planFp8(device, rows, tokens, experts);
            return std::pair(plan.tileTokens, plan.pairs);
        };
        QCOMPARE(planOf(4096, 4 * 8192, 4), std::pair(256, true));
        QCOMPARE(planOf(7168, 8192, 1), std::pair(256, true));
        QVERIFY(planOf(576, 512, 1).first < 256); // more multiprocessors have something to do
    }

    void refusals()
    {
        Fp8Device device = findFp8Device(0);
        QVERIFY(device.usable);
        std::vector<std::byte> memory(4096);
        auto *data = reinterpret_cast<std::byte *>((reinterpret_cast<std::uintptr_t>(memory.data()) + 255) & ~255ULL);
        const Matrix good{data, DType::F8_E4M3, 136, 256, data + 256};
        QVERIFY(canMultiplyFp8(device, good));
        const auto refused = [&](const auto &change) {
            Matrix matrix = good;
            change(matrix);
            return !canMultiplyFp8(device, matrix);
        };
        QVERIFY(refused([&](Matrix &m) { m.data = data + 8; }));
        QVERIFY(refused([&](Matrix &m) { m.dtype = DType::BF16; }));
        QVERIFY(refused([&](Matrix &m) { m.cols = 320; }));
        QVERIFY(refused([&](Matrix &m) { m.rows = 132; }));
        QVERIFY(refused([&](Matrix &m) { m.scale = nullptr; }));
        QVERIFY(refused([&](Matrix &m) { m.blockRows = 64; }));
        QVERIFY(refused([&](Matrix &m) { m.blockCols = 64; }));
        QVERIFY(refused([&](Matrix &m) { m.bias = {data, DType::F32, 136}; }));

        const QuantisedRows x{reinterpret_cast<const std::uint8_t *>(data), reinterpret_cast<const float *>(data), 3,
                              256, 4};
        const Rows out{reinterpret_cast<float *>(data), 3, 136, 136};
        QVERIFY(canMultiplyFp8(device, x, good, out));
        QuantisedRows odd = x;
        odd.values += 4;
        QVERIFY(!canMultiplyFp8(device, odd, good, out));
        QVERIFY(!canMultiplyFp8(device, x, good, {out.data + 1, 3, 136, 136}));
        QVERIFY(!canMultiplyFp8(device, x, good, {out.data, 3, 136, 137}));

        Gpu gpu;
        Matrix other = good;
        other.rows = 128;
        const std::vector<Matrix> several{good, other};
        QCOMPARE(prepareFp8Experts(device, several, gpu.memory()).experts, 0);
        useDriverWithTensorMaps(false);
        QCOMPARE(findFp8Device(0).usable, device.usable && isOnGpu);
        useDriverWithTensorMaps(true);
    }

    /// Prints, checks nothing: experts and dense products of DeepSeek-V3.
    void speed()
    {
        if (!isOnGpu)
            QSKIP("The emulator has no speed.");
        measure(4, 8192, 4096, 7168);
        measure(8, 4096, 7168, 2048);
        measure(256, 128, 2048, 7168);
        measure(1, 4096, 24576, 1536);
        measure(1, 4096, 2112, 7168);
        measure(1, 4096, 7168, 16384);
    }

private:
    static void measure(int experts, int tokens, int rows, int cols);

    long long m_unwaited = 0;
};

#ifdef ON_A_GPU
/// Of one enqueueing; `enqueue` is called some more times before.
template <typename Enqueue>
double secondsOf(Queue &queue, const Enqueue &enqueue)
{
    constexpr int runs = 20;
    constexpr int warmUps = 3;
    cudaEvent_t start{};
    cudaEvent_t end{};
    cudaEventCreate(&start);
    cudaEventCreate(&end);
    for (int run = -warmUps; run < runs; ++run) {
        if (run == 0)
            cudaEventRecord(start, queue.stream);
        enqueue();
    }
    cudaEventRecord(end, queue.stream);
    queue.note(cudaStreamSynchronize(queue.stream));
    float milliseconds = 0.0F;
    cudaEventElapsedTime(&milliseconds, start, end);
    cudaEventDestroy(start);
    cudaEventDestroy(end);
    return static_cast<double>(milliseconds) / 1e3 / runs;
}

/// `tokens` of each expert.
void CudaGemmFp8::measure(int experts, int tokens, int rows, int cols)
{
    const Fp8Device device = findFp8Device(0);
    Gpu gpu;
    const QuantisedRows x = gpu.rows(HostRows(experts * tokens, cols, 1));
    const HostWeight weight(rows, cols, 2);
    std::vector<Matrix> matrices;
    std::vector<std::int32_t> offsets{0};
    for (int expert = 0; expert < experts; ++expert) {
        matrices.push_back(gpu.matrix(weight));
        offsets.push_back(offsets.back() + tokens);
    }
    const Fp8Experts table = prepareFp8Experts(device, matrices, gpu.memory());
    const Rows out{reinterpret_cast<float *>(gpu.space(area(x.rows, rows) * sizeof(float))), x.rows, rows,
                   static_cast<std::size_t>(rows)};
    const std::int32_t *offsetsThere = gpu.put(offsets);
    for (const Fp8Plan plan : {Fp8Plan{256, true}, Fp8Plan{256, false}, Fp8Plan{128, true}, Fp8Plan{128, false}}) {
        const double seconds =
            secondsOf(gpu.queue, [&] { multiplyFp8Grouped(gpu.queue, device, x, table, offsetsThere, out, plan); });
        QCOMPARE(gpu.queue.error, cudaSuccess);
        qInfo("%d x %d tokens, %d x %d, tiles of %d%s: %.1f us, %.0f TFLOPS", experts, tokens, rows, cols,
              plan.tileTokens, plan.pairs ? ", pairs" : "", seconds * 1e6,
              2.0 * static_cast<double>(area(x.rows, rows)) * static_cast<double>(cols) / seconds / 1e12);
    }
}
#else
void CudaGemmFp8::measure(int, int, int, int) {}
#endif

QTEST_GUILESS_MAIN(CudaGemmFp8)
#include "tst_cuda_gemm_fp8.moc"
