// Indexes of sharded models that name wrong files or wrong tensors.

#include "engine/model/checkpoint.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <functional>
#include <memory>

using engine::ErrorCode;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const char *const indexName = "model.safetensors.index.json";

} // namespace

class TestBadIndex : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void shardNamesMustBePlain_data();
    void shardNamesMustBePlain();
    void brokenIndexes_data();
    void brokenIndexes();
    void indexAndShardsMustAgree();
    void twoModelsInOneFolderAreAmbiguous();

private:
    fs::path file(const char *name) const { return m_folder->path() / name; }
    void editIndex(const std::function<void(Json &)> &edit);
    std::string openWeights(ErrorCode code, const std::string &part) const;

    std::unique_ptr<support::TemporaryFolder> m_folder;
    support::TinyModel m_model = support::makeTinyModel();
};

/// Every test starts with a whole model in three shards.
void TestBadIndex::init()
{
    support::TinyModelOptions options;
    options.shards = 3;
    m_folder = std::make_unique<support::TemporaryFolder>();
    support::writeTinyModel(m_model, options, m_folder->path());
}

void TestBadIndex::cleanup()
{
    m_folder.reset();
}

void TestBadIndex::editIndex(const std::function<void(Json &)> &edit)
{
    Json index = Json::parse(support::readFile(file(indexName)));
    edit(index["weight_map"]);
    support::writeFile(file(indexName), index.dump());
}

std::string TestBadIndex::openWeights(ErrorCode code, const std::string &part) const
{
    const auto failure = support::failureOf([&] { engine::model::Checkpoint checkpoint(m_folder->text()); });
    return support::complaint(failure, code, part);
}

void TestBadIndex::shardNamesMustBePlain_data()
{
    QTest::addColumn<QByteArray>("name");
    const std::vector<std::pair<const char *, QByteArray>> names = {
        {"parent", "../model.safetensors"},
        {"grandparent", "../../etc/passwd"},
        {"absolute", "/etc/passwd"},
        {"absolute shard", "/model.safetensors"},
        {"sub-folder", "sub/model.safetensors"},
        {"dot folder", "./model.safetensors"},
        {"backslash", "..\\model.safetensors"},
        {"empty", ""},
        {"only the ending", ".safetensors"},
        {"other ending", "model.bin"},
        {"ending in capitals", "model.SAFETENSORS"},
        {"no ending", "model"},
        {"space", "my model.safetensors"},
        {"NUL", QByteArray("model\0.safetensors", 18)},
        {"NUL at the end", QByteArray("model.safetensors\0", 18)},
        {"line break", "model\n.safetensors"},
        {"escape", "\x1b[2Jmodel.safetensors"},
        {"percent", "%2e%2e%2fmodel.safetensors"},
        {"not ASCII", "modèle.safetensors"},
        {"fullwidth slash", "a／b.safetensors"},
        {"colon", "c:model.safetensors"},
        {"URL", "https://example.org/model.safetensors"},
        {"tilde", "~/model.safetensors"},
        {"241 characters", QByteArray(241, 'a') + ".safetensors"},
        {"a megabyte", QByteArray(1 << 20, 'a') + ".safetensors"},
    };
    for (const auto &[label, name] : names) {
        QTest::newRow(label) << name;
    }
}

void TestBadIndex::shardNamesMustBePlain()
{
    QFETCH(QByteArray, name);
    editIndex([&](Json &map) { map["lm_head.weight"] = name.toStdString(); });
    QCOMPARE(openWeights(ErrorCode::FileMalformed, "must end in .safetensors and stay inside"), std::string());
}

