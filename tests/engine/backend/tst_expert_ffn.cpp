#include "tests/engine/backend/naive.h"

#include <QTest>

#include <cmath>

using engine::backend::ExpertArgs;
using engine::backend::Mlp;
using engine::memory::DType;
using support::RandomMatrix;

namespace {

constexpr int hidden = 72;
constexpr int width = 40;
constexpr int sharedWidth = 136;
constexpr int experts = 6;
constexpr int topK = 2;

struct Expert {
    Expert(DType dtype, int mlpWidth, unsigned seed)
        : gate(dtype, mlpWidth, hidden, seed, 1), up(dtype, mlpWidth, hidden, seed + 1, 1),
          down(dtype, hidden, mlpWidth, seed + 2, 1)
    {
    }
    Mlp view() const { return {gate.view(), up.view(), down.view()}; }

    RandomMatrix gate;
    RandomMatrix up;
    RandomMatrix down;
};

struct Layer {
    explicit Layer(DType dtype) : shared(dtype, sharedWidth, 900)
    {
        for (unsigned expert = 0; expert < experts; ++expert) {
            routed.emplace_back(dtype, width, 100 * expert);
            views.push_back(routed.back().view());
        }
        sharedView = shared.view();
    }

    std::vector<Expert> routed;
    std::vector<Mlp> views;
    Expert shared;
    Mlp sharedView;
};

/// Tokens with random inputs; expert 3 is chosen by nobody.
struct Tokens {
    explicit Tokens(int tokenCount)
        : count(tokenCount), x(support::randomFloats(static_cast<std::size_t>(count * hidden), 1)),
          gates(support::randomFloats(static_cast<std::size_t>(count * topK), 2))
    {
        for (int token = 0; token < count; ++token) {
            ids.push_back(static_cast<std::uint16_t>((token * 5) % 3));
            ids.push_back(static_cast<std::uint16_t>(4 + token % 2));
        }
    }

    ExpertArgs args(const Layer &layer, std::vector<float> &out) const
    {
        ExpertArgs call;
        call.x = {x.data(), count, hidden, hidden};
        call.experts = layer.views;
        call.shared = &layer.sharedView;
        call.topK = topK;
        call.ids = ids.data();
        call.weights = gates.data();
        call.routeStride = topK;
        call.out = {out.data(), count, hidden, hidden};
        return call;
    }
    std::vector<double> row(int token) const { return {x.begin() + token * hidden, x.begin() + (token + 1) * hidden}; }

    int count;
    std::vector<float> x;
    std::vector<std::uint16_t> ids;
    std::vector<float> gates;
};

std::unique_ptr<engine::backend::Backend> makeBackend(int threads, int tokens)
{
    auto backend = engine::backend::makeCpuBackend(threads);
    engine::backend::WorkspaceShape shape;
    shape.tokens = tokens;
    shape.hidden = hidden;
    shape.experts = experts;
    shape.topK = topK;
    shape.expertWidth = width;
    shape.mlpWidth = sharedWidth;
    backend->reserve(shape);
    return backend;
}

} // namespace

class ExpertFfnTest : public QObject {
    Q_OBJECT

private slots:
    void weightedExpertsAndSharedOnesAreAddedToTheResidual_data()
    {
        QTest::addColumn<int>("dtype");
        for (const DType dtype : {DType::F32, DType::BF16, DType::F16, DType::F8_E4M3})
            QTest::newRow(engine::memory::dtypeName(dtype).data()) << static_cast<int>(dtype);
    }
    void weightedExpertsAndSharedOnesAreAddedToTheResidual()
    {
        QFETCH(int, dtype);
        const Layer layer(static_cast<DType>(dtype));
        const Tokens tokens(9);
        const auto backend = makeBackend(1, 9);
        std::vector<float> out(tokens.x.size(), 0.25F);
        backend->expertFfn(tokens.args(layer, out));
        for (int token = 0; token < tokens.count; ++token) {
            std::vector<double> wanted(hidden, 0.25);
            const auto add = [&](const Expert &expert, double weight) {
                const auto y = support::mlp(expert.gate, expert.up, expert.down, tokens.row(token));
                for (std::size_t i = 0; i < hidden; ++i)
                    wanted[i] += weight * y[i];
            };
            for (int rank = 0; rank < topK; ++rank) {
                const auto i = static_cast<std::size_t>(token * topK + rank);
                add(layer.routed[tokens.ids[i]], static_cast<double>(tokens.gates[i]));
            }
            add(layer.shared, 1.0);
            for (std::size_t i = 0; i < hidden; ++i)
                QVERIFY(std::abs(out[static_cast<std::size_t>(token) * hidden + i] - wanted[i]) <
                        2e-5 * (1.0 + std::abs(wanted[i])));
        }
    }

    void tokensAloneEqualTokensTogetherBitForBit()
    {
        const Layer layer(DType::F8_E4M3);
        const Tokens tokens(30);
        const auto backend = makeBackend(1, 30);
        std::vector<float> together(tokens.x.size(), 0.0F);
        backend->expertFfn(tokens.args(layer, together));
        std::vector<float> alone(tokens.x.size(), 0.0F);
        for (int token = 0; token < tokens.count; ++token) {
            ExpertArgs args = tokens.args(layer, alone);
            args.x = {args.x.row(token), 1, hidden, hidden};
            args.out = {args.out.row(token), 1, hidden, hidden};
            args.ids += token * topK;
            args.weights += token * topK;
            backend->expertFfn(args);
        }
        QCOMPARE(alone, together);
    }

    void threadsDoNotChangeTheResult()
    {
        const Layer layer(DType::BF16);
        const Tokens tokens(64);
        std::vector<float> one(tokens.x.size(), 0.0F);
        std::vector<float> four(tokens.x.size(), 0.0F);
        makeBackend(1, 64)->expertFfn(tokens.args(layer, one));
        makeBackend(4, 64)->expertFfn(tokens.args(layer, four));
        QCOMPARE(four, one);
    }

    void aDenseLayerIsTheSharedPartAlone()
    {
        const Layer layer(DType::F32);
        const Tokens tokens(2);
        const auto backend = makeBackend(1, 2);
        std::vector<float> out(tokens.x.size(), 0.0F);
        ExpertArgs args;
        args.x = {tokens.x.data(), 2, hidden, hidden};
        args.shared = &layer.sharedView;
        args.out = {out.data(), 2, hidden, hidden};
        backend->expertFfn(args);
        const auto wanted = support::mlp(layer.shared.gate, layer.shared.up, layer.shared.down, tokens.row(1));
        for (std::size_t i = 0; i < hidden; ++i)
            QVERIFY(std::abs(out[hidden + i] - wanted[i]) < 2e-5 * (1.0 + std::abs(wanted[i])));
    }
};

QTEST_GUILESS_MAIN(ExpertFfnTest)
#include "tst_expert_ffn.moc"
