// Every layout the other programs use is found, each model once, and nothing is touched.

#include "tests/engine/model_library/library_scan.h"
#include "tests/engine/support/fake_library.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

using engine::ModelFormat;
using engine::ModelPlaceKind;
using support::FakeLibrary;
using support::Scanned;
using Names = std::vector<std::string>;
using Snapshot = FakeLibrary::Snapshot;

namespace fs = std::filesystem;

class LibraryLayoutsTest : public QObject {
    Q_OBJECT

private slots:
    void fiveHundredModelsAreFoundAndNothingIsTouched()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path() / "用户 🐋");
        const Names expected = library.fill500();
        QCOMPARE(expected.size(), std::size_t{500});
        const auto before = support::traces(library.home());
        const Scanned found = support::scan(support::placesBelow(library.home()));
        QCOMPARE(support::traces(library.home()), before);
        QCOMPARE(found.names(), expected);
        QCOMPARE(found.calls, 500);
        for (const auto &[path, entry] : found.entries) {
            if (entry.format == ModelFormat::Safetensors)
                QVERIFY2(!entry.failure && entry.plan, entry.failure ? entry.failure->sentence.c_str() : path.c_str());
        }
    }

    void aFolderIsDescribedFromItsHeaders()
    {
        const support::TemporaryFolder folder;
        support::TinyModelOptions options;
        options.storage = support::TinyModelOptions::Storage::Fp8;
        support::writeTinyModel(options, folder.path() / "tiny");
        const auto entry = support::scanFolder(folder.path()).named("tiny");
        QCOMPARE(entry.path, (folder.path() / "tiny").string());
        QCOMPARE(entry.architecture, std::string("deepseek_v3"));
        QCOMPARE(entry.contextLength, options.maxPositions);
        QVERIFY(entry.quantization.starts_with("FP8 E4M3 128x128") || entry.quantization.starts_with("BF16"));
        QVERIFY(entry.parametersTotal > entry.parametersActive && entry.parametersActive > 0);
        QVERIFY(entry.plan && entry.plan->fits());
        const auto plan = engine::planMemory(entry.path, 0, 1);
        QCOMPARE(quint64{entry.plan->weightBytes}, quint64{plan.weightBytes});
        QCOMPARE(quint64{entry.plan->kvBytes}, quint64{plan.kvBytes});
        QCOMPARE(quint64{entry.plan->bufferBytes}, quint64{plan.bufferBytes});
        QCOMPARE(quint64{entry.bytes}, quint64{plan.weightBytes});
    }

    void hubSnapshots_data()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("links") << static_cast<int>(Snapshot::Links);
        QTest::newRow("plain files") << static_cast<int>(Snapshot::PlainFiles);
        QTest::newRow("shared blobs") << static_cast<int>(Snapshot::SharedBlobs);
    }

    void hubSnapshots()
    {
        QFETCH(int, kind);
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        const fs::path snapshot = library.addHubModel("deepseek-ai/DeepSeek-V2-Lite", static_cast<Snapshot>(kind));
        const Scanned found = support::scan(support::placesBelow(library.home()));
        QCOMPARE(found.names(), Names{"deepseek-ai/DeepSeek-V2-Lite"});
        const auto entry = found.named("deepseek-ai/DeepSeek-V2-Lite");
        QCOMPARE(entry.path, snapshot.string());
        QVERIFY2(!entry.failure, entry.failure ? entry.failure->sentence.c_str() : "");
        QCOMPARE(static_cast<int>(entry.places.front().kind), static_cast<int>(ModelPlaceKind::HuggingFace));
    }

    void onlyTheSnapshotOfTheMainBranchIsListed()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        const fs::path main = library.addHubModel("a/b", Snapshot::Links, std::string(40, '1'));
        const fs::path newer = library.addHubModel("a/b", Snapshot::Links, std::string(40, '2'), false);
        const auto now = fs::file_time_type::clock::now();
        fs::last_write_time(main, now - std::chrono::hours(1));
        fs::last_write_time(newer, now);
        QCOMPARE(support::scanFolder(library.hub()).named("a/b").path, main.string());
        fs::remove(library.hub() / "models--a--b/refs/main");
        QCOMPARE(support::scanFolder(library.hub()).named("a/b").path, newer.string());
    }

    void ggufFilesOfARepositoryAreListedOneByOne()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        const fs::path snapshot = library.hub() / "models--who--R1-GGUF/snapshots" / std::string(40, 'c');
        fs::create_directories(snapshot);
        for (const char *file : {"R1-Q4_K_M.gguf", "R1-Q8_0.gguf"})
            support::writeFile(snapshot / file, support::ggufFile("llama"));
        QCOMPARE(support::scanFolder(library.hub()).names(), (Names{"who/R1-GGUF/R1-Q4_K_M", "who/R1-GGUF/R1-Q8_0"}));
    }

    void ollamaModelsGoByNameAndTag()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        const fs::path blob = library.addOllamaModel("registry.ollama.ai/library/deepseek-r1/7b");
        library.addOllamaModel("registry.ollama.ai/小明/r1/latest");
        library.addOllamaModel("hf.co/who/R1-GGUF/Q4_K_M");
        const Scanned found = support::scan(support::placesBelow(library.home()));
        QCOMPARE(found.names(), (Names{"deepseek-r1:7b", "hf.co/who/R1-GGUF:Q4_K_M", "小明/r1:latest"}));
        QCOMPARE(found.named("deepseek-r1:7b").path, blob.string());
    }

    void twoNamesOfOneOllamaBlobAreOneModel()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        library.addOllamaModel("registry.ollama.ai/library/deepseek-r1/7b");
        const fs::path manifests = library.ollama() / "manifests/registry.ollama.ai/library/deepseek-r1";
        fs::copy_file(manifests / "7b", manifests / "latest");
        QCOMPARE(support::scanFolder(library.ollama()).names(), Names{"deepseek-r1:7b"});
    }

    void aSplitFileIsOneModel()
    {
        const support::TemporaryFolder folder;
        for (const char *file : {"big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "small.gguf"})
            support::writeFile(folder.path() / file, support::ggufFile("deepseek2"));
        const Scanned found = support::scanFolder(folder.path());
        QCOMPARE(found.names(), (Names{"big", "small"}));
        QCOMPARE(found.named("big").path, (folder.path() / "big-00001-of-00002.gguf").string());
        QCOMPARE(quint64{found.named("big").bytes}, quint64{2 * found.named("small").bytes});
    }

    void whatIsSeenInTwoPlacesIsOneModelWithBoth()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        library.addHubModel("a/b");
        const fs::path chosen = folder.path() / "mine";
        fs::create_directories(chosen);
        fs::create_directory_symlink(library.hub(), chosen / "the cache");
        const Scanned found = support::scan(
            {{ModelPlaceKind::HuggingFace, library.hub().string()}, {ModelPlaceKind::Chosen, chosen.string()}});
        QCOMPARE(found.names(), Names{"a/b"});
        QCOMPARE(found.calls, 2);
        QCOMPARE(found.named("a/b").places.size(), std::size_t{2});
        QCOMPARE(found.reports[1].models, 1);
    }

    void aFolderMayBeAModelItself()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        library.writeModel(folder.path() / "深海");
        QCOMPARE(support::scanFolder(folder.path() / "深海").names(), Names{"深海"});
        library.addHubModel("a/b");
        QCOMPARE(support::scanFolder(library.hub() / "models--a--b").names(), Names{"a/b"});
    }

    void linksThatLeadBackEnd()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        library.writeModel(folder.path() / "one/two/model");
        fs::create_directory_symlink(folder.path(), folder.path() / "one/two/back");
        fs::create_symlink("self", folder.path() / "self");
        fs::create_symlink("nowhere", folder.path() / "broken");
        QCOMPARE(support::scanFolder(folder.path()).names(), Names{"model"});
    }

    void whatIsNoModelIsPassedBy()
    {
        const support::TemporaryFolder folder;
        support::writeFile(folder.path() / "config.json", "{\"name\": \"a web page\"}");
        support::writeFile(folder.path() / "notes.txt", "hello");
        fs::create_directories(folder.path() / ".hidden");
        support::writeFile(folder.path() / ".hidden/x.gguf", support::ggufFile("llama"));
        fs::create_directories(folder.path() / "datasets--a--b/snapshots/x");
        support::writeFile(folder.path() / "datasets--a--b/snapshots/x/x.gguf", support::ggufFile("llama"));
        const Scanned found = support::scanFolder(folder.path());
        QCOMPARE(found.names(), Names{});
        QVERIFY(found.reports[0].exists && !found.reports[0].failure);
    }

    void aStopEndsTheScanWithinAModel()
    {
        const support::TemporaryFolder folder;
        FakeLibrary library(folder.path());
        for (int i = 0; i < 20; ++i)
            library.writeModel(folder.path() / std::to_string(i));
        std::stop_source stop;
        int seen = 0;
        engine::scanModels({{ModelPlaceKind::Chosen, folder.text()}, {ModelPlaceKind::Chosen, "/tmp"}}, {1},
                           stop.get_token(), [&](const engine::ModelEntry &entry) {
                               QVERIFY(!entry.failure);
                               if (++seen == 3)
                                   stop.request_stop();
                           });
        QCOMPARE(seen, 3);
    }
};

QTEST_GUILESS_MAIN(LibraryLayoutsTest)
#include "tst_library_layouts.moc"
