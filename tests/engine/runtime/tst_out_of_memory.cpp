// Memory runs out in the middle of a reply: what was written stays, and the engine goes on.

#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

#include <cstdint>
#include <fstream>
#include <malloc.h>
#include <optional>
#include <sys/resource.h>
#include <unistd.h>

namespace {

/// No further page of address space while it lives; what was taken before can be used.
class NoMoreMemory {
public:
    NoMoreMemory()
    {
        ::getrlimit(RLIMIT_AS, &m_before);
        std::uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        struct rlimit limit = m_before;
        limit.rlim_cur = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        ::setrlimit(RLIMIT_AS, &limit);
    }
    ~NoMoreMemory() { ::setrlimit(RLIMIT_AS, &m_before); }
    NoMoreMemory(const NoMoreMemory &) = delete;
    NoMoreMemory &operator=(const NoMoreMemory &) = delete;

private:
    struct rlimit m_before = {};
};

} // namespace

class OutOfMemoryTest : public QObject {
    Q_OBJECT

private slots:
    /// Else glibc has room in reserve for the pages of the cache: what loading gave back, and an arena of each thread.
    void initTestCase()
    {
        ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
        ::mallopt(M_ARENA_MAX, 1);
    }

    void whatWasWrittenStays()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer needs address space of its own");
#endif
        support::TinyModelOptions options;
        options.seed = 8;          // goes on for long
        options.kvLoraRank = 4096; // a page of the cache is then a mapping of its own
        const support::TemporaryFolder folder;
        const std::string model = (folder.path() / "wide").string();
        support::writeTinyModel(options, model);
        EngineDriver driver;
        QVERIFY(driver.load(model));

        std::optional<NoMoreMemory> full;
        auto request = question(1, "Go on", 400);
        request.sampler.temperature = 0.0F;
        const auto answer = driver.generate(request, atToken(5, [&] { full.emplace(); }));
        full.reset();
        QVERIFY2(answer.failed, std::to_string(answer.tokens.size()).c_str());
        QVERIFY(answer.failed->failure.code == engine::ErrorCode::OutOfMemory);
        QVERIFY2(answer.failed->failure.sentence.find("KV cache") != std::string::npos,
                 answer.failed->failure.sentence.c_str());
        QVERIFY(answer.tokens.size() >= 5);
        QCOMPARE(answer.failed->statistics.thinkingTokens + answer.failed->statistics.answerTokens,
                 static_cast<int>(answer.tokens.size()));

        request.id = 2;
        const auto again = driver.generate(request);
        QVERIFY(again.finished);
        QVERIFY(again.tokens.size() > answer.tokens.size());
    }
};

QTEST_GUILESS_MAIN(OutOfMemoryTest)
#include "tst_out_of_memory.moc"
