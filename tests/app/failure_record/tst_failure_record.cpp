// Why a reply failed outlives the program: with every field, and in whatever language is in force later.

#include "app/failure_record.h"

#include "app/conversation_tree.h"
#include "app/failure_text.h"
#include "ui/window/language.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

using engine::ErrorCode;

namespace {

app::ReplyEnd failedWith(ErrorCode code)
{
    app::ReplyEnd end;
    end.state = storage::MessageState::Failed;
    end.failure = {code, "nano/model.safetensors", "layers.3", "A sentence."};
    return end;
}

/// As it is shown when the conversation is opened again.
QString shown(const storage::FailureRecord &failure)
{
    storage::MessageRecord message;
    message.id = 1;
    message.state = storage::MessageState::Failed;
    message.failure = failure;
    storage::ConversationSummary summary;
    summary.currentLeaf = 1;
    return app::ConversationTree(summary, {message}).transcript().at(0).failure;
}

} // namespace

class FailureRecordTest : public QObject {
    Q_OBJECT

private slots:
    void init() { ui::installLanguage(QStringLiteral("en")); }

    void everyCodeComesBackWithItsFields()
    {
        QSet<QString> names;
        for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
            const app::ReplyEnd end = failedWith(static_cast<ErrorCode>(code));
            const storage::FailureRecord record = app::failureRecord(end);
            names.insert(QString::fromStdString(record.code));
            const engine::Failure back = app::engineFailure(record);
            QCOMPARE(back.code, end.failure.code);
            QCOMPARE(back.file, end.failure.file);
            QCOMPARE(back.field, end.failure.field);
            QCOMPARE(back.sentence, end.failure.sentence);
        }
        QCOMPARE(names.size(), static_cast<int>(ErrorCode::Internal) + 1);
        QVERIFY(names.contains("prompt_too_long")); // part of the file format
    }

    void aReplyThatDidNotFailHasNone()
    {
        app::ReplyEnd end = failedWith(ErrorCode::Internal);
        end.state = storage::MessageState::Stopped;
        QVERIFY(app::failureRecord(end).code.empty());
        QCOMPARE(shown(app::failureRecord(end)), QString());
    }

    void anUnknownCodeIsStillAFailure()
    {
        QCOMPARE(app::engineFailure({"of the future", {}, {}, {}}).code, ErrorCode::Internal);
    }

    void theNextStepIsShownAgainAfterLoading()
    {
        const app::ReplyEnd end = failedWith(ErrorCode::PromptTooLong);
        QCOMPARE(shown(app::failureRecord(end)), app::failureText(end.failure));
        QVERIFY(shown(app::failureRecord(end)).contains("Start a new chat"));
    }

    void theTextIsInTheLanguageInForce()
    {
        const storage::FailureRecord record = app::failureRecord(failedWith(ErrorCode::DeviceFailed));
        const QRegularExpression chinese(QStringLiteral("\\p{Han}"));
        QVERIFY(!shown(record).contains(chinese));
        ui::installLanguage(QStringLiteral("zh_CN"));
        QVERIFY(shown(record).contains(chinese));
    }
};

QTEST_MAIN(FailureRecordTest)
#include "tst_failure_record.moc"
