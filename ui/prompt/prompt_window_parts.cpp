// PromptWindow: its widgets, where they stand and what they do.

#include "ui/prompt/prompt_panel.h"
#include "ui/prompt/prompt_strip.h"
#include "ui/prompt/prompt_text_view.h"
#include "ui/prompt/prompt_token_view.h"
#include "ui/prompt/prompt_window.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/widgets/context_gauge.h"
#include "ui/widgets/elided_label.h"

#include <QAction>
#include <QApplication>
#include <QButtonGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QScreen>
#include <QShortcut>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>

namespace ui {

namespace {

constexpr int firstWidth = 1040;
constexpr int firstHeight = 720;
constexpr int panelWidth = 300;

QPushButton *segment(const char *place, QWidget *parent)
{
    auto *button = new QPushButton(parent);
    button->setCheckable(true);
    button->setAutoDefault(false);
    button->setProperty("kind", QStringLiteral("segment"));
    button->setProperty("place", QLatin1String(place));
    return button;
}

QLabel *plainLabel(const char *kind, QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("kind", QLatin1String(kind));
    return label;
}

} // namespace

void PromptWindow::build()
{
    const auto &space = theme::current().space;
    setWindowFlag(Qt::WindowMaximizeButtonHint);
    m_strip = new PromptStrip(this);
    m_legend = new PromptLegend(this);
    m_text = new PromptTextView(this);
    m_tokens = new PromptTokenView(this);
    m_status = plainLabel("secondary", this);
    m_status->setWordWrap(true);
    m_status->setAlignment(Qt::AlignCenter);
    m_status->setMargin(space.xl);
    m_stack = new QStackedWidget(this);
    for (QWidget *page :
         {static_cast<QWidget *>(m_text), static_cast<QWidget *>(m_tokens), static_cast<QWidget *>(m_status)})
        m_stack->addWidget(page);
    m_panel = new PromptPanel(this);
    auto *split = new QSplitter(this);
    split->setProperty("kind", QStringLiteral("ruled"));
    split->setHandleWidth(1);
    split->setChildrenCollapsible(false);
    split->addWidget(m_stack);
    split->addWidget(m_panel);
    split->setStretchFactor(0, 1);
    const double scale = theme::current().fonts.body.pixelSize() / 14.0;
    const QSize wanted(static_cast<int>(firstWidth * scale), static_cast<int>(firstHeight * scale));
    resize(wanted.boundedTo(screen()->availableSize() * 9 / 10));
    const int panel = std::min(static_cast<int>(panelWidth * scale), width() / 2);
    split->setSizes({width() - panel, panel});

    auto *head = new QVBoxLayout;
    head->setContentsMargins(space.xl, space.l, space.xl, space.m);
    head->setSpacing(space.m);
    head->addLayout(buildHead());
    head->addWidget(m_strip);
    head->addWidget(m_legend);
    head->addLayout(buildTools());
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(head);
    column->addWidget(split, 1);
    column->addLayout(buildFoot());
}

QLayout *PromptWindow::buildHead()
{
    const auto &space = theme::current().space;
    m_title = plainLabel("heading", this);
    m_subtitle = plainLabel("secondary", this);
    m_subtitle->setWordWrap(true);
    m_gauge = new ContextGauge(this);
    auto *texts = new QVBoxLayout;
    texts->setSpacing(2);
    texts->addWidget(m_title);
    texts->addWidget(m_subtitle);
    auto *row = new QHBoxLayout;
    row->setSpacing(space.l);
    row->addLayout(texts, 1);
    row->addWidget(m_gauge, 0, Qt::AlignTop);
    return row;
}

QLayout *PromptWindow::buildTools()
{
    const auto &space = theme::current().space;
    m_showText = segment("left", this);
    m_showTokens = segment("right", this);
    auto *views = new QButtonGroup(this);
    views->addButton(m_showText);
    views->addButton(m_showTokens);
    m_spaces = segment("alone", this);
    m_search = new QLineEdit(this);
    m_search->addAction(theme::icon(QStringLiteral("search"), theme::Tint::Muted), QLineEdit::LeadingPosition);
    m_search->setProperty("kind", QStringLiteral("search"));
    m_search->setClearButtonEnabled(true);
    m_search->setMaximumWidth(280);
    m_found = plainLabel("hint", this);
    auto *segments = new QHBoxLayout;
    segments->setSpacing(0);
    segments->addWidget(m_showText);
    segments->addWidget(m_showTokens);
    auto *row = new QHBoxLayout;
    row->setSpacing(space.s);
    row->addLayout(segments);
    row->addWidget(m_spaces);
    row->addStretch(1);
    row->addWidget(m_found);
    row->addWidget(m_search, 1);
    return row;
}

QLayout *PromptWindow::buildFoot()
{
    const auto &space = theme::current().space;
    m_details = new ElidedLabel(ElidedLabel::Role::Small, this);
    m_copyText = new QPushButton(this);
    m_copyIds = new QPushButton(this);
    m_close = new QPushButton(this);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(space.xl, space.m, space.xl, space.m);
    row->setSpacing(space.s);
    row->addWidget(m_details, 1);
    for (QPushButton *button : {m_copyText, m_copyIds, m_close}) {
        button->setAutoDefault(false);
        row->addWidget(button);
    }
    return row;
}

void PromptWindow::connectParts()
{
    connect(&m_pause, &QTimer::timeout, this, &PromptWindow::ask);
    connect(&m_copied, &QTimer::timeout, this, &PromptWindow::retranslate);
    connect(m_showText, &QPushButton::clicked, this, [this] { showTokens(false); });
    connect(m_showTokens, &QPushButton::clicked, this, [this] { showTokens(true); });
    connect(m_spaces, &QPushButton::toggled, m_text, &PromptTextView::setSpacesShown);
    connect(m_search, &QLineEdit::returnPressed, this,
            [this] { find(QApplication::keyboardModifiers().testFlag(Qt::ShiftModifier)); });
    connect(m_search, &QLineEdit::textEdited, this, [this] {
        m_text->restartFind();
        find(false);
    });
    connect(m_strip, &PromptStrip::tokenChosen, this, [this](int token) {
        m_text->chooseToken(token);
        m_tokens->choose(m_prompt->pieceOfToken(token));
    });
    m_text->setDescriber([this](int piece) { return describe(piece); });
    m_tokens->setDescriber([this](int piece) { return describe(piece); });
    connect(m_text, &PromptTextView::pieceChosen, this, &PromptWindow::showDetails);
    connect(m_tokens, &PromptTokenView::pieceChosen, this, &PromptWindow::showDetails);
    connect(m_text, &PromptTextView::pieceHovered, this,
            [this](int piece) { showDetails(piece >= 0 ? piece : m_text->chosenPiece()); });
    connect(m_tokens, &PromptTokenView::pieceHovered, this,
            [this](int piece) { showDetails(piece >= 0 ? piece : m_tokens->chosenPiece()); });
    connect(m_panel, &PromptPanel::retentionChosen, this, &PromptWindow::retentionChosen);
    connect(m_copyText, &QPushButton::clicked, this, [this] { copy(m_copyText, m_prompt->exact()); });
    connect(m_copyIds, &QPushButton::clicked, this, [this] { copy(m_copyIds, m_prompt->idsText()); });
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    connect(new QShortcut(QKeySequence::Find, this), &QShortcut::activated, this, [this] {
        m_search->setFocus(Qt::ShortcutFocusReason);
        m_search->selectAll();
    });
    connect(new QShortcut(Qt::Key_F3, this), &QShortcut::activated, this, [this] { find(false); });
    connect(new QShortcut(Qt::SHIFT | Qt::Key_F3, this), &QShortcut::activated, this, [this] { find(true); });
}

} // namespace ui
