#include "ui/library/library_page.h"

#include "ui/library/device_choice.h"
#include "ui/library/library_list.h"
#include "ui/library/library_text.h"
#include "ui/library/model_details.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/icon_button.h"
#include "ui/widgets/load_progress.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace ui {

namespace {

constexpr int filterWidth = 220;
constexpr int detailsWidth = 25; // times the size of the text
constexpr int leastListWidth = 24;

} // namespace

void showInFileManager(const QString &path)
{
    const QFileInfo file(path);
    QDesktopServices::openUrl(QUrl::fromLocalFile(file.isDir() ? file.absoluteFilePath() : file.absolutePath()));
}

LibraryPage::LibraryPage(QWidget *parent) : QWidget(parent)
{
    setAttribute(Qt::WA_StyledBackground);
    setProperty("kind", QStringLiteral("chatpage"));
    build();
    connectParts();
    retranslate();
}

void LibraryPage::build()
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    buildHead(column);
    m_list = new LibraryList(this);
    m_empty = new QLabel(m_list->viewport());
    m_empty->setTextFormat(Qt::PlainText);
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setProperty("kind", QStringLiteral("hint"));
    m_empty->hide();
    m_list->viewport()->installEventFilter(this);
    m_details = new ModelDetails(this);
    m_rule = new QWidget(this);
    m_rule->setAttribute(Qt::WA_StyledBackground);
    m_rule->setProperty("kind", QStringLiteral("rule"));
    m_body = new QHBoxLayout;
    m_body->setSpacing(0);
    m_body->addWidget(m_list, 1);
    m_body->addWidget(m_rule);
    m_body->addWidget(m_details);
    column->addLayout(m_body, 1);
}

void LibraryPage::buildHead(QBoxLayout *column)
{
    const auto &space = theme::current().space;
    m_back = new IconButton(QStringLiteral("left"), this);
    m_title = new QLabel(this);
    m_title->setTextFormat(Qt::PlainText);
    m_title->setProperty("kind", QStringLiteral("title"));
    m_status = new QLabel(this);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setProperty("kind", QStringLiteral("hint"));
    m_status->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_filter = new QLineEdit(this);
    m_filter->setProperty("kind", QStringLiteral("search"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(filterWidth);
    m_filter->addAction(theme::icon(QStringLiteral("search"), theme::Tint::Muted), QLineEdit::LeadingPosition);
    m_filter->installEventFilter(this);
    m_order = new QComboBox(this);
    m_order->addItems({QString(), QString()});
    m_order->setSizeAdjustPolicy(QComboBox::AdjustToContents); // the texts change with the language
    m_add = new QPushButton(this);
    m_add->setIcon(theme::icon(QStringLiteral("folder")));
    m_rescan = new IconButton(QStringLiteral("regenerate"), this);

    auto *titles = new QVBoxLayout;
    titles->setSpacing(0);
    titles->addWidget(m_title);
    titles->addWidget(m_status);
    auto *top = new QHBoxLayout;
    top->setContentsMargins(space.m, space.m, space.l, 0);
    top->setSpacing(space.s);
    top->addWidget(m_back, 0, Qt::AlignTop);
    top->addLayout(titles, 1);
    top->addWidget(m_rescan, 0, Qt::AlignVCenter);
    top->addWidget(m_add, 0, Qt::AlignVCenter);
    column->addLayout(top);
    auto *tools = new QHBoxLayout;
    tools->setContentsMargins(space.l + space.xs, space.m, space.l, space.s);
    tools->setSpacing(space.s);
    tools->addWidget(m_filter, 1);
    tools->addWidget(m_order);
    tools->addStretch(1);
    column->addLayout(tools);
}

void LibraryPage::connectParts()
{
    connect(m_back, &QToolButton::clicked, this, &LibraryPage::closed);
    connect(m_rescan, &QToolButton::clicked, this, &LibraryPage::rescanRequested);
    connect(m_add, &QPushButton::clicked, this, &LibraryPage::addFolderRequested);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_list->library()->setFilter(text);
        updateTexts();
    });
    connect(m_order, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_list->library()->setOrder(index == 1 ? LibraryModel::Order::Size : LibraryModel::Order::Name);
    });
    connect(m_list, &LibraryList::currentChangedTo, this, &LibraryPage::showCurrent);
    connect(m_list, &LibraryList::openRequested, this, &LibraryPage::open);
    connect(m_list, &LibraryList::showFolderRequested, this, &showInFileManager);
    connect(m_list, &LibraryList::removeFolderRequested, this, &LibraryPage::removeFolderRequested);
    connect(m_list, &LibraryList::typed, this, [this](const QString &text) {
        m_filter->setFocus();
        m_filter->insert(text);
    });
    connect(m_details, &ModelDetails::openRequested, this, &LibraryPage::open);
    connect(m_details, &ModelDetails::deviceChanged, this, &LibraryPage::followDevice);
    connect(m_details, &ModelDetails::showFolderRequested, this, &showInFileManager);
    connect(m_details, &ModelDetails::removeFolderRequested, this, &LibraryPage::removeFolderRequested);
}

