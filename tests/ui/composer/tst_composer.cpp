// Enter, Shift+Enter, input methods, growing, and what happens to text that cannot be sent yet: by real key events.

#include "ui/theme/theme.h"
#include "ui/window/composer.h"

#include <QApplication>
#include <QInputMethodEvent>
#include <QSignalSpy>
#include <QTest>

using namespace ui;

class ComposerTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { theme::apply(UiSettings()); }

    void init()
    {
        m_composer = std::make_unique<Composer>();
        m_composer->resize(600, 100);
        m_composer->setState(Composer::State::Ready);
        m_composer->show();
        m_composer->activateWindow();
        m_composer->focusEdit();
        QVERIFY(QTest::qWaitForWindowActive(m_composer.get()));
        m_sent = std::make_unique<QSignalSpy>(m_composer.get(), &Composer::sendRequested);
    }

    void cleanup()
    {
        m_sent.reset();
        m_composer.reset();
    }

    void enterSendsAndClears()
    {
        QTest::keyClicks(edit(), QStringLiteral("What is 47*86?"));
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->count(), 1);
        QCOMPARE(m_sent->first().first().toString(), QStringLiteral("What is 47*86?"));
        QVERIFY(m_composer->text().isEmpty());
    }

    void keypadEnterSendsToo()
    {
        QTest::keyClicks(edit(), QStringLiteral("a"));
        QTest::keyClick(edit(), Qt::Key_Enter, Qt::KeypadModifier);
        QCOMPARE(m_sent->count(), 1);
    }

    void shiftEnterBreaksTheLine()
    {
        QTest::keyClicks(edit(), QStringLiteral("one"));
        QTest::keyClick(edit(), Qt::Key_Return, Qt::ShiftModifier);
        QTest::keyClicks(edit(), QStringLiteral("two"));
        QCOMPARE(m_sent->count(), 0);
        QCOMPARE(m_composer->text(), QStringLiteral("one\ntwo"));
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->first().first().toString(), QStringLiteral("one\ntwo"));
    }

    void blankTextIsNotSent()
    {
        QTest::keyClick(edit(), Qt::Key_Return);
        QTest::keyClicks(edit(), QStringLiteral("   "));
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->count(), 0);
        QVERIFY(m_composer->hint().contains(QStringLiteral("Shift+Enter")));
    }

    void enterBelongsToTheInputMethodWhileItComposes()
    {
        QTest::keyClicks(edit(), QStringLiteral("x"));
        QInputMethodEvent composing(QStringLiteral("ni'hao"), {});
        QApplication::sendEvent(edit(), &composing);
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->count(), 0);
        QCOMPARE(m_composer->text(), QStringLiteral("x")); // no line break either

        QInputMethodEvent committed;
        committed.setCommitString(QStringLiteral("你好"));
        QApplication::sendEvent(edit(), &committed);
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->count(), 1);
        QCOMPARE(m_sent->first().first().toString(), QStringLiteral("x你好"));
    }

    void upBelongsToTheInputMethodToo()
    {
        QSignalSpy editLast(m_composer.get(), &Composer::editLastRequested);
        QInputMethodEvent composing(QStringLiteral("ni"), {});
        QApplication::sendEvent(edit(), &composing);
        QTest::keyClick(edit(), Qt::Key_Up);
        QCOMPARE(editLast.count(), 0);
    }

    void upInAnEmptyFieldEditsTheLastMessage()
    {
        QSignalSpy editLast(m_composer.get(), &Composer::editLastRequested);
        QTest::keyClick(edit(), Qt::Key_Up);
        QCOMPARE(editLast.count(), 1);
        QTest::keyClicks(edit(), QStringLiteral("text"));
        QTest::keyClick(edit(), Qt::Key_Up);
        QCOMPARE(editLast.count(), 1);
    }

    void whileGeneratingTheTextIsKeptAndTheReasonShown()
    {
        m_composer->setState(Composer::State::Generating);
        QTest::keyClicks(edit(), QStringLiteral("next question"));
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->count(), 0);
        QCOMPARE(m_composer->text(), QStringLiteral("next question"));
        QVERIFY2(m_composer->hint().contains(QStringLiteral("Esc")), qPrintable(m_composer->hint()));
        m_composer->setState(Composer::State::Ready);
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->count(), 1);
    }

    void whileLoadingTheTextIsKept()
    {
        m_composer->setState(Composer::State::Loading);
        QTest::keyClicks(edit(), QStringLiteral("early"));
        QTest::keyClick(edit(), Qt::Key_Return);
        QCOMPARE(m_sent->count(), 0);
        QCOMPARE(m_composer->text(), QStringLiteral("early"));
        QVERIFY(m_composer->hint().contains(QStringLiteral("loading")));
    }

    void theButtonSendsOrStops()
    {
        QSignalSpy stopped(m_composer.get(), &Composer::stopRequested);
        QVERIFY(!m_composer->button()->isEnabled()); // nothing to send
        QTest::keyClicks(edit(), QStringLiteral("hello"));
        QCOMPARE(m_composer->button()->accessibleName(), QStringLiteral("Send"));
        QTest::mouseClick(m_composer->button(), Qt::LeftButton);
        QCOMPARE(m_sent->count(), 1);
        m_composer->setState(Composer::State::Generating);
        QCOMPARE(m_composer->button()->accessibleName(), QStringLiteral("Stop"));
        QTest::mouseClick(m_composer->button(), Qt::LeftButton);
        QCOMPARE(stopped.count(), 1);
        QCOMPARE(m_sent->count(), 1);
    }

    void theThinkingSwitchIsThereForModelsThatCanSwitch()
    {
        QVERIFY(!m_composer->thinkingSwitch()->isVisible());
        m_composer->setThinkingSwitch(true, true);
        QVERIFY(m_composer->thinkingSwitch()->isVisible());
        QVERIFY(m_composer->thinkingSwitch()->isChecked());
        QSignalSpy switched(m_composer.get(), &Composer::thinkingSwitched);
        QTest::mouseClick(m_composer->thinkingSwitch(), Qt::LeftButton);
        QCOMPARE(switched.count(), 1);
        QCOMPARE(switched.first().first().toBool(), false);
        m_composer->thinkingSwitch()->setFocus();
        QTest::keyClick(m_composer->thinkingSwitch(), Qt::Key_Space);
        QCOMPARE(switched.last().first().toBool(), true);
    }

    void earlierThoughtsShowWhereTheyDepartFromTheTemplate()
    {
        QVERIFY(!m_composer->retentionButton()->isVisible());
        m_composer->setRetention(engine::ThinkingRetention::All);
        QVERIFY(m_composer->retentionButton()->isVisible());
        QVERIFY(m_composer->retentionButton()->text().contains(QStringLiteral("All")));
        QSignalSpy wanted(m_composer.get(), &Composer::promptRequested);
        QTest::mouseClick(m_composer->retentionButton(), Qt::LeftButton);
        QCOMPARE(wanted.count(), 1);
        m_composer->setRetention(engine::ThinkingRetention::Template);
        QVERIFY(!m_composer->retentionButton()->isVisible());
    }

    void adviceStandsWhereTheKeysDo()
    {
        m_composer->setAdvice(QStringLiteral("Too hot."));
        QCOMPARE(m_composer->hint(), QStringLiteral("Too hot."));
        m_composer->setState(Composer::State::Loading);
        QTest::keyClicks(edit(), QStringLiteral("early"));
        QTest::keyClick(edit(), Qt::Key_Return);
        QVERIFY(m_composer->hint().contains(QStringLiteral("loading"))); // more urgent
        m_composer->setAdvice({});
        m_composer->setState(Composer::State::Ready);
        QVERIFY(m_composer->hint().contains(QStringLiteral("Shift+Enter")));
    }

    void growsFromOneToEightLines()
    {
        const int one = edit()->height();
        m_composer->setText(QStringLiteral("a\nb\nc"));
        const int three = edit()->height();
        QVERIFY(three > 2 * one);
        m_composer->setText(QStringList(8, QStringLiteral("line")).join(QLatin1Char('\n')));
        const int eight = edit()->height();
        QVERIFY(eight > 2 * three);
        m_composer->setText(QStringList(50, QStringLiteral("line")).join(QLatin1Char('\n')));
        QCOMPARE(edit()->height(), eight);
        m_composer->setText(QString());
        QCOMPARE(edit()->height(), one);
    }

    void wrappedLinesCountToo()
    {
        const int one = edit()->height();
        m_composer->setText(QString(400, QLatin1Char('w')));
        QVERIFY(edit()->height() > 2 * one);
    }

    void emacsKeysAreLeftToTheMenus()
    {
        for (const int key : {Qt::Key_E, Qt::Key_K}) {
            QKeyEvent claim(QEvent::ShortcutOverride, key, Qt::ControlModifier);
            claim.ignore();
            QApplication::sendEvent(edit(), &claim);
            QVERIFY(!claim.isAccepted());
        }
    }

    void clickBesideTheTextFocusesTheField()
    {
        edit()->clearFocus();
        QTest::mouseClick(edit()->parentWidget(), Qt::LeftButton, {}, QPoint(4, 4));
        QVERIFY(edit()->hasFocus());
    }

private:
    ComposerEdit *edit() const { return m_composer->edit(); }

    std::unique_ptr<Composer> m_composer;
    std::unique_ptr<QSignalSpy> m_sent;
};

QTEST_MAIN(ComposerTest)
#include "tst_composer.moc"