void TestBadIndex::brokenIndexes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("part");
    const auto row = [](const char *name, const QByteArray &text, const char *part) {
        QTest::newRow(name) << text << part;
    };
    row("empty", "", "byte");
    row("a list", "[]", "not a JSON object");
    row("a number", "1", "not a JSON object");
    row("no map", R"({"metadata":{}})", "weight_map is missing");
    row("empty map", R"({"weight_map":{}})", "lists no tensors");
    row("map is a list", R"({"weight_map":["a"]})", "not an object");
    row("map is text", R"({"weight_map":"a"})", "not an object");
    row("map is null", R"({"weight_map":null})", "not an object");
    row("file is a number", R"({"weight_map":{"a":1}})", "weight_map.a: a file name must be text");
    row("file is null", R"({"weight_map":{"a":null}})", "must be text");
    row("file is a list", R"({"weight_map":{"a":["m.safetensors"]}})", "must be text");
    row("file is an object", R"({"weight_map":{"a":{}}})", "must be text");
    row("tensor twice", R"({"weight_map":{"a":"m.safetensors","a":"m.safetensors"}})",
        "weight_map.a: this key stands there twice");
    row("map twice", R"({"weight_map":{},"weight_map":{}})", "weight_map: this key stands there twice");
    row("deep metadata", R"({"metadata":)" + QByteArray(70, '[') + QByteArray(70, ']') + "}", "nested deeper than 64");
    row("NUL", QByteArray("{\"weight_map\":{}}\0", 18), "NUL");
}

void TestBadIndex::brokenIndexes()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, part);
    support::writeFile(file(indexName), text.toStdString());
    QCOMPARE(openWeights(ErrorCode::FileMalformed, part.toStdString()), std::string());
}

void TestBadIndex::indexAndShardsMustAgree()
{
    const std::string none;
    const std::string head = "lm_head.weight";
    const std::string right = support::readFile(file(indexName));
    const auto shardOf = [&](const Json &map) { return map[head].get<std::string>(); };

    editIndex([&](Json &map) {
        map[head] = shardOf(map).starts_with("model-00001") ? "model-00002-of-00003.safetensors"
                                                            : "model-00001-of-00003.safetensors";
    });
    QCOMPARE(openWeights(ErrorCode::TensorMissing, "1 tensor not in the file it is listed for: 'lm_head.weight'"),
             none);
    support::writeFile(file(indexName), right);
    editIndex([](Json &map) {
        for (const char *name : {"a", "b", "c", "d", "e", "f", "g"}) {
            map[name] = "model-00001-of-00003.safetensors";
        }
    });
    QCOMPARE(openWeights(ErrorCode::TensorMissing, "7 tensors not in the file"), none);
    QCOMPARE(openWeights(ErrorCode::TensorMissing, "'a', 'b', 'c', 'd', 'e' and 2 more"), none);
    support::writeFile(file(indexName), right);
    editIndex([&](Json &map) { map.erase(head); });
    QCOMPARE(openWeights(ErrorCode::TensorUnexpected, "1 tensor in the shards but not listed: 'lm_head.weight'"), none);
    support::writeFile(file(indexName), right);
    editIndex([&](Json &map) { map[head] = "model-00004-of-00003.safetensors"; });
    QCOMPARE(openWeights(ErrorCode::FileMissing, "model-00004-of-00003.safetensors: there is no such file"), none);
    support::writeFile(file(indexName), right);

    fs::copy_file(file("model-00001-of-00003.safetensors"), file("copy.safetensors"));
    editIndex([&](Json &map) { map["extra"] = "copy.safetensors"; });
    QCOMPARE(openWeights(ErrorCode::TensorUnexpected, "as well"), none);
    support::writeFile(file(indexName), right);
    fs::remove(file("model-00003-of-00003.safetensors"));
    QCOMPARE(openWeights(ErrorCode::FileMissing, "model-00003-of-00003.safetensors"), none);
    fs::copy_file(file("model-00001-of-00003.safetensors"), file("model-00003-of-00003.safetensors"));
    QCOMPARE(openWeights(ErrorCode::TensorUnexpected, "as well"), none);
    fs::resize_file(file("model-00002-of-00003.safetensors"), 5);
    QCOMPARE(openWeights(ErrorCode::FileTruncated, "model-00002-of-00003.safetensors: has 5 bytes"), none);
}

void TestBadIndex::twoModelsInOneFolderAreAmbiguous()
{
    support::writeSafetensors(file("model.safetensors"), m_model.tensors);
    QCOMPARE(openWeights(ErrorCode::FileMalformed, "not clear which"), std::string());
}

QTEST_APPLESS_MAIN(TestBadIndex)
#include "tst_bad_index.moc"
