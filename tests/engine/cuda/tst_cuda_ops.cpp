// Every op of the CUDA backend against the CPU's, which is the oracle: the cases of engine/verification.

#include "engine/verification/op_case.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/cuda/operands.h"

#include <QTest>

#include <algorithm>

using namespace engine::backend;
using engine::memory::DType;
using support::Placed;
using support::RandomMatrix;

class CudaOps : public QObject {
    Q_OBJECT

    const std::vector<engine::verification::OpCase> m_cases = engine::verification::opCases();
    std::unique_ptr<Backend> m_cpu;
    std::unique_ptr<Backend> m_gpu;

    /// The cases of one op, each with both orders of the threads.
    void rowsFor(const std::string &op) const
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<bool>("descending");
        for (const bool descending : {false, true}) {
            for (std::size_t i = 0; i < m_cases.size(); ++i) {
                if (m_cases[i].op == op)
                    QTest::addRow("%s, %s", m_cases[i].shape.c_str(),
                                  descending ? "last thread first" : "first thread first")
                        << static_cast<int>(i) << descending;
            }
        }
    }
    void check() const
    {
        QFETCH(int, index);
        QFETCH(bool, descending);
        support::useThreadOrder(descending);
        const auto &opCase = m_cases[static_cast<std::size_t>(index)];
        const auto deviation = engine::verification::compare(opCase, *m_gpu, *m_cpu);
        QVERIFY2(deviation.relative <= opCase.tolerance,
                 qPrintable(QString("relative error %1, at most %2").arg(deviation.relative).arg(opCase.tolerance)));
    }

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_cpu = makeCpuBackend(1);
        m_gpu = support::makeBackendUnderTest();
    }

    void everyOpHasATest()
    {
        const std::vector<std::string> tested{
            "linear", "embed", "rmsNorm and rope", "storeLatent", "mlaAttention", "gqaAttention", "route", "expertFfn"};
        for (const auto &opCase : m_cases)
            QVERIFY2(std::find(tested.begin(), tested.end(), opCase.op) != tested.end(), opCase.op.c_str());
    }

    void linear_data() { rowsFor("linear"); }
    void linear() { check(); }
    void embedding_data() { rowsFor("embed"); }
    void embedding() { check(); }
    void normAndRope_data() { rowsFor("rmsNorm and rope"); }
    void normAndRope() { check(); }
    void storedLatents_data() { rowsFor("storeLatent"); }
    void storedLatents() { check(); }
    void latentAttention_data() { rowsFor("mlaAttention"); }
    void latentAttention() { check(); }
    void groupedAttention_data() { rowsFor("gqaAttention"); }
    void groupedAttention() { check(); }
    void routing_data() { rowsFor("route"); }
    void routing() { check(); }
    void experts_data() { rowsFor("expertFfn"); }
    void experts() { check(); }

    void aFailedLaunchIsToldOnceAndForAll()
    {
        const auto backend = support::makeBackendUnderTest();
        Placed placed(*backend);
        const std::vector<float> x(64, 1.0F);
        const RandomMatrix weight(DType::F32, 8, 64, 1);
        const Matrix matrix = placed.matrix(weight.view());
        const Rows in = placed.rows(x, 1, 64);
        const Rows out = placed.rows(std::vector<float>(8), 1, 8);
        if (!support::failLaunchAfter(1))
            QSKIP("a real GPU does not fail on demand");
        backend->linear(in, matrix, out, false);
        backend->linear(in, matrix, out, false);
        for (int time = 0; time < 2; ++time) {
            try {
                backend->synchronize();
                QFAIL("the failure was not told");
            } catch (const engine::Error &error) {
                QCOMPARE(error.code(), engine::ErrorCode::DeviceFailed);
                QVERIFY(QString(error.what()).contains("unspecified launch failure"));
                QVERIFY(QString(error.what()).contains("use the CPU"));
            }
        }
    }

    void missingMemoryIsToldInBytes()
    {
        const auto backend = support::makeBackendUnderTest();
        try {
            (void)backend->memory().allocate(std::size_t{1} << 60);
            QFAIL("there is no such memory");
        } catch (const engine::Error &error) {
            QCOMPARE(error.code(), engine::ErrorCode::OutOfMemory);
            QVERIFY(QString(error.what()).contains("1152921504606846976 bytes"));
            QVERIFY(QString(error.what()).contains("are free"));
        }
    }
};

QTEST_GUILESS_MAIN(CudaOps)
#include "tst_cuda_ops.moc"
