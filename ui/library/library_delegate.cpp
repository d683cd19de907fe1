#include "ui/library/library_delegate.h"

#include "ui/library/library_model.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

#include <QPainter>
#include <algorithm>

namespace ui {

namespace {

constexpr int rowMargin = 8;

/// Draws text that gives way at its end; returns how wide it is.
int drawElided(QPainter *painter, const QRect &rect, const QString &text, const QFont &font, const QColor &color,
               Qt::Alignment alignment = Qt::AlignLeft)
{
    const QFontMetrics metrics(font);
    const QString shown = metrics.elidedText(text, Qt::ElideRight, rect.width());
    painter->setFont(font);
    painter->setPen(color);
    painter->drawText(rect, static_cast<int>(alignment | Qt::AlignVCenter), shown);
    return metrics.horizontalAdvance(shown);
}

void paintBackground(QPainter *painter, const QStyleOptionViewItem &option)
{
    const auto &tokens = theme::current();
    const QRectF body = QRectF(option.rect).adjusted(rowMargin, 1, -rowMargin, -1);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->setPen(Qt::NoPen);
    if (selected || option.state.testFlag(QStyle::State_MouseOver)) {
        painter->setBrush(selected ? tokens.colors.pressed : tokens.colors.hover);
        painter->drawRoundedRect(body, tokens.radius.medium, tokens.radius.medium);
    }
    if (option.state.testFlag(QStyle::State_HasFocus) && option.state.testFlag(QStyle::State_KeyboardFocusChange)) {
        painter->setPen(QPen(tokens.colors.focusRing, 2.0));
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(body.adjusted(1, 1, -1, -1), tokens.radius.medium, tokens.radius.medium);
    }
}

/// The title of the place, and in what room is left the folder.
void paintHeading(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index)
{
    const auto &tokens = theme::current();
    QFont font = tokens.fonts.small;
    font.setWeight(QFont::DemiBold);
    QRect line = option.rect.adjusted(rowMargin + tokens.space.m, tokens.space.s, -rowMargin - tokens.space.m, 0);
    line.setLeft(line.left() + drawElided(painter, line, index.data().toString(), font, tokens.colors.textSecondary) +
                 tokens.space.s);
    if (line.width() > 80)
        drawElided(painter, line, index.data(LibraryModel::SummaryRole).toString(), tokens.fonts.small,
                   tokens.colors.textMuted);
}

/// "Open" or "Opening…" behind the name; returns what it takes.
int paintState(QPainter *painter, const QRect &line, int left, LibraryModel::State state)
{
    if (state == LibraryModel::State::Closed)
        return 0;
    const auto &tokens = theme::current();
    const QString text = state == LibraryModel::State::Open ? LibraryModel::tr("Open") : LibraryModel::tr("Opening…");
    const QFontMetrics metrics(tokens.fonts.small);
    const QRect pill(left, line.center().y() - metrics.height() / 2, metrics.horizontalAdvance(text) + tokens.space.l,
                     metrics.height() + 2);
    painter->setPen(Qt::NoPen);
    painter->setBrush(tokens.colors.accentSoft);
    painter->drawRoundedRect(pill, pill.height() / 2.0, pill.height() / 2.0);
    painter->setFont(tokens.fonts.small);
    painter->setPen(tokens.colors.textPrimary);
    painter->drawText(pill, Qt::AlignCenter, text);
    return pill.width() + tokens.space.s;
}

int stateWidth(LibraryModel::State state)
{
    if (state == LibraryModel::State::Closed)
        return 0;
    const auto &tokens = theme::current();
    const QString text = state == LibraryModel::State::Open ? LibraryModel::tr("Open") : LibraryModel::tr("Opening…");
    return QFontMetrics(tokens.fonts.small).horizontalAdvance(text) + tokens.space.l + tokens.space.s;
}

/// At the right end of the first line: a dot of its colour, and the text. Returns where it begins.
int paintVerdict(QPainter *painter, const QRect &line, const QModelIndex &index)
{
    const auto &tokens = theme::current();
    const QString text = index.data(LibraryModel::VerdictRole).toString();
    if (text.isEmpty())
        return line.right();
    const auto tone = static_cast<Tone>(index.data(LibraryModel::ToneRole).toInt());
    const QColor color = toneColor(tone);
    const int width = QFontMetrics(tokens.fonts.small).horizontalAdvance(text) + 2;
    const QRect place(line.right() - width, line.top(), width, line.height());
    drawElided(painter, place, text, tokens.fonts.small, color, Qt::AlignRight);
    const int dotSide = tokens.fonts.small.pixelSize() * 2 / 3;
    const QRect dot(place.left() - tokens.space.s - dotSide, line.center().y() - dotSide / 2 + 1, dotSide, dotSide);
    painter->setPen(tone == Tone::Neutral ? QPen(color, 1.5) : QPen(Qt::NoPen));
    painter->setBrush(tone == Tone::Neutral ? QBrush(Qt::NoBrush) : QBrush(color));
    painter->drawEllipse(QRectF(dot).adjusted(0.5, 0.5, -0.5, -0.5));
    return dot.left() - tokens.space.m;
}

/// Along the lower edge of a row that is being opened.
void paintProgress(QPainter *painter, const QRect &row, double fraction)
{
    const auto &tokens = theme::current();
    QRectF line = QRectF(row).adjusted(rowMargin + tokens.space.m, 0, -rowMargin - tokens.space.m, -3);
    line.setTop(line.bottom() - 2);
    painter->setPen(Qt::NoPen);
    painter->setBrush(tokens.colors.border);
    painter->drawRect(line);
    line.setWidth(line.width() * fraction);
    painter->setBrush(tokens.colors.accent);
    painter->drawRect(line);
}

void paintModel(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index)
{
    const auto &tokens = theme::current();
    const QString reason = index.data(LibraryModel::ReasonRole).toString();
    const auto state = static_cast<LibraryModel::State>(index.data(LibraryModel::StateRole).toInt());
    const QRect body =
        option.rect.adjusted(rowMargin + tokens.space.m, tokens.space.s, -rowMargin - tokens.space.m, -tokens.space.s);
    QRect first = body;
    first.setHeight(QFontMetrics(tokens.fonts.strong).height());
    QRect second = body;
    second.setTop(body.bottom() - QFontMetrics(tokens.fonts.small).height() + 1);

    QRect name = first;
    name.setRight(paintVerdict(painter, first, index) - stateWidth(state));
    const QColor nameColor = reason.isEmpty() ? tokens.colors.textPrimary : tokens.colors.textSecondary;
    const int width = drawElided(painter, name, index.data().toString(), tokens.fonts.strong, nameColor);
    paintState(painter, first, name.left() + width + tokens.space.s, state);

    QString details = index.data(LibraryModel::SummaryRole).toString();
    if (!reason.isEmpty()) {
        const int iconSide = tokens.fonts.small.pixelSize() + 2;
        const QRect mark(second.left(), second.center().y() - iconSide / 2, iconSide, iconSide);
        theme::icon(QStringLiteral("warning"), theme::Tint::Warning).paint(painter, mark);
        second.setLeft(mark.right() + tokens.space.xs + 2);
        details = details.isEmpty() ? reason : reason + QStringLiteral(" · ") + details;
    }
    drawElided(painter, second, details, tokens.fonts.small, tokens.colors.textSecondary);
    if (state == LibraryModel::State::Loading)
        paintProgress(painter, option.rect, index.data(LibraryModel::ProgressRole).toDouble());
}

} // namespace

void LibraryDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintBackground(painter, option);
    if (index.data(LibraryModel::HeadingRole).toBool())
        paintHeading(painter, option, index);
    else
        paintModel(painter, option, index);
    painter->restore();
}

QSize LibraryDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &index) const
{
    const auto &tokens = theme::current();
    const int small = QFontMetrics(tokens.fonts.small).height();
    if (index.data(LibraryModel::HeadingRole).toBool())
        return {120, small + tokens.space.l + tokens.space.xs};
    return {120, QFontMetrics(tokens.fonts.strong).height() + small + 2 * tokens.space.s + tokens.space.xs};
}

} // namespace ui
