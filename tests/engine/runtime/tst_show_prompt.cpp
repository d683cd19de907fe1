// What the engine says it would send is what it sends, and asking changes nothing.

#include "tests/engine/runtime/engine_driver.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

using engine::OmissionReason;
using engine::PromptSource;

namespace {

engine::GenerationRequest conversation(engine::RequestId id)
{
    auto request = question(id, "A longer first question, please.");
    request.messages.push_back({engine::Role::Assistant, "An answer.", "A thought.\n", true});
    request.messages.push_back({engine::Role::User, "And now?", {}, true});
    return request;
}

std::vector<engine::TokenId> idsOf(const std::vector<engine::PromptToken> &tokens)
{
    std::vector<engine::TokenId> ids;
    for (const auto &token : tokens)
        ids.push_back(token.token);
    return ids;
}

} // namespace

class ShowPromptTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::TinyModelOptions options;
        options.maxPositions = 2048;
        support::writeTinyModel(options, m_model);
    }

    void showsWhatGenerateSends()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        for (const auto retention : {engine::ThinkingRetention::Template, engine::ThinkingRetention::All}) {
            auto request = conversation(1);
            request.retention = retention;
            const auto shown = driver.showPrompt(request).shown;
            QVERIFY(shown.has_value());
            const Answer sent = driver.generate(request);
            QCOMPARE(idsOf(shown->tokens), idsOf(sent.prompt->tokens));
            QCOMPARE(shown->cachedTokens, sent.prompt->cachedTokens);
            QVERIFY(shown->startsIn == sent.prompt->startsIn);
            QCOMPARE(shown->templateName, std::string("deepseek-r1"));
            QCOMPARE(shown->contextLength, sent.finished->statistics.contextLength);
        }
    }

    void theRequestIsTheOneThatWasAsked()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const auto shown = driver.showPrompt(conversation(77)).shown;
        QCOMPARE(shown->request, engine::RequestId(77));
        QCOMPARE(shown->omissions.size(), std::size_t(1));
        QVERIFY(shown->omissions[0].reason == OmissionReason::TemplateDropsThoughts);
        QVERIFY(shown->omissions[0].source == PromptSource::Thinking);
        QCOMPARE(shown->omissions[0].message, 1);
        QCOMPARE(shown->omissions[0].text, std::string("A thought.\n"));
        QVERIFY(shown->omissions[0].tokens > 1);
    }

    /// Asked between two requests, it leaves the cache to the second.
    void changesNothing()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        const Answer first = driver.generate(question(1, "A longer first question, please."));
        const auto other = driver.showPrompt(question(2, "Something else")).shown;
        QVERIFY(other->cachedTokens < first.prompt->promptTokens);
        const auto again = driver.showPrompt(question(3, "A longer first question, please.")).shown;
        QCOMPARE(again->cachedTokens, first.prompt->promptTokens - 1);
        QCOMPARE(driver.generate(question(4, "A longer first question, please.")).prompt->cachedTokens,
                 first.prompt->promptTokens - 1);
    }

    /// With every thought kept, a turn is a prefix of the next one.
    void keptThoughtsKeepTheCache()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        auto request = question(1, "A longer first question, please.");
        const Answer first = driver.generate(request);
        const std::string thinking = first.text(engine::TextPart::Thinking);
        const bool closed = first.finished->endedIn == engine::TextPart::Answer;
        request.messages.push_back({engine::Role::Assistant, first.text(engine::TextPart::Answer), thinking, closed});
        QVERIFY(!thinking.empty());
        request.continueLast = true;
        QVERIFY(driver.showPrompt(request).shown->cachedTokens > first.prompt->promptTokens);
    }

    void theCacheWithoutRoutesCountsForRequestsWithout()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        auto silent = question(1, "A longer first question, please.");
        silent.captureRouting = false;
        const Answer first = driver.generate(silent);
        QCOMPARE(driver.showPrompt(silent).shown->cachedTokens, first.prompt->promptTokens - 1);
        silent.captureRouting = true;
        QCOMPARE(driver.showPrompt(silent).shown->cachedTokens, 0);
    }

    void whatCannotBeSentIsRefused()
    {
        EngineDriver driver;
        const auto before = driver.showPrompt(question(1, "Q")).failedToShow;
        QVERIFY(before && before->failure.field == "model" && before->request == 1);
        QVERIFY(driver.load(m_model));
        auto request = question(2, "Q");
        request.thinking = engine::ThinkingMode::Off;
        const auto refused = driver.showPrompt(request).failedToShow;
        QVERIFY(refused && refused->failure.code == engine::ErrorCode::RequestInvalid);
        QCOMPARE(refused->failure.field, std::string("thinking"));
        QVERIFY(refused->failure.sentence.find("deepseek-r1") != std::string::npos);
        QVERIFY(refused->failure.sentence.find("V3.1") != std::string::npos);
        const Answer generated = driver.generate(request);
        QCOMPARE(generated.failed->failure.sentence, refused->failure.sentence);
        const auto tooLong = driver.showPrompt(question(3, std::string(20'000, 'q'))).failedToShow;
        QVERIFY(tooLong && tooLong->failure.code == engine::ErrorCode::PromptTooLong);
    }

    void waitsItsTurnAndCanBeCancelled()
    {
        EngineDriver driver;
        QVERIFY(driver.load(m_model));
        driver.send(question(1, "Go on", 8), atToken(1, [&] {
                        driver.sendShowPrompt(question(2, "Q"));
                        driver.sendShowPrompt(question(3, "Q"));
                        driver.engine().cancel(2);
                    }));
        const Answer third = driver.answer(3);
        const Answer second = driver.answer(2);
        QVERIFY(driver.answer(1).ended());
        QVERIFY(third.shown && !third.failedToShow);
        QVERIFY(second.failedToShow && !second.shown);
        QVERIFY(second.failedToShow->failure.code == engine::ErrorCode::Internal);
        QCOMPARE(second.eventsAfterTheEnd + third.eventsAfterTheEnd, 0);
    }
};

QTEST_GUILESS_MAIN(ShowPromptTest)
#include "tst_show_prompt.moc"
