// 5,000 conversations: handing them over and the first picture, one key in the search field, one message that moves a
// conversation to the top.

#include "ui/conversations/conversation_list.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDateTime>
#include <QPixmap>
#include <benchmark/benchmark.h>
#include <memory>

namespace {

constexpr int conversationCount = 5000;

std::vector<storage::ConversationSummary> makeConversations()
{
    std::vector<storage::ConversationSummary> all(conversationCount);
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].id = static_cast<storage::ConversationId>(i + 1);
        all[i].title =
            "Conversation " + std::to_string(i) + (i % 3 == 0 ? " 草莓里有几个字母" : " about sorting numbers");
        all[i].pinned = i % 500 == 0;
        all[i].updatedAt = now - static_cast<std::int64_t>(i) * 600'000;
    }
    return all;
}

std::unique_ptr<ui::ConversationList> makeList()
{
    auto list = std::make_unique<ui::ConversationList>();
    list->resize(264, 800);
    list->show();
    return list;
}

void setAndPaint(benchmark::State &state)
{
    const auto conversations = makeConversations();
    const auto list = makeList();
    for (auto _ : state) {
        list->conversations()->setConversations(conversations);
        benchmark::DoNotOptimize(list->grab());
    }
}

void filterAndPaint(benchmark::State &state)
{
    const auto list = makeList();
    list->conversations()->setConversations(makeConversations());
    bool on = false;
    for (auto _ : state) {
        list->conversations()->setFilter((on = !on) ? QStringLiteral("字母") : QString());
        benchmark::DoNotOptimize(list->grab());
    }
}

void moveOldestToTop(benchmark::State &state)
{
    const auto list = makeList();
    auto conversations = makeConversations();
    list->conversations()->setConversations(conversations);
    std::size_t oldest = conversations.size() - 1;
    std::int64_t now = QDateTime::currentMSecsSinceEpoch();
    for (auto _ : state) {
        conversations[oldest].updatedAt = ++now;
        list->conversations()->update(conversations[oldest]);
        oldest = oldest > 1 ? oldest - 1 : conversations.size() - 1;
    }
}

BENCHMARK(setAndPaint)->Unit(benchmark::kMillisecond);
BENCHMARK(filterAndPaint)->Unit(benchmark::kMillisecond);
BENCHMARK(moveOldestToTop)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    ui::theme::apply(ui::UiSettings());
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
