// Opening the tensors of a model folder.

#include "engine/model/checkpoint.h"
#include "engine/model/detail/message.h"
#include "engine/model/detail/sha256.h"
#include "engine/model/model_summary.h"
#include "engine/model/weights.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <cstdint>
#include <cstring>

using engine::ErrorCode;
using engine::memory::Tensor;
using engine::model::Checkpoint;
using support::TinyModel;
using support::TinyModelOptions;
namespace fs = std::filesystem;

namespace {

bool sameAsWritten(const Checkpoint &checkpoint, const std::vector<support::NamedTensor> &tensors)
{
    bool same = checkpoint.size() == tensors.size();
    for (const support::NamedTensor &written : tensors) {
        const Tensor &read = checkpoint.tensor(written.name);
        same = same && read.dtype == written.dtype && std::ranges::equal(read.dims(), written.shape) &&
               read.bytes() == written.bytes.size() &&
               std::memcmp(read.data, written.bytes.data(), written.bytes.size()) == 0;
    }
    return same;
}

std::string fingerprintOf(const fs::path &folder)
{
    return Checkpoint(folder.string()).fingerprint();
}

} // namespace

class TestCheckpoint : public QObject {
    Q_OBJECT

private slots:
    void readsWhatWasWritten_data();
    void readsWhatWasWritten();
    void tensorsStayWhereTheyAreWhenMoved();
    void namesAbsentTensors();
    void followsTheLinksOfTheHubCache();
    void opensAHubSnapshotOf163Shards();
    void fingerprintFollowsConfigHeadersAndData();
    void summarizesForTheUser();
    void sha256MatchesTheStandard();
    void namesAreShownEscaped();
};

void TestCheckpoint::readsWhatWasWritten_data()
{
    QTest::addColumn<int>("shards");
    QTest::addColumn<int>("alignment");
    QTest::newRow("one file") << 1 << 8;
    QTest::newRow("one file, odd addresses") << 1 << 1;
    QTest::newRow("three shards") << 3 << 8;
    QTest::newRow("three shards, odd addresses") << 3 << 1;
}

void TestCheckpoint::readsWhatWasWritten()
{
    QFETCH(int, shards);
    QFETCH(int, alignment);
    TinyModelOptions options;
    options.storage = TinyModelOptions::Storage::Fp8;
    options.shards = shards;
    options.alignment = alignment;
    const TinyModel model = support::makeTinyModel(options);
    const support::TemporaryFolder folder;
    support::writeTinyModel(model, options, folder.path());

    const Checkpoint checkpoint(folder.text());
    QVERIFY(sameAsWritten(checkpoint, model.tensors));
    std::uint64_t bytes = 0;
    for (const support::NamedTensor &tensor : model.tensors) {
        bytes += tensor.bytes.size();
    }
    QCOMPARE(checkpoint.totalBytes(), bytes);
    const std::vector<std::string> names = checkpoint.names();
    QCOMPARE(names.size(), model.tensors.size());
    QVERIFY(std::is_sorted(names.begin(), names.end()));
    QVERIFY(checkpoint.fileOf("lm_head.weight").starts_with(folder.text() + "/model"));
    checkpoint.throwIfChanged();
}

void TestCheckpoint::tensorsStayWhereTheyAreWhenMoved()
{
    const support::TemporaryFolder folder;
    const TinyModel model = support::makeTinyModel();
    support::writeTinyModel(model, {}, folder.path());
    Checkpoint first(folder.text());
    const void *before = first.tensor("model.norm.weight").data;
    const Checkpoint second = std::move(first);
    QCOMPARE(second.tensor("model.norm.weight").data, before);
    QVERIFY(sameAsWritten(second, model.tensors));
}

void TestCheckpoint::namesAbsentTensors()
{
    const support::TemporaryFolder folder;
    support::writeTinyModel({}, folder.path());
    const Checkpoint checkpoint(folder.text());
    QVERIFY(!checkpoint.contains("no.such.weight"));
    const auto failure = support::failureOf([&] { checkpoint.tensor("no.such.weight"); });
    QCOMPARE(support::complaint(failure, ErrorCode::TensorMissing, "'no.such.weight'"), std::string());
}

void TestCheckpoint::followsTheLinksOfTheHubCache()
{
    const support::TemporaryFolder cache;
    const fs::path repository = cache.path() / "models--org--tiny";
    const fs::path snapshot = repository / "snapshots" / "0123abcd";
    const TinyModel model = support::makeTinyModel();
    support::writeTinyModel(model, {}, repository / "blobs");
    fs::create_directories(snapshot);
    for (const char *name : {"config.json", "generation_config.json", "model.safetensors"}) {
        fs::create_symlink(fs::path("../../blobs") / name, snapshot / name);
    }
    const Checkpoint checkpoint(snapshot.string());
    QVERIFY(sameAsWritten(checkpoint, model.tensors));
    QCOMPARE(engine::model::readModelConfig(snapshot.string()).hidden_size, 64);
    QVERIFY(engine::model::readGenerationConfig(snapshot.string()).temperature > 0.0F);
}

