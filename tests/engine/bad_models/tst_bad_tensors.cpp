// Files that are correct safetensors but not the tensors the config needs.

#include "engine/model/weights.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <functional>
#include <limits>

using engine::ErrorCode;
using engine::memory::DType;
using support::complaint;
using support::NamedTensor;
using support::TinyModel;
using support::TinyModelOptions;
using Storage = TinyModelOptions::Storage;

namespace {

TinyModelOptions optionsFor(Storage storage)
{
    TinyModelOptions options;
    options.layers = 2;
    options.hidden = 32;
    options.denseWidth = 140; // two blocks of scales
    options.experts = 2;
    options.groups = 1;
    options.groupsPerToken = 1;
    options.expertsPerToken = 1;
    options.mtpModules = 1;
    options.mtpCopies = false;
    options.storage = storage;
    return options;
}

std::optional<engine::Failure> load(const TinyModel &model, const TinyModelOptions &options)
{
    const support::TemporaryFolder folder;
    support::writeTinyModel(model, options, folder.path());
    return support::failureOf([&] {
        const engine::model::Checkpoint checkpoint(folder.text());
        engine::model::resolveWeights(engine::model::readModelConfig(folder.text()), checkpoint);
    });
}

/// What happens to the model with each of its tensors changed by `edit`; empty when all is as expected.
std::string forEachTensor(Storage storage, ErrorCode code, const std::string &part,
                          const std::function<bool(TinyModel &, NamedTensor &)> &edit)
{
    const TinyModelOptions options = optionsFor(storage);
    const TinyModel model = support::makeTinyModel(options);
    for (std::size_t i = 0; i < model.tensors.size(); ++i) {
        TinyModel changed = model;
        if (!edit(changed, changed.tensors[i])) {
            continue;
        }
        const auto failure = load(changed, options);
        const std::string wrong = complaint(failure, code, part);
        const std::string named = complaint(failure, code, "'" + model.tensors[i].name + "'");
        if (!wrong.empty() || !named.empty()) {
            return model.tensors[i].name + ": " + wrong + named;
        }
    }
    return {};
}

void setElement(NamedTensor &tensor, std::size_t index, float value)
{
    const std::string element = support::makeTensor({}, tensor.dtype, {1}, {value}).bytes;
    tensor.bytes.replace(index * element.size(), element.size(), element);
}

} // namespace

class TestBadTensors : public QObject {
    Q_OBJECT

private slots:
    void theUnchangedModelsLoad_data();
    void theUnchangedModelsLoad();
    void everyMissingTensorIsNamed_data();
    void everyMissingTensorIsNamed();
    void everyWrongShapeIsNamed();
    void everyWrongTypeIsNamed();
    void everyNanIsFound_data();
    void everyNanIsFound();
    void everyInfinityIsFound();
    void manyMissingTensorsAreCounted();
    void unexpectedTensorsAreNamed();
    void scalesMustFitTheirWeights();
    void fp8NeedsItsConfig();
    void aScaleWithoutFp8IsUnexpected();
    void fp8IsOnlyForLinearLayers();
    void fusedExpertsAreRefused();
    void controlSequencesInNamesAreEscaped();
};

static void addStorages()
{
    QTest::addColumn<int>("storage");
    QTest::newRow("BF16") << static_cast<int>(Storage::BF16);
    QTest::newRow("FP8") << static_cast<int>(Storage::Fp8);
}

void TestBadTensors::theUnchangedModelsLoad_data()
{
    addStorages();
}

void TestBadTensors::theUnchangedModelsLoad()
{
    QFETCH(int, storage);
    const TinyModelOptions options = optionsFor(static_cast<Storage>(storage));
    const auto failure = load(support::makeTinyModel(options), options);
    QVERIFY2(!failure, failure ? failure->sentence.c_str() : "");
}

void TestBadTensors::everyMissingTensorIsNamed_data()
{
    addStorages();
}

void TestBadTensors::everyMissingTensorIsNamed()
{
    QFETCH(int, storage);
    const std::string wrong =
        forEachTensor(static_cast<Storage>(storage), ErrorCode::TensorMissing,
                      "1 tensor that config.json needs is missing", [](TinyModel &model, NamedTensor &tensor) {
                          model.remove(std::string(tensor.name));
                          return true;
                      });
    QCOMPARE(wrong, std::string());
}

