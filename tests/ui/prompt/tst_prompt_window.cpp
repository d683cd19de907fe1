// The window asks, shows what it is given, and stays usable by keyboard, in both languages and with long prompts.

#include "prompt_samples.h"
#include "ui/prompt/prompt_omissions.h"
#include "ui/prompt/prompt_strip.h"
#include "ui/prompt/prompt_text_view.h"
#include "ui/prompt/prompt_token_view.h"
#include "ui/prompt/prompt_window.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace ui;

class PromptWindowTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { theme::apply(UiSettings()); }

    void init()
    {
        m_window = std::make_unique<PromptWindow>();
        m_asked = std::make_unique<QSignalSpy>(m_window.get(), &PromptWindow::asked);
        engine::ModelInfo model;
        model.name = "nano-r1";
        m_window->setModel(model);
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }
    void cleanup()
    {
        m_asked.reset();
        m_window.reset();
    }

    void itAsksAndShowsTheAnswer()
    {
        m_window->setWish({0, QStringLiteral("draft")});
        QCOMPARE(m_asked->count(), 1);
        QVERIFY(!m_window->status().isEmpty());
        give(samples::twoTurns());
        QVERIFY(m_window->status().isEmpty());
        QVERIFY(m_window->textView()->toPlainText().contains(QStringLiteral("What is 47*86?")));
        QVERIFY2(m_window->legend()->text().contains(QStringLiteral("Questions 10")),
                 qPrintable(m_window->legend()->text()));
        QVERIFY(m_window->subtitle().contains(QStringLiteral("deepseek-r1")));
        QVERIFY(m_window->subtitle().contains(QStringLiteral("message in the text field")));
    }

    void anAnswerToAnOlderQuestionIsNotShown()
    {
        m_window->setWish({0, QStringLiteral("first")});
        const PromptWish old = m_window->wish();
        m_window->setWish({0, QStringLiteral("second")});
        auto shown = samples::twoTurns();
        shown.wish = old;
        m_window->showPrompt(shown);
        QVERIFY(!m_window->status().isEmpty());
    }

    void whatIsLeftOutSaysHowMuchAndWhy()
    {
        ask();
        QCOMPARE(m_window->omissions()->cards().size(), std::size_t(1));
        PromptOmissionCard *card = m_window->omissions()->cards().front();
        QVERIFY2(card->reason().contains(QStringLiteral("deepseek-r1")), qPrintable(card->reason()));
        QVERIFY(card->shownText().startsWith(QStringLiteral("47*86: first")));
        QVERIFY(!card->shownText().contains(QStringLiteral("other way round")));
        QTest::mouseClick(card->button(), Qt::LeftButton);
        QVERIFY(card->shownText().contains(QStringLiteral("other way round")));
        QCOMPARE(m_window->omissions()->tokens(), 37);
        QVERIFY(m_window->omissions()->accessibleName().contains(QStringLiteral("37 tokens")));
    }

    void repliesWithoutAnAnswerAreLeftOutToo()
    {
        auto shown = samples::twoTurns();
        shown.unanswered = {"Let me think about that for"};
        m_window->setWish({});
        give(shown);
        QCOMPARE(m_window->omissions()->cards().size(), std::size_t(2));
        QCOMPARE(m_window->omissions()->cards().back()->shownText(), QStringLiteral("Let me think about that for"));
        shown.unanswered.clear();
        shown.prompt.omissions.clear();
        give(shown);
        QVERIFY(m_window->omissions()->cards().empty());
        QVERIFY(m_window->omissions()->accessibleName().contains(QStringLiteral("Nothing")));
    }

    void choosingWhichThoughtsAreSeenTellsTheOwner()
    {
        ask();
        QSignalSpy chosen(m_window.get(), &PromptWindow::retentionChosen);
        m_window->retention()->setFocus();
        QTest::keyClick(m_window->retention(), Qt::Key_Down);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen.first().first().value<engine::ThinkingRetention>(), engine::ThinkingRetention::All);
    }

    void thePromptOfAReplyIsPast()
    {
        m_window->setWish({12, {}});
        QVERIFY(!m_window->retention()->isEnabled());
        auto shown = samples::twoTurns();
        shown.wish = m_window->wish();
        shown.retention = engine::ThinkingRetention::Newest;
        m_window->showPrompt(shown);
        QCOMPARE(m_window->retention()->currentIndex(), static_cast<int>(engine::ThinkingRetention::Newest));
        m_window->refresh(QStringLiteral("writing on")); // the draft is not part of it
        QVERIFY(QTest::qWaitFor([this] { return m_asked->count() == 2; }));
        QCOMPARE(m_window->wish().draft, QString());
    }

    void whatIsWrittenIsFollowedAfterAPause()
    {
        ask();
        m_window->refresh(QStringLiteral("a"));
        m_window->refresh(QStringLiteral("ab"));
        QCOMPARE(m_asked->count(), 1);
        QVERIFY(QTest::qWaitFor([this] { return m_asked->count() == 2; }));
        QCOMPARE(m_asked->last().first().value<PromptWish>().draft, QStringLiteral("ab"));
        QVERIFY(m_window->status().isEmpty()); // the older one stays until then
    }

    void whileAReplyIsWrittenItWaits()
    {
        m_window->setGenerating(true);
        m_window->setWish({});
        QCOMPARE(m_asked->count(), 0);
        QVERIFY(m_window->status().contains(QStringLiteral("reply")));
        m_window->setGenerating(false);
        QVERIFY(QTest::qWaitFor([this] { return m_asked->count() == 1; }));
    }

    void aFailureIsSaid()
    {
        m_window->setWish({});
        m_window->showFailure({engine::ErrorCode::RequestInvalid, {}, "messages", "The prompt cannot be made."});
        QVERIFY2(m_window->status().contains(QStringLiteral("The prompt cannot be made.")),
                 qPrintable(m_window->status()));
    }

    void theCaretIsAToken()
    {
        ask();
        PromptTextView *view = m_window->textView();
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Home, Qt::ControlModifier);
        QVERIFY2(m_window->details().startsWith(QStringLiteral("Token 0 · id 1000 · “<BOS>”")),
                 qPrintable(m_window->details()));
        QVERIFY(m_window->details().contains(QStringLiteral("cached")));
        QTest::keyClick(view, Qt::Key_End, Qt::ControlModifier);
        QVERIFY(m_window->details().contains(QStringLiteral("<think>")) || m_window->details().contains(QChar(0x23CE)));
        QVERIFY(!m_window->details().contains(QStringLiteral("cached")));
    }

    void bothViewsKeepTheChosenToken()
    {
        ask();
        m_window->textView()->chooseToken(4);
        button("Tokens")->click();
        QCOMPARE(m_window->tokenView()->chosenPiece(), 4);
        m_window->tokenView()->setFocus();
        QTest::keyClick(m_window->tokenView(), Qt::Key_Right);
        QVERIFY2(m_window->details().startsWith(QStringLiteral("Token 5 · id 1005")), qPrintable(m_window->details()));
        QCOMPARE(m_window->tokenView()->accessibleDescription(), m_window->details());
        button("Text")->click();
        QCOMPARE(m_window->textView()->chosenPiece(), 5);
    }

    void aClickChoosesAToken()
    {
        ask();
        button("Tokens")->click();
        PromptTokenView *view = m_window->tokenView();
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->rectOf(6).center());
        QCOMPARE(view->chosenPiece(), 6);
        QTest::keyClick(view, Qt::Key_Down);
        QVERIFY(view->chosenPiece() > 6);
        QTest::keyClick(view, Qt::Key_End);
        QVERIFY(m_window->details().contains(QStringLiteral("Markup")));
    }

    void wordsAreFoundAndFoundAgain()
    {
        ask();
        QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
        QVERIFY(m_window->search()->hasFocus());
        QTest::keyClicks(m_window->search(), QStringLiteral("user"));
        const int first = m_window->textView()->textCursor().selectionStart();
        QVERIFY(m_window->textView()->textCursor().hasSelection());
        QTest::keyClick(m_window->search(), Qt::Key_Return);
        QVERIFY(m_window->textView()->textCursor().selectionStart() > first);
        QTest::keyClick(m_window->search(), Qt::Key_Return); // around the end
        QCOMPARE(m_window->textView()->textCursor().selectionStart(), first);
    }

    void whatIsCopiedIsExact()
    {
        ask();
        m_window->textView()->selectAll();
        QTest::keyClick(m_window->textView(), Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QApplication::clipboard()->text().contains(QChar(0x202E)));
        button("Copy Token IDs")->click();
        QVERIFY(QApplication::clipboard()->text().startsWith(QStringLiteral("1000, 1001")));
        QVERIFY(button("Copied"));
        button("Copy Text")->click();
        QVERIFY(QApplication::clipboard()->text().startsWith(QStringLiteral("<BOS>")));
    }

    void aChangeOfThemeKeepsTheTextAndThePlace()
    {
        m_window->setWish({});
        give(samples::longPrompt(3000));
        QScrollBar *bar = m_window->textView()->verticalScrollBar();
        bar->setValue(bar->maximum() / 2);
        const int place = bar->value();
        UiSettings dark;
        dark.theme = Theme::Dark;
        theme::apply(dark);
        QCOMPARE(bar->value(), place);
        theme::apply(UiSettings());
        QVERIFY(m_window->textView()->toPlainText().contains(QStringLiteral(" the")));
    }

    void fiftyThousandTokensStayFluid()
    {
        auto shown = samples::longPrompt(50'000);
        m_window->setWish({});
        shown.wish = m_window->wish();
        QElapsedTimer clock;
        clock.start();
        m_window->showPrompt(shown);
        m_window->textView()->viewport()->repaint();
        const qint64 opened = clock.restart();
        QScrollBar *bar = m_window->textView()->verticalScrollBar();
        constexpr int frames = 100;
        for (int i = 0; i < frames; ++i) {
            bar->setValue(bar->maximum() * i / frames);
            m_window->textView()->viewport()->repaint();
        }
        const qint64 text = clock.restart();
        button("Tokens")->click();
        m_window->tokenView()->viewport()->repaint();
        const qint64 switched = clock.restart();
        bar = m_window->tokenView()->verticalScrollBar();
        for (int i = 0; i < frames; ++i) {
            bar->setValue(bar->maximum() * i / frames);
            m_window->tokenView()->viewport()->repaint();
        }
        const qint64 chips = clock.elapsed();
        qInfo("50,000 tokens: opened in %lld ms; text %.1f ms a frame; tokens in %lld ms, %.1f ms a frame", opened,
              double(text) / frames, switched, double(chips) / frames);
        QVERIFY(opened < 3000); // bounds for a loaded machine; the figures are above
        QVERIFY(text < frames * 100);
        QVERIFY(chips < frames * 100);
    }

private:
    void give(ShownPrompt shown)
    {
        shown.wish = m_window->wish();
        m_window->showPrompt(shown);
    }
    void ask()
    {
        m_window->setWish({});
        give(samples::twoTurns());
    }
    QPushButton *button(const char *text)
    {
        for (auto *candidate : m_window->findChildren<QPushButton *>()) {
            if (candidate->text() == QLatin1String(text))
                return candidate;
        }
        return nullptr;
    }

    std::unique_ptr<PromptWindow> m_window;
    std::unique_ptr<QSignalSpy> m_asked;
};

QTEST_MAIN(PromptWindowTest)
#include "tst_prompt_window.moc"