/// As many shards as DeepSeek-V3 has, each a link to a blob that is named by its hash.
void TestCheckpoint::opensAHubSnapshotOf163Shards()
{
    const support::TemporaryFolder cache;
    const fs::path repository = cache.path() / "models--org--large";
    const fs::path snapshot = repository / "snapshots" / "0123abcd";
    TinyModelOptions options;
    options.layers = 8;
    options.shards = 163;
    const TinyModel model = support::makeTinyModel(options);
    QVERIFY(model.tensors.size() > 163);
    support::writeTinyModel(model, options, cache.path() / "download");
    fs::create_directories(repository / "blobs");
    fs::create_directories(snapshot);
    int blob = 0;
    for (const auto &file : fs::directory_iterator(cache.path() / "download")) {
        const std::string name = "b10b" + std::to_string(blob++);
        fs::rename(file.path(), repository / "blobs" / name);
        fs::create_symlink(fs::path("../../blobs") / name, snapshot / file.path().filename());
    }
    QVERIFY(blob > 163);
    const Checkpoint checkpoint(snapshot.string());
    QVERIFY(sameAsWritten(checkpoint, model.tensors));
    const auto config = engine::model::readModelConfig(snapshot.string());
    QCOMPARE(engine::model::resolveWeights(config, checkpoint).layers.size(), std::size_t{8});
}

void TestCheckpoint::fingerprintFollowsConfigHeadersAndData()
{
    const support::TemporaryFolder folder;
    TinyModelOptions otherWeights;
    otherWeights.seed = 2;
    TinyModelOptions otherConfig;
    otherConfig.maxPositions = 1024;
    support::writeTinyModel({}, folder.path() / "a");
    support::writeTinyModel({}, folder.path() / "b");
    support::writeTinyModel(otherWeights, folder.path() / "c");
    support::writeTinyModel(otherConfig, folder.path() / "d");
    const std::string print = fingerprintOf(folder.path() / "a");
    QCOMPARE(print.size(), std::size_t{64});
    QCOMPARE(fingerprintOf(folder.path() / "b"), print);
    QVERIFY(fingerprintOf(folder.path() / "c") != print); // same header, other numbers
    QVERIFY(fingerprintOf(folder.path() / "d") != print);
}

void TestCheckpoint::summarizesForTheUser()
{
    TinyModelOptions options;
    options.storage = TinyModelOptions::Storage::Fp8;
    options.mtpModules = 1;
    options.tied = true;
    const TinyModel model = support::makeTinyModel(options);
    const support::TemporaryFolder parent;
    const fs::path folder = parent.path() / "tiny-r1";
    support::writeTinyModel(model, options, folder);
    const Checkpoint checkpoint(folder.string());
    const auto config = engine::model::readModelConfig(folder.string());
    const engine::ModelInfo info = engine::model::summarize(config, checkpoint, folder.string() + "/", 4);

    std::uint64_t main = 0;
    std::uint64_t mtp = 0;
    for (const support::NamedTensor &tensor : model.tensors) {
        const bool counted = !tensor.name.ends_with("_scale_inv") && !tensor.name.ends_with("embed_tokens.weight") &&
                             !tensor.name.ends_with("head.weight");
        if (counted) {
            (tensor.name.starts_with("model.layers.3.") ? mtp : main) += checkpoint.tensor(tensor.name).elements();
        }
    }
    QCOMPARE(info.parametersTotal, main + checkpoint.tensor("model.embed_tokens.weight").elements());
    QCOMPARE(info.parametersMtp, mtp);
    // Two MoE layers, each with 8 − 3 idle experts of three 64×32 matrices.
    QCOMPARE(info.parametersActive, info.parametersTotal - 2U * 5U * 3U * 64U * 32U);
    QCOMPARE(info.name, std::string("tiny-r1"));
    QCOMPARE(info.architecture, std::string("deepseek_v3"));
    QCOMPARE(info.quantization, std::string("FP8 E4M3 128x128 + BF16"));
    QCOMPARE(info.weightBytes, checkpoint.totalBytes());
    QCOMPARE(info.kvBytesPerToken, std::uint64_t{3 * (32 + 8) * 4});
    QCOMPARE(info.moeLayers, (std::vector<int>{1, 2}));
    QCOMPARE(info.routedExperts, 8);
    QCOMPARE(info.expertGroups, 4);
    QCOMPARE(info.groupsPerToken, 2);
    QCOMPARE(info.recommendedTemperature, 0.6F);
    QCOMPARE(info.recommendedMaxTokens, 256);
    QCOMPARE(info.fingerprint, checkpoint.fingerprint());
}

void TestCheckpoint::sha256MatchesTheStandard()
{
    const auto digest = [](const std::string &text, std::size_t piece) {
        engine::model::Sha256 sha;
        for (std::size_t at = 0; at < text.size(); at += piece) {
            sha.update(std::string_view(text).substr(at, piece));
        }
        return sha.hex();
    };
    // FIPS 180-4 example values.
    QCOMPARE(digest("", 1), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    QCOMPARE(digest("abc", 1), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    const std::string two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    QCOMPARE(digest(two, 7), std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    const std::string million(1'000'000, 'a');
    QCOMPARE(digest(million, 997), std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

void TestCheckpoint::namesAreShownEscaped()
{
    using engine::model::printable;
    QCOMPARE(printable("a\x1b[31mb\n\x7f"), std::string("a\\x1b[31mb\\x0a\\x7f"));
    QCOMPARE(printable("\xc2\x9b"), std::string("\\x9b"));
    QCOMPARE(printable("é一"), std::string("é一"));
    QVERIFY(printable(std::string(1'000'000, 'x')).size() < 210);
    QCOMPARE(engine::model::grouped(0), std::string("0"));
    QCOMPARE(engine::model::grouped(1'234'567), std::string("1,234,567"));
    QCOMPARE(engine::model::upToFive({"a", "b", "c", "d", "e", "f", "g"}),
             std::string("'a', 'b', 'c', 'd', 'e' and 2 more"));
}

QTEST_APPLESS_MAIN(TestCheckpoint)
#include "tst_checkpoint.moc"
