#include "ui/library/plan_view.h"

#include "ui/library/context_choice.h"
#include "ui/library/library_text.h"
#include "ui/library/memory_bar.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

namespace ui {

namespace {

/// The colour of a part of the bar, beside its name.
class Swatch : public QWidget {
public:
    Swatch(MemoryBar::Part part, QWidget *parent) : QWidget(parent), m_part(part) { setFixedSize(10, 10); }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(MemoryBar::color(m_part));
        painter.drawRoundedRect(rect(), 3, 3);
    }

private:
    MemoryBar::Part m_part;
};

QLabel *plainLabel(QWidget *parent, const char *kind = nullptr)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    if (kind != nullptr)
        label->setProperty("kind", QString::fromLatin1(kind));
    return label;
}

QString toneName(Tone tone)
{
    switch (tone) {
    case Tone::Good:
        return QStringLiteral("good");
    case Tone::Limited:
        return QStringLiteral("limited");
    case Tone::Bad:
        return QStringLiteral("bad");
    case Tone::Neutral:
        break;
    }
    return {};
}

} // namespace

PlanView::PlanView(QWidget *parent) : QFrame(parent)
{
    const auto &space = theme::current().space;
    setProperty("kind", QStringLiteral("card"));
    m_title = plainLabel(this, "strong");
    m_verdict = plainLabel(this, "verdict");
    m_verdict->setWordWrap(true);
    m_bar = new MemoryBar(this);
    m_choice = new ContextChoice(this);
    m_hint = plainLabel(this, "hint");
    m_hint->setWordWrap(true);
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(space.s);
    grid->setVerticalSpacing(space.xs);
    grid->setColumnStretch(1, 1);
    for (std::size_t i = 0; i < m_parts.size(); ++i)
        m_parts[i] = addLine(grid, static_cast<int>(i), true);
    m_total = addLine(grid, static_cast<int>(m_parts.size()), false);
    m_available = addLine(grid, static_cast<int>(m_parts.size()) + 1, false);
    m_total.name->setProperty("kind", QStringLiteral("strong"));
    m_total.value->setProperty("kind", QStringLiteral("strong"));

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(space.l, space.m, space.l, space.l);
    column->setSpacing(space.s);
    column->addWidget(m_title);
    column->addWidget(m_verdict);
    column->addWidget(m_bar);
    column->addLayout(grid);
    column->addSpacing(space.s);
    column->addWidget(m_choice);
    column->addWidget(m_hint);
    connect(m_choice, &ContextChoice::changed, this, [this](int tokens) {
        m_plan = m_plan.with(tokens, m_plan.availableBytes);
        refresh();
        emit contextChanged(tokens);
    });
}

PlanView::Line PlanView::addLine(QGridLayout *grid, int row, bool marked)
{
    Line line{nullptr, plainLabel(this), plainLabel(this)};
    if (marked) {
        line.mark = new Swatch(MemoryBar::parts[static_cast<std::size_t>(row)], this);
        grid->addWidget(line.mark, row, 0, Qt::AlignVCenter);
    }
    grid->addWidget(line.name, row, marked ? 1 : 0, 1, marked ? 1 : 2);
    grid->addWidget(line.value, row, 2, Qt::AlignRight);
    return line;
}

/// All of it where it fits, else what fits; where nothing fits, the beginning of the scale.
int PlanView::contextThatIsOffered(const engine::MemoryPlan &plan)
{
    return plan.largestContext > 0 ? std::min(plan.largestContext, plan.maxContextLength) : 0;
}

void PlanView::setPlan(const engine::MemoryPlan &plan, int chosen)
{
    m_choice->setRange(plan.maxContextLength, chosen > 0 ? chosen : contextThatIsOffered(plan));
    m_plan = plan.with(m_choice->tokens(), plan.availableBytes);
    refresh();
}

QString PlanView::verdict() const
{
    return m_verdict->text();
}

void PlanView::refresh()
{
    const Verdict verdict = longVerdict(m_plan);
    m_title->setText(tr("Memory"));
    m_verdict->setText(verdict.text);
    m_verdict->setProperty("tone", toneName(verdict.tone));
    style()->unpolish(m_verdict); // else the style sheet keeps the old colour
    style()->polish(m_verdict);
    m_bar->setPlan(m_plan);
    m_parts[0].name->setText(tr("Weights"));
    m_parts[1].name->setText(tr("Cache of the context"));
    m_parts[2].name->setText(tr("Working memory"));
    for (std::size_t i = 0; i < m_parts.size(); ++i)
        m_parts[i].value->setText(formatBytes(MemoryBar::bytes(m_plan, MemoryBar::parts[i])));
    m_total.name->setText(tr("Together"));
    m_total.value->setText(formatBytes(m_plan.totalBytes()));
    m_available.name->setText(tr("Available"));
    m_available.value->setText(formatBytes(m_plan.availableBytes));
    m_hint->setText(tr("The cache takes %1 for each token. This model reads up to %2 tokens.")
                        .arg(formatBytes(m_plan.kvBytesPerToken), formatCount(m_plan.maxContextLength)));
    m_bar->setAccessibleName(tr("Memory"));
    m_bar->setAccessibleDescription(
        tr("%1 of %2 available").arg(formatBytes(m_plan.totalBytes()), formatBytes(m_plan.availableBytes)));
}

void PlanView::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (m_hint != nullptr && (event->type() == QEvent::LanguageChange || event->type() == QEvent::PaletteChange))
        refresh();
}

} // namespace ui
