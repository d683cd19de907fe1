#include "tests/app/cli/cli_process.h"

#include <QJsonArray>
#include <QSet>
#include <QTest>

using namespace clitest;

class CliTraceTest : public QObject {
    Q_OBJECT

    support::TinyModelOptions m_options;
    Model m_model{m_options};
    QStringList m_settings{"--prompt", "How deep is it?", "--seed", "5", "--temperature", "1", "--max-tokens", "12"};

    QJsonObject trace(const QStringList &more = {}) const
    {
        return run(m_model.with(QStringList{"trace"} + m_settings + more)).json();
    }

private slots:
    void everyTokenButTheLastHasARow()
    {
        const QJsonObject json = trace();
        const QJsonArray positions = json["positions"].toArray();
        const auto prompt = json["prompt_tokens"].toInt();
        const auto generated = json["generated_tokens"].toInt();
        QVERIFY(prompt > 4);
        QVERIFY(generated > 1);
        QCOMPARE(positions.size(), prompt + generated);
        QCOMPARE(json["rows"].toInt(), prompt + generated - 1);
        for (int i = 0; i < positions.size(); ++i) {
            QCOMPARE(positions[i]["position"].toInt(), i);
            QCOMPARE(positions[i]["phase"].toString() == "prompt", i < prompt);
            QCOMPARE(positions[i]["layers"].isArray(), i + 1 < positions.size());
        }
    }

    void rowsHaveTheGeometryOfTheModel()
    {
        const QJsonObject json = trace();
        const QJsonArray moeLayers = json["model"]["moe_layers"].toArray();
        QCOMPARE(moeLayers.size(), m_options.layers - m_options.firstDense);
        for (const QJsonValue &position : json["positions"].toArray()) {
            const QJsonArray layers = position["layers"].toArray();
            for (int l = 0; l < layers.size(); ++l) {
                QCOMPARE(layers[l]["layer"], moeLayers[l]);
                QSet<int> experts;
                for (const QJsonValue &expert : layers[l]["experts"].toArray())
                    experts.insert(expert.toInt());
                QCOMPARE(experts.size(), m_options.expertsPerToken);
                QVERIFY(*std::max_element(experts.begin(), experts.end()) < m_options.experts);
                double sum = 0.0;
                for (const QJsonValue &gate : layers[l]["gates"].toArray())
                    sum += gate.toDouble();
                QVERIFY(std::abs(sum - m_options.routedScale) < 1e-3);
            }
        }
    }

    void rowsDependOnlyOnTheTokensUpToTheirOwn()
    {
        const auto positionsOf = [this](const char *prompt) {
            const Result result = run(m_model.with({"trace", "--greedy", "--max-tokens", "2", "--prompt", prompt}));
            return result.json()["positions"].toArray();
        };
        const QJsonArray first = positionsOf("How deep is it?");
        const QJsonArray second = positionsOf("How deep is he?");
        int same = 0;
        while (first[same]["token"] == second[same]["token"])
            ++same;
        QVERIFY(same > 4);
        for (int i = 0; i < same; ++i)
            QCOMPARE(first[i], second[i]);
        QVERIFY(first[same]["layers"] != second[same]["layers"]);
        QSet<QJsonValue> choices;
        for (int i = 0; i < same; ++i)
            choices.insert(first[i]["layers"][0]["experts"]);
        QVERIFY(choices.size() > 1);
    }

    void tokensAreThoseOfGenerate()
    {
        const QJsonObject reply = run(m_model.with(QStringList{"generate", "--json"} + m_settings)).json();
        const QJsonObject json = trace();
        QJsonArray tokens;
        QString thinking;
        for (const QJsonValue &position : json["positions"].toArray()) {
            if (position["phase"].toString() != "prompt")
                tokens.append(position["token"]);
            if (position["phase"].toString() == "thinking")
                thinking += position["text"].toString();
        }
        QCOMPARE(tokens, reply["tokens"].toArray());
        QVERIFY(reply["thinking"].toString().startsWith(thinking));
        QVERIFY(!thinking.isEmpty());
    }

    void thePromptReadsAsTheModelReadIt()
    {
        QString prompt;
        for (const QJsonValue &position : trace()["positions"].toArray()) {
            if (position["phase"].toString() == "prompt")
                prompt += position["text"].toString();
        }
        QVERIFY2(prompt.contains("<｜User｜>How deep is it?<｜Assistant｜><think>"), qPrintable(prompt));
    }

    void theFlagForJsonChangesNothing() { QCOMPARE(trace({"--json"})["positions"], trace()["positions"]); }
};

QTEST_GUILESS_MAIN(CliTraceTest)
#include "tst_cli_trace.moc"
