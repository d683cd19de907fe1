// Every code has a sentence and a next step, in both languages, with file and field named and nothing taken for markup.

#include "ui/error_text.h"
#include "ui/theme/theme.h"
#include "ui/window/language.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

using namespace ui;
using engine::ErrorCode;

namespace {

constexpr int engineCodes = static_cast<int>(ErrorCode::Cancelled) + 1;
constexpr int storageProblems = static_cast<int>(StorageProblem::Other) + 1;

QString textOf(int code)
{
    return errorText({static_cast<ErrorCode>(code), "models/v3/model-00002.safetensors", "layers.3.mlp.gate", {}});
}

bool isChinese(const QString &text)
{
    return text.contains(QRegularExpression(QStringLiteral("\\p{Han}")));
}

} // namespace

class ErrorTextTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { theme::apply(UiSettings()); }
    void init() { installLanguage(QStringLiteral("en")); }

    void everyEngineCodeHasItsOwnText()
    {
        QSet<QString> seen;
        for (int code = 0; code < engineCodes; ++code) {
            const QString text = textOf(code);
            QVERIFY2(text.count(QLatin1Char('.')) >= 2, qPrintable(text)); // what happened, and the next step
            QVERIFY2(!text.contains(QRegularExpression(QStringLiteral("%\\d"))), qPrintable(text));
            QVERIFY2(!seen.contains(text), qPrintable(text));
            seen.insert(text);
        }
    }

    void everyStorageProblemHasItsOwnText()
    {
        QSet<QString> seen;
        for (int problem = 0; problem < storageProblems; ++problem) {
            const QString text =
                storageErrorText(static_cast<StorageProblem>(problem), QStringLiteral("history.db"), {});
            QVERIFY2(text.contains(QStringLiteral("history.db")), qPrintable(text));
            QVERIFY2(!seen.contains(text), qPrintable(text));
            seen.insert(text);
        }
    }

    void theNextStepFitsTheMoment()
    {
        for (int problem = 0; problem < storageProblems; ++problem) {
            const auto textAt = [problem](StorageMoment moment) {
                return storageErrorText(static_cast<StorageProblem>(problem), QStringLiteral("h.db"), {}, moment);
            };
            const QString acting = textAt(StorageMoment::Acting); // no button there, and the text field has the text
            QVERIFY2(!acting.contains("Retry") && !acting.contains("memory"), qPrintable(acting));
            const QString opening = textAt(StorageMoment::Opening); // nothing has been said yet
            QVERIFY2(!opening.contains("memory") && opening.count('.') >= 2, qPrintable(opening));
        }
    }

    void aMissingDeviceIsNotBlamedOnTheSettings()
    {
        const QString text = ui::errorText(
            {ErrorCode::RequestInvalid, {}, "device", "There is no device cuda:0. This machine has cpu."});
        QVERIFY2(text.contains("Open it on the CPU") && !text.contains("settings"), qPrintable(text));
        QVERIFY2(text.endsWith("There is no device cuda:0. This machine has cpu."), qPrintable(text));
    }

    void fileAndFieldAreNamed()
    {
        const QString text = textOf(static_cast<int>(ErrorCode::TensorMismatch));
        QVERIFY(text.contains(QStringLiteral("model-00002.safetensors")));
        QVERIFY(text.contains(QStringLiteral("layers.3.mlp.gate")));
    }

    void fullDiskSaysThatNothingIsLost()
    {
        const QString text = storageErrorText(StorageProblem::DiskFull, QStringLiteral("h.db"), {});
        QCOMPARE(text, QStringLiteral(
                           "The disk is full, so h.db could not be saved. Your message is kept in memory; free some "
                           "space, then press Retry."));
    }

    void theSentenceOfTheLibraryFollows()
    {
        const QString text =
            errorText({ErrorCode::FileTruncated, "a/m.safetensors", "", "a/m.safetensors is 7 bytes short."});
        QVERIFY(text.startsWith(QStringLiteral("m.safetensors is shorter")));
        QVERIFY(text.endsWith(QStringLiteral("\na/m.safetensors is 7 bytes short.")));
    }

    void aRequestIsRefusedForWhatItLacks()
    {
        const auto refused = [](const char *field) {
            return errorText({ErrorCode::RequestInvalid, {}, field, "Sentence of the engine."});
        };
        QCOMPARE(refused("model"), QStringLiteral("No model is open. Open a model folder, then try again."));
        QVERIFY(refused("messages[2].text").contains(QStringLiteral("messages[2].text")));
        QVERIFY(!refused("messages[2].text").contains(QStringLiteral("sampling")));
        QVERIFY(refused("sampler.topP").contains(QStringLiteral("reset the sampling")));
    }

    void missingFileAndFieldStillReadWell()
    {
        const QString text = errorText({ErrorCode::ConfigInvalid, {}, {}, {}});
        QVERIFY2(text.startsWith(QStringLiteral("The model: the value of an unnamed part is")), qPrintable(text));
    }

    void namesWithPlaceholdersOrMarkupStayLiteral()
    {
        const QString text = errorText({ErrorCode::TensorMissing, "%2<b>.safetensors", "%1<img src=x>", {}});
        QVERIFY2(text.contains(QStringLiteral("%2<b>.safetensors")), qPrintable(text));
        QVERIFY2(text.contains(QStringLiteral("%1<img src=x>")), qPrintable(text));
    }

    void hiddenCharactersBecomeVisible()
    {
        const QString text = errorText({ErrorCode::FileMissing, "\u202Egpj.exe", {}, {}});
        QVERIFY(!text.contains(QChar(0x202E)));
        QVERIFY2(text.contains(QStringLiteral("⟨U+202E⟩gpj.exe")), qPrintable(text));
    }

    void chineseIsComplete()
    {
        installLanguage(QStringLiteral("zh_CN"));
        for (int code = 0; code < engineCodes; ++code)
            QVERIFY2(isChinese(textOf(code)), qPrintable(textOf(code)));
        for (int problem = 0; problem < storageProblems; ++problem) {
            const QString text =
                storageErrorText(static_cast<StorageProblem>(problem), QStringLiteral("history.db"), {});
            QVERIFY2(isChinese(text) && text.contains(QStringLiteral("history.db")), qPrintable(text));
        }
    }
};

QTEST_MAIN(ErrorTextTest)
#include "tst_error_text.moc"
