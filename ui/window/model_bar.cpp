#include "ui/window/model_bar.h"

#include "ui/precision.h"
#include "ui/theme/theme.h"
#include "ui/widgets/context_gauge.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/icon_button.h"
#include "ui/widgets/load_progress.h"
#include "ui/widgets/routing_strip.h"
#include "ui/widgets/sparkline.h"
#include "ui/window/device_figures.h"

#include <QDir>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QMouseEvent>
#include <QVBoxLayout>
#include <algorithm>

namespace ui {

namespace {

constexpr int slowMilliseconds = 300;

} // namespace

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
    m_device = new DeviceFigures(this);
    m_cancel = new QPushButton(this);
    m_library = new IconButton(QStringLiteral("chip"), this);
    m_open = new IconButton(QStringLiteral("folder"), this);
    for (ElidedLabel *text : {m_name, m_summary}) {
        text->setCursor(Qt::PointingHandCursor);
        text->installEventFilter(this);
    }
    m_line = new LoadLine(this);
    m_slow.setSingleShot(true);
    m_slow.setInterval(slowMilliseconds);
    connect(&m_slow, &QTimer::timeout, this, &ModelBar::updateParts);

    auto *texts = new QVBoxLayout;
    texts->setSpacing(0);
    texts->addWidget(m_name);
    texts->addWidget(m_summary);
    m_figures = new QWidget(this);
    auto *figures = new QHBoxLayout(m_figures);
    figures->setContentsMargins(0, 0, 0, 0);
    figures->setSpacing(space.l);
    figures->addWidget(m_device);
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
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space.xs);
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_library);
    buttons->addWidget(m_open);
    m_grid->addLayout(buttons, 0, 3);
    m_grid->setColumnStretch(1, 1);
    connect(m_cancel, &QPushButton::clicked, this, &ModelBar::cancelLoad);
    connect(m_open, &QToolButton::clicked, this, &ModelBar::openModelRequested);
    connect(m_library, &QToolButton::clicked, this, &ModelBar::libraryRequested);
    connect(m_sidebar, &QToolButton::clicked, this, &ModelBar::sidebarRequested);
    m_sidebar->hide();
    updateParts();
}

void ModelBar::setState(State state, const QString &folder)
{
    m_state = state;
    m_folder = folder;
    m_progress.reset();
    m_cancelling = false;
    if (state == State::Loading)
        m_slow.start();
    else
        m_slow.stop();
}

void ModelBar::showLoading(const QString &folder)
{
    setState(State::Loading, folder);
    m_info = {};
    m_line->setFraction(0.0);
    updateParts();
}

void ModelBar::showProgress(const engine::ModelLoadProgress &progress)
{
    const bool mine = QString::fromStdString(progress.folder) == QDir::cleanPath(m_folder);
    if (m_state != State::Loading || !mine) // of a model that was asked for before
        return;
    m_progress = progress;
    m_line->setFraction(loadFraction(progress));
    retranslate();
}

void ModelBar::cancelLoad()
{
    m_cancelling = true;
    updateParts();
    emit cancelLoadRequested();
}

void ModelBar::showModel(const engine::ModelInfo &info)
{
    setState(State::Ready, QString::fromStdString(info.folder));
    m_info = info;
    m_routing->setModel(info);
    m_device->setModel(info);
    m_throughput->start();
    m_context->setCappedFrom(info.contextCapped ? info.maxContextLength : 0);
    m_context->setUsage(0, info.contextLength, 0, info.kvBytesPerToken);
    updateParts();
}

void ModelBar::showFailure(const QString &folder)
{
    setState(State::Failed, folder);
    m_info = {};
    updateParts();
}

