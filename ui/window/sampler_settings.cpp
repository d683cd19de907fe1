#include "ui/window/sampler_settings.h"

#include "ui/window/sampler_advice.h"

#include <QSignalBlocker>
#include <QStyle>
#include <algorithm>

namespace ui {

namespace {

constexpr int mostTokens = 131'072;
constexpr int mostTopK = 1000;

double value(float recommended, double otherwise)
{
    return recommended >= 0.0F ? static_cast<double>(recommended) : otherwise;
}

} // namespace

SamplerSettings::SamplerSettings(const engine::ModelInfo &model, QWidget *parent)
    : SettingsSection(parent), m_model(model)
{
    m_recommended = new QCheckBox(this);
    m_temperature = makeNumber(0.0, 2.0, 0.05);
    m_topP = makeNumber(0.01, 1.0, 0.01);
    m_maxTokens = makeCount(1, model.contextLength > 0 ? model.contextLength : mostTokens);
    m_topK = makeCount(0, mostTopK);
    m_minP = makeNumber(0.0, 1.0, 0.01);
    m_penalty = makeNumber(1.0, 2.0, 0.05);
    m_randomSeed = new QCheckBox(this);
    m_seed = new QLineEdit(this);
    m_seed->setMaxLength(20);
    m_reset = new QPushButton(this);
    m_recommendedRow = addRow(m_recommended);
    m_temperatureRow = addRow(m_temperature);
    m_topPRow = addRow(m_topP);
    m_maxTokensRow = addRow(m_maxTokens);
    m_topKRow = addRow(m_topK);
    m_minPRow = addRow(m_minP);
    m_penaltyRow = addRow(m_penalty);
    m_randomSeedRow = addRow(m_randomSeed);
    m_seedRow = addRow(m_seed);
    addWide(m_reset);
    for (QCheckBox *box : {m_recommended, m_randomSeed}) {
        box->setMinimumWidth(0);
        connect(box, &QCheckBox::toggled, this, &SamplerSettings::changed);
    }
    connect(m_seed, &QLineEdit::textChanged, this, &SamplerSettings::changed);
    connect(m_reset, &QPushButton::clicked, this, &SamplerSettings::reset);
    SamplerSettings::retranslate();
}

QDoubleSpinBox *SamplerSettings::makeNumber(double least, double most, double step)
{
    auto *box = new QDoubleSpinBox(this);
    box->setLocale(QLocale::c()); // the values travel between languages: always a point
    box->setRange(least, most);
    box->setSingleStep(step);
    box->setDecimals(2);
    connect(box, &QDoubleSpinBox::valueChanged, this, &SamplerSettings::changed);
    return box;
}

QSpinBox *SamplerSettings::makeCount(int least, int most)
{
    auto *box = new QSpinBox(this);
    box->setRange(least, most);
    connect(box, &QSpinBox::valueChanged, this, &SamplerSettings::changed);
    return box;
}

void SamplerSettings::load(const UiSettings &settings)
{
    m_loading = true;
    m_own = settings.sampler;
    m_recommended->setChecked(settings.useRecommendedSampler);
    m_topK->setValue(m_own.topK);
    m_minP->setValue(m_own.minP);
    m_penalty->setValue(m_own.repetitionPenalty);
    m_randomSeed->setChecked(settings.randomSeed);
    m_seed->setText(QString::number(m_own.seed));
    m_loading = false;
    followRecommendation();
}

void SamplerSettings::store(UiSettings &settings) const
{
    settings.useRecommendedSampler = m_recommended->isChecked();
    settings.randomSeed = m_randomSeed->isChecked();
    settings.sampler.temperature = m_own.temperature;
    settings.sampler.topP = m_own.topP;
    settings.sampler.maxTokens = m_own.maxTokens;
    settings.sampler.topK = m_topK->value();
    settings.sampler.minP = m_minP->value();
    settings.sampler.repetitionPenalty = m_penalty->value();
    if (seedValid())
        settings.sampler.seed = m_seed->text().trimmed().toULongLong();
}

bool SamplerSettings::seedValid() const
{
    bool number = false;
    m_seed->text().trimmed().toULongLong(&number);
    return number;
}

void SamplerSettings::reset()
{
    load(UiSettings());
    emit edited();
}

void SamplerSettings::followRecommendation()
{
    const QSignalBlocker blockers[] = {QSignalBlocker(m_temperature), QSignalBlocker(m_topP),
                                       QSignalBlocker(m_maxTokens)};
    const bool follow = m_recommended->isChecked();
    const storage::SamplerRecord standard;
    m_temperature->setValue(follow ? value(m_model.recommendedTemperature, standard.temperature) : m_own.temperature);
    m_topP->setValue(follow ? value(m_model.recommendedTopP, standard.topP) : m_own.topP);
    const int length = m_model.recommendedMaxTokens > 0 ? m_model.recommendedMaxTokens : standard.maxTokens;
    m_maxTokens->setValue(follow ? length : m_own.maxTokens);
    for (QWidget *control :
         {static_cast<QWidget *>(m_temperature), static_cast<QWidget *>(m_topP), static_cast<QWidget *>(m_maxTokens)})
        control->setEnabled(!follow);
    m_seed->setEnabled(!m_randomSeed->isChecked());
    m_seed->setProperty("invalid", !seedValid());
    m_seed->style()->unpolish(m_seed);
    m_seed->style()->polish(m_seed);
    retranslate();
}

void SamplerSettings::changed()
{
    if (m_loading)
        return;
    if (!m_recommended->isChecked() && m_temperature->isEnabled()) {
        m_own.temperature = m_temperature->value();
        m_own.topP = m_topP->value();
        m_own.maxTokens = m_maxTokens->value();
    }
    followRecommendation();
    emit edited();
}

void SamplerSettings::retranslate()
{
    setTitle(tr("Sampling"));
    setRowText(m_recommendedRow, tr("Use the model's recommended values"), SamplerAdvice::recommendation(m_model));
    setAdvisedText(m_temperatureRow, tr("Temperature"), SamplerAdvice::temperature(m_model, m_temperature->value()),
                   tr("0 always takes the likeliest token; higher is more varied"));
    setRowText(m_topPRow, tr("Top-p"), tr("Keeps the likeliest tokens up to this share; 1 keeps all"));
    setAdvisedText(m_maxTokensRow, tr("Longest reply"), SamplerAdvice::length(m_model, m_maxTokens->value()),
                   tr("In tokens, thinking included"));
    setRowText(m_topKRow, tr("Top-k"), tr("Keeps this many of the likeliest tokens"));
    setRowText(m_minPRow, tr("Min-p"), tr("Drops tokens below this share of the likeliest one"));
    setRowText(m_penaltyRow, tr("Repetition penalty"), tr("1 does nothing; higher avoids repeating"));
    setRowText(m_randomSeedRow, tr("New seed for every reply"), tr("Off: the same question gets the same reply"));
    setRowText(m_seedRow, tr("Seed"),
               seedValid() ? QString()
                           : tr("Not a whole number from 0 to 18446744073709551615; the last valid seed stays."));
    m_topK->setSpecialValueText(tr("Off"));
    m_reset->setText(tr("Reset to Recommended"));
}

} // namespace ui
