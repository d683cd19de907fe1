#include "ui/widgets/load_progress.h"

#include "ui/theme/theme.h"

#include <QCoreApplication>
#include <QPainter>
#include <algorithm>

namespace ui {

namespace {

constexpr int stageCount = static_cast<int>(engine::LoadStage::Buffers) + 1;

class LoadText {
    Q_DECLARE_TR_FUNCTIONS(ui::LoadText)

public:
    static QString of(engine::LoadStage stage);
    static QString copying();
    static QString withPercent(const QString &stage, double part);
};

QString LoadText::of(engine::LoadStage stage)
{
    using engine::LoadStage;
    switch (stage) {
    case LoadStage::Headers:
        return tr("Reading the headers");
    case LoadStage::Weights:
        return tr("Checking the weights");
    case LoadStage::Fingerprint:
        return tr("Taking the fingerprint");
    case LoadStage::Tokenizer:
        return tr("Reading the tokenizer");
    case LoadStage::Template:
        return tr("Trying the chat template");
    case LoadStage::Buffers:
        break;
    }
    return tr("Preparing the memory");
}

QString LoadText::copying()
{
    return tr("Copying the weights to the GPU");
}

QString LoadText::withPercent(const QString &stage, double part)
{
    //: %1 is what loading a model is busy with, %2 a number
    return tr("%1, %2%").arg(stage).arg(static_cast<int>(part * 100.0));
}

/// Of the stage itself.
double partDone(const engine::ModelLoadProgress &progress)
{
    if (progress.total == 0)
        return 0.0;
    return std::clamp(static_cast<double>(progress.done) / static_cast<double>(progress.total), 0.0, 1.0);
}

} // namespace

QString loadText(const engine::ModelLoadProgress &progress)
{
    const bool copies = progress.stage == engine::LoadStage::Buffers && progress.total > 1;
    const QString stage = copies ? LoadText::copying() : LoadText::of(progress.stage);
    return progress.total > 1 ? LoadText::withPercent(stage, partDone(progress)) : stage + QStringLiteral("…");
}

double loadFraction(const engine::ModelLoadProgress &progress)
{
    return (static_cast<double>(progress.stage) + partDone(progress)) / stageCount;
}

LoadLine::LoadLine(QWidget *parent) : QWidget(parent)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
}

void LoadLine::setFraction(double fraction)
{
    m_fraction = std::clamp(fraction, 0.0, 1.0);
    update();
}

void LoadLine::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const auto &colors = theme::current().colors;
    painter.fillRect(rect(), colors.border);
    const double done = width() * m_fraction;
    const double left = layoutDirection() == Qt::RightToLeft ? width() - done : 0.0;
    painter.fillRect(QRectF(left, 0.0, done, height()), colors.accent);
}

} // namespace ui
