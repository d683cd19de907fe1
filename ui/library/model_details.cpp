#include "ui/library/model_details.h"

#include "ui/error_text.h"
#include "ui/library/device_choice.h"
#include "ui/library/library_text.h"
#include "ui/library/plan_view.h"
#include "ui/library/precision_choice.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/growing_edit.h"
#include "ui/widgets/visible_text.h"
#include "ui/widgets/wheel_guard.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int failureLines = 60; // the pane scrolls, not the text in it
constexpr int pathLines = 6;
constexpr int iconSide = 20;

QLabel *plainLabel(QWidget *parent, const char *kind)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("kind", QString::fromLatin1(kind));
    label->setWordWrap(true);
    return label;
}

/// Text that can be copied and wraps anywhere, as paths must.
GrowingEdit *copyableText(int mostLines, QWidget *parent)
{
    auto *edit = new GrowingEdit(1, mostLines, parent);
    edit->setReadOnly(true);
    edit->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    edit->setTabChangesFocus(true);
    edit->setProperty("kind", QStringLiteral("bare"));
    return edit;
}

/// Names of models are one long word: they may go on in the next line behind what joins their parts.
QString breakable(const QString &name)
{
    QString text;
    for (const QChar c : name) {
        text += c;
        if (c == QLatin1Char('/') || c == QLatin1Char('-') || c == QLatin1Char('_') || c == QLatin1Char(':'))
            text += QChar(0x200B);
    }
    return text;
}

void setText(GrowingEdit *edit, const QString &text)
{
    if (edit->toPlainText() != text)
        edit->setPlainText(text);
    edit->adjustHeight();
}

} // namespace

ModelDetails::ModelDetails(QWidget *parent) : QScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    build();
    connect(m_open, &QPushButton::clicked, this, [this] { emit openRequested(path()); });
    connect(m_showFolder, &QPushButton::clicked, this, [this] { emit showFolderRequested(path()); });
    connect(m_remove, &QPushButton::clicked, this, [this] { emit removeFolderRequested(path()); });
    connect(m_plan, &PlanView::contextChanged, this, [this](int tokens) {
        if (m_entry)
            m_contexts[m_entry->path] = tokens;
    });
    connect(m_precision, &PrecisionChoice::changed, this, [this](Precision precision) {
        if (!m_entry)
            return;
        m_precisions[m_entry->path] = precision;
        retranslate();
    });
    connect(m_device, &DeviceChoice::changed, this, [this] {
        retranslate();
        emit deviceChanged();
    });
    showNothing();
}

void ModelDetails::setDevices(const engine::DeviceList &list)
{
    m_device->setDevices(list);
    retranslate();
    emit deviceChanged();
}

/// The weights are the same everywhere; working memory and what is free are the device's.
engine::MemoryPlan ModelDetails::planForChoices() const
{
    engine::MemoryPlan plan = *m_entry->plan;
    if (m_precision->chosen().cache)
        plan.kvBytesPerToken = m_entry->fp8CacheBytesPerToken;
    const engine::DeviceInfo *device = m_device->device();
    if (device == nullptr || device->id == engine::cpuDevice)
        return plan.with(plan.contextLength, plan.availableBytes);
    if (m_entry->gpuBufferBytes > 0)
        plan.bufferBytes = m_entry->gpuBufferBytes;
    return plan.with(plan.contextLength, device->memoryFree);
}

void ModelDetails::build()
{
    const auto &space = theme::current().space;
    auto *page = new QWidget(this);
    m_empty = plainLabel(page, "hint");
    m_empty->setAlignment(Qt::AlignCenter);
    m_name = plainLabel(page, "heading");
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_summary = plainLabel(page, "secondary");
    m_failureFrame = new QFrame(page);
    m_failureFrame->setProperty("kind", QStringLiteral("notice"));
    m_failureIcon = new QLabel(m_failureFrame);
    m_failure = copyableText(failureLines, m_failureFrame);
    auto *failureRow = new QHBoxLayout(m_failureFrame);
    failureRow->setContentsMargins(space.m, space.s, space.s, space.s);
    failureRow->setSpacing(space.s);
    failureRow->addWidget(m_failureIcon, 0, Qt::AlignTop);
    failureRow->addWidget(m_failure, 1);
    m_device = new DeviceChoice(page);
    m_precision = new PrecisionChoice(page);
    m_plan = new PlanView(page);
    m_open = new QPushButton(page);
    m_open->setProperty("kind", QStringLiteral("primary"));
    m_showFolder = new QPushButton(page);
    m_remove = new QPushButton(page);
    auto *buttons = new QVBoxLayout;
    buttons->setSpacing(space.s);
    for (QPushButton *button : {m_showFolder, m_remove})
        buttons->addWidget(button);
    m_pathTitle = plainLabel(page, "hint");
    m_path = copyableText(pathLines, page);
    m_path->setProperty("kind", QStringLiteral("path"));

    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(space.l, space.m, space.l, space.l);
    column->setSpacing(space.m);
    column->addWidget(m_empty, 1);
    auto *head = new QVBoxLayout;
    head->setSpacing(space.xs);
    head->addWidget(m_name);
    head->addWidget(m_summary);
    column->addLayout(head);
    column->addWidget(m_failureFrame);
    column->addWidget(m_open); // above what can be chosen, which is longer than most windows
    column->addWidget(m_device);
    column->addWidget(m_plan);
    column->addWidget(m_precision);
    column->addLayout(buttons);
    auto *foot = new QVBoxLayout;
    foot->setSpacing(2);
    foot->addWidget(m_pathTitle);
    foot->addWidget(m_path);
    column->addLayout(foot);
    column->addStretch(1);
    guardWheel(page);
    setWidget(page);
}