void ModelBar::showNothing()
{
    setState(State::None, {});
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

void ModelBar::showDevice(const engine::DeviceUsage &usage)
{
    m_device->setUsage(usage);
    arrange();
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
    const bool slow = m_state == State::Loading && !m_slow.isActive();
    m_line->setVisible(slow);
    m_cancel->setVisible(slow);
    m_cancel->setEnabled(!m_cancelling);
    retranslate();
    arrange();
}

/// The figures move below the name where both would not fit side by side.
void ModelBar::arrange()
{
    constexpr int readableText = 280;
    const int text = std::min(std::max(m_name->sizeHint().width(), m_summary->sizeHint().width()), readableText);
    const int buttons = m_library->sizeHint().width() + m_open->sizeHint().width() +
                        (m_cancel->isHidden() ? 0 : m_cancel->sizeHint().width()) +
                        (m_sidebar->isHidden() ? 0 : m_sidebar->sizeHint().width());
    const QMargins margins = m_grid->contentsMargins();
    const int needed = text + buttons + m_figures->sizeHint().width() + 3 * m_grid->horizontalSpacing() +
                       margins.left() + margins.right();
    const bool below = width() < needed;
    if (below == m_below)
        return;
    m_below = below;
    m_grid->removeWidget(m_figures);
    if (below)
        m_grid->addWidget(m_figures, 1, 1, 1, 4, Qt::AlignLeft);
    else
        m_grid->addWidget(m_figures, 0, 2);
}

void ModelBar::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    arrange();
    placeLine();
}

/// Along the lower edge, over the border.
void ModelBar::placeLine()
{
    m_line->setGeometry(0, height() - LoadLine::thickness, width(), LoadLine::thickness);
    m_line->raise();
}

void ModelBar::retranslate()
{
    m_sidebar->setName(tr("Show the sidebar"), QKeySequence(Qt::CTRL | Qt::Key_B));
    m_library->setName(tr("Models of this computer"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M));
    m_open->setName(tr("Open a model folder"), QKeySequence(Qt::CTRL | Qt::Key_O));
    m_cancel->setText(tr("Cancel"));
    m_cancel->setAccessibleDescription(tr("Stops opening this model"));
    const QString folder = QDir(m_folder).dirName();
    switch (m_state) {
    case State::None:
        m_name->setText(tr("No model"));
        m_summary->setText(tr("Open a model folder, or drop one onto the window"));
        return;
    case State::Loading:
        m_name->setText(folder);
        m_summary->setText(loadingSummary());
        return;
    case State::Failed:
        m_name->setText(folder);
        m_summary->setText(tr("Could not be opened"));
        return;
    case State::Ready:
        m_name->setText(QString::fromStdString(m_info.name));
        m_summary->setText(modelSummary());
        return;
    }
}

QString ModelBar::loadingSummary() const
{
    if (m_cancelling)
        return tr("Cancelling…");
    return m_progress && !m_slow.isActive() ? loadText(*m_progress) : tr("Loading…");
}

QString ModelBar::modelSummary() const
{
    QStringList parts;
    if (m_info.contextCapped) // first, where it is not cut off
        parts << tr("Context capped to %1 of %2 because of memory")
                     .arg(formatCount(m_info.contextLength), formatCount(m_info.maxContextLength));
    parts << QString::fromStdString(m_info.architecture)
          << tr("%1 total").arg(formatParameters(m_info.parametersTotal));
    if (m_info.parametersActive > 0 && m_info.parametersActive != m_info.parametersTotal)
        parts << tr("%1 active").arg(formatParameters(m_info.parametersActive));
    parts << QString::fromStdString(m_info.quantization);
    if (precisionOf(m_info).activations)
        parts << tr("FP8 activations");
    if (precisionOf(m_info).cache)
        parts << tr("FP8 cache");
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

/// The name of the model leads to the others; with keys it is the button beside it.
bool ModelBar::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::MouseButtonRelease && (watched == m_name || watched == m_summary) &&
        static_cast<QMouseEvent *>(event)->button() == Qt::LeftButton) {
        emit libraryRequested();
        return true;
    }
    return QWidget::eventFilter(watched, event);
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
