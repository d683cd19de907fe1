#include "app/cli/statistics_line.h"

#include "app/cli/format.h"

namespace app::cli {

namespace {

std::string tokensAt(int tokens, double seconds)
{
    const std::string number = std::to_string(tokens) + " tok";
    return tokens > 0 && seconds > 0.0 ? number + ", " + rate(tokens / seconds) : number;
}

/// Small models answer before "0.00 s" could tell.
std::string latency(double seconds)
{
    return seconds < 0.0995 ? fixed(1000.0 * seconds, 0) + " ms" : fixed(seconds, 2) + " s";
}

} // namespace

std::string statisticsLine(const engine::GenerationStatistics &statistics)
{
    std::string line = "TTFT " + latency(statistics.firstTokenSeconds) + " | prompt " +
                       std::to_string(statistics.promptTokens) + " tok, " + std::to_string(statistics.cachedTokens) +
                       " cached";
    const int computed = statistics.promptTokens - statistics.cachedTokens;
    if (computed > 0 && statistics.promptSeconds > 0.0)
        line += ", " + rate(computed / statistics.promptSeconds);
    if (statistics.thinkingTokens > 0)
        line += " | thinking " + tokensAt(statistics.thinkingTokens, statistics.thinkingSeconds);
    line += " | answer " + tokensAt(statistics.answerTokens, statistics.answerSeconds);
    return line + " | context " + std::to_string(statistics.contextUsed) + " of " +
           std::to_string(statistics.contextLength);
}

} // namespace app::cli
