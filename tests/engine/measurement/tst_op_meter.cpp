// Bytes and operations of ops with shapes small enough to count by hand.

#include "engine/measurement/op_meter.h"
#include "engine/verification/placed.h"
#include "tests/engine/backend/naive.h"

#include <QTest>

using namespace engine::backend;
using engine::OpFigure;
using engine::measurement::Choices;
using engine::measurement::OpMeter;
using engine::memory::DType;
using engine::verification::Placed;

class OpMeterTest : public QObject {
    Q_OBJECT

    std::unique_ptr<Backend> m_cpu = makeCpuBackend(1);

    /// The only op that was metered.
    static OpFigure only(OpMeter &meter)
    {
        meter.synchronize();
        return meter.figures().size() == 1 ? meter.figures().front() : OpFigure{};
    }

private slots:
    void linearReadsWeightsScalesAndActivations()
    {
        OpMeter meter(*m_cpu, Choices::Read);
        Placed placed(meter);
        const support::RandomMatrix weight(DType::F8_E4M3, 130, 256, 1);
        const Rows x = placed.rows(std::vector<float>(3 * 256), 3, 256);
        const Rows out = placed.rows(std::vector<float>(3 * 130), 3, 130);
        meter.linear(x, weight.view(), out, true);
        const OpFigure figure = only(meter);
        QCOMPARE(figure.op, std::string("linear"));
        QCOMPARE(figure.shape, std::string("F8_E4M3 130 x 256"));
        QCOMPARE(figure.calls, 1U);
        QCOMPARE(figure.weightBytes, 130.0 * 256 + 4 * 2 * 2); // two by two blocks
        QCOMPARE(figure.activationBytes, 4.0 * (3 * 256 + 2 * 3 * 130));
        QCOMPARE(figure.flops, 2.0 * 3 * 130 * 256);
        QVERIFY(figure.milliseconds > 0.0);
    }

    void callsOfOneShapeAreOneFigure()
    {
        OpMeter meter(*m_cpu, Choices::Read);
        Placed placed(meter);
        const support::RandomMatrix small(DType::BF16, 8, 64, 1);
        const support::RandomMatrix blocks(DType::Q8_0, 8, 64, 1);
        const Rows x = placed.rows(std::vector<float>(64), 1, 64);
        const Rows out = placed.rows(std::vector<float>(8), 1, 8);
        for (const auto *weight : {&small, &blocks, &small})
            meter.linear(x, weight->view(), out, false);
        meter.synchronize();
        const auto figures = meter.figures();
        QCOMPARE(figures.size(), 2U);
        QCOMPARE(figures[0].calls, 2U);
        QCOMPARE(figures[0].weightBytes, 2.0 * 2 * 8 * 64);
        QCOMPARE(figures[1].weightBytes, 8.0 * 2 * 34); // 34 bytes for 32 weights
        meter.reset();
        QVERIFY(meter.figures().empty());
    }

    void onlyTheChosenExpertsCount()
    {
        OpMeter meter(*m_cpu, Choices::Read);
        Placed placed(meter);
        const support::RandomMatrix up(DType::BF16, 16, 32, 1);
        const support::RandomMatrix down(DType::BF16, 32, 16, 2);
        const std::vector<Mlp> experts(5, {up.view(), up.view(), down.view()});
        WorkspaceShape shape;
        shape.tokens = 3;
        shape.hidden = 32;
        shape.experts = 5;
        shape.topK = 2;
        shape.expertWidth = 16;
        shape.mlpWidth = 16;
        meter.reserve(shape);
        ExpertArgs args;
        args.x = placed.rows(std::vector<float>(3 * 32), 3, 32);
        args.experts = experts;
        args.shared = &experts.front();
        args.topK = 2;
        args.ids = placed.copy(std::vector<std::uint16_t>{0, 4, 9, 4, 1, 9, 0, 1, 9}); // 9 belongs to another layer
        args.weights = placed.copy(std::vector<float>(9, 0.5F));
        args.routeStride = 3;
        args.out = placed.rows(std::vector<float>(3 * 32), 3, 32);
        meter.expertFfn(args);
        const OpFigure figure = only(meter);
        QCOMPARE(figure.weightBytes, (3.0 + 1.0) * 3 * 16 * 32 * 2); // 0, 1, 4 and the shared one
        QCOMPARE(figure.flops, 2.0 * 3 * 16 * 32 * (3 * 2 + 3));
    }

    void attentionReadsEachPositionOnce()
    {
        const support::RandomMatrix kvB(DType::BF16, 4 * (8 + 8), 32, 1);
        MlaArgs args;
        args.heads = 4;
        args.nopeWidth = 8;
        args.valueWidth = 8;
        std::vector<float> numbers(2 * 4 * 12);
        args.q = ConstRows(numbers.data(), 2, 4 * 12, 4 * 12);
        args.kvB = kvB.view();
        args.cache.dtype = DType::BF16;
        args.cache.width = 36;
        args.cache.latentWidth = 32;
        args.cache.ropeWidth = 4;
        args.cache.start = 10;
        args.out = {numbers.data(), 2, 4 * 8, 4 * 8};
        const OpFigure absorbed = engine::measurement::costOfMlaAttention(args);
        QCOMPARE(absorbed.cacheBytes, 12.0 * 36 * 2);
        QCOMPARE(absorbed.weightBytes, 64.0 * 32 * 2);
        QCOMPARE(absorbed.activationBytes, 4.0 * 2 * 4 * (12 + 8));
        QCOMPARE(absorbed.flops, 2.0 * 64 * 32 * 2 + 2.0 * (11 + 12) * 4 * (32 + 4 + 32));
        args.form = AttentionForm::Expanded;
        QCOMPARE(engine::measurement::costOfMlaAttention(args).flops,
                 2.0 * 64 * 32 * 12 + 2.0 * (11 + 12) * 4 * (8 + 4 + 8));
    }

    void expectedExpertsAreAsMeasuredOfUniformChoices()
    {
        using engine::measurement::expectedExperts;
        QCOMPARE(expectedExperts(256, 8, 1), 8.0);
        QVERIFY(qAbs(expectedExperts(256, 8, 2) - 15.75) < 1e-9);
        QVERIFY(qAbs(expectedExperts(64, 6, 4) - 20.8) < 0.05);
        QVERIFY(qAbs(expectedExperts(64, 6, 4096) - 64.0) < 1e-9);
    }
};

QTEST_GUILESS_MAIN(OpMeterTest)
#include "tst_op_meter.moc"
