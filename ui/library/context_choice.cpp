#include "ui/library/context_choice.h"

#include "engine/memory_plan.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr int leastContext = engine::MemoryPlan::leastContext;
constexpr int positions = 1000;
constexpr int page = engine::MemoryPlan::pageTokens;

} // namespace

ContextChoice::ContextChoice(QWidget *parent) : QWidget(parent)
{
    const auto &space = theme::current().space;
    m_name = new QLabel(this);
    m_name->setTextFormat(Qt::PlainText);
    m_spin = new QSpinBox(this);
    m_spin->setGroupSeparatorShown(true);
    m_spin->setLocale(QLocale(QLocale::English)); // as all figures of the window
    m_spin->setSingleStep(1024);
    m_spin->setKeyboardTracking(false);
    m_name->setBuddy(m_spin);
    m_slider = new QSlider(Qt::Horizontal, this);
    m_slider->setRange(0, positions);
    m_slider->setSingleStep(positions / 100);
    m_slider->setPageStep(positions / 10);
    auto *row = new QHBoxLayout;
    row->setSpacing(space.m);
    row->addWidget(m_name, 1);
    row->addWidget(m_spin);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space.s);
    column->addLayout(row);
    column->addWidget(m_slider);
    connect(m_slider, &QSlider::valueChanged, this, [this](int position) { m_spin->setValue(tokensAt(position)); });
    connect(m_spin, &QSpinBox::valueChanged, this, [this](int value) {
        const QSignalBlocker quiet(m_slider);
        if (tokensAt(m_slider->value()) != value) // typed: the slider follows, it does not round
            m_slider->setValue(positionOf(value));
        emit changed(value);
    });
    retranslate();
}

void ContextChoice::setRange(int most, int chosen)
{
    m_most = std::max(1, most);
    m_least = std::min(leastContext, m_most);
    const QSignalBlocker quietSpin(m_spin);
    const QSignalBlocker quietSlider(m_slider);
    m_spin->setRange(m_least, m_most);
    m_spin->setValue(chosen);
    m_slider->setValue(positionOf(m_spin->value()));
    setEnabled(m_most > m_least);
}

int ContextChoice::tokens() const
{
    return m_spin->value();
}

/// Equal ways on the slider multiply the context: whole pages of the cache, and exactly the maximum at the end.
int ContextChoice::tokensAt(int position) const
{
    if (position >= positions)
        return m_most;
    const double ratio = static_cast<double>(m_most) / m_least;
    const double tokens = m_least * std::pow(ratio, static_cast<double>(position) / positions);
    return std::clamp(static_cast<int>(std::lround(tokens / page)) * page, m_least, m_most);
}

int ContextChoice::positionOf(int tokens) const
{
    if (m_most <= m_least)
        return positions;
    const double share =
        std::log(static_cast<double>(tokens) / m_least) / std::log(static_cast<double>(m_most) / m_least);
    return std::clamp(static_cast<int>(std::lround(share * positions)), 0, positions);
}

void ContextChoice::retranslate()
{
    m_name->setText(tr("Context"));
    m_spin->setSuffix(tr(" tokens"));
    m_spin->setAccessibleName(tr("Context in tokens"));
    m_slider->setAccessibleName(tr("Context"));
}

void ContextChoice::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
