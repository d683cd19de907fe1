// The whole program in a window, driven by keys: the real store, the real engine, a tiny random model.

#include "tests/app/support/model_folder.h"
#include "tests/app/support/program.h"
#include "ui/conversations/conversation_list.h"

#include <QFile>
#include <QSettings>
#include <QTemporaryDir>

using namespace support;

class ApplicationTest : public QObject {
    Q_OBJECT

    ModelFolder m_folder;
    const QString m_model = m_folder.model();

    QString freshData() { return m_folder.freshData(); }

private slots:
    void aQuestionIsAnsweredAndFoundAgainAfterARestart()
    {
        const QString data = freshData();
        QString shown;
        {
            Program program(data, m_model);
            QVERIFY(program.waitForModel());
            QVERIFY(program.ask("What is 47*86?"));
            QVERIFY(program.view().plainText(true).contains("What is 47*86?"));
            const auto messages = program.messages();
            QCOMPARE(messages.size(), std::size_t(2));
            QVERIFY(ended(messages[1]));
            QVERIFY(messages[1].statistics && messages[1].statistics->promptTokens > 0);
            QVERIFY(messages[1].sampler.has_value());
            QCOMPARE(messages[1].modelName, std::string("tiny"));
            shown = program.view().plainText(true);
        }
        Program again(data, m_model);
        QVERIFY(QTest::qWaitFor([&] { return again.application().chat().current() == 0; }, patience));
        again.application().chat().select(1);
        QVERIFY(QTest::qWaitFor([&] { return again.view().plainText(true) == shown; }, patience));
    }

