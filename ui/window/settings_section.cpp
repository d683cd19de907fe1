#include "ui/window/settings_section.h"

#include "ui/theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QStyle>

namespace ui {

namespace {

constexpr int controlWidth = 200;

QLabel *plainLabel(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    return label;
}

} // namespace

SettingsSection::SettingsSection(QWidget *parent) : QWidget(parent)
{
    const auto &space = theme::current().space;
    m_title = plainLabel(this);
    m_title->setProperty("kind", QStringLiteral("heading"));
    auto *card = new QFrame(this);
    card->setProperty("kind", QStringLiteral("card"));
    m_rows = new QVBoxLayout(card);
    m_rows->setContentsMargins(space.l, space.m, space.l, space.m);
    m_rows->setSpacing(space.m);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space.s);
    column->addWidget(m_title);
    column->addWidget(card);
}

SettingsSection::Row SettingsSection::addRow(QWidget *control)
{
    Row row{plainLabel(this), plainLabel(this), control};
    row.help->setProperty("kind", QStringLiteral("hint"));
    row.help->setWordWrap(true);
    row.name->setBuddy(control);
    control->setMinimumWidth(controlWidth);
    control->setMaximumWidth(controlWidth + controlWidth / 2);
    auto *texts = new QVBoxLayout;
    texts->setSpacing(2);
    texts->addWidget(row.name);
    texts->addWidget(row.help);
    auto *line = new QHBoxLayout;
    line->setSpacing(theme::current().space.l);
    line->addLayout(texts, 1);
    line->addWidget(control, 0, Qt::AlignVCenter | Qt::AlignRight);
    m_rows->addLayout(line);
    return row;
}

SettingsSection::Row SettingsSection::addTall(QWidget *control)
{
    Row row{plainLabel(this), plainLabel(this), control};
    row.help->setProperty("kind", QStringLiteral("hint"));
    row.help->setWordWrap(true);
    row.name->setBuddy(control);
    auto *column = new QVBoxLayout;
    column->setSpacing(2);
    column->addWidget(row.name);
    column->addWidget(row.help);
    column->addSpacing(theme::current().space.s);
    column->addWidget(control);
    m_rows->addLayout(column);
    return row;
}

void SettingsSection::addWide(QWidget *widget)
{
    m_rows->addWidget(widget, 0, Qt::AlignLeft);
}

void SettingsSection::setTitle(const QString &title)
{
    m_title->setText(title);
}

void SettingsSection::setRowText(const Row &row, const QString &name, const QString &help)
{
    row.name->setText(name);
    row.help->setText(help);
    row.help->setVisible(!help.isEmpty());
    row.control->setAccessibleName(name);
    row.control->setAccessibleDescription(help);
}

void SettingsSection::setAdvisedText(const Row &row, const QString &name, const QString &advice, const QString &help)
{
    setRowText(row, name, advice.isEmpty() ? help : advice);
    row.help->setProperty("tone", advice.isEmpty() ? QString() : QStringLiteral("warning"));
    row.help->style()->unpolish(row.help);
    row.help->style()->polish(row.help);
}

void SettingsSection::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
