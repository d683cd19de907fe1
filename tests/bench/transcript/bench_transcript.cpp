// What the transcript costs: 1,000 tokens a second into a conversation of 50,000, the price of a token in short and
// long replies, and showing a conversation of 1,000 messages. The view alone, at a speed no bundled model reaches;
// bench_app measures the whole program.

#include "tests/bench/stall_watch.h"
#include "ui/theme/theme.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QPixmap>
#include <QScrollBar>
#include <QTimer>
#include <algorithm>
#include <cstdio>

namespace {

using bench::print;
using bench::processorMilliseconds;
using bench::wallMilliseconds;

constexpr int wordTokens = 12; // of the sample sentence

/// The text of a reply, token by token: prose, a list, code, a table, Chinese.
QString token(int index)
{
    static const QStringList words{"The ",   "router ", "**sends** ", "every ", "token ",    "to ",
                                   "eight ", "of ",     "the ",       "256 ",   "`experts`", ". "};
    const int sentence = index / wordTokens;
    QString result;
    if (index % wordTokens == 0) {
        const int part = sentence / 8 % 6;
        if (sentence % 8 == 0 && (part == 3 || part == 4))
            result = part == 3 ? "\n\n```cpp\n" : "```\n\n";
        else if (sentence % 8 == 0)
            result = "\n\n";
        else if (part == 2)
            result = "\n- ";
        else if (part == 3)
            result = "\n";
        else if (part == 5)
            result = QString::fromUtf8("路由器为每个词元选出八个专家。");
    }
    return result + words[index % wordTokens];
}

QString textOf(int tokens)
{
    QString text;
    for (int i = 0; i < tokens; ++i)
        text += token(i);
    return text;
}

ui::TranscriptMessage message(storage::MessageId id, bool user, const QString &text)
{
    ui::TranscriptMessage result;
    result.id = id;
    result.role = user ? storage::MessageRole::User : storage::MessageRole::Assistant;
    result.modelName = "nano-r1";
    result.answer = text;
    return result;
}

std::vector<ui::TranscriptMessage> conversation(int messages, int tokensPerReply)
{
    const QString answer = textOf(tokensPerReply);
    std::vector<ui::TranscriptMessage> result;
    for (int i = 0; i < messages; ++i)
        result.push_back(message(i + 1, i % 2 == 0, i % 2 == 0 ? "How are experts chosen?" : answer));
    return result;
}

void stream(ui::TranscriptView &view, int seconds, bool thinking)
{
    auto messages = conversation(20, 5000);
    ui::TranscriptMessage reply = message(1000, false, {});
    reply.state = storage::MessageState::Streaming;
    messages.push_back(reply);
    view.setMessages(std::move(messages));
    QCoreApplication::processEvents();
    const bench::StallWatch watch(view.viewport());
    QEventLoop loop; // quitting the application would close the window
    QElapsedTimer clock;
    int sent = 0;
    QTimer source;
    source.setTimerType(Qt::PreciseTimer);
    QObject::connect(&source, &QTimer::timeout, [&] {
        const auto due = static_cast<int>(clock.elapsed());
        for (; sent < due; ++sent)
            view.appendText(1000, thinking ? storage::PartKind::Thinking : storage::PartKind::Answer, token(sent));
        ui::LiveStatistics live;
        live.answerTokens = sent;
        live.tokensPerSecond = 1000;
        view.showLive(1000, live);
        if (clock.elapsed() >= seconds * 1000)
            loop.quit();
    });
    clock.start();
    source.start(1);
    const int layouts = view.layoutsMade();
    loop.exec();
    std::printf("%s: %d tokens in %d s into a conversation of 50,000 tokens, %d blocks laid out\n",
                thinking ? "thinking" : "answer", sent, seconds, view.layoutsMade() - layouts);
    watch.report();
}

/// Processor time of one token that is taken up and painted at once, behind `before` tokens of the same reply.
double pricePerToken(ui::TranscriptView &view, int before)
{
    ui::TranscriptMessage reply = message(1, false, {});
    reply.state = storage::MessageState::Streaming;
    view.setMessages({reply});
    view.appendText(1, storage::PartKind::Answer, textOf(before));
    view.stage()->flush();
    view.grab();
    constexpr int count = 480;
    const double start = processorMilliseconds();
    for (int i = 0; i < count; ++i) {
        view.appendText(1, storage::PartKind::Answer, token(before + i));
        view.stage()->flush();
        view.grab();
    }
    return (processorMilliseconds() - start) / count;
}

void open(ui::TranscriptView &view, int messages)
{
    auto content = conversation(messages, 250);
    const double wall = wallMilliseconds();
    const double processor = processorMilliseconds();
    view.setMessages(std::move(content));
    view.grab();
    std::printf("open %d messages and paint: %.1f ms wall, %.1f ms processor\n", messages, wallMilliseconds() - wall,
                processorMilliseconds() - processor);
}

void scrollThrough(ui::TranscriptView &view)
{
    view.setMessages(conversation(200, 500));
    std::vector<double> frames;
    view.scrollToEnd();
    for (int i = 0; i < 400; ++i) {
        const double start = processorMilliseconds();
        view.verticalScrollBar()->setValue(view.verticalScrollBar()->value() - 120);
        view.grab();
        frames.push_back(processorMilliseconds() - start);
    }
    std::printf("scroll up by 120 px and paint\n");
    print("processor", frames);
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    const int seconds = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 10;
    ui::theme::apply({});
    ui::TranscriptView view;
    view.resize(1000, 800);
    view.show();
    QCoreApplication::processEvents();
    view.setMessages(conversation(4, 200)); // fonts are loaded once
    view.grab();

    open(view, 1000);
    open(view, 2000);
    scrollThrough(view);
    const double early = pricePerToken(view, 1'000);
    const double late = pricePerToken(view, 30'000);
    std::printf("token taken up and painted: %.2f ms at 1,000 tokens, %.2f ms at 30,000 (ratio %.2f)\n", early, late,
                late / early);
    stream(view, seconds, false);
    stream(view, seconds, true);
    return 0;
}
