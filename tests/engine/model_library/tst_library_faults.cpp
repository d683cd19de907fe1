// What cannot be opened is listed with the reason, by name.

#include "tests/engine/model_library/library_scan.h"
#include "tests/engine/support/fake_library.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>
#include <sys/stat.h>
#include <unistd.h>

using engine::ErrorCode;
using engine::ModelEntry;
using engine::ModelPlaceKind;
using support::FakeLibrary;
using support::Scanned;

namespace fs = std::filesystem;

namespace {

/// Empty if the entry is refused with this code and a sentence that contains `part`.
std::string complaint(const ModelEntry &entry, ErrorCode code, const std::string &part)
{
    if (entry.path.empty())
        return "not listed";
    if (!entry.failure)
        return "not refused";
    const bool right = entry.failure->code == code && entry.failure->sentence.find(part) != std::string::npos;
    return right && !entry.plan ? std::string() : entry.failure->sentence;
}

void verify(const ModelEntry &entry, ErrorCode code, const std::string &part)
{
    const std::string wrong = complaint(entry, code, part);
    QVERIFY2(wrong.empty(), wrong.c_str());
}

QString manifest(const QString &digest)
{
    return "{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":" + digest + "}]}";
}

/// A whole tiny model whose files can be damaged.
class Model {
public:
    explicit Model(support::TinyModelOptions options = {}) { support::writeTinyModel(options, path()); }
    fs::path path() const { return m_folder.path() / "model"; }
    fs::path file(const char *name) const { return path() / name; }
    ModelEntry entry() const { return support::scanFolder(m_folder.path()).named("model"); }

    void replaceInConfig(const std::string &from, const std::string &to) const
    {
        std::string text = support::readFile(file("config.json"));
        const auto at = text.find(from);
        QVERIFY(at != std::string::npos);
        support::writeFile(file("config.json"), text.replace(at, from.size(), to));
    }

private:
    support::TemporaryFolder m_folder;
};

} // namespace

class LibraryFaultsTest : public QObject {
    Q_OBJECT

private slots:
    void anUnsupportedArchitectureIsNamed()
    {
        const Model model;
        model.replaceInConfig("\"deepseek_v3\"", "\"deepseek_v32\"");
        const ModelEntry entry = model.entry();
        verify(entry, ErrorCode::UnsupportedArchitecture, "model_type = \"deepseek_v32\" is not supported");
        QCOMPARE(entry.architecture, std::string("deepseek_v32"));
        QVERIFY(entry.bytes > 0);
    }

    void aMissingShardIsNamed()
    {
        support::TinyModelOptions options;
        options.shards = 3;
        const Model model(options);
        fs::remove(model.file("model-00002-of-00003.safetensors"));
        const ModelEntry entry = model.entry();
        verify(entry, ErrorCode::FileMissing, "model-00002-of-00003.safetensors");
        QCOMPARE(entry.architecture, std::string("deepseek_v3"));
        QVERIFY(entry.parametersTotal > 0);
    }

    void aDamagedHeaderIsNamed()
    {
        const Model model;
        std::string bytes = support::readFile(model.file("model.safetensors"));
        bytes[20] = '\x01';
        support::writeFile(model.file("model.safetensors"), bytes);
        verify(model.entry(), ErrorCode::FileMalformed, "model.safetensors");
    }

    void aShortFileIsNamed()
    {
        const Model model;
        fs::resize_file(model.file("model.safetensors"), fs::file_size(model.file("model.safetensors")) - 100);
        verify(model.entry(), ErrorCode::FileTruncated, "100 bytes shorter");
    }

    void aMissingTokenizerIsNamed()
    {
        const Model model;
        fs::remove(model.file("tokenizer.json"));
        verify(model.entry(), ErrorCode::FileMissing, "tokenizer.json");
    }

    void weightsWithoutAConfigAreListed()
    {
        const Model model;
        fs::remove(model.file("config.json"));
        verify(model.entry(), ErrorCode::FileMissing, "config.json");
    }

    void pickledWeightsAreNeverOpened()
    {
        const Model model;
        fs::rename(model.file("model.safetensors"), model.file("pytorch_model.bin"));
        verify(model.entry(), ErrorCode::FileMissing, "pytorch_model.bin");
    }

    void anAdapterIsNoModel()
    {
        const Model model;
        fs::rename(model.file("config.json"), model.file("adapter_config.json"));
        fs::rename(model.file("model.safetensors"), model.file("adapter_model.safetensors"));
        verify(model.entry(), ErrorCode::UnsupportedFeature, "adapter");
    }

