// Folders with random weights: whatever the architecture, the loader takes them and the forward pass stays finite.

#include "engine/synthetic_model.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/transformer/model_under_test.h"

#include <QTest>

#include <nlohmann/json.hpp>

using engine::ErrorCode;
using engine::SyntheticModelOptions;
using engine::SyntheticStorage;
using support::ModelUnderTest;

namespace {

const std::string cases = BATHYSCOPE_SOURCE_DIR "/tests/golden/cases/";

/// config.json of a golden case, and where to write a model like it.
struct Place {
    explicit Place(const std::string &name)
    {
        auto config = nlohmann::json::parse(support::readFile(cases + name + ".json")).at("config");
        support::writeFile(folder.path() / "like.json", config.dump());
        options.configFile = (folder.path() / "like.json").string();
        options.folder = (folder.path() / "model").string();
    }
    support::TemporaryFolder folder;
    SyntheticModelOptions options;
};

std::uint64_t write(const SyntheticModelOptions &options)
{
    return engine::writeSyntheticModel(options, [](std::uint64_t, std::uint64_t) { return true; });
}

} // namespace

class SyntheticModelTest : public QObject {
    Q_OBJECT

private slots:
    void everyArchitectureLoadsAndRuns_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"f32-yarn", "bf16-plain-query", "llama-gqa-llama3", "llama-linear-tied-bias", "qwen2",
                                 "qwen3-yarn", "deepseek-moe", "deepseek-v2-lite", "deepseek-v2"})
            QTest::newRow(name) << name;
    }
    void everyArchitectureLoadsAndRuns()
    {
        QFETCH(QString, name);
        for (const auto storage : {SyntheticStorage::F32, SyntheticStorage::BF16, SyntheticStorage::FP8}) {
            Place place(name.toStdString());
            place.options.storage = storage;
            const std::uint64_t bytes = write(place.options);
            ModelUnderTest model(place.options.folder);
            QCOMPARE(model.files->diskBytes(), bytes);
            const bool quantized = storage == SyntheticStorage::FP8;
            QCOMPARE(model.config.quantization.quant_method == engine::model::QuantizationConfig::Method::Fp8,
                     quantized);
            auto cache = model.transformer.makeCache();
            const auto logits = model.lastLogits(std::vector<engine::TokenId>{3, 1, 4, 1, 5, 9, 2, 6}, cache);
            const auto [low, high] = std::minmax_element(logits.begin(), logits.end());
            QVERIFY(*high > *low && *high < 100.0F && *low > -100.0F);
        }
    }

    void shardsAndLayersAreAsAskedFor()
    {
        Place place("f32-yarn");
        place.options.shardBytes = 100'000;
        place.options.layers = 5;
        write(place.options);
        QVERIFY(std::filesystem::exists(std::filesystem::path(place.options.folder) / "model.safetensors.index.json"));
        const ModelUnderTest model(place.options.folder);
        QCOMPARE(model.config.num_hidden_layers, 5);
        QCOMPARE(model.weights.layers.size(), std::size_t{5});
        QCOMPARE(model.weights.mtp.size(), std::size_t{1});
    }

    void theSameSeedGivesTheSameBytes()
    {
        Place first("qwen2");
        Place second("qwen2");
        Place third("qwen2");
        third.options.seed = 2;
        for (const Place *place : {&first, &second, &third})
            write(place->options);
        const auto bytesOf = [](const Place &place) {
            return support::readFile(std::filesystem::path(place.options.folder) / "model.safetensors");
        };
        QVERIFY(bytesOf(first) == bytesOf(second));
        QVERIFY(bytesOf(first) != bytesOf(third));
    }

    void aModelThatIsThereIsNotOverwritten()
    {
        Place place("qwen2");
        write(place.options);
        const auto failure = support::failureOf([&] { write(place.options); });
        QVERIFY(failure.has_value());
        QVERIFY(failure->code == ErrorCode::RequestInvalid);
        QVERIFY(failure->sentence.find("not overwritten") != std::string::npos);
    }

    void aConfigTheEngineDoesNotRunIsRefused()
    {
        Place place("qwen2");
        support::writeFile(place.options.configFile, R"({"model_type": "mistral"})");
        const auto failure = support::failureOf([&] { write(place.options); });
        QCOMPARE(support::complaint(failure, ErrorCode::UnsupportedArchitecture, "mistral"), std::string());
    }

    void itStopsWhenAskedTo()
    {
        Place place("qwen2");
        std::uint64_t seen = 0;
        engine::writeSyntheticModel(place.options, [&](std::uint64_t done, std::uint64_t total) {
            seen = done;
            return done > total; // never: stops at the first piece
        });
        QVERIFY(seen > 0);
        QVERIFY(support::failureOf([&] { engine::model::Checkpoint checkpoint(place.options.folder); }).has_value());
    }
};

QTEST_GUILESS_MAIN(SyntheticModelTest)
#include "tst_synthetic_model.moc"
