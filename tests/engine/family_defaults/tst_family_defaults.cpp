// What a model card recommends is told where generation_config.json says nothing, and never over it.

#include "engine/model/family_defaults.h"
#include "engine/runtime/loaded_model.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

using engine::ModelInfo;
using Advice = engine::SystemPromptAdvice;

class FamilyDefaultsTest : public QObject {
    Q_OBJECT

    static ModelInfo completed(const std::string &templateName, const std::string &architecture,
                               float temperature = -1.0F, bool onlyLastSystem = false)
    {
        ModelInfo info;
        info.templateName = templateName;
        info.architecture = architecture;
        info.recommendedTemperature = temperature;
        engine::model::addFamilyDefaults(info, onlyLastSystem);
        return info;
    }

private slots:
    void everyFamilyHasItsRecommendation_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<float>("temperature");
        QTest::addColumn<float>("topP");
        QTest::addColumn<int>("maxTokens");
        QTest::addColumn<int>("advice");
        const auto row = [](const char *name, const char *architecture, float temperature, float topP, int maxTokens,
                            Advice advice) {
            QTest::newRow(name) << QString(architecture) << temperature << topP << maxTokens
                                << static_cast<int>(advice);
        };
        row("deepseek-llm", "llama", 0.7F, 0.9F, -1, Advice::Discouraged);
        row("deepseek-coder", "llama", 0.0F, 0.95F, -1, Advice::Supported);
        row("deepseek-v2.5", "deepseek_v2", 0.3F, 0.95F, -1, Advice::Supported);
        row("deepseek-v3", "deepseek_v3", 0.3F, -1.0F, -1, Advice::Supported);
        row("deepseek-r1", "qwen2", 0.6F, 0.95F, 32768, Advice::Discouraged);
        row("deepseek-r1-0528", "qwen3", 0.6F, 0.95F, 65536, Advice::Supported);
        row("deepseek-v3.1", "deepseek_v3", 0.6F, 0.95F, -1, Advice::Supported);
    }

    void everyFamilyHasItsRecommendation()
    {
        QFETCH(QString, architecture);
        QFETCH(float, temperature);
        QFETCH(float, topP);
        QFETCH(int, maxTokens);
        QFETCH(int, advice);
        const ModelInfo info = completed(QTest::currentDataTag(), architecture.toStdString());
        QCOMPARE(info.recommendedTemperature, temperature);
        QCOMPARE(info.recommendedTopP, topP);
        QCOMPARE(info.recommendedMaxTokens, maxTokens);
        QCOMPARE(static_cast<int>(info.systemPrompt), advice);
        QVERIFY(info.recommendationSource.starts_with("DeepSeek"));
    }

    void theSameTemplateOnAnotherArchitectureIsAnotherFamily()
    {
        QCOMPARE(completed("deepseek-llm", "deepseek_v2").recommendedTemperature, 0.3F);
        QVERIFY(completed("deepseek-llm", "deepseek_v2").systemPrompt == Advice::Supported);
        const ModelInfo unknown = completed("deepseek-v3", "qwen2");
        QCOMPARE(unknown.recommendedTemperature, -1.0F);
        QVERIFY(unknown.recommendationSource.empty());
    }

    void theFileWins()
    {
        const ModelInfo info = completed("deepseek-r1", "deepseek_v3", 0.55F);
        QCOMPARE(info.recommendedTemperature, 0.55F);
        QCOMPARE(info.recommendedTopP, -1.0F); // the file leaves it open, the card's belongs to the card's temperature
        QCOMPARE(info.recommendedMaxTokens, 32768);
        QCOMPARE(info.recommendationSource, std::string("generation_config.json"));
        QCOMPARE(info.leastTemperature, 0.5F);
        QCOMPARE(info.greatestTemperature, 0.7F);
        QVERIFY(info.greedyRepeats);
    }

    /// As nano-r1: the template of R1, but not R1.
    void aModelThatRecommendsSomethingElseIsNotOfTheFamily()
    {
        const ModelInfo info = completed("deepseek-r1", "deepseek_v3", 0.3F, true);
        QCOMPARE(info.recommendedTemperature, 0.3F);
        QCOMPARE(info.recommendedMaxTokens, -1);
        QVERIFY(!info.greedyRepeats);
        QCOMPARE(info.leastTemperature, -1.0F);
        QVERIFY(info.systemPrompt == Advice::LastOnly);
    }

    void aLoadedModelHasThem()
    {
        support::TinyModelOptions options;
        support::TinyModel model = support::makeTinyModel(options);
        model.generationConfig.erase("temperature");
        model.generationConfig.erase("top_p");
        const support::TemporaryFolder folder;
        support::writeTinyModel(model, options, folder.path());
        const engine::runtime::LoadedModel loaded(folder.text(), {});
        QCOMPARE(loaded.info().templateName, std::string("deepseek-r1"));
        QCOMPARE(loaded.info().recommendationSource, std::string("DeepSeek-R1 model card"));
        QCOMPARE(loaded.info().recommendedTemperature, 0.6F);
        QVERIFY(loaded.info().reasons && loaded.info().greedyRepeats && !loaded.info().canSwitchThinking);
        QVERIFY(loaded.info().systemPrompt == Advice::Discouraged);
    }
};

QTEST_APPLESS_MAIN(FamilyDefaultsTest)
#include "tst_family_defaults.moc"
