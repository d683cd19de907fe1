#include "ui/conversations/conversation_delegate.h"

#include "ui/conversations/conversation_model.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

#include <QAbstractItemView>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>

namespace ui {

namespace {

constexpr int rowMargin = 8;
constexpr int buttonSide = 24;
constexpr int iconSide = 14;

void paintHeading(QPainter *painter, const QRect &rect, const QString &text)
{
    const auto &tokens = theme::current();
    QFont font = tokens.fonts.small;
    font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(tokens.colors.textMuted);
    painter->drawText(rect.adjusted(rowMargin + tokens.space.m, 0, -rowMargin, -tokens.space.xs),
                      static_cast<int>(Qt::AlignLeft | Qt::AlignBottom), text);
}

void paintBackground(QPainter *painter, const QStyleOptionViewItem &option, bool current)
{
    const auto &tokens = theme::current();
    const QRectF body = QRectF(option.rect).adjusted(rowMargin, 1, -rowMargin, -1);
    painter->setPen(Qt::NoPen);
    if (current || option.state.testFlag(QStyle::State_MouseOver)) {
        painter->setBrush(current ? tokens.colors.pressed : tokens.colors.hover);
        painter->drawRoundedRect(body, tokens.radius.medium, tokens.radius.medium);
    }
    if (option.state.testFlag(QStyle::State_HasFocus) && option.state.testFlag(QStyle::State_KeyboardFocusChange)) {
        painter->setPen(QPen(tokens.colors.focusRing, 2.0));
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(body.adjusted(1, 1, -1, -1), tokens.radius.medium, tokens.radius.medium);
    }
}

} // namespace

ConversationDelegate::ConversationDelegate(QObject *parent) : QStyledItemDelegate(parent) {}

QRect ConversationDelegate::menuButton(const QRect &row)
{
    return QRect(row.right() - rowMargin - buttonSide - 3, row.center().y() - buttonSide / 2 + 1, buttonSide,
                 buttonSide);
}

void ConversationDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QString text = index.data(Qt::DisplayRole).toString();
    if (index.data(ConversationModel::HeadingRole).toBool()) {
        paintHeading(painter, option.rect, text);
        painter->restore();
        return;
    }
    const auto &tokens = theme::current();
    const bool current = index.data(ConversationModel::CurrentRole).toBool();
    paintBackground(painter, option, current);
    QRect line = option.rect.adjusted(rowMargin + tokens.space.m, 0, -rowMargin - tokens.space.s, 0);
    const QRect button = menuButton(option.rect);
    if (option.state.testFlag(QStyle::State_MouseOver)) {
        line.setRight(button.left() - tokens.space.xs);
        theme::icon(QStringLiteral("more")).paint(painter, button.adjusted(4, 4, -4, -4));
    } else if (index.data(ConversationModel::PinnedRole).toBool()) {
        const QRect pin(button.center().x() - iconSide / 2, option.rect.center().y() - iconSide / 2, iconSide,
                        iconSide);
        theme::icon(QStringLiteral("pin"), theme::Tint::Muted).paint(painter, pin);
        line.setRight(pin.left() - tokens.space.xs);
    }
    const QFont font = tokens.fonts.body;
    painter->setFont(font);
    painter->setPen(current ? tokens.colors.textPrimary : tokens.colors.textSecondary);
    const QString shown = QFontMetrics(font).elidedText(text, Qt::ElideRight, line.width());
    painter->drawText(line, static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), shown);
    painter->restore();
}

QSize ConversationDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    const auto &tokens = theme::current();
    // Headings and titles are equally high: the view then never asks for the rows out of sight.
    return {120, QFontMetrics(tokens.fonts.body).height() + tokens.space.l};
}

QWidget *ConversationDelegate::createEditor(QWidget *parent, const QStyleOptionViewItem &, const QModelIndex &) const
{
    auto *editor = new QLineEdit(parent);
    editor->setAccessibleName(tr("Title of the conversation"));
    editor->setMaxLength(200);
    editor->setProperty("kind", QStringLiteral("inline"));
    return editor;
}

void ConversationDelegate::setEditorData(QWidget *editor, const QModelIndex &index) const
{
    // Asked for whenever the row changes, as it does when a reply begins or ends: what is being typed stays.
    if (editor->property("filled").toBool())
        return;
    QStyledItemDelegate::setEditorData(editor, index);
    editor->setProperty("filled", true);
}

void ConversationDelegate::updateEditorGeometry(QWidget *editor, const QStyleOptionViewItem &option,
                                                const QModelIndex &) const
{
    editor->setGeometry(option.rect.adjusted(rowMargin, 1, -rowMargin, -1));
}

bool ConversationDelegate::editorEvent(QEvent *event, QAbstractItemModel *model, const QStyleOptionViewItem &option,
                                       const QModelIndex &index)
{
    if (event->type() == QEvent::MouseButtonPress && !index.data(ConversationModel::HeadingRole).toBool()) {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        if (mouse->button() == Qt::LeftButton && menuButton(option.rect).contains(mouse->position().toPoint())) {
            emit menuRequested(index, mouse->globalPosition().toPoint());
            return true;
        }
    }
    return QStyledItemDelegate::editorEvent(event, model, option, index);
}

} // namespace ui
