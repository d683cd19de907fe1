#include "app/request_builder.h"

#include <QTest>

using app::ConversationTree;
using storage::MessageRecord;
using storage::MessageRole;
using storage::PartKind;

namespace {

MessageRecord message(storage::MessageId id, storage::MessageId parent, MessageRole role, const char *thinking,
                      const char *answer)
{
    MessageRecord record;
    record.id = id;
    record.parent = parent;
    record.role = role;
    app::appendText(record, PartKind::Thinking, thinking);
    app::appendText(record, PartKind::Answer, answer);
    return record;
}

ConversationTree tree(std::vector<MessageRecord> messages)
{
    storage::ConversationSummary summary;
    summary.currentLeaf = messages.back().id;
    return ConversationTree(summary, std::move(messages));
}

} // namespace

class RequestBuilderTest : public QObject {
    Q_OBJECT

private slots:
    void asksWithTheBranchAboveTheReply()
    {
        const auto conversation =
            tree({message(1, 0, MessageRole::User, "", "Q1"), message(2, 1, MessageRole::Assistant, "T", "A1"),
                  message(3, 2, MessageRole::User, "", "Q2"), message(4, 3, MessageRole::Assistant, "", "")});
        const auto request = app::buildRequest(conversation, *conversation.find(4), false);
        QCOMPARE(request.messages.size(), std::size_t(3));
        QCOMPARE(request.messages[1].text, std::string("A1"));
        QCOMPARE(request.messages[1].thinking, std::string("T"));
        QVERIFY(request.messages[1].role == engine::Role::Assistant);
        QVERIFY(!request.continueLast);
    }

    void leavesOutRepliesThatNeverAnswered()
    {
        const auto conversation =
            tree({message(1, 0, MessageRole::User, "", "Q1"), message(2, 1, MessageRole::Assistant, "cut", ""),
                  message(3, 2, MessageRole::User, "", "Q2"), message(4, 3, MessageRole::Assistant, "", "")});
        QCOMPARE(app::buildRequest(conversation, *conversation.find(4), false).messages.size(), std::size_t(2));
        QCOMPARE(app::unansweredThoughts(conversation, *conversation.find(4)), std::vector<std::string>{"cut"});
    }

    void continuesInMidThought()
    {
        auto reply = message(2, 1, MessageRole::Assistant, "half a th", "");
        reply.thinkingClosed = false;
        const auto conversation = tree({message(1, 0, MessageRole::User, "", "Q1"), reply});
        const auto request = app::buildRequest(conversation, *conversation.find(2), true);
        QVERIFY(request.continueLast);
        QCOMPARE(request.messages.back().thinking, std::string("half a th"));
        QVERIFY(!request.messages.back().thinkingClosed);
    }

    void anAnswerClosesTheThoughtBeforeIt()
    {
        auto killed = message(2, 1, MessageRole::Assistant, "a thought", "half an ans");
        killed.thinkingClosed = false; // only the end of a reply changes that, and a killed program never wrote it
        const auto conversation =
            tree({message(1, 0, MessageRole::User, "", "Q1"), killed, message(3, 2, MessageRole::User, "", "Q2"),
                  message(4, 3, MessageRole::Assistant, "", "")});
        QVERIFY(app::buildRequest(conversation, *conversation.find(2), true).messages.back().thinkingClosed);
        QVERIFY(app::buildRequest(conversation, *conversation.find(4), false).messages[1].thinkingClosed);
    }

    void continuingAnEmptyReplyStartsItAnew()
    {
        const auto conversation =
            tree({message(1, 0, MessageRole::User, "", "Q1"), message(2, 1, MessageRole::Assistant, "", "")});
        QVERIFY(!app::buildRequest(conversation, *conversation.find(2), true).continueLast);
    }

    void whatAReplyWasAskedWithIsAskedAgain()
    {
        auto reply = message(2, 1, MessageRole::Assistant, "", "");
        reply.thinking = {storage::ThinkingMode::Off, storage::ThoughtsShown::Newest};
        const auto conversation = tree({message(1, 0, MessageRole::User, "", "Q1"), reply});
        const auto request = app::buildRequest(conversation, *conversation.find(2), false);
        QVERIFY(request.thinking == engine::ThinkingMode::Off);
        QVERIFY(request.retention == engine::ThinkingRetention::Newest);
    }

    void onlyAModelThatCanIsToldWhetherToThink()
    {
        ui::UiSettings settings;
        settings.thinkingMode = engine::ThinkingMode::On;
        settings.retention = engine::ThinkingRetention::All;
        engine::ModelInfo model;
        const auto fixed = app::thinkingFor(settings, model);
        QVERIFY(fixed.mode == storage::ThinkingMode::Template);
        QVERIFY(fixed.thoughtsShown == storage::ThoughtsShown::All);
        QVERIFY(!app::beginsWithThought(fixed, model));
        model.canSwitchThinking = true;
        QVERIFY(app::thinkingFor(settings, model).mode == storage::ThinkingMode::On);
        QVERIFY(app::beginsWithThought(app::thinkingFor(settings, model), model));
        settings.thinkingMode = engine::ThinkingMode::Template;
        model.reasons = true;
        QVERIFY(app::beginsWithThought(app::thinkingFor(settings, model), model));
        settings.thinkingMode = engine::ThinkingMode::Off;
        QVERIFY(!app::beginsWithThought(app::thinkingFor(settings, model), model));
    }

    void recommendedSettingsOverruleTheUsersUnlessSwitchedOff()
    {
        engine::ModelInfo model;
        model.recommendedTemperature = 0.3F;
        model.recommendedMaxTokens = 77;
        ui::UiSettings settings;
        settings.randomSeed = false;
        settings.sampler.temperature = 1.5;
        settings.sampler.seed = 42;
        const auto recommended = app::samplerFor(settings, model);
        QCOMPARE(static_cast<float>(recommended.temperature), 0.3F);
        QCOMPARE(recommended.maxTokens, 77);
        QCOMPARE(recommended.seed, std::uint64_t(42));
        settings.useRecommendedSampler = false;
        QCOMPARE(app::samplerFor(settings, model).temperature, 1.5);
    }

    void randomSeedsDifferAndFitSignedNumbers()
    {
        const ui::UiSettings settings;
        const auto first = app::samplerFor(settings, {}).seed;
        QVERIFY(first != app::samplerFor(settings, {}).seed);
        QVERIFY(first >> 63 == 0);
    }
};

QTEST_GUILESS_MAIN(RequestBuilderTest)
#include "tst_request_builder.moc"
