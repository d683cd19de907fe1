// The figures above the chat: formats, the gauge, the curve and the routing strip.

#include "samples.h"
#include "ui/theme/theme.h"
#include "ui/widgets/context_gauge.h"
#include "ui/widgets/format.h"
#include "ui/widgets/load_progress.h"
#include "ui/widgets/routing_strip.h"
#include "ui/widgets/sparkline.h"
#include "ui/widgets/visible_text.h"
#include "ui/window/model_bar.h"

#include <QSignalSpy>
#include <QTest>

using namespace ui;

class ModelBarTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { theme::apply(UiSettings()); }

    void init()
    {
        m_bar = std::make_unique<ModelBar>();
        m_bar->resize(1000, 56);
        m_bar->showModel(samples::model());
        m_bar->show();
    }
    void cleanup() { m_bar.reset(); }

    void parametersHaveTwoOrThreeFigures()
    {
        QCOMPARE(formatParameters(671'000'000'000), QStringLiteral("671B"));
        QCOMPARE(formatParameters(2'980'000), QStringLiteral("3.0M"));
        QCOMPARE(formatParameters(912'000), QStringLiteral("912K"));
        QCOMPARE(formatParameters(640), QStringLiteral("640"));
        QCOMPARE(formatParameters(999'600), QStringLiteral("1.0M"));
    }

    void ratesAreNeverExponents()
    {
        QCOMPARE(formatRate(0.31), QStringLiteral("0.3"));
        QCOMPARE(formatRate(42.55), QStringLiteral("42.5"));
        QCOMPARE(formatRate(123.4), QStringLiteral("123"));
        QCOMPARE(formatRate(5000.0), QStringLiteral("5000"));
    }

    void bytesAreBinary()
    {
        QCOMPARE(formatBytes(640), QStringLiteral("640 B"));
        QCOMPARE(formatBytes(70'272ULL * 32'768), QStringLiteral("2.1 GiB"));
    }

    void theSummaryNamesKindAndSize()
    {
        QCOMPARE(m_bar->summary(), QStringLiteral("deepseek_v3 · 3.0M total · 912K active · FP8 E4M3 128x128 + BF16"));
        engine::ModelInfo dense = samples::model();
        dense.architecture = "llama";
        dense.parametersActive = dense.parametersTotal;
        dense.quantization = "BF16";
        m_bar->showModel(dense);
        QCOMPARE(m_bar->summary(), QStringLiteral("llama · 3.0M total · BF16"));
    }

    void aCapBecauseOfMemoryIsTold()
    {
        engine::ModelInfo info = samples::model();
        info.maxContextLength = 163'840;
        m_bar->showModel(info); // chosen by somebody
        QVERIFY(!m_bar->summary().contains(QStringLiteral("capped"), Qt::CaseInsensitive));
        QVERIFY(!m_bar->context()->details().contains(QStringLiteral("163,840")));
        info.contextCapped = true;
        m_bar->showModel(info);
        QVERIFY(m_bar->summary().startsWith(QStringLiteral("Context capped to 4,096 of 163,840 because of memory · ")));
        QVERIFY(m_bar->context()->details().endsWith(
            QStringLiteral("Capped to 4,096 of the model's 163,840 tokens because of memory")));
        m_bar->showModel(samples::model());
        QVERIFY(!m_bar->context()->details().contains(QStringLiteral("Capped")));
    }

    void aQuickLoadShowsNoButton()
    {
        m_bar->showLoading(QStringLiteral("models/large"));
        m_bar->showProgress(progress(engine::LoadStage::Weights, 1, 4));
        QVERIFY(!m_bar->cancelButton()->isVisible());
        QVERIFY(!m_bar->loadLine()->isVisible());
        QCOMPARE(m_bar->summary(), QStringLiteral("Loading…"));
        m_bar->showModel(samples::model());
        QTest::qWait(400);
        QVERIFY(!m_bar->cancelButton()->isVisible());
    }

    void aSlowLoadSaysHowFarItIs()
    {
        m_bar->showLoading(QStringLiteral("models/large"));
        QTRY_VERIFY(m_bar->cancelButton()->isVisible());
        QVERIFY(m_bar->loadLine()->isVisible());
        m_bar->showProgress(progress(engine::LoadStage::Headers, 30, 60));
        QCOMPARE(m_bar->summary(), QStringLiteral("Reading the headers, 50%"));
        QCOMPARE(m_bar->loadLine()->fraction(), 0.5 / 6.0);
        m_bar->showProgress(progress(engine::LoadStage::Weights, 3, 4));
        QCOMPARE(m_bar->summary(), QStringLiteral("Checking the weights, 75%"));
        QCOMPARE(m_bar->loadLine()->fraction(), 1.75 / 6.0);
        m_bar->showProgress(progress(engine::LoadStage::Tokenizer, 0, 0));
        QCOMPARE(m_bar->summary(), QStringLiteral("Reading the tokenizer…"));
        m_bar->showProgress(progress(engine::LoadStage::Buffers, 0, 0));
        QCOMPARE(m_bar->summary(), QStringLiteral("Preparing the memory…"));
        m_bar->showProgress(progress(engine::LoadStage::Buffers, 300, 1000));
        QCOMPARE(m_bar->summary(), QStringLiteral("Copying the weights to the GPU, 30%"));
        m_bar->showModel(samples::model());
        QVERIFY(!m_bar->cancelButton()->isVisible());
        QVERIFY(!m_bar->loadLine()->isVisible());
    }

    void progressOfAnotherModelIsNotShown()
    {
        m_bar->showLoading(QStringLiteral("models/large/"));
        QTRY_VERIFY(m_bar->cancelButton()->isVisible());
        engine::ModelLoadProgress other = progress(engine::LoadStage::Weights, 3, 4);
        other.folder = "models/before";
        m_bar->showProgress(other);
        QCOMPARE(m_bar->summary(), QStringLiteral("Loading…"));
        m_bar->showModel(samples::model());
        m_bar->showProgress(progress(engine::LoadStage::Weights, 3, 4)); // late
        QVERIFY(m_bar->summary().startsWith(QStringLiteral("deepseek_v3")));
    }

    void cancelIsAskedForOnce()
    {
        QSignalSpy wished(m_bar.get(), &ModelBar::cancelLoadRequested);
        m_bar->showLoading(QStringLiteral("models/large"));
        QTRY_VERIFY(m_bar->cancelButton()->isVisible());
        QTest::mouseClick(m_bar->cancelButton(), Qt::LeftButton);
        QTest::mouseClick(m_bar->cancelButton(), Qt::LeftButton);
        QCOMPARE(wished.count(), 1);
        QCOMPARE(m_bar->summary(), QStringLiteral("Cancelling…"));
        m_bar->showNothing();
        QCOMPARE(m_bar->summary(), QStringLiteral("Open a model folder, or drop one onto the window"));
        m_bar->showLoading(QStringLiteral("models/large"));
        QTRY_VERIFY(m_bar->cancelButton()->isVisible());
        QVERIFY(m_bar->cancelButton()->isEnabled());
    }

    void theStripIsHiddenWithoutExperts()
    {
        QVERIFY(m_bar->routing()->isVisible());
        m_bar->setRoutingShown(false);
        QVERIFY(!m_bar->routing()->isVisible());
        m_bar->setRoutingShown(true);
        engine::ModelInfo dense = samples::model();
        dense.routedExperts = 0;
        dense.moeLayers.clear();
        m_bar->showModel(dense);
        QVERIFY(!m_bar->routing()->isVisible());
    }

    void theGaugeShowsTokensAndMemory()
    {
        LiveStatistics live;
        live.contextUsed = 1000;
        live.contextLength = 4096;
        live.cachedTokens = 300;
        m_bar->showLive(live, {});
        QCOMPARE(m_bar->context()->used(), 1000);
        const QString tip = m_bar->context()->details();
        QVERIFY(tip.contains(QStringLiteral("1,000 of 4,096")));
        QVERIFY(tip.contains(QStringLiteral("300")));
        QVERIFY2(tip.contains(QStringLiteral("625 KiB")), qPrintable(tip)); // 1000 × 640 B
    }

    void theGaugeSaysWhatItPaints()
    {
        ContextGauge gauge;
        QVERIFY(gauge.memory().isEmpty());
        gauge.setUsage(1000, 4096, 0, 640);
        QCOMPARE(gauge.memory(), QStringLiteral("KV 625 KiB"));
        QCOMPARE(gauge.accessibleDescription(), QStringLiteral("1,000 of 4,096 tokens used, KV 625 KiB"));
        const QSize size = gauge.sizeHint();
        gauge.setUsage(4096, 4096, 0, 640);
        QCOMPARE(gauge.sizeHint(), size); // nothing beside it moves
    }

    void theGaugeIsDescribedOnceASecondAtMost()
    {
        ContextGauge gauge;
        gauge.setUsage(0, 4096, 0, 640);
        for (int used = 1; used <= 60; ++used)
            gauge.setUsage(used, 4096, 0, 640);
        QVERIFY(gauge.accessibleDescription().startsWith(QStringLiteral("0 of")));
        QTRY_VERIFY(gauge.accessibleDescription().startsWith(QStringLiteral("60 of")));
    }

    void theCurveKeepsTheLastMinute()
    {
        Sparkline curve;
        curve.start();
        for (int second = 0; second <= 100; ++second)
            curve.addAt(second, second);
        QCOMPARE(curve.samples(), 61);
        QCOMPARE(curve.currentValue(), 100.0);
        curve.start();
        QCOMPARE(curve.samples(), 0);
    }

    void denseSamplesDoNotPileUp()
    {
        Sparkline curve;
        curve.start();
        for (int i = 0; i < 6000; ++i)
            curve.addAt(i * 0.01, i);
        QVERIFY(curve.samples() <= 1200);
        QCOMPARE(curve.currentValue(), 5999.0);
    }

    void usedExpertsLightUpAndTheLastStayMarked()
    {
        RoutingStrip *strip = m_bar->routing();
        strip->showRoutes({0, 7, 1, 6, 2, 5}); // 3 layers × 2
        QVERIFY(strip->isNewest(0, 7));
        QVERIFY(strip->isNewest(2, 5));
        QVERIFY(!strip->isNewest(0, 1));
        QCOMPARE(strip->activity(1, 6), 1.0F);
        QCOMPARE(strip->activity(1, 7), 0.0F);
        QTRY_VERIFY_WITH_TIMEOUT(strip->activity(1, 6) == 0.0F, 5000);
        QVERIFY(strip->isNewest(0, 7));
        strip->clear();
        QVERIFY(!strip->isNewest(0, 7));
    }

    void routesThatDoNotFitTheModelAreIgnored()
    {
        RoutingStrip *strip = m_bar->routing();
        strip->showRoutes({0, 1, 2});                // too short
        strip->showRoutes({0, 1, 2, 3, 4, 5, 6, 7}); // too long
        for (int row = 0; row < 3; ++row)
            for (int expert = 0; expert < 8; ++expert)
                QCOMPARE(strip->activity(row, expert), 0.0F);
        strip->showRoutes({0, 65535, 1, 8, 2, 5}); // expert ids the model does not have
        QCOMPARE(strip->activity(0, 0), 1.0F);
        QCOMPARE(strip->activity(2, 5), 1.0F);
    }

    void theToolTipNamesTheAbsoluteLayer()
    {
        RoutingStrip *strip = m_bar->routing();
        strip->showRoutes({0, 7, 1, 6, 2, 5});
        const QPoint lastCell(strip->width() - 1, strip->height() - 1);
        QCOMPARE(strip->cellText(lastCell), QStringLiteral("Layer 3, expert 7"));
        QCOMPARE(strip->cellText(QPoint(0, 0)), QStringLiteral("Layer 1, expert 0 — used by the newest token"));
        QVERIFY(strip->cellText(QPoint(-1, 0)).isEmpty());
    }

    void figuresMoveBelowInANarrowBar()
    {
        QVERIFY(m_bar->context()->mapTo(m_bar.get(), QPoint()).x() > 500);
        const int wide = m_bar->sizeHint().height();
        m_bar->resize(420, 100);
        QVERIFY(m_bar->sizeHint().height() > wide);
        m_bar->resize(1000, 56);
        QCOMPARE(m_bar->sizeHint().height(), wide);
    }

    void namesAreShownInOneVisibleLine()
    {
        QCOMPARE(visibleText(QStringLiteral("a\nb\tc")), QStringLiteral("a b c"));
        QCOMPARE(visibleText(QStringLiteral("\u202Etxt\u200B")), QStringLiteral("⟨U+202E⟩txt⟨U+200B⟩"));
        const QString family = QStringLiteral("👩\u200D👧");
        QCOMPARE(visibleText(family), family); // a joiner inside an emoji belongs to it
        QCOMPARE(visibleText(QString(QChar(u'\0'))), QStringLiteral("⟨U+0000⟩"));
    }

private:
    static engine::ModelLoadProgress progress(engine::LoadStage stage, std::uint64_t done, std::uint64_t total)
    {
        return {"models/large", stage, done, total};
    }

    std::unique_ptr<ModelBar> m_bar;
};

QTEST_MAIN(ModelBarTest)
#include "tst_model_bar.moc"
