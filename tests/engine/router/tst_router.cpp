// Choice of experts (V3 report §2.1.2). With hidden size 1 and input 1 the gate's weights are the logits, so that
// scores can be written down.

#include "tests/engine/backend/naive.h"

#include <QTest>

#include <cmath>
#include <limits>

using engine::backend::RouteArgs;

namespace {

struct Routed {
    std::vector<int> ids;
    std::vector<float> weights;
};

/// Routes one token whose gate logits are given.
Routed route(const std::vector<float> &logits, const std::vector<float> &bias, RouteArgs args)
{
    const auto backend = engine::backend::makeCpuBackend(1);
    engine::backend::WorkspaceShape shape;
    shape.tokens = 1;
    shape.experts = static_cast<int>(logits.size());
    backend->reserve(shape);
    const float one = 1.0F;
    std::vector<std::uint16_t> ids(static_cast<std::size_t>(args.topK), 999);
    Routed result;
    result.weights.resize(ids.size());
    args.x = {&one, 1, 1, 1};
    args.gate = {logits.data(), engine::memory::DType::F32, static_cast<int>(logits.size()), 1};
    args.bias = {bias.data(), engine::memory::DType::F32, static_cast<int>(bias.size())};
    args.ids = ids.data();
    args.weights = result.weights.data();
    args.outStride = ids.size();
    backend->route(args);
    result.ids.assign(ids.begin(), ids.end());
    return result;
}

RouteArgs settings(int groups, int keptGroups, int topK, bool normalise = true, float scale = 2.5F)
{
    RouteArgs args;
    args.groups = groups;
    args.keptGroups = keptGroups;
    args.topK = topK;
    args.normalise = normalise;
    args.scale = scale;
    return args;
}

/// Logit whose sigmoid is `affinity`.
float logit(double affinity)
{
    return static_cast<float>(std::log(affinity / (1.0 - affinity)));
}

std::vector<float> logits(std::initializer_list<double> affinities)
{
    std::vector<float> result;
    for (const double affinity : affinities)
        result.push_back(logit(affinity));
    return result;
}

bool near(float value, double wanted)
{
    return std::abs(static_cast<double>(value) - wanted) < 1e-5;
}

} // namespace

class RouterTest : public QObject {
    Q_OBJECT

private slots:
    void oneGroupIsPlainTopK()
    {
        const auto routed = route(logits({0.2, 0.9, 0.5, 0.7}), std::vector<float>(4, 0.0F), settings(1, 1, 3));
        QCOMPARE(routed.ids, (std::vector<int>{1, 3, 2}));
    }

    void groupsAreScoredByTheirTwoBest()
    {
        // Group 0 holds the best expert, group 1 the better pair.
        const auto routed =
            route(logits({0.95, 0.1, 0.1, 0.6, 0.6, 0.1}), std::vector<float>(6, 0.0F), settings(2, 1, 2));
        QCOMPARE(routed.ids, (std::vector<int>{3, 4}));
    }

    void biasChoosesButDoesNotWeigh()
    {
        const auto routed = route(logits({0.8, 0.4, 0.2, 0.1}), {0.0F, 0.0F, 0.9F, 0.0F}, settings(1, 1, 2));
        QCOMPARE(routed.ids, (std::vector<int>{2, 0}));
        QVERIFY(near(routed.weights[0], 0.2 / 1.0 * 2.5));
        QVERIFY(near(routed.weights[1], 0.8 / 1.0 * 2.5));
    }

    void negativeScoresDoNotLetExcludedGroupsIn()
    {
        // All biased scores are negative, those of the second group less so: a mask of 0 would prefer the first.
        const auto routed = route(logits({0.9, 0.1, 0.1, 0.3, 0.2, 0.25}), {-9.0F, -9.0F, -9.0F, -2.0F, -2.0F, -2.0F},
                                  settings(2, 1, 3));
        QCOMPARE(routed.ids, (std::vector<int>{3, 5, 4}));
    }

    void weightsAreNormalisedThenScaled()
    {
        const auto values = logits({0.6, 0.3, 0.1, 0.1});
        const std::vector<float> bias(4, 0.0F);
        const auto normalised = route(values, bias, settings(1, 1, 2));
        QVERIFY(near(normalised.weights[0], 0.6 / 0.9 * 2.5));
        QVERIFY(near(normalised.weights[1], 0.3 / 0.9 * 2.5));
        const auto plain = route(values, bias, settings(1, 1, 2, false));
        QVERIFY(near(plain.weights[0], 0.6 * 2.5));
    }

    void affinitiesOfZeroDoNotDivideByZero()
    {
        const auto routed = route(std::vector<float>(4, -200.0F), std::vector<float>(4, 0.0F), settings(1, 1, 2));
        QCOMPARE(routed.weights, std::vector<float>(2, 0.0F));
    }

    void tiesGoToTheLowerIndex()
    {
        const auto routed = route(std::vector<float>(8, 0.0F), std::vector<float>(8, 0.0F), settings(4, 2, 4));
        QCOMPARE(routed.ids, (std::vector<int>{0, 1, 2, 3}));
        const auto last = route(std::vector<float>(8, 0.0F), {0, 0, 0, 0, 0, 0, 0.1F, 0.1F}, settings(4, 2, 3));
        QCOMPARE(last.ids, (std::vector<int>{6, 7, 0}));
    }

    void damagedScoresStillNameExperts()
    {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        for (const std::vector<float> &values :
             {std::vector<float>(8, nan), {0, nan, 0, 0, nan, nan, 0, 0}, std::vector<float>(8, INFINITY)}) {
            const auto routed = route(values, std::vector<float>(8, 0.0F), settings(4, 2, 4));
            for (const int id : routed.ids)
                QVERIFY(id >= 0 && id < 8);
        }
    }

    void randomTokensEqualTheDefinition_data()
    {
        QTest::addColumn<int>("experts");
        QTest::addColumn<int>("groups");
        QTest::addColumn<int>("kept");
        QTest::addColumn<int>("topK");
        QTest::newRow("nano") << 16 << 4 << 2 << 2;
        QTest::newRow("V3") << 256 << 8 << 4 << 8;
        QTest::newRow("no groups") << 64 << 1 << 1 << 6;
        QTest::newRow("all groups, all experts") << 8 << 2 << 2 << 8;
    }
    void randomTokensEqualTheDefinition()
    {
        QFETCH(int, experts);
        QFETCH(int, groups);
        QFETCH(int, kept);
        QFETCH(int, topK);
        const RouteArgs args = settings(groups, kept, topK);
        for (unsigned seed = 0; seed < 50; ++seed) {
            const auto values = support::randomFloats(static_cast<std::size_t>(experts), seed, 3.0F);
            const auto bias = support::randomFloats(static_cast<std::size_t>(experts), seed + 1000, 1.5F);
            std::vector<double> affinities;
            for (const float value : values)
                affinities.push_back(1.0 / (1.0 + std::exp(-static_cast<double>(value))));
            const auto wanted = support::chooseExperts(affinities, bias, args);
            const auto routed = route(values, bias, args);
            QCOMPARE(routed.ids, wanted.ids);
            for (std::size_t rank = 0; rank < wanted.weights.size(); ++rank)
                QVERIFY(near(routed.weights[rank], wanted.weights[rank]));
        }
    }
};

QTEST_GUILESS_MAIN(RouterTest)
#include "tst_router.moc"
