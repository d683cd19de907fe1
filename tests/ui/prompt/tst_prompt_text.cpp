// Every place of the shown text knows its token, its part and its exact bytes, whatever the bytes are.

#include "prompt_samples.h"
#include "ui/prompt/prompt_text.h"

#include <QTest>

using namespace ui;
using engine::PromptSource;

class PromptTextTest : public QObject {
    Q_OBJECT

private slots:
    void everyTokenIsAPieceAndThePiecesAreTheText()
    {
        const PromptText text(samples::twoTurns().prompt);
        QString joined;
        for (int i = 0; i < text.pieceCount(); ++i)
            joined += text.pieceText(i);
        QCOMPARE(joined, text.text());
        QVERIFY(text.text().startsWith(QStringLiteral("<BOS><|User|>What is 47*86?<|Assistant|>4042.\n<EOS>")));
        QCOMPARE(text.pieceText(3).toString(), QStringLiteral(" is"));
        QCOMPARE(text.pieceAt(text.piece(3).start), 3);
        QCOMPARE(text.pieceAt(text.pieceEnd(3)), 4);
        QCOMPARE(text.pieceOfToken(3), 3);
        QCOMPARE(text.tokenId(3), 1003);
    }

    void tokensThatShareACharacterAreOnePiece()
    {
        const PromptText text(samples::twoTurns().prompt);
        const int piece = text.pieceAt(static_cast<int>(text.text().indexOf(QStringLiteral("深"))));
        QCOMPARE(text.pieceText(piece).toString(), QStringLiteral("深"));
        QCOMPARE(text.pieceTokens(piece), 2);
        QCOMPARE(text.pieceOfToken(text.piece(piece).firstToken + 1), piece);
        QCOMPARE(text.pieceText(piece + 1).toString(), QStringLiteral("海"));
        QCOMPARE(text.pieceTokens(piece + 1), 1);
    }

    void whatReordersTextIsShownAndCopiedAsItIs()
    {
        const PromptText text(samples::twoTurns().prompt);
        QVERIFY(!text.text().contains(QChar(0x202E)));
        const int piece = text.pieceAt(static_cast<int>(text.text().indexOf(QStringLiteral("U+202E"))));
        QCOMPARE(text.pieceTokens(piece), 1);
        QCOMPARE(text.pieceExact(piece), QString(QChar(0x202E)));
        const int start = text.piece(piece).start;
        QCOMPARE(text.exact(start + 1, start + 3), QString(QChar(0x202E))); // a part of the name is all of it
        QCOMPARE(text.exact(start - 2, start + 1), QStringLiteral("深海") + QChar(0x202E));
        QVERIFY(text.exact().contains(QChar(0x202E)));
    }

    void aSelectionIsCopiedToTheCharacter()
    {
        const PromptText text(samples::twoTurns().prompt);
        const int at = static_cast<int>(text.text().indexOf(QStringLiteral("What is")));
        QCOMPARE(text.exact(at + 1, at + 6), QStringLiteral("hat i"));
        QCOMPARE(text.exact(0, text.size()), text.exact());
        QCOMPARE(text.exact(3, 3), QString());
    }

    void partsAreCountedAndFound()
    {
        const PromptText text(samples::twoTurns().prompt);
        const auto tokens = [&](PromptSource source) {
            return text.tokensBySource()[static_cast<std::size_t>(source)];
        };
        QCOMPARE(tokens(PromptSource::Bos), 1);
        QCOMPARE(tokens(PromptSource::User), 10);
        QCOMPARE(tokens(PromptSource::Answer), 5);
        QCOMPARE(tokens(PromptSource::Markup), 7);
        QCOMPARE(tokens(PromptSource::Thinking), 0);
        const int run = text.runAt(static_cast<int>(text.text().indexOf(QStringLiteral("4042"))) + 2);
        QCOMPARE(text.runs()[static_cast<std::size_t>(run)].source, PromptSource::Answer);
        QCOMPARE(text.runs()[static_cast<std::size_t>(run)].message, 1);
    }

    void theCachedBeginningEndsAfterItsLastToken()
    {
        auto shown = samples::twoTurns();
        QCOMPARE(PromptText(shown.prompt).cachedEnd(), int(QStringLiteral("<BOS><|User|>What is 47*86?").size()));
        shown.prompt.cachedTokens = 0;
        QCOMPARE(PromptText(shown.prompt).cachedEnd(), 0);
        shown.prompt.cachedTokens = 1000; // more than there are
        QCOMPARE(PromptText(shown.prompt).cachedEnd(), PromptText(shown.prompt).size());
    }

    void anEmptyPromptHasNothing()
    {
        const PromptText text{engine::PromptShown{}};
        QCOMPARE(text.size(), 0);
        QCOMPARE(text.pieceAt(0), -1);
        QCOMPARE(text.runAt(0), -1);
        QCOMPARE(text.exact(0, 5), QString());
        QCOMPARE(text.idsText(), QString());
    }

    void tokensWithoutBytesStillGiveTheWholeText()
    {
        auto shown = samples::twoTurns(); // as if the parts' text and the tokens did not agree
        for (auto &token : shown.prompt.tokens)
            token = {token.token, "x", 1};
        const PromptText text(shown.prompt);
        QVERIFY(text.text().contains(QStringLiteral("深海")));
        QVERIFY(text.pieceCount() > 0);
        QCOMPARE(text.exact(0, text.size()), text.exact());
    }

    void idsAreCopiedInOrder()
    {
        QVERIFY(PromptText(samples::twoTurns().prompt).idsText().startsWith(QStringLiteral("1000, 1001, 1002, ")));
    }
};

QTEST_GUILESS_MAIN(PromptTextTest)
#include "tst_prompt_text.moc"
