#include "ui/library/precision_choice.h"

#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QEvent>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace ui {

namespace {

QLabel *hintLabel(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setProperty("kind", QStringLiteral("hint"));
    return label;
}

} // namespace

PrecisionChoice::PrecisionChoice(QWidget *parent) : QWidget(parent)
{
    m_cache = new QCheckBox(this);
    m_cacheHint = hintLabel(this);
    m_activations = new QCheckBox(this);
    m_activationsHint = hintLabel(this);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(theme::current().space.xs);
    for (QWidget *row : std::initializer_list<QWidget *>{m_cache, m_cacheHint, m_activations, m_activationsHint})
        column->addWidget(row);
    for (QCheckBox *box : {m_cache, m_activations})
        connect(box, &QCheckBox::toggled, this, [this] { emit changed(chosen()); });
    retranslate();
    refresh();
}

void PrecisionChoice::setOffered(Precision offered)
{
    m_offered = offered;
    refresh();
}

void PrecisionChoice::setChosen(Precision chosen)
{
    const QSignalBlocker quietCache(m_cache);
    const QSignalBlocker quietActivations(m_activations);
    m_cache->setChecked(chosen.cache);
    m_activations->setChecked(chosen.activations);
}

Precision PrecisionChoice::chosen() const
{
    return {m_offered.activations && m_activations->isChecked(), m_offered.cache && m_cache->isChecked()};
}

void PrecisionChoice::refresh()
{
    m_cache->setVisible(m_offered.cache);
    m_cacheHint->setVisible(m_offered.cache);
    m_activations->setVisible(m_offered.activations);
    m_activationsHint->setVisible(m_offered.activations);
    setVisible(m_offered != Precision());
}

void PrecisionChoice::retranslate()
{
    m_cache->setText(tr("Keep the cache in FP8"));
    m_cacheHint->setText(tr("More context in the same memory. Answers can differ a little."));
    m_activations->setText(tr("Compute with FP8 activations"));
    m_activationsHint->setText(
        tr("Rounds as the model was trained: for GPUs that multiply FP8. Answers can differ a little."));
    m_cache->setAccessibleDescription(m_cacheHint->text());
    m_activations->setAccessibleDescription(m_activationsHint->text());
}

void PrecisionChoice::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