void ModelDetails::showModel(const engine::ModelEntry &entry, bool opening)
{
    m_entry = entry;
    m_place.reset();
    m_opening = opening;
    retranslate();
}

void ModelDetails::showPlace(const engine::PlaceReport &report)
{
    m_entry.reset();
    m_place = report;
    retranslate();
}

void ModelDetails::showNothing()
{
    m_entry.reset();
    m_place.reset();
    retranslate();
}

int ModelDetails::contextFor(const std::string &wanted) const
{
    const auto chosen = m_contexts.find(wanted);
    if (chosen == m_contexts.end())
        return 0;
    const bool whole = m_entry && m_entry->path == wanted && chosen->second >= m_entry->contextLength;
    return whole ? 0 : chosen->second;
}

Precision ModelDetails::precisionFor(const std::string &wanted) const
{
    const auto chosen = m_precisions.find(wanted);
    return chosen == m_precisions.end() ? Precision() : chosen->second;
}

void ModelDetails::setPrecision(const std::string &ofModel, Precision precision)
{
    m_precisions[ofModel] = precision;
    retranslate();
}

QString ModelDetails::failureText() const
{
    return m_failureFrame->isHidden() ? QString() : m_failure->toPlainText();
}

QString ModelDetails::path() const
{
    return QString::fromStdString(m_entry ? m_entry->path : m_place ? m_place->place.path : std::string());
}

void ModelDetails::retranslate()
{
    const bool something = m_entry || m_place;
    m_empty->setText(tr("Choose a model to see what it is and how much memory it takes."));
    m_empty->setVisible(!something);
    for (QWidget *widget : std::initializer_list<QWidget *>{m_name, m_summary, m_showFolder, m_pathTitle, m_path})
        widget->setVisible(something);
    m_open->setText(tr("Open"));
    m_showFolder->setText(tr("Show Folder"));
    m_remove->setText(tr("Remove from the List"));
    m_failure->setAccessibleName(tr("Why this model cannot be opened"));
    m_failureIcon->setPixmap(
        theme::icon(QStringLiteral("warning"), theme::Tint::Warning).pixmap(QSize(iconSide, iconSide)));
    m_pathTitle->setText(tr("Where it is"));
    m_path->setAccessibleName(tr("Where it is"));
    m_failureFrame->setVisible(m_entry && m_entry->failure);
    m_plan->setVisible(m_entry && m_entry->plan && !m_entry->failure);
    m_device->setOffered(m_entry && !m_entry->failure);
    const bool opens = m_entry && m_entry->plan && !m_entry->failure;
    m_precision->setOffered(opens ? Precision{m_entry->hasFp8Weights, m_entry->fp8CacheBytesPerToken > 0}
                                  : Precision());
    m_open->setVisible(m_entry && !m_entry->failure);
    m_remove->setVisible(m_place && m_place->place.kind == engine::ModelPlaceKind::Chosen);
    if (m_entry)
        fillModel();
    if (m_place)
        fillPlace();
}

void ModelDetails::fillModel()
{
    m_name->setText(breakable(visibleText(QString::fromStdString(m_entry->name))));
    m_name->setAccessibleName(visibleText(QString::fromStdString(m_entry->name)));
    QString summary = modelSummary(*m_entry);
    if (m_entry->parametersActive > 0 && m_entry->parametersActive != m_entry->parametersTotal)
        summary += QLatin1Char('\n') +
                   tr("%1 of the parameters are used for each token").arg(formatParameters(m_entry->parametersActive));
    QStringList others;
    for (std::size_t i = 1; i < m_entry->places.size(); ++i)
        others << placeTitle(m_entry->places[i]);
    if (!others.isEmpty())
        summary += QLatin1Char('\n') + tr("Also in %1").arg(others.join(QStringLiteral(", ")));
    m_summary->setText(summary);
    if (m_entry->failure)
        setText(m_failure, errorText(*m_entry->failure));
    m_precision->setChosen(precisionFor(m_entry->path));
    if (m_entry->plan) {
        const auto chosen = m_contexts.find(m_entry->path);
        m_plan->setPlan(planForChoices(), chosen == m_contexts.end() ? 0 : chosen->second);
    }
    const bool noDevice = !m_device->isHidden() && !m_device->usable();
    m_open->setEnabled(!m_entry->failure && !m_opening && !noDevice);
    setText(m_path, visibleText(path()));
}

void ModelDetails::fillPlace()
{
    m_name->setText(placeTitle(m_place->place));
    m_name->setAccessibleName(placeTitle(m_place->place));
    QString state = modelCount(m_place->models);
    if (m_place->cutShort)
        state += QLatin1Char('\n') + tr("There are more folders in it than are looked at.");
    if (!m_place->exists)
        state = tr("This folder is not there now. Its models come back with it.");
    if (m_place->failure)
        state = errorText(*m_place->failure);
    m_summary->setText(state);
    setText(m_path, visibleText(path()));
}

void ModelDetails::changeEvent(QEvent *event)
{
    QScrollArea::changeEvent(event);
    if (event->type() == QEvent::LanguageChange || event->type() == QEvent::PaletteChange) {
        if (m_empty != nullptr)
            retranslate();
    }
}

} // namespace ui
