// Files that shrink or change while they are open. None of it may end the process.

#include "engine/memory/mapped_file.h"
#include "engine/model/weights.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <atomic>
#include <chrono>
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using engine::ErrorCode;
using engine::memory::MappedFile;
using engine::model::Checkpoint;
using support::complaint;
using support::failureOf;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t fileBytes = 64 * 1024;

MappedFile openMapped(const fs::path &path)
{
    support::writeFile(path, std::string(fileBytes, 'x'));
    MappedFile file(path.string(), "weights.bin");
    file.map();
    return file;
}

std::uint64_t sumOf(std::span<const std::byte> bytes)
{
    std::uint64_t sum = 0;
    for (const std::byte byte : bytes) {
        sum += std::to_integer<std::uint64_t>(byte);
    }
    return sum;
}

} // namespace

class TestFileChanges : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void truncationUnderALiveMappingIsSurvived();
    void onlyTheTruncatedMappingIsMarked();
    void manyThreadsMayMeetTheFault();
    void aShortReadIsAChangedFile();
    void readingBehindTheEndIsATruncatedFile();
    void rewritingInPlaceIsNoticed();
    void checkpointNamesTheChangedShard();
    void loadingWhileTheFileShrinksEndsInAnErrorOrAModel();
    void otherBusErrorsStillEndTheProcess();
};

/// The test library's own handler for fatal signals would run a debugger.
void TestFileChanges::initTestCase()
{
    ::signal(SIGBUS, SIG_DFL);
}

void TestFileChanges::truncationUnderALiveMappingIsSurvived()
{
    const support::TemporaryFolder folder;
    const fs::path path = folder.path() / "weights";
    for (int round = 0; round < 200; ++round) {
        const MappedFile file = openMapped(path);
        const std::size_t left = static_cast<std::size_t>(round) * 311 % fileBytes;
        fs::resize_file(path, left);
        const std::uint64_t sum = sumOf(file.bytes());
        // The last page that is still there is zero behind the new end; so is everything after it.
        QCOMPARE(sum, static_cast<std::uint64_t>('x') * left);
        QVERIFY(file.shrunk());
        QVERIFY(file.changed());
    }
}

void TestFileChanges::onlyTheTruncatedMappingIsMarked()
{
    const support::TemporaryFolder folder;
    const MappedFile whole = openMapped(folder.path() / "whole");
    const MappedFile cut = openMapped(folder.path() / "cut");
    fs::resize_file(folder.path() / "cut", 0);
    QCOMPARE(sumOf(cut.bytes()), std::uint64_t{0});
    fs::resize_file(folder.path() / "cut", fileBytes); // the old size again, but the bytes are lost
    QVERIFY(cut.shrunk());
    QVERIFY(!whole.shrunk());
    QVERIFY(!whole.changed());
    QCOMPARE(sumOf(whole.bytes()), static_cast<std::uint64_t>('x') * fileBytes);
}

void TestFileChanges::manyThreadsMayMeetTheFault()
{
    const support::TemporaryFolder folder;
    const fs::path path = folder.path() / "weights";
    const MappedFile file = openMapped(path);
    fs::resize_file(path, 0);
    std::atomic<std::uint64_t> total = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] { total += sumOf(file.bytes()); });
    }
    threads.clear();
    QCOMPARE(total.load(), std::uint64_t{0});
    QVERIFY(file.shrunk());
}

void TestFileChanges::aShortReadIsAChangedFile()
{
    const support::TemporaryFolder folder;
    const fs::path path = folder.path() / "weights";
    const MappedFile file = openMapped(path);
    fs::resize_file(path, 100);
    std::array<std::byte, 200> target{};
    QCOMPARE(complaint(failureOf([&] { file.read(0, target); }), ErrorCode::FileChanged, "changed on disk"),
             std::string());
}

void TestFileChanges::readingBehindTheEndIsATruncatedFile()
{
    const support::TemporaryFolder folder;
    const MappedFile file = openMapped(folder.path() / "weights");
    std::array<std::byte, 2> target{};
    file.read(fileBytes - 2, target);
    for (const std::uint64_t offset : {std::uint64_t{fileBytes - 1}, std::uint64_t{fileBytes}, UINT64_MAX}) {
        QCOMPARE(complaint(failureOf([&] { file.read(offset, target); }), ErrorCode::FileTruncated, "65536"),
                 std::string());
    }
}

void TestFileChanges::rewritingInPlaceIsNoticed()
{
    const support::TemporaryFolder folder;
    const fs::path path = folder.path() / "weights";
    const MappedFile file = openMapped(path);
    QVERIFY(!file.changed());
    support::writeFile(path, std::string(fileBytes, 'y'));
    // The clock of file times is coarse: make sure it has moved on.
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(2));
    QVERIFY(!file.shrunk());
    QVERIFY(file.changed());
}

void TestFileChanges::checkpointNamesTheChangedShard()
{
    support::TinyModelOptions options;
    options.shards = 2;
    const support::TemporaryFolder folder;
    support::writeTinyModel(options, folder.path());
    const Checkpoint checkpoint(folder.text());
    checkpoint.throwIfChanged();
    fs::resize_file(folder.path() / "model-00002-of-00002.safetensors", 1000);
    const auto failure = failureOf([&] { checkpoint.throwIfChanged(); });
    QCOMPARE(complaint(failure, ErrorCode::FileChanged, "model-00002-of-00002.safetensors: changed on disk"),
             std::string());
    const auto config = engine::model::readModelConfig(folder.text());
    QVERIFY(failureOf([&] { engine::model::resolveWeights(config, checkpoint); }));
}

void TestFileChanges::loadingWhileTheFileShrinksEndsInAnErrorOrAModel()
{
    const support::TemporaryFolder folder;
    support::writeTinyModel({}, folder.path());
    const fs::path path = folder.path() / "model.safetensors";
    const std::string whole = support::readFile(path);
    const auto config = engine::model::readModelConfig(folder.text());
    int failures = 0;
    for (int round = 0; round < 100; ++round) {
        support::writeFile(path, whole);
        std::jthread cutter([&, round] {
            std::this_thread::sleep_for(std::chrono::microseconds(round * 20));
            fs::resize_file(path, whole.size() * static_cast<std::size_t>(round) / 100);
        });
        if (round == 0)
            cutter.join(); // on a busy machine all others may come too late
        const auto failure = failureOf([&] {
            const Checkpoint checkpoint(folder.text());
            engine::model::resolveWeights(config, checkpoint);
        });
        if (failure) {
            ++failures;
            QVERIFY2(failure->code == ErrorCode::FileChanged || failure->code == ErrorCode::FileTruncated,
                     failure->sentence.c_str());
        }
    }
    QVERIFY(failures > 0);
}

void TestFileChanges::otherBusErrorsStillEndTheProcess()
{
    const support::TemporaryFolder folder;
    const MappedFile file = openMapped(folder.path() / "weights"); // installs the handler
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit noCore = {0, 0};
        ::setrlimit(RLIMIT_CORE, &noCore);
        ::raise(SIGBUS);
        ::_exit(0); // not reached
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

QTEST_APPLESS_MAIN(TestFileChanges)
#include "tst_file_changes.moc"