void TestBadTensors::everyWrongShapeIsNamed()
{
    const auto longer = [](TinyModel &, NamedTensor &tensor) {
        tensor.bytes += tensor.bytes.substr(0, tensor.bytes.size() / tensor.shape[0]);
        ++tensor.shape[0];
        return true;
    };
    const auto transposed = [](TinyModel &, NamedTensor &tensor) {
        std::reverse(tensor.shape.begin(), tensor.shape.end());
        return tensor.shape.size() == 2 && tensor.shape[0] != tensor.shape[1];
    };
    const auto reshaped = [](TinyModel &, NamedTensor &tensor) {
        const std::vector<std::uint64_t> before = tensor.shape;
        tensor.shape = before.size() == 2 ? std::vector{before[0] * before[1], std::uint64_t{1}}
                                          : std::vector{std::uint64_t{1}, before[0]};
        return tensor.shape != before;
    };
    for (const auto &edit :
         std::initializer_list<std::function<bool(TinyModel &, NamedTensor &)>>{longer, transposed, reshaped}) {
        QCOMPARE(forEachTensor(Storage::Fp8, ErrorCode::TensorMismatch, "; config.json needs [", edit), std::string());
    }
}

void TestBadTensors::everyWrongTypeIsNamed()
{
    for (const DType type : {DType::I8, DType::U8, DType::F8_E5M2, DType::I16, DType::I32, DType::F64}) {
        const auto edit = [type](TinyModel &, NamedTensor &tensor) {
            tensor.bytes.resize(tensor.bytes.size() / dtypeBytes(tensor.dtype) * dtypeBytes(type));
            tensor.dtype = type;
            return true;
        };
        const std::string part = "has type " + std::string(dtypeName(type));
        QCOMPARE(forEachTensor(Storage::Fp8, ErrorCode::TensorMismatch, part, edit), std::string());
    }
}

void TestBadTensors::everyNanIsFound_data()
{
    addStorages();
}

void TestBadTensors::everyNanIsFound()
{
    QFETCH(int, storage);
    const auto edit = [](TinyModel &, NamedTensor &tensor) {
        const std::size_t count = tensor.bytes.size() / dtypeBytes(tensor.dtype);
        setElement(tensor, count - 1, std::numeric_limits<float>::quiet_NaN());
        return true;
    };
    QCOMPARE(forEachTensor(static_cast<Storage>(storage), ErrorCode::NonFinite, "first at index ", edit),
             std::string());
}

void TestBadTensors::everyInfinityIsFound()
{
    const auto edit = [](TinyModel &, NamedTensor &tensor) {
        setElement(tensor, 0, -std::numeric_limits<float>::infinity());
        return tensor.dtype != DType::F8_E4M3; // has none
    };
    QCOMPARE(forEachTensor(Storage::Fp8, ErrorCode::NonFinite, "first at index 0", edit), std::string());
    QCOMPARE(forEachTensor(Storage::F16, ErrorCode::NonFinite, "first at index 0", edit), std::string());
}

void TestBadTensors::manyMissingTensorsAreCounted()
{
    TinyModel model = support::makeTinyModel();
    std::erase_if(model.tensors,
                  [](const NamedTensor &tensor) { return tensor.name.starts_with("model.layers.2.mlp."); });
    const auto failure = load(model, {});
    // Router, bias, eight experts and the shared one with three matrices each.
    QCOMPARE(complaint(failure, ErrorCode::TensorMissing, "29 tensors that config.json needs are missing"),
             std::string());
    QCOMPARE(complaint(failure, ErrorCode::TensorMissing, "'model.layers.2.mlp.gate.weight', "), std::string());
    QCOMPARE(complaint(failure, ErrorCode::TensorMissing, " and 24 more."), std::string());
}

void TestBadTensors::unexpectedTensorsAreNamed()
{
    const auto withExtra = [](const std::string &name) {
        TinyModel model = support::makeTinyModel();
        model.tensors.push_back(support::makeTensor(name, DType::BF16, {1}, {1.0F}));
        return complaint(load(model, {}), ErrorCode::TensorUnexpected, "has no place for 1 tensor: '" + name + "'");
    };
    for (const char *name : {"model.layers.3.input_layernorm.weight", "model.layers.0.self_attn.q_proj.weight",
                             "model.layers.0.self_attn.q_a_proj.bias", "model.layers.1.mlp.experts.8.up_proj.weight",
                             "model.layers.1.mlp.gate_proj.weight", "model.layers.0.mlp.gate.weight", "score.weight",
                             "model.layers.01.input_layernorm.weight", "lm_head.weight_scale_inv"}) {
        QCOMPARE(withExtra(name), std::string());
    }
}

