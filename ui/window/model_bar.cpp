#include "ui/window/model_bar.h"

#include "ui/theme/theme.h"
#include "ui/widgets/context_gauge.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/icon_button.h"
#include "ui/widgets/routing_strip.h"
#include "ui/widgets/sparkline.h"

#include <QDir>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>

namespace ui {

ModelBar::ModelBar(QWidget *parent) : QWidget(parent)
{
    const auto &space = theme::current().space;
    setAttribute(Qt::WA_StyledBackground);
    setProperty("kind", QStringLiteral("modelbar"));
    m_sidebar = new IconButton(QStringLiteral("sidebar"), this);
    m_name = new ElidedLabel(ElidedLabel::Role::Heading, this);
    m_summary = new ElidedLabel(ElidedLabel::Role::Small, this);
    m_routing = new RoutingStrip(this);
    m_throughput = new Sparkline(this);
    m_context = new ContextGauge(this);
    m_open = new IconButton(QStringLiteral("folder"), this);

    auto *texts = new QVBoxLayout;
    texts->setSpacing(0);
    texts->addWidget(m_name);
    texts->addWidget(m_summary);
    m_figures = new QWidget(this);
    auto *figures = new QHBoxLayout(m_figures);
    figures->setContentsMargins(0, 0, 0, 0);
    figures->setSpacing(space.l);
    figures->addWidget(m_routing);
    figures->addWidget(m_throughput);
    figures->addWidget(m_context);
    m_grid = new QGridLayout(this);
    m_grid->setContentsMargins(space.l, space.s, space.m, space.s);
    m_grid->setHorizontalSpacing(space.m);
    m_grid->setVerticalSpacing(space.s);
    m_grid->addWidget(m_sidebar, 0, 0);
    m_grid->addLayout(texts, 0, 1);
    m_grid->addWidget(m_figures, 0, 2);
    m_grid->addWidget(m_open, 0, 3);
    m_grid->setColumnStretch(1, 1);
    connect(m_open, &QToolButton::clicked, this, &ModelBar::openModelRequested);
    connect(m_sidebar, &QToolButton::clicked, this, &ModelBar::sidebarRequested);
    m_sidebar->hide();
    updateParts();
}

void ModelBar::showLoading(const QString &folder)
{
    m_state = State::Loading;
    m_folder = folder;
    m_info = {};
    updateParts();
}

void ModelBar::showModel(const engine::ModelInfo &info)
{
    m_state = State::Ready;
    m_info = info;
    m_routing->setModel(info);
    m_throughput->start();
    m_context->setUsage(0, info.contextLength, 0, info.kvBytesPerToken);
    updateParts();
}

void ModelBar::showFailure(const QString &folder)
{
    m_state = State::Failed;
    m_folder = folder;
    m_info = {};
    updateParts();
}

void ModelBar::showLive(const LiveStatistics &live, const std::vector<std::uint16_t> &routes)
{
    const int limit = live.contextLength > 0 ? live.contextLength : m_info.contextLength;
    m_context->setUsage(live.contextUsed, limit, live.cachedTokens, m_info.kvBytesPerToken);
    if (!live.prefilling && live.thinkingTokens + live.answerTokens > 0)
        m_throughput->add(live.tokensPerSecond);
    if (!routes.empty() && m_routing->isVisible())
        m_routing->showRoutes(routes);
}

void ModelBar::showUsage(int used, int cached)
{
    m_context->setUsage(used, m_info.contextLength, cached, m_info.kvBytesPerToken);
}

void ModelBar::startReply()
{
    m_throughput->start();
    m_routing->clear();
}

void ModelBar::setRoutingShown(bool shown)
{
    m_routingShown = shown;
    updateParts();
}

void ModelBar::setSidebarShown(bool shown)
{
    m_sidebar->setVisible(!shown);
    arrange();
}

QString ModelBar::summary() const
{
    return m_summary->text();
}

void ModelBar::updateParts()
{
    const bool ready = m_state == State::Ready;
    m_throughput->setVisible(ready);
    m_context->setVisible(ready);
    m_routing->setVisible(ready && m_routingShown && m_routing->hasExperts());
    m_figures->setVisible(ready);
    retranslate();
    arrange();
}

/// The figures move below the name where both would not fit side by side.
void ModelBar::arrange()
{
    constexpr int readableText = 280;
    const int text = std::min(std::max(m_name->sizeHint().width(), m_summary->sizeHint().width()), readableText);
    const int buttons = m_open->sizeHint().width() + (m_sidebar->isHidden() ? 0 : m_sidebar->sizeHint().width());
    const QMargins margins = m_grid->contentsMargins();
    const int needed = text + buttons + m_figures->sizeHint().width() + 3 * m_grid->horizontalSpacing() +
                       margins.left() + margins.right();
    const bool below = width() < needed;
    if (below == m_below)
        return;
    m_below = below;
    m_grid->removeWidget(m_figures);
    if (below)
        m_grid->addWidget(m_figures, 1, 1, 1, 3, Qt::AlignLeft);
    else
        m_grid->addWidget(m_figures, 0, 2);
}

void ModelBar::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void ModelBar::retranslate()
{
    m_sidebar->setName(tr("Show the sidebar"), QKeySequence(Qt::CTRL | Qt::Key_B));
    m_open->setName(tr("Open a model folder"), QKeySequence(Qt::CTRL | Qt::Key_O));
    const QString folder = QDir(m_folder).dirName();
    switch (m_state) {
    case State::None:
        m_name->setText(tr("No model"));
        m_summary->setText(tr("Open a model folder, or drop one onto the window"));
        return;
    case State::Loading:
        m_name->setText(folder);
        m_summary->setText(tr("Loading…"));
        return;
    case State::Failed:
        m_name->setText(folder);
        m_summary->setText(tr("Could not be opened"));
        return;
    case State::Ready:
        break;
    }
    m_name->setText(QString::fromStdString(m_info.name));
    QStringList parts{QString::fromStdString(m_info.architecture),
                      tr("%1 total").arg(formatParameters(m_info.parametersTotal))};
    if (m_info.parametersActive > 0 && m_info.parametersActive != m_info.parametersTotal)
        parts << tr("%1 active").arg(formatParameters(m_info.parametersActive));
    parts << QString::fromStdString(m_info.quantization);
    parts.removeAll(QString());
    m_summary->setText(parts.join(QStringLiteral(" · ")));
}

void ModelBar::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
    if (event->type() == QEvent::LanguageChange || event->type() == QEvent::FontChange)
        arrange();
}

} // namespace ui
