#include "ui/theme/icon.h"

#include "ui/theme/theme.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace ui::theme {

namespace {

QColor tintColor(Tint tint, QIcon::Mode mode, QIcon::State state)
{
    const Colors &c = current().colors;
    if (mode == QIcon::Disabled) {
        QColor faded = c.textMuted;
        faded.setAlphaF(0.6F);
        return faded;
    }
    switch (tint) {
    case Tint::Accent:
        return c.accent;
    case Tint::OnAccent:
        return c.accentText;
    case Tint::Muted:
        return c.textMuted;
    case Tint::Danger:
        return c.danger;
    case Tint::Warning:
        return c.warning;
    case Tint::Text:
        break;
    }
    if (state == QIcon::On)
        return c.accent;
    return mode == QIcon::Active ? c.textPrimary : c.textSecondary;
}

/// Renders at paint time, so the colour is that of the theme then in force.
class TintedSvgEngine final : public QIconEngine {
public:
    TintedSvgEngine(QString name, Tint tint) : m_name(std::move(name)), m_tint(tint)
    {
        QFile file(QStringLiteral(":/icons/%1.svg").arg(m_name));
        if (file.open(QIODevice::ReadOnly))
            m_svg = file.readAll();
    }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
    {
        const qreal ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1.0;
        painter->drawPixmap(rect, scaledPixmap(rect.size() * ratio, mode, state, 1.0));
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        return scaledPixmap(size, mode, state, 1.0);
    }

    QPixmap scaledPixmap(const QSize &size, QIcon::Mode mode, QIcon::State state, qreal) override
    {
        const QColor color = tintColor(m_tint, mode, state);
        const QString key = QStringLiteral("bathyscope/%1/%2/%3x%4")
                                .arg(m_name, color.name(QColor::HexArgb))
                                .arg(size.width())
                                .arg(size.height());
        QPixmap result;
        if (QPixmapCache::find(key, &result))
            return result;
        QByteArray svg = m_svg;
        svg.replace("currentColor", color.name().toLatin1());
        QSvgRenderer renderer(svg);
        renderer.setAspectRatioMode(Qt::KeepAspectRatio);
        result = QPixmap(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        painter.setOpacity(color.alphaF());
        renderer.render(&painter);
        painter.end();
        QPixmapCache::insert(key, result);
        return result;
    }

    QIconEngine *clone() const override { return new TintedSvgEngine(*this); }
    QString iconName() override { return m_name; }
    bool isNull() override { return m_svg.isEmpty(); }

private:
    QString m_name;
    Tint m_tint;
    QByteArray m_svg;
};

} // namespace

QIcon icon(const QString &name, Tint tint)
{
    return QIcon(new TintedSvgEngine(name, tint));
}

} // namespace ui::theme
