#include "ui/window/welcome_view.h"

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/widgets/visible_text.h"

#include <QEvent>
#include <QGridLayout>
#include <QVBoxLayout>
#include <algorithm>

namespace ui {

namespace {

constexpr int exampleCount = 6;
constexpr int markSide = 64;
constexpr int gridWidth = 640; // unless longer examples need more

} // namespace

WelcomeView::WelcomeView(QWidget *parent) : QScrollArea(parent)
{
    const auto &space = theme::current().space;
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    auto *page = new QWidget(this);
    page->setObjectName(QStringLiteral("welcomePage"));
    m_mark = new QLabel(page);
    m_mark->setPixmap(QIcon(QStringLiteral(":/icons/bathyscope.svg")).pixmap(QSize(markSide, markSide)));
    m_title = new QLabel(page);
    m_title->setProperty("kind", QStringLiteral("title"));
    m_subtitle = new QLabel(page);
    m_subtitle->setWordWrap(true);
    m_subtitle->setProperty("kind", QStringLiteral("secondary"));
    for (QLabel *label : {m_mark, m_title, m_subtitle}) {
        label->setTextFormat(Qt::PlainText);
        label->setAlignment(Qt::AlignCenter);
    }
    m_open = new QPushButton(page);
    m_open->setProperty("kind", QStringLiteral("primary"));
    m_grid = new QWidget(page);
    auto *grid = new QGridLayout(m_grid);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(space.m);
    for (int i = 0; i < exampleCount; ++i) {
        auto *button = new QPushButton(m_grid);
        button->setProperty("kind", QStringLiteral("chip"));
        button->setIcon(theme::icon(QStringLiteral("ask"), theme::Tint::Accent));
        grid->addWidget(button, i, 0);
        m_examples.push_back(button);
        connect(button, &QPushButton::clicked, this, [this, button] { emit exampleChosen(button->text()); });
    }
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(space.xl, space.xl, space.xl, space.xl);
    column->setSpacing(0);
    column->addStretch(2);
    column->addWidget(m_mark, 0, Qt::AlignHCenter);
    column->addSpacing(space.l);
    column->addWidget(m_title);
    column->addSpacing(space.s);
    column->addWidget(m_subtitle);
    column->addSpacing(space.xxl);
    column->addWidget(m_open, 0, Qt::AlignHCenter);
    auto *center = new QHBoxLayout;
    center->addStretch(1);
    center->addWidget(m_grid, 100);
    center->addStretch(1);
    column->addLayout(center);
    column->addStretch(3);
    setWidget(page);
    connect(m_open, &QPushButton::clicked, this, &WelcomeView::openModelRequested);
    retranslate();
}

void WelcomeView::setModel(const QString &name, bool loading)
{
    m_model = name;
    m_loading = loading;
    retranslate();
}

void WelcomeView::retranslate()
{
    m_title->setText(tr("What shall we look into?"));
    const QString name = visibleText(m_model);
    m_subtitle->setText(m_loading ? tr("Loading %1…").arg(name)
                        : m_model.isEmpty()
                            ? tr("Bathyscope runs DeepSeek models on this computer and shows how they think.")
                            : tr("%1 answers on this computer, and you can watch it think.").arg(name));
    m_open->setText(tr("Open Model Folder…"));
    m_open->setVisible(m_model.isEmpty());
    m_grid->setVisible(!m_model.isEmpty());
    const QStringList prompts{
        tr("What is 47*86?"),          tr("Sort 52, 7, 381, 94"),          tr("How many r are in strawberry?"),
        tr("Reverse the word planet"), tr("Which is larger, 739 or 793?"), tr("What is a mixture of experts?")};
    for (std::size_t i = 0; i < m_examples.size(); ++i) {
        m_examples[i]->setText(prompts[static_cast<qsizetype>(i)]);
        m_examples[i]->setAccessibleDescription(tr("Sends this example"));
    }
    arrange();
}

/// Two columns where the widest example fits into half of the room, else one.
void WelcomeView::arrange()
{
    int widest = 0;
    for (const QPushButton *button : m_examples)
        widest = std::max(widest, button->sizeHint().width());
    auto *grid = static_cast<QGridLayout *>(m_grid->layout());
    const int spacing = grid->horizontalSpacing();
    const QMargins margins = widget()->layout()->contentsMargins();
    const int room = viewport()->width() - margins.left() - margins.right();
    const int columns = 2 * widest + spacing <= room ? 2 : 1;
    for (int i = 0; i < static_cast<int>(m_examples.size()); ++i)
        grid->addWidget(m_examples[static_cast<std::size_t>(i)], i / columns, i % columns);
    m_grid->setMaximumWidth(std::max(gridWidth, columns * widest + (columns - 1) * spacing));
}

void WelcomeView::resizeEvent(QResizeEvent *event)
{
    QScrollArea::resizeEvent(event);
    arrange();
}

void WelcomeView::changeEvent(QEvent *event)
{
    QScrollArea::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
    if (event->type() == QEvent::FontChange && !m_examples.empty())
        arrange();
}

} // namespace ui