    void everyReplyKeepsItsRoutingTrace()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("Trace me"));
        const auto reply = program.messages().back();
        std::optional<storage::Result<storage::TraceRun>> trace;
        // Saved after the message itself, through the same queue.
        QVERIFY(QTest::qWaitFor(
            [&] {
                trace.reset();
                program.application().store().loadTrace(reply.id, [&](auto result) { trace = std::move(result); });
                return QTest::qWaitFor([&] { return trace.has_value(); }, patience) && trace->value &&
                       !trace->value->chunks.empty();
            },
            patience));
        const auto &run = *trace->value;
        QCOMPARE(run.routedExperts, 8);
        std::int64_t tokens = 0;
        for (const auto &chunk : run.chunks)
            tokens += chunk.plane == 0 ? chunk.tokens : 0;
        const auto &statistics = *reply.statistics;
        // One row for every token that was fed: the prompt and all generated tokens but the last.
        QCOMPARE(tokens, statistics.promptTokens + statistics.thinkingTokens + statistics.answerTokens - 1);
    }

    void stopKeepsWhatIsThereAndContinueGoesOn()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy text(&program.application().generation(), &app::GenerationController::textArrived);
        QSignalSpy ends(&program.application().generation(), &app::GenerationController::replyEnded);
        program.type("Go on");
        QVERIFY(text.wait(patience));
        program.application().chat().stop();
        QVERIFY(ends.count() > 0 || ends.wait(patience));
        const auto stopped = program.messages().back();
        if (stopped.state != storage::MessageState::Stopped)
            QSKIP("the reply ended before it could be stopped");
        const auto before = app::textOf(stopped, storage::PartKind::Thinking);
        QVERIFY(!before.empty());
        program.application().chat().continueReply(stopped.id);
        QVERIFY(ends.wait(patience));
        const auto continued = program.messages().back();
        QCOMPARE(continued.id, stopped.id);
        QVERIFY(app::textOf(continued, storage::PartKind::Thinking).starts_with(before));
        QVERIFY(continued.statistics->thinkingTokens + continued.statistics->answerTokens >
                stopped.statistics->thinkingTokens + stopped.statistics->answerTokens);
    }

    void regenerateAndEditMakeBranchesAndLoseNothing()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy ends(&program.application().generation(), &app::GenerationController::replyEnded);
        QVERIFY(program.ask("First"));
        const auto question = program.messages()[0];
        const auto reply = program.messages()[1];
        program.application().chat().regenerate(reply.id);
        QVERIFY(ends.wait(patience));
        program.application().chat().edit(question.id, "Second");
        QVERIFY(ends.wait(patience));
        const auto messages = program.messages();
        QCOMPARE(messages.size(), std::size_t(5));
        QVERIFY(program.view().plainText(false).contains("Second"));
        QVERIFY(!program.view().plainText(false).contains("First"));
        program.application().chat().showBranch(messages[3].id, 0);
        QVERIFY(program.view().plainText(false).contains("First"));
    }

    void aSecondTurnShowsCachedTokens()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("A first question of some length"));
        QVERIFY(program.ask("A second question"));
        QVERIFY(program.messages().back().statistics->cachedTokens > 20);
    }

    void deleteCanBeUndone()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("Keep me"));
        auto &chat = program.application().chat();
        const auto id = chat.current();
        chat.remove(id);
        QVERIFY(QTest::qWaitFor([&] { return chat.current() == 0; }, patience));
        chat.undoRemove(id);
        QVERIFY(QTest::qWaitFor([&] { return program.view().plainText(false).contains("Keep me"); }, patience));
    }

    void undoingAnothersDeletionLeavesTheReaderWhereTheyAre()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("The first"));
        auto &chat = program.application().chat();
        const auto first = chat.current();
        chat.newConversation();
        QVERIFY(program.ask("The second"));
        const auto second = chat.current();
        auto *list = program.application().window().findChild<ui::ConversationList *>();
        const int rows = list->model()->rowCount();
        chat.remove(first);
        QVERIFY(QTest::qWaitFor([&] { return list->model()->rowCount() == rows - 1; }, patience));
        chat.undoRemove(first);
        QVERIFY(QTest::qWaitFor([&] { return list->model()->rowCount() == rows; }, patience));
        QTest::qWait(50); // a change of conversation would come with the next answers of the store
        QCOMPARE(chat.current(), second);
        QVERIFY(program.view().plainText(false).contains("The second"));
    }

    void aModelWithoutExpertsAnswersToo()
    {
        TinyModelOptions options;
        options.firstDense = options.layers;
        const QString dense = m_folder.filePath("dense");
        writeTinyModel(options, dense.toStdString());
        Program program(freshData(), dense);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("No experts?"));
        QVERIFY(ended(program.messages().back()));
    }

    void theBundledModelIsNotRemembered()
    {
        auto options = optionsFor(freshData(), QString());
        options.bundledModel = m_model;
        Program program(options);
        QVERIFY(program.waitForModel());
        QCOMPARE(QSettings(options.settingsFile, QSettings::IniFormat).value("model/folder").toString(), QString());

        const QString other = m_folder.filePath("other");
        writeTinyModel(TinyModelOptions{}, other.toStdString());
        emit program.application().window().openModelRequested(other);
        QVERIFY(program.waitForModel());
        QCOMPARE(QSettings(options.settingsFile, QSettings::IniFormat).value("model/folder").toString(), other);
    }

    void howTheBundledModelWasOpenedIsRemembered()
    {
        auto options = optionsFor(freshData(), QString());
        options.bundledModel = m_model;
        {
            Program program(options);
            QVERIFY(program.waitForModel());
            emit program.application().window().openModelRequested(m_model, 96, {}, {false, true});
            QVERIFY(program.waitForModel());
        }
        Program again(options);
        QVERIFY(again.waitForModel());
        QCOMPARE(again.generation().model().contextLength, 96);
        QVERIFY(again.generation().model().cacheFormat == engine::CacheFormat::Fp8);
    }

    void aBrokenModelIsExplainedAndTheHistoryStaysUsable()
    {
        const QString broken = m_folder.filePath("broken");
        writeTinyModel(TinyModelOptions{}, broken.toStdString());
        QFile weights(broken + "/model.safetensors");
        QVERIFY(weights.resize(weights.size() - 1));
        Program program(freshData(), broken);
        QSignalSpy refused(&program.application().generation(), &app::GenerationController::modelLoadFailed);
        QVERIFY(refused.count() > 0 || refused.wait(patience));
        QSignalSpy ends(&program.application().generation(), &app::GenerationController::replyEnded);
        program.application().chat().send("Anyone there?");
        QVERIFY(ends.wait(patience));
        const auto messages = program.messages();
        QVERIFY(messages.back().state == storage::MessageState::Failed);
        QCOMPARE(messages.back().failure.code, std::string("request_invalid"));
        QCOMPARE(messages.back().failure.field, std::string("model"));
    }

    void aSecondProgramOnTheSameHistoryIsRefused()
    {
        const QString data = freshData();
        Program first(data, m_model);
        try {
            Program second(data, m_model);
            QFAIL("the second program opened the history");
        } catch (const storage::Error &error) {
            QVERIFY(error.code() == storage::ErrorCode::AlreadyOpen);
            QVERIFY(QString(error.what()).contains("history.sqlite3"));
        }
    }

    void historyAndSettingsAreReadableByTheirOwnerOnly()
    {
        const QString data = freshData();
        {
            Program program(data, m_model);
            QVERIFY(program.waitForModel());
            QVERIFY(program.ask("Private"));
        }
        const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
        for (const QString file : {"history.sqlite3", "bathyscope.ini"})
            QVERIFY2((QFile::permissions(data + '/' + file) & others) == QFile::Permissions(), qPrintable(file));
    }
};

QTEST_MAIN(ApplicationTest)
#include "tst_application.moc"
