// Check values: YaRN (arXiv 2309.00071) with the constants of the released DeepSeek configs, computed independently.

#include "engine/model/rope.h"

#include <QTest>

#include <cmath>

using engine::model::ModelConfig;
using engine::model::Rope;
using engine::model::RopeScaling;

namespace {

ModelConfig v3Config(double mscale = 1.0)
{
    ModelConfig config;
    config.qk_nope_head_dim = 128;
    config.qk_rope_head_dim = 64;
    config.rope_theta = 10000.0;
    config.rope_scaling.type = RopeScaling::Type::Yarn;
    config.rope_scaling.factor = 40.0;
    config.rope_scaling.original_max_position_embeddings = 4096;
    config.rope_scaling.mscale = mscale;
    config.rope_scaling.mscale_all_dim = mscale;
    return config;
}

bool near(double value, double wanted)
{
    return std::abs(value - wanted) <= 1e-5 * std::abs(wanted);
}

} // namespace

class RopeTest : public QObject {
    Q_OBJECT

private slots:
    void frequenciesOfDeepSeekV3()
    {
        const Rope rope(v3Config());
        QCOMPARE(rope.width(), 64);
        const auto frequencies = rope.frequencies();
        const std::pair<std::size_t, double> wanted[] = {{0, 1.0},         {9, 0.0749894}, {10, 0.0562341},
                                                         {11, 0.0390069},  {16, 0.0055},   {22, 1.77828e-4},
                                                         {23, 3.33380e-5}, {24, 2.5e-5},   {31, 3.33380e-6}};
        for (const auto &[index, value] : wanted)
            QVERIFY2(near(frequencies[index], value), qPrintable(QString("%1: %2").arg(index).arg(frequencies[index])));
    }

    void frequenciesWithoutYarnAreGeometric()
    {
        ModelConfig config = v3Config();
        config.rope_scaling = {};
        const Rope rope(config);
        for (std::size_t i = 0; i < 32; ++i)
            QVERIFY(near(rope.frequencies()[i], std::pow(10000.0, -static_cast<double>(i) / 32)));
        QCOMPARE(rope.amplitude(), 1.0);
    }

    void softmaxScalesOfTheReleasedModels()
    {
        QVERIFY(near(engine::model::softmaxScale(v3Config()), 0.1352337789));
        QVERIFY(near(engine::model::softmaxScale(v3Config(0.707)), 0.1147213868));
        ModelConfig plain = v3Config();
        plain.rope_scaling = {};
        QVERIFY(near(engine::model::softmaxScale(plain), 0.0721687836));
    }

    void mscaleOfTheReleasedModels()
    {
        QVERIFY(near(engine::model::yarnMscale(40.0, 1.0), 1.3688879454));
        QVERIFY(near(engine::model::yarnMscale(40.0, 0.707), 1.2608037774));
        QCOMPARE(engine::model::yarnMscale(1.0, 1.0), 1.0);
        QCOMPARE(engine::model::yarnMscale(0.5, 1.0), 1.0);
    }

    void amplitudeIsTheRatioOfTheTwoMscales()
    {
        QCOMPARE(Rope(v3Config()).amplitude(), 1.0);
        ModelConfig config = v3Config();
        config.rope_scaling.mscale_all_dim = 0.0; // not given: m(40, 1) / 1
        QVERIFY(near(Rope(config).amplitude(), 1.3688879454));
        config.rope_scaling.mscale_all_dim = 0.707;
        QVERIFY(near(Rope(config).amplitude(), 1.3688879454 / 1.2608037774));
    }

    void aRampWithoutWidthIsAStep()
    {
        ModelConfig config = v3Config();
        config.qk_rope_head_dim = 4;
        config.rope_scaling.original_max_position_embeddings = 4; // both corrections are cut to 0
        const Rope rope(config);
        QCOMPARE(rope.frequencies()[0], 1.0);
        QVERIFY(near(rope.frequencies()[1], 0.01 / 40.0));
    }

    void anglesAreFrequencyTimesPosition()
    {
        const Rope rope(v3Config());
        std::vector<float> cos(32);
        std::vector<float> sin(32);
        rope.angles(0, cos.data(), sin.data());
        QCOMPARE(cos, std::vector<float>(32, 1.0F));
        QCOMPARE(sin, std::vector<float>(32, 0.0F));
        rope.angles(100000, cos.data(), sin.data());
        for (std::size_t i = 0; i < 32; ++i) {
            QVERIFY(std::abs(cos[i] - std::cos(100000 * rope.frequencies()[i])) < 1e-6);
            QVERIFY(std::abs(sin[i] - std::sin(100000 * rope.frequencies()[i])) < 1e-6);
        }
    }
};

QTEST_GUILESS_MAIN(RopeTest)
#include "tst_rope.moc"