void LibraryPage::open(const QString &path)
{
    const DeviceChoice *device = m_details->device();
    emit openRequested(path, m_details->contextFor(path.toStdString()),
                       device->device() != nullptr ? device->chosen() : QString(),
                       m_details->precisionFor(path.toStdString()));
}

void LibraryPage::showCurrent()
{
    const QModelIndex index = m_list->currentIndex();
    const auto *entry = m_list->library()->entry(index);
    const auto *place = m_list->library()->place(index);
    const auto state = static_cast<LibraryModel::State>(index.data(LibraryModel::StateRole).toInt());
    if (entry != nullptr)
        m_details->showModel(*entry, state == LibraryModel::State::Loading);
    else if (place != nullptr)
        m_details->showPlace(*place);
    else
        m_details->showNothing();
}

void LibraryPage::beginScan(const std::vector<engine::ModelPlace> &places)
{
    m_list->library()->beginScan(places);
    m_rescan->setEnabled(false);
    updateTexts();
}

void LibraryPage::add(const std::vector<engine::ModelEntry> &entries)
{
    m_list->library()->add(entries);
    if (m_list->library()->entry(m_list->currentIndex()) == nullptr) // nothing, or the heading it began with
        m_openPath.isEmpty() ? m_list->selectFirst() : m_list->selectKey(m_openPath);
    updateTexts();
}

void LibraryPage::endScan(const std::vector<engine::PlaceReport> &reports)
{
    m_list->library()->endScan(reports);
    m_rescan->setEnabled(true);
    if (!std::exchange(m_scanned, true) && m_list->library()->entry(m_list->currentIndex()) == nullptr)
        m_list->selectFirst();
    updateTexts();
}

void LibraryPage::setAvailable(std::uint64_t bytes)
{
    m_available = bytes;
    m_list->library()->setAvailable(bytes);
    updateTexts();
}

void LibraryPage::setDevices(const engine::DeviceList &list)
{
    m_details->setDevices(list);
}

void LibraryPage::setDevice(const QString &id)
{
    m_details->device()->setChosen(id);
    followDevice();
}

/// The verdicts of the list are those of the device chosen.
void LibraryPage::followDevice()
{
    if (const engine::DeviceInfo *device = m_details->device()->device())
        setAvailable(device->memoryFree);
}

void LibraryPage::showOpening(const QString &path)
{
    m_list->library()->setOpen(path, LibraryModel::State::Loading);
}

void LibraryPage::showProgress(const engine::ModelLoadProgress &progress)
{
    m_list->library()->setProgress(loadFraction(progress), loadText(progress));
}

void LibraryPage::setPrecision(const QString &path, Precision precision)
{
    m_details->setPrecision(path.toStdString(), precision);
}

void LibraryPage::showOpen(const QString &path)
{
    m_openPath = path;
    m_list->library()->setOpen(path, LibraryModel::State::Open);
}

void LibraryPage::start()
{
    if (!m_openPath.isEmpty() && m_filter->text().isEmpty())
        m_list->selectKey(m_openPath);
    if (!m_list->currentIndex().isValid())
        m_list->selectFirst();
    m_list->setFocus(Qt::OtherFocusReason);
}

