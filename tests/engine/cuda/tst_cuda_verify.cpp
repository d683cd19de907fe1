// The verification that bathyscope-cli verify makes, of the backend under test and of one that computes wrongly.

#include "engine/measurement/op_meter.h"
#include "engine/verification/op_case.h"
#include "engine/verification/verify.h"
#include "tests/engine/cuda/backend_under_test.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace engine::backend;

class CudaVerify : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;

    static std::vector<engine::VerifiedCase> verifyModel(const std::string &path, Backend &tested,
                                                         engine::CacheFormat cache = engine::CacheFormat::Automatic)
    {
        std::vector<engine::VerifiedCase> cases;
        const auto keep = [&](const engine::VerifiedCase &verified) {
            cases.push_back(verified);
            return true;
        };
        engine::verification::verifyModel(path, tested, *makeCpuBackend(1), keep, engine::Activations::Exact, cache);
        return cases;
    }

private slots:
    void initTestCase()
    {
        if (const std::string why = support::whyNoBackend(); !why.empty())
            QSKIP(why.c_str());
        m_model = (m_folder.path() / "tiny").string();
        support::writeTinyModel({}, m_model);
    }

    void aWholeModelAgreesWithTheCpu_data()
    {
        QTest::addColumn<bool>("fp8");
        QTest::newRow("exact cache") << false;
        QTest::newRow("FP8 cache") << true;
    }
    void aWholeModelAgreesWithTheCpu()
    {
        QFETCH(bool, fp8);
        const auto backend = support::makeBackendUnderTest();
        const auto cases =
            verifyModel(m_model, *backend, fp8 ? engine::CacheFormat::Fp8 : engine::CacheFormat::Automatic);
        QCOMPARE(cases.size(), 3U);
        for (const auto &verified : cases)
            QVERIFY2(verified.passed, qPrintable(QString("%1: %2, %3")
                                                     .arg(verified.shape.c_str())
                                                     .arg(verified.relative)
                                                     .arg(verified.note.c_str())));
    }

    void anotherModelIsFoundOut()
    {
        /// Leaves out the rotation.
        class WithoutRope final : public engine::measurement::OpMeter {
        public:
            explicit WithoutRope(Backend &inner) : OpMeter(inner, engine::measurement::Choices::Expected) {}
            void rope(const Rows &, int, int, const RopeRows &) override {}
        };
        const auto backend = support::makeBackendUnderTest();
        WithoutRope wrong(*backend);
        for (const auto cache : {engine::CacheFormat::Automatic, engine::CacheFormat::Fp8}) {
            for (const auto &verified : verifyModel(m_model, wrong, cache))
                QVERIFY(!verified.passed);
        }
    }

    void theVerificationEndsWhenAsked()
    {
        const auto backend = support::makeBackendUnderTest();
        int cases = 0;
        engine::verification::verifyOps(*backend, *makeCpuBackend(1), [&](const engine::VerifiedCase &verified) {
            ++cases;
            return verified.passed && cases < 5;
        });
        QCOMPARE(cases, 5);
    }

    /// They take too long to be run here.
    void largeCasesAreApart()
    {
        std::set<std::string> names;
        const auto small = engine::verification::opCases();
        const auto large = engine::verification::v3Cases();
        for (const auto *cases : {&small, &large}) {
            for (const auto &opCase : *cases)
                QVERIFY2(names.insert(opCase.op + " " + opCase.shape).second, opCase.shape.c_str());
        }
        QVERIFY(large.size() > 20);
    }

    void marksTellTheTimeOfAnOp()
    {
        const auto backend = support::makeBackendUnderTest();
        engine::measurement::OpMeter meter(*backend, engine::measurement::Choices::Read);
        const auto cases = engine::verification::opCases();
        engine::verification::Placed placed(meter);
        (void)cases.front().run(meter, placed);
        QCOMPARE(meter.figures().size(), 1U);
        QVERIFY(meter.figures().front().milliseconds > 0.0);
        QVERIFY(meter.figures().front().weightBytes > 0.0);
    }

    void whatIsNotANumberIsInfinitelyWrong()
    {
        using engine::verification::deviationOf;
        QCOMPARE(deviationOf({1.0F, 2.0F}, {1.0F, 2.0F}).relative, 0.0);
        QVERIFY(std::isinf(deviationOf({1.0F, NAN}, {1.0F, 2.0F}).relative));
        QVERIFY(std::isinf(deviationOf({1.0F}, {1.0F, 2.0F}).relative));
        QCOMPARE(deviationOf({3.0F, 4.5F}, {3.0F, 4.0F}).largest, 0.5);
        QCOMPARE(deviationOf({3.0F, 4.5F}, {3.0F, 4.0F}).relative, 0.1);
    }
};

QTEST_GUILESS_MAIN(CudaVerify)
#include "tst_cuda_verify.moc"
