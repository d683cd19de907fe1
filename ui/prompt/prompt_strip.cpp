#include "ui/prompt/prompt_strip.h"

#include "ui/prompt/prompt_look.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <algorithm>

namespace ui {

namespace {

constexpr int barHeight = 12;
constexpr int cachedHeight = 2;
constexpr int cachedGap = 3;
constexpr double solid = 0.85; // of the colour, in the bar
constexpr int swatch = 10;

} // namespace

PromptStrip::PromptStrip(QWidget *parent) : QWidget(parent), m_prompt(std::make_shared<PromptText>())
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
}

void PromptStrip::setPrompt(std::shared_ptr<const PromptText> prompt, std::vector<engine::Role> roles)
{
    m_prompt = std::move(prompt);
    m_roles = std::move(roles);
    describe();
    update();
}

void PromptStrip::describe()
{
    setAccessibleName(tr("Overview of the prompt"));
    setAccessibleDescription(tr("%1 tokens, of them cached: %2")
                                 .arg(formatCount(m_prompt->tokenCount()), formatCount(m_prompt->cachedTokens())));
}

QSize PromptStrip::sizeHint() const
{
    return {160, barHeight + cachedGap + cachedHeight};
}

double PromptStrip::xOf(int token) const
{
    return static_cast<double>(width()) * token / std::max(m_prompt->tokenCount(), 1);
}

int PromptStrip::tokenAt(double x) const
{
    if (m_prompt->tokenCount() == 0 || width() == 0)
        return -1;
    return std::clamp(static_cast<int>(x * m_prompt->tokenCount() / width()), 0, m_prompt->tokenCount() - 1);
}

void PromptStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const theme::Tokens &tokens = theme::current();
    QPainterPath shape;
    shape.addRoundedRect(QRectF(0, 0, width(), barHeight), tokens.radius.small, tokens.radius.small);
    painter.setClipPath(shape);
    painter.fillRect(rect(), tokens.colors.hover);
    for (const PromptText::Run &run : m_prompt->runs()) {
        QColor color = PromptLook::color(run.source);
        color.setAlphaF(static_cast<float>(solid));
        const double left = xOf(run.firstToken);
        painter.fillRect(QRectF(left, 0, xOf(run.firstToken + run.tokens) - left, barHeight), color);
    }
    painter.setClipping(false);
    if (m_prompt->cachedTokens() > 0) {
        const QRectF line(0, barHeight + cachedGap, xOf(m_prompt->cachedTokens()), cachedHeight);
        painter.setPen(Qt::NoPen);
        painter.setBrush(tokens.colors.accent);
        painter.drawRoundedRect(line, 1, 1);
    }
}

bool PromptStrip::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const int token = tokenAt(help->pos().x());
    const auto &runs = m_prompt->runs();
    const auto at = std::find_if(runs.begin(), runs.end(), [token](const PromptText::Run &run) {
        return token >= run.firstToken && token < run.firstToken + run.tokens;
    });
    if (at != runs.end())
        QToolTip::showText(help->globalPos(),
                           tr("%1: %2 tokens from %3")
                               .arg(PromptLook::place(m_roles, at->source, at->message), formatCount(at->tokens),
                                    formatCount(at->firstToken)),
                           this);
    return true;
}

void PromptStrip::mousePressEvent(QMouseEvent *event)
{
    const int token = tokenAt(event->position().x());
    if (event->button() == Qt::LeftButton && token >= 0)
        emit tokenChosen(token);
}

void PromptStrip::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        describe();
}

PromptLegend::PromptLegend(QWidget *parent) : QWidget(parent), m_prompt(std::make_shared<PromptText>())
{
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void PromptLegend::setPrompt(std::shared_ptr<const PromptText> prompt)
{
    m_prompt = std::move(prompt);
    setAccessibleName(tr("Tokens by source"));
    setAccessibleDescription(text());
    updateGeometry();
    update();
}

std::vector<PromptLegend::Entry> PromptLegend::entries(int width) const
{
    const theme::Tokens &tokens = theme::current();
    const QFontMetrics metrics(tokens.fonts.small);
    const int line = metrics.height() + tokens.space.xs;
    std::vector<Entry> found;
    QPoint at(0, 0);
    const auto add = [&](const QColor &color, const QString &name, int tokenCount, bool asLine) {
        if (tokenCount == 0)
            return;
        Entry entry{color, asLine, name, formatCount(tokenCount), {}};
        const int room = swatch + tokens.space.s + metrics.horizontalAdvance(entry.name) + tokens.space.xs +
                         metrics.horizontalAdvance(entry.count);
        if (at.x() > 0 && at.x() + room > width)
            at = {0, at.y() + line};
        entry.rect = QRect(at, QSize(room, line));
        at.rx() += room + tokens.space.l;
        found.push_back(std::move(entry));
    };
    for (std::size_t i = 0; i < promptSources; ++i) {
        const auto source = static_cast<engine::PromptSource>(i);
        add(PromptLook::color(source), PromptLook::name(source), m_prompt->tokensBySource()[i], false);
    }
    add(tokens.colors.accent, tr("Cached"), m_prompt->cachedTokens(), true);
    return found;
}

QString PromptLegend::text() const
{
    QStringList parts;
    for (const Entry &entry : entries(1 << 20))
        parts.append(entry.name + QLatin1Char(' ') + entry.count);
    return parts.join(QStringLiteral(" · "));
}

int PromptLegend::heightForWidth(int width) const
{
    const auto found = entries(width);
    return found.empty() ? QFontMetrics(theme::current().fonts.small).height() : found.back().rect.bottom() + 1;
}

QSize PromptLegend::sizeHint() const
{
    return {240, heightForWidth(std::max(width(), 240))};
}

void PromptLegend::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const theme::Tokens &tokens = theme::current();
    const QFontMetrics metrics(tokens.fonts.small);
    painter.setFont(tokens.fonts.small);
    for (const Entry &entry : entries(width())) {
        const QRect &rect = entry.rect;
        painter.setPen(Qt::NoPen);
        painter.setBrush(entry.color);
        const int tall = entry.line ? cachedHeight : swatch;
        const double corner = entry.line ? 1.0 : 3.0;
        painter.drawRoundedRect(QRect(rect.left(), rect.center().y() - tall / 2 + 1, swatch, tall), corner, corner);
        const int left = rect.left() + swatch + tokens.space.s;
        const int base = rect.top() + (rect.height() - metrics.height()) / 2 + metrics.ascent();
        painter.setPen(tokens.colors.textSecondary);
        painter.drawText(left, base, entry.name);
        painter.setPen(tokens.colors.textPrimary);
        painter.drawText(left + metrics.horizontalAdvance(entry.name) + tokens.space.xs, base, entry.count);
    }
}

void PromptLegend::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        setPrompt(m_prompt);
    else if (event->type() == QEvent::FontChange)
        updateGeometry();
}

} // namespace ui
