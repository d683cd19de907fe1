// What a step is expected to move, against what a real one of the same model did.

#include "engine/error.h"
#include "engine/measurement.h"
#include "engine/model_info.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

class ExpectedStepTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::writeTinyModel({}, m_model);
    }

    void aStepIsExpectedAsItIsMeasured()
    {
        engine::MeasureOptions options;
        options.path = m_model;
        options.threads = 1;
        options.promptTokens = 40;
        options.decodeTokens = 1;
        const engine::MeasuredModel measured = engine::measureOps(options);
        const engine::StepFigures expected = engine::expectStep({m_model, {}, {}, 0}, 40, 1);
        QCOMPARE(expected.ops.size(), measured.decode.ops.size());
        for (std::size_t i = 0; i < expected.ops.size(); ++i) {
            const engine::OpFigure &a = expected.ops[i];
            const engine::OpFigure &b = measured.decode.ops[i];
            QCOMPARE(a.op + a.shape, b.op + b.shape);
            QCOMPARE(a.calls, b.calls);
            QVERIFY(qAbs(a.bytes() - b.bytes()) < 1e-6 * b.bytes());
            QCOMPARE(a.flops, b.flops);
            QCOMPARE(a.milliseconds, 0.0);
            QVERIFY(b.milliseconds > 0.0);
        }
    }

    void theLogitsHashIsTheSameEveryTime()
    {
        engine::MeasureOptions options;
        options.path = m_model;
        options.promptTokens = 20;
        options.decodeTokens = 2;
        const std::uint64_t hash = engine::measureOps(options).logitsHash;
        options.threads = 2;
        QCOMPARE(engine::measureOps(options).logitsHash, hash);
        options.promptTokens = 21;
        QVERIFY(engine::measureOps(options).logitsHash != hash);
    }

    void theLongerOfTwoTimesIsTheRoof()
    {
        engine::OpFigure figure;
        figure.weightBytes = 2e9;
        figure.flops = 1e9;
        QCOMPARE(engine::Roofline({1e12, 1e12}).milliseconds(figure), 2.0);
        QCOMPARE(engine::Roofline({1e12, 1e11}).milliseconds(figure), 10.0);
        QCOMPARE(engine::Roofline({1e12, 0.0}).milliseconds(figure), 2.0);
    }

    void aConfigAloneIsEnough()
    {
        engine::ModelShape shape;
        shape.configFile = m_model + "/config.json";
        shape.storage = engine::SyntheticStorage::FP8;
        const double fp8 = engine::expectStep(shape, 0, 1).total().weightBytes;
        shape.storage = engine::SyntheticStorage::BF16;
        const double bf16 = engine::expectStep(shape, 0, 1).total().weightBytes;
        QVERIFY(fp8 < bf16 && fp8 > bf16 / 2);
        shape.layers = 1;
        QVERIFY(engine::expectStep(shape, 0, 1).total().weightBytes < bf16 / 2);
    }

    void tooManyTokensAreRefused()
    {
        try {
            (void)engine::expectStep({m_model, {}, {}, 0}, 1 << 20, 1);
            QFAIL("they do not fit");
        } catch (const engine::Error &error) {
            QCOMPARE(error.code(), engine::ErrorCode::RequestInvalid);
            QVERIFY(QString(error.what()).contains("do not fit"));
        }
    }
};

QTEST_GUILESS_MAIN(ExpectedStepTest)
#include "tst_expected_step.moc"
