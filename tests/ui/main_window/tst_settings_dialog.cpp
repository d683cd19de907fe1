// Settings take effect at once, invalid ones not at all, and the recommendation can always be had back.

#include "samples.h"
#include "ui/theme/theme.h"
#include "ui/window/sampler_advice.h"
#include "ui/window/settings_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTest>

using namespace ui;

class SettingsDialogTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { theme::apply(UiSettings()); }

    void init() { open(samples::settings()); }
    void cleanup()
    {
        m_changed.reset();
        delete std::exchange(m_dialog, nullptr);
    }

    void openingChangesNothing() { QCOMPARE(m_changed->count(), 0); }

    void aThemeTakesEffectAtOnce()
    {
        control<QComboBox>("Theme")->setCurrentIndex(2);
        QCOMPARE(m_changed->count(), 1);
        QCOMPARE(last().theme, Theme::Dark);
        QCOMPARE(last().language, QStringLiteral("en"));
    }

    void recommendedValuesAreShownButNotEdited()
    {
        auto *temperature = control<QDoubleSpinBox>("Temperature");
        QVERIFY(!temperature->isEnabled());
        QCOMPARE(temperature->value(), 0.6);
        QCOMPARE(control<QSpinBox>("Longest reply")->value(), 2048);
    }

    void theRecommendationNamesItsSourceAndRange()
    {
        engine::ModelInfo model = samples::model();
        model.recommendationSource = "DeepSeek-R1 model card";
        model.recommendedMaxTokens = 32768;
        model.leastTemperature = 0.5F;
        model.greatestTemperature = 0.7F;
        QCOMPARE(SamplerAdvice::recommendation(model),
                 QStringLiteral("Recommended by DeepSeek-R1 model card: temperature 0.6 (0.5 to 0.7), top-p 0.95, "
                                "up to 32,768 tokens"));
        QVERIFY(!SamplerAdvice::recommendation({}).isEmpty());
    }

    void whatTheAuthorsWarnOfIsSaid()
    {
        engine::ModelInfo model;
        QCOMPARE(SamplerAdvice::temperature(model, 0.0), QString()); // nothing is known
        model.greedyRepeats = true;
        model.leastTemperature = 0.5F;
        model.greatestTemperature = 0.7F;
        QVERIFY(SamplerAdvice::temperature(model, 0.0).contains(QStringLiteral("repeat")));
        QVERIFY(SamplerAdvice::temperature(model, 0.2).contains(QStringLiteral("below 0.5")));
        QVERIFY(SamplerAdvice::temperature(model, 0.95).contains(QStringLiteral("above 0.7")));
        for (const double fine : {0.5, 0.6, 0.7})
            QCOMPARE(SamplerAdvice::temperature(model, fine), QString());
        model.reasons = true;
        model.contextLength = 4096;
        QVERIFY(!SamplerAdvice::length(model, 100).isEmpty());
        QVERIFY(SamplerAdvice::length(model, 2048).isEmpty());
        storage::SamplerRecord sampler;
        sampler.temperature = 0.0;
        sampler.maxTokens = 100;
        QCOMPARE(samplerAdvice(model, sampler).size(), 2);
    }

    void aValueThatIsWarnedOfSaysSoBesideItsName()
    {
        engine::ModelInfo model = samples::model();
        model.greedyRepeats = true;
        open(samples::settings(), model);
        control<QCheckBox>("Use the model's recommended values")->setChecked(false);
        auto *temperature = control<QDoubleSpinBox>("Temperature");
        temperature->setValue(0.0);
        QVERIFY2(temperature->accessibleDescription().contains(QStringLiteral("repeat")),
                 qPrintable(temperature->accessibleDescription()));
        temperature->setValue(0.6);
        QVERIFY(!temperature->accessibleDescription().contains(QStringLiteral("repeat")));
    }

    void aSystemPromptIsKeptAndTheAuthorsAdviceSaid()
    {
        engine::ModelInfo model = samples::model();
        model.systemPrompt = engine::SystemPromptAdvice::Discouraged;
        open(samples::settings(), model);
        auto *prompt = control<QPlainTextEdit>("Instructions for the model");
        QVERIFY(!prompt->accessibleDescription().contains(QStringLiteral("advise against")));
        QTest::keyClicks(prompt, QStringLiteral("Be brief."));
        QVERIFY(prompt->accessibleDescription().contains(QStringLiteral("advise against")));
        QCOMPARE(last().systemPrompt, QStringLiteral("Be brief."));
    }

    void earlierThoughtsAreChosenAndTheDepartureIsSaid()
    {
        auto *thoughts = control<QComboBox>("Earlier thoughts the model sees again");
        QVERIFY(!thoughts->accessibleDescription().contains(QStringLiteral("Departs")));
        thoughts->setCurrentIndex(1);
        QCOMPARE(last().retention, engine::ThinkingRetention::All);
        QVERIFY(thoughts->accessibleDescription().contains(QStringLiteral("Departs")));
        thoughts->setCurrentIndex(0);
        QCOMPARE(last().retention, engine::ThinkingRetention::Template);
    }

    void ownValuesComeBackAfterTheRecommendedOnes()
    {
        auto *recommended = control<QCheckBox>("Use the model's recommended values");
        auto *temperature = control<QDoubleSpinBox>("Temperature");
        QTest::mouseClick(recommended, Qt::LeftButton, {}, QPoint(8, recommended->height() / 2));
        QVERIFY(temperature->isEnabled());
        temperature->setValue(1.25);
        QCOMPARE(last().sampler.temperature, 1.25);
        QCOMPARE(last().useRecommendedSampler, false);
        recommended->setChecked(true);
        QCOMPARE(temperature->value(), 0.6);
        recommended->setChecked(false);
        QCOMPARE(temperature->value(), 1.25);
    }

    void storedValuesAreLoadedUnchanged()
    {
        UiSettings settings = samples::settings();
        settings.useRecommendedSampler = false;
        settings.sampler.temperature = 0.25;
        settings.sampler.topP = 0.5;
        settings.sampler.maxTokens = 77;
        settings.sampler.topK = 40;
        settings.sampler.minP = 0.05;
        settings.sampler.repetitionPenalty = 1.1;
        settings.sampler.seed = 18'446'744'073'709'551'615ULL;
        settings.randomSeed = false;
        open(settings);
        control<QComboBox>("Theme")->setCurrentIndex(0); // any change hands over everything
        QCOMPARE(last().sampler.temperature, 0.25);
        QCOMPARE(last().sampler.topP, 0.5);
        QCOMPARE(last().sampler.maxTokens, 77);
        QCOMPARE(last().sampler.topK, 40);
        QCOMPARE(last().sampler.minP, 0.05);
        QCOMPARE(last().sampler.repetitionPenalty, 1.1);
        QCOMPARE(last().sampler.seed, 18'446'744'073'709'551'615ULL);
    }

    void aSeedMustBeANumber()
    {
        control<QCheckBox>("New seed for every reply")->setChecked(false);
        auto *seed = control<QLineEdit>("Seed");
        seed->selectAll();
        QTest::keyClicks(seed, QStringLiteral("42"));
        QCOMPARE(last().sampler.seed, 42ULL);
        QTest::keyClicks(seed, QStringLiteral("x"));
        QCOMPARE(last().sampler.seed, 42ULL);
        QVERIFY(seed->property("invalid").toBool());
        QVERIFY(seed->accessibleDescription().contains(QStringLiteral("whole number")));
        seed->setText(QStringLiteral("18446744073709551616")); // one too many
        QCOMPARE(last().sampler.seed, 42ULL);
        seed->setText(QStringLiteral("7"));
        QVERIFY(!seed->property("invalid").toBool());
        QCOMPARE(last().sampler.seed, 7ULL);
    }

    void lengthIsLimitedByTheContext()
    {
        QCOMPARE(control<QSpinBox>("Longest reply")->maximum(), samples::model().contextLength);
    }

    void resetGoesBackToTheRecommendation()
    {
        control<QCheckBox>("Use the model's recommended values")->setChecked(false);
        control<QDoubleSpinBox>("Temperature")->setValue(1.9);
        control<QSpinBox>("Top-k")->setValue(3);
        for (auto *button : m_dialog->findChildren<QPushButton *>()) {
            if (button->text() == QLatin1String("Reset to Recommended"))
                button->click();
        }
        QCOMPARE(last().useRecommendedSampler, true);
        QCOMPARE(last().sampler.topK, 0);
        QCOMPARE(control<QDoubleSpinBox>("Temperature")->value(), 0.6);
    }

private:
    void open(const UiSettings &settings, const engine::ModelInfo &model = samples::model())
    {
        m_changed.reset();
        delete m_dialog;
        m_dialog = new SettingsDialog(settings, model);
        m_dialog->setAttribute(Qt::WA_DeleteOnClose, false);
        m_changed = std::make_unique<QSignalSpy>(m_dialog, &SettingsDialog::changed);
        m_dialog->show();
    }

    template <typename T>
    T *control(const char *name) const
    {
        for (T *widget : m_dialog->findChildren<T *>()) {
            if (widget->accessibleName() == QLatin1String(name))
                return widget;
        }
        qFatal("no control named %s", name);
    }

    UiSettings last() const { return m_changed->last().first().value<UiSettings>(); }

    SettingsDialog *m_dialog = nullptr;
    std::unique_ptr<QSignalSpy> m_changed;
};

QTEST_MAIN(SettingsDialogTest)
#include "tst_settings_dialog.moc"
