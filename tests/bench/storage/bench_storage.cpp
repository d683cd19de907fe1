// How long the window waits for the history: listing, loading, committing. Each call goes through the storage thread.
//   bench_storage [--benchmark_filter=…]
// Time is wall-clock, CPU that of all threads; commits depend on the disk under the temporary folder (TMPDIR).

#include "tests/storage/support/store_client.h"

#include <benchmark/benchmark.h>

#include <filesystem>

#include <unistd.h>

using namespace storage;
using namespace storage::testing;

namespace {

/// A folder that is removed with its history.
class Folder {
public:
    Folder() : m_path(std::filesystem::temp_directory_path() / ("bench-storage-" + std::to_string(::getpid())))
    {
        std::filesystem::create_directories(m_path);
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    std::string file() const { return (m_path / "history.sqlite").string(); }

private:
    std::filesystem::path m_path;
};

void listConversations(benchmark::State &state)
{
    const Folder folder;
    StoreClient client(folder.file());
    for (int i = 0; i < state.range(0); ++i)
        client.store().createConversation("A title of usual length, number " + std::to_string(i), {});
    client.list();
    for (auto _ : state)
        benchmark::DoNotOptimize(client.list());
}
BENCHMARK(listConversations)
    ->Arg(100)
    ->Arg(5000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

/// Question and answer in turn: 200 bytes, and 800 of thinking with 1,200 of answer.
void loadConversation(benchmark::State &state)
{
    const Folder folder;
    StoreClient client(folder.file());
    const ConversationId id = client.create("long").id;
    for (int i = 0; i < state.range(0); ++i) {
        const MessageId parent = i; // ids of a new history count from 1
        MessageRecord record = i % 2 ? reply(id, parent) : question(id, parent, std::string(200, 'q'));
        record.state = MessageState::Complete;
        if (i % 2) {
            record.parts = {{PartKind::Thinking, std::string(800, 't')}, {PartKind::Answer, std::string(1200, 'a')}};
            record.statistics = StatisticsRecord();
        }
        client.store().addMessage(record, {});
    }
    client.list(); // behind them all
    for (auto _ : state)
        benchmark::DoNotOptimize(client.load(id));
}
BENCHMARK(loadConversation)->Arg(10)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

/// From the call to the completion of one piece of streamed text: what a commit with fsync costs.
void commitLatency(benchmark::State &state)
{
    const Folder folder;
    StoreClient client(folder.file());
    const MessageId id = client.add(reply(client.create("c").id, 0)).id;
    const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state)
        client.append(id, PartKind::Answer, text);
}
BENCHMARK(commitLatency)->Arg(100)->Arg(10000)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

/// The same with 64 calls in flight, which share transactions; per call.
void queuedAppends(benchmark::State &state)
{
    const Folder folder;
    StoreClient client(folder.file());
    const MessageId id = client.add(reply(client.create("c").id, 0)).id;
    for (auto _ : state) {
        for (int i = 0; i < 64; ++i)
            client.store().appendText(id, PartKind::Answer, std::string(100, 'x'), {});
        client.list();
    }
    state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(queuedAppends)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

/// Folding the chunks of a long reply: ten minutes of streaming at four pieces a second.
void finishLongReply(benchmark::State &state)
{
    const Folder folder;
    StoreClient client(folder.file());
    const ConversationId conversation = client.create("c").id;
    for (auto _ : state) {
        state.PauseTiming();
        const MessageId id = client.add(reply(conversation, 0)).id;
        for (int i = 0; i < 2400; ++i)
            client.store().appendText(id, i < 2000 ? PartKind::Thinking : PartKind::Answer, std::string(60, 'x'), {});
        client.list();
        state.ResumeTiming();
        client.finish(id);
    }
}
BENCHMARK(finishLongReply)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime()->Iterations(20);

/// A window opens: header, log, schema, streaming messages.
void openHistory(benchmark::State &state)
{
    const Folder folder;
    {
        StoreClient client(folder.file());
        for (int i = 0; i < 5000; ++i)
            client.store().createConversation("title " + std::to_string(i), {});
    }
    for (auto _ : state)
        StoreClient(folder.file()).list();
}
BENCHMARK(openHistory)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

} // namespace

BENCHMARK_MAIN();