QString LibraryPage::status() const
{
    return m_status->text();
}

void LibraryPage::updateTexts()
{
    const LibraryModel *model = m_list->library();
    QStringList parts;
    if (model->scanning())
        parts << tr("Looking for models…");
    if (!model->scanning() || model->models() > 0)
        parts << modelCount(model->models());
    if (const int refused = model->refused(); refused > 0 && !model->scanning())
        parts << tr("%1 cannot be opened").arg(formatCount(refused));
    if (m_available > 0)
        parts << tr("%1 of memory available").arg(formatBytes(m_available));
    m_status->setText(parts.join(QStringLiteral(" · ")));
    m_empty->setText(emptyText());
    m_empty->setVisible(model->rowCount() == 0);
}

QString LibraryPage::emptyText() const
{
    const LibraryModel *model = m_list->library();
    if (!m_filter->text().trimmed().isEmpty())
        return tr("No model matches the filter");
    if (model->scanning() || !m_scanned)
        return tr("Looking for models…");
    return tr("No models found in the folders of Hugging Face, LM Studio, Ollama, GPT4All, llama.cpp and Jan.\n"
              "Add the folder in which yours are, or drop a model onto the window.");
}

void LibraryPage::retranslate()
{
    m_back->setName(tr("Back to the chat"), QKeySequence(Qt::Key_Escape));
    m_title->setText(tr("Models"));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setAccessibleName(tr("Filter models by name or kind"));
    m_order->setItemText(0, tr("By name"));
    m_order->setItemText(1, tr("By size"));
    m_order->setAccessibleName(tr("Order of the models"));
    m_add->setText(tr("Add Folder…"));
    m_rescan->setName(tr("Look again"), QKeySequence(Qt::Key_F5));
    m_list->setAccessibleName(tr("Models"));
    updateTexts();
}

/// Details beside the list where both have room, else below it.
void LibraryPage::arrange()
{
    const int em = theme::current().fonts.body.pixelSize();
    const int details = detailsWidth * em;
    const bool beside = width() >= leastListWidth * em + details;
    m_body->setDirection(beside ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    m_body->setStretch(2, beside ? 0 : 1);
    m_details->setMinimumWidth(beside ? details : 0);
    m_details->setMaximumWidth(beside ? details : QWIDGETSIZE_MAX);
    m_rule->setMaximumSize(beside ? QSize(1, QWIDGETSIZE_MAX) : QSize(QWIDGETSIZE_MAX, 1));
    m_rule->setMinimumSize(1, 1);
}

/// Esc empties the filter first, then leads back; taken here before it would stop a reply.
bool LibraryPage::leaveByEscape(QEvent *event)
{
    const bool claimed = event->type() == QEvent::ShortcutOverride;
    if (event->type() != QEvent::KeyPress && !claimed)
        return false;
    const auto *key = static_cast<QKeyEvent *>(event);
    const bool leave = key->key() == Qt::Key_Escape && key->modifiers() == Qt::NoModifier;
    const bool again = key->key() == Qt::Key_F5 && key->modifiers() == Qt::NoModifier;
    if (!leave && !again)
        return false;
    event->accept();
    if (claimed)
        return true;
    if (again)
        m_rescan->click();
    else if (!m_filter->text().isEmpty())
        m_filter->clear();
    else
        emit closed();
    return true;
}

bool LibraryPage::event(QEvent *event)
{
    return leaveByEscape(event) || QWidget::event(event);
}

bool LibraryPage::eventFilter(QObject *watched, QEvent *event)
{
    if (m_list != nullptr && watched == m_list->viewport() && event->type() == QEvent::Resize)
        m_empty->setGeometry(m_list->viewport()->rect().adjusted(32, 0, -32, 0));
    if (watched == m_filter && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Return || key == Qt::Key_Enter) {
            if (m_list->library()->entry(m_list->currentIndex()) == nullptr)
                m_list->selectFirst();
            m_list->setFocus(Qt::TabFocusReason);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void LibraryPage::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
    if (event->type() == QEvent::FontChange && m_body != nullptr)
        arrange();
}

void LibraryPage::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    arrange();
}

} // namespace ui
