// Folders whose files are not what they should be, or are somewhere else.

#include "engine/model/checkpoint.h"
#include "engine/model/model_config.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <memory>
#include <sys/stat.h>
#include <unistd.h>

using engine::ErrorCode;
using engine::model::Checkpoint;
using support::complaint;
using support::failureOf;
namespace fs = std::filesystem;

namespace {

const char *const indexName = "model.safetensors.index.json";

std::string openWeights(const fs::path &folder, ErrorCode code, const std::string &part)
{
    return complaint(failureOf([&] { Checkpoint checkpoint(folder.string()); }), code, part);
}

std::string openConfig(const fs::path &folder, ErrorCode code, const std::string &part)
{
    return complaint(failureOf([&] { engine::model::readModelConfig(folder.string()); }), code, part);
}

} // namespace

class TestBadFolders : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void foldersThatAreNone();
    void foldersWithoutFiles();
    void otherWeightFormatsAreNamedButNotOpened();
    void specialFilesAreRefusedWithoutWaiting();
    void linksMustStayInsideTheFolder();
    void linksOfTheHubCacheMustStayInTheirRepository();
    void unreadableFilesAreNamed();
    void oversizedTextsAreNotRead();

private:
    fs::path file(const char *name) const { return m_folder->path() / name; }

    std::unique_ptr<support::TemporaryFolder> m_folder;
    support::TinyModel m_model = support::makeTinyModel();
};

/// Every test starts with a whole model in one file.
void TestBadFolders::init()
{
    m_folder = std::make_unique<support::TemporaryFolder>();
    support::writeTinyModel(m_model, {}, m_folder->path());
}

void TestBadFolders::cleanup()
{
    m_folder.reset();
}

void TestBadFolders::foldersThatAreNone()
{
    const std::string none;
    QCOMPARE(openConfig(file("nowhere"), ErrorCode::FileMissing, "no such folder"), none);
    QCOMPARE(openWeights(file("nowhere"), ErrorCode::FileMissing, "no such folder"), none);
    QCOMPARE(openConfig(file("config.json"), ErrorCode::FileUnreadable, "not a folder"), none);
    QCOMPARE(openWeights(file("config.json") / "x", ErrorCode::FileUnreadable, "config.json/x"), none);
    fs::create_symlink("loop", file("loop"));
    QCOMPARE(openWeights(file("loop"), ErrorCode::FileUnreadable, "loop"), none);
    const auto unnamed = failureOf([] { Checkpoint checkpoint(""); });
    QVERIFY(unnamed && unnamed->code == ErrorCode::FileMissing);
}

void TestBadFolders::foldersWithoutFiles()
{
    fs::remove(file("config.json"));
    QCOMPARE(openConfig(m_folder->path(), ErrorCode::FileMissing, "config.json: there is no such file"), std::string());
    fs::remove(file("model.safetensors"));
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMissing, "neither model.safetensors nor"), std::string());
}

void TestBadFolders::otherWeightFormatsAreNamedButNotOpened()
{
    for (const char *name :
         {"pytorch_model.bin", "consolidated.00.pth", "model-q4.gguf", "adapter_model.safetensors"}) {
        fs::rename(file("model.safetensors"), file(name));
        QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMissing, name), std::string());
        fs::rename(file(name), file("model.safetensors"));
    }
}

void TestBadFolders::specialFilesAreRefusedWithoutWaiting()
{
    for (const char *name : {"config.json", "model.safetensors"}) {
        const auto open = std::string(name) == "config.json" ? openConfig : openWeights;
        const std::string part = std::string(name) + ": cannot be read (it is not a regular file)";
        fs::remove(file(name));
        QCOMPARE(::mkfifo(file(name).c_str(), 0600), 0);
        QCOMPARE(open(m_folder->path(), ErrorCode::FileUnreadable, part), std::string());
        fs::remove(file(name));
        fs::create_directory(file(name));
        QCOMPARE(open(m_folder->path(), ErrorCode::FileUnreadable, part), std::string());
        fs::remove(file(name));
        // A link to a FIFO inside the folder is allowed as a link, but the FIFO is not.
        QCOMPARE(::mkfifo(file("pipe").c_str(), 0600), 0);
        fs::create_symlink("pipe", file(name));
        QCOMPARE(open(m_folder->path(), ErrorCode::FileUnreadable, part), std::string());
        fs::remove(file("pipe"));
    }
}

void TestBadFolders::linksMustStayInsideTheFolder()
{
    const support::TemporaryFolder elsewhere;
    support::writeTinyModel(m_model, {}, elsewhere.path());
    const std::string none;
    const auto link = [&](const fs::path &target) {
        fs::remove(file("model.safetensors"));
        fs::create_symlink(target, file("model.safetensors"));
    };
    link(elsewhere.path() / "model.safetensors");
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMalformed, "leaves the model folder"), none);
    link(fs::path("..") / elsewhere.path().filename() / "model.safetensors");
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMalformed, "leaves the model folder"), none);
    link("/dev/zero");
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMalformed, "leaves the model folder"), none);
    link("/proc/self/environ");
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMalformed, "leaves the model folder"), none);
    link("gone");
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMissing, "a link to a file that does not exist"), none);
    link("model.safetensors");
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileUnreadable, "model.safetensors"), none);
    // A folder whose name merely begins like this one is not inside it.
    const fs::path twin = m_folder->text() + "-twin";
    fs::create_directory(twin);
    support::writeFile(twin / "model.safetensors", "x");
    link(twin / "model.safetensors");
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMalformed, "leaves the model folder"), none);
    fs::remove_all(twin);

    fs::create_directory(file("real"));
    support::writeTinyModel(m_model, {}, file("real"));
    link("real/model.safetensors");
    QVERIFY(!failureOf([&] { Checkpoint checkpoint(m_folder->text()); }));
    fs::remove(file("config.json"));
    fs::create_symlink(elsewhere.path() / "config.json", file("config.json"));
    QCOMPARE(openConfig(m_folder->path(), ErrorCode::FileMalformed, "leaves the model folder"), none);
}

void TestBadFolders::linksOfTheHubCacheMustStayInTheirRepository()
{
    const fs::path snapshot = file("hub") / "models--a--one" / "snapshots" / "ffff";
    const fs::path other = file("hub") / "models--a--two" / "blobs";
    fs::create_directories(snapshot);
    fs::create_directories(other);
    fs::copy_file(file("model.safetensors"), other / "abcd");
    fs::create_symlink("../../../models--a--two/blobs/abcd", snapshot / "model.safetensors");
    QCOMPARE(openWeights(snapshot, ErrorCode::FileMalformed, "leaves the model folder"), std::string());
}

void TestBadFolders::unreadableFilesAreNamed()
{
    if (::geteuid() == 0) {
        QSKIP("the superuser may read everything");
    }
    fs::permissions(file("model.safetensors"), fs::perms::none);
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileUnreadable, "Permission denied"), std::string());
}

void TestBadFolders::oversizedTextsAreNotRead()
{
    fs::resize_file(file("config.json"), (std::uint64_t{4} << 20) + 1);
    QCOMPARE(openConfig(m_folder->path(), ErrorCode::FileMalformed, "more than the 4,194,304"), std::string());
    fs::remove(file("model.safetensors"));
    support::writeShards(m_folder->path(), m_model.tensors, 3);
    fs::resize_file(file(indexName), std::uint64_t{1} << 40);
    QCOMPARE(openWeights(m_folder->path(), ErrorCode::FileMalformed, "more than the 67,108,864"), std::string());
}

QTEST_APPLESS_MAIN(TestBadFolders)
#include "tst_bad_folders.moc"