void TestBadTensors::scalesMustFitTheirWeights()
{
    TinyModelOptions options;
    options.storage = Storage::Fp8;
    const std::string name = "model.layers.0.mlp.gate_proj.weight_scale_inv"; // [2, 1] for 160 × 64
    const auto with = [&](ErrorCode code, const std::string &part, const std::function<void(NamedTensor &)> &edit) {
        TinyModel model = support::makeTinyModel(options);
        edit(model.tensor(name));
        return complaint(load(model, options), code, part);
    };
    const std::string none;
    QCOMPARE(with(ErrorCode::TensorMismatch, "has shape [1, 2]; config.json needs [2, 1]",
                  [](NamedTensor &t) {
                      t.shape = {1, 2};
                  }),
             none);
    QCOMPARE(with(ErrorCode::TensorMismatch, "has shape [2]", [](NamedTensor &t) { t.shape = {2}; }), none);
    QCOMPARE(with(ErrorCode::TensorMismatch, "has type BF16; config.json needs F32",
                  [](NamedTensor &t) {
                      t = support::makeTensor(t.name, DType::BF16, {2, 1}, {1.0F, 1.0F});
                  }),
             none);
    QCOMPARE(with(ErrorCode::NonFinite, "first at index 1",
                  [](NamedTensor &t) { setElement(t, 1, std::numeric_limits<float>::infinity()); }),
             none);
}

void TestBadTensors::fp8NeedsItsConfig()
{
    TinyModelOptions options;
    options.storage = Storage::Fp8;
    TinyModel model = support::makeTinyModel(options);
    model.config.erase("quantization_config");
    QCOMPARE(complaint(load(model, options), ErrorCode::TensorMismatch, "no quantization_config"), std::string());
}

void TestBadTensors::aScaleWithoutFp8IsUnexpected()
{
    TinyModelOptions options;
    options.storage = Storage::Fp8;
    TinyModel model = support::makeTinyModel(options);
    NamedTensor &weight = model.tensor("model.layers.0.self_attn.o_proj.weight");
    weight = support::makeTensor(weight.name, DType::BF16, weight.shape, std::vector<float>(64 * 96, 0.5F));
    QCOMPARE(complaint(load(model, options), ErrorCode::TensorUnexpected, "o_proj.weight_scale_inv'"), std::string());
}

void TestBadTensors::fp8IsOnlyForLinearLayers()
{
    TinyModelOptions options;
    options.storage = Storage::Fp8;
    for (const char *name : {"model.embed_tokens.weight", "model.norm.weight", "model.layers.1.mlp.gate.weight",
                             "model.layers.1.mlp.gate.e_score_correction_bias"}) {
        TinyModel model = support::makeTinyModel(options);
        NamedTensor &tensor = model.tensor(name);
        tensor.bytes.resize(tensor.bytes.size() / dtypeBytes(tensor.dtype));
        tensor.dtype = DType::F8_E4M3;
        QCOMPARE(complaint(load(model, options), ErrorCode::TensorMismatch, "has type F8_E4M3"), std::string());
    }
}

void TestBadTensors::fusedExpertsAreRefused()
{
    TinyModel model = support::makeTinyModel();
    std::erase_if(model.tensors,
                  [](const NamedTensor &tensor) { return tensor.name.find(".experts.") != std::string::npos; });
    model.tensors.push_back(support::makeTensor("model.layers.1.mlp.experts.gate_up_proj", DType::BF16, {1}, {0.0F}));
    QCOMPARE(complaint(load(model, {}), ErrorCode::UnsupportedFeature, "gate_up_proj"), std::string());
}

void TestBadTensors::controlSequencesInNamesAreEscaped()
{
    TinyModel model = support::makeTinyModel();
    model.tensors.push_back(support::makeTensor("evil\x1b]0;title\x07", DType::BF16, {1}, {0.0F}));
    QCOMPARE(complaint(load(model, {}), ErrorCode::TensorUnexpected, "evil\\x1b]0;title\\x07"), std::string());
}

QTEST_APPLESS_MAIN(TestBadTensors)
#include "tst_bad_tensors.moc"