    void anUnfinishedDownloadOfTheHubIsSaid()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        const fs::path snapshot = library.addHubModel("a/b");
        const fs::path blobs = library.hub() / "models--a--b/blobs";
        fs::remove(snapshot / "model.safetensors");
        support::writeFile(blobs / "0123.incomplete", "half");
        const ModelEntry entry = support::scanFolder(library.hub()).named("a/b");
        verify(entry, ErrorCode::FileMissing, "The download has not finished");
        QVERIFY(entry.failure->sentence.find("0123.incomplete") != std::string::npos);
        QVERIFY(entry.failure->sentence.find("model.safetensors") != std::string::npos);
        fs::remove_all(library.hub() / "models--a--b/snapshots");
        verify(support::scanFolder(library.hub()).named("a/b"), ErrorCode::FileTruncated, "0123.incomplete");
    }

    void leftoversOfADownloadDoNotSpoilAWholeModel()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        library.addHubModel("a/b");
        support::writeFile(library.hub() / "models--a--b/blobs/0123.incomplete", "half");
        QVERIFY(!support::scanFolder(library.hub()).named("a/b").failure);
    }

    void aLinkOutOfTheCacheIsRefused()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        const fs::path snapshot = library.addHubModel("a/b");
        fs::rename(fs::canonical(snapshot / "model.safetensors"), folder.path() / "elsewhere");
        fs::remove(snapshot / "model.safetensors");
        fs::create_symlink(folder.path() / "elsewhere", snapshot / "model.safetensors");
        verify(support::scanFolder(library.hub()).named("a/b"), ErrorCode::FileMalformed, "leaves the model folder");
    }

    void unfinishedGgufFilesAreSaid_data()
    {
        QTest::addColumn<QString>("file");
        QTest::newRow("part") << "r1.gguf.part";
        QTest::newRow("incomplete") << "r1.gguf.incomplete";
        QTest::newRow("llama.cpp") << "r1.gguf.downloadInProgress";
        QTest::newRow("GPT4All") << "incomplete-r1.gguf";
    }

    void unfinishedGgufFilesAreSaid()
    {
        QFETCH(QString, file);
        const support::TemporaryFolder folder;
        support::writeFile(folder.path() / file.toStdString(), "GGUF");
        verify(support::scanFolder(folder.path()).named("r1"), ErrorCode::FileTruncated, "has not finished");
    }

    void aMissingPartOfASplitFileIsNamed()
    {
        const support::TemporaryFolder folder;
        for (const char *file : {"big-00001-of-00003.gguf", "big-00003-of-00003.gguf"})
            support::writeFile(folder.path() / file, support::ggufFile("llama"));
        verify(support::scanFolder(folder.path()).named("big"), ErrorCode::FileMissing, "big-00002-of-00003.gguf");
    }

    void whatOnlyCallsItselfGgufIsRefused()
    {
        const support::TemporaryFolder folder;
        support::writeFile(folder.path() / "a.gguf", "<html>not found</html>");
        support::writeFile(folder.path() / "b.gguf", "");
        fs::create_symlink("nowhere", folder.path() / "c.gguf");
        ::mkfifo((folder.path() / "d.gguf").c_str(), 0600);
        const Scanned found = support::scanFolder(folder.path());
        QCOMPARE(found.entries.size(), std::size_t{4});
        for (const auto &[path, entry] : found.entries)
            QVERIFY2(entry.failure && entry.failure->sentence.find(path) != std::string::npos, path.c_str());
    }

    void damagedManifestsAreNamed_data()
    {
        QTest::addColumn<QString>("manifest");
        QTest::newRow("not JSON") << "{";
        QTest::newRow("list") << "[1]";
        QTest::newRow("no layers") << "{\"layers\": 3}";
        QTest::newRow("strange layers") << "{\"layers\": [1, null, {}, {\"mediaType\": 5}]}";
        // As long as a real one.
        QTest::newRow("path as digest") << manifest("\"sha256:" + QString("../").repeated(18) + "etc/passwd\"");
        QTest::newRow("number as digest") << manifest("7");
    }

    void damagedManifestsAreNamed()
    {
        QFETCH(QString, manifest);
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        library.addOllamaModel("registry.ollama.ai/library/r1/7b");
        const fs::path file = library.ollama() / "manifests/registry.ollama.ai/library/r1/7b";
        support::writeFile(file, manifest.toStdString());
        const ModelEntry entry = support::scanFolder(library.ollama()).named("r1:7b");
        QVERIFY(entry.failure);
        QVERIFY2(entry.failure->sentence.find(file.string()) != std::string::npos, entry.failure->sentence.c_str());
    }

    void aMissingBlobIsNamed()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        const fs::path blob = library.addOllamaModel("registry.ollama.ai/library/r1/7b");
        fs::rename(blob, blob.string() + "-partial-0");
        verify(support::scanFolder(library.ollama()).named("r1:7b"), ErrorCode::FileMissing, "has not finished");
        fs::remove(blob.string() + "-partial-0");
        verify(support::scanFolder(library.ollama()).named("r1:7b"), ErrorCode::FileMissing, blob.filename().string());
    }

    void placesThatCannotBeReadAreReported()
    {
        const support::TemporaryFolder folder;
        support::writeFile(folder.path() / "file", "no folder");
        const Scanned found = support::scan({{ModelPlaceKind::Chosen, (folder.path() / "gone").string()},
                                             {ModelPlaceKind::Chosen, (folder.path() / "file").string()}});
        QCOMPARE(found.reports.size(), std::size_t{2});
        QVERIFY(!found.reports[0].exists && !found.reports[0].failure);
        QVERIFY(found.reports[1].exists && found.reports[1].failure);
    }
};

QTEST_GUILESS_MAIN(LibraryFaultsTest)
#include "tst_library_faults.moc"
