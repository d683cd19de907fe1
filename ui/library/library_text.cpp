#include "ui/library/library_text.h"

#include "ui/theme/theme.h"
#include "ui/widgets/format.h"
#include "ui/widgets/visible_text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStringList>
#include <algorithm>

namespace ui {

namespace {

class LibraryText {
    Q_DECLARE_TR_FUNCTIONS(ui::LibraryText)

public:
    static QString title(engine::ModelPlaceKind kind);
    static QString count(int models);
    static QString parameters(const engine::ModelEntry &entry);
    static QString reason(const engine::ModelEntry &entry);
    static Verdict inRow(const engine::ModelEntry &entry);
    static Verdict inFull(const engine::MemoryPlan &plan);
};

QString shown(const std::string &text)
{
    return visibleText(QString::fromStdString(text));
}

QString LibraryText::title(engine::ModelPlaceKind kind)
{
    using engine::ModelPlaceKind;
    switch (kind) {
    case ModelPlaceKind::Bundled:
        return tr("Included with Bathyscope");
    case ModelPlaceKind::HuggingFace:
        return QStringLiteral("Hugging Face");
    case ModelPlaceKind::LmStudio:
        return QStringLiteral("LM Studio");
    case ModelPlaceKind::Ollama:
        return QStringLiteral("Ollama");
    case ModelPlaceKind::Gpt4All:
        return QStringLiteral("GPT4All");
    case ModelPlaceKind::LlamaCpp:
        return QStringLiteral("llama.cpp");
    case ModelPlaceKind::Jan:
        return QStringLiteral("Jan");
    case ModelPlaceKind::Chosen:
        break;
    }
    return {};
}

QString LibraryText::count(int models)
{
    return models == 1 ? tr("1 model") : tr("%1 models").arg(formatCount(models));
}

QString LibraryText::parameters(const engine::ModelEntry &entry)
{
    if (entry.parametersTotal == 0)
        return {};
    return tr("%1 parameters").arg(formatParameters(entry.parametersTotal));
}

QString LibraryText::reason(const engine::ModelEntry &entry)
{
    using engine::ErrorCode;
    const QString file = visibleText(QFileInfo(QString::fromStdString(entry.failure->file)).fileName());
    switch (entry.failure->code) {
    case ErrorCode::FileMissing:
        return tr("%1 is missing").arg(file);
    case ErrorCode::FileUnreadable:
        return tr("%1 cannot be read").arg(file);
    case ErrorCode::FileTruncated:
        return tr("%1 is not complete").arg(file);
    case ErrorCode::FileMalformed:
        return tr("%1 is damaged or of another format").arg(file);
    case ErrorCode::ConfigInvalid:
        return tr("A value in %1 cannot be used").arg(file);
    case ErrorCode::UnsupportedArchitecture:
        return entry.architecture.empty() ? tr("Models of this kind are not supported")
                                          : tr("%1 models are not supported").arg(shown(entry.architecture));
    case ErrorCode::UnsupportedFeature:
        return tr("Uses something this version cannot do");
    case ErrorCode::TensorMissing:
    case ErrorCode::TensorUnexpected:
    case ErrorCode::TensorMismatch:
        return tr("The weights do not belong to %1").arg(QStringLiteral("config.json"));
    default:
        return tr("Cannot be opened");
    }
}

Verdict LibraryText::inRow(const engine::ModelEntry &entry)
{
    if (entry.failure)
        return {tr("Cannot be opened"), Tone::Neutral};
    if (!entry.plan)
        return {};
    const engine::MemoryPlan &plan = *entry.plan;
    if (plan.largestContext >= plan.maxContextLength)
        return {tr("Fits"), Tone::Good};
    if (plan.largestContext >= plan.leastContext)
        return {tr("Context up to %1").arg(formatCount(plan.largestContext)), Tone::Limited};
    const auto least = plan.with(plan.leastContext, plan.availableBytes);
    return {tr("Needs %1 more").arg(formatBytes(least.missingBytes())), Tone::Bad};
}

Verdict LibraryText::inFull(const engine::MemoryPlan &plan)
{
    if (plan.fits())
        return {tr("Fits into memory"), Tone::Good};
    const QString missing = formatBytes(plan.missingBytes());
    if (plan.largestContext >= std::min(plan.leastContext, plan.maxContextLength))
        return {tr("Needs %1 more; up to %2 tokens of context fit").arg(missing, formatCount(plan.largestContext)),
                Tone::Limited};
    return {tr("Needs %1 more than there is").arg(missing), Tone::Bad};
}

} // namespace

QColor toneColor(Tone tone)
{
    const auto &colors = theme::current().colors;
    switch (tone) {
    case Tone::Good:
        return colors.success;
    case Tone::Limited:
        return colors.warning;
    case Tone::Bad:
        return colors.danger;
    case Tone::Neutral:
        break;
    }
    return colors.textMuted;
}

Verdict shortVerdict(const engine::ModelEntry &entry)
{
    return LibraryText::inRow(entry);
}

Verdict longVerdict(const engine::MemoryPlan &plan)
{
    return LibraryText::inFull(plan);
}

QString modelCount(int models)
{
    return LibraryText::count(models);
}

QString placeTitle(const engine::ModelPlace &place)
{
    const QString title = LibraryText::title(place.kind);
    return title.isEmpty() ? visibleText(QDir(QString::fromStdString(place.path)).dirName()) : title;
}

QString placePath(const QString &path)
{
    const QString home = QDir::homePath();
    const bool below = path == home || path.startsWith(home + QLatin1Char('/'));
    return visibleText(below && home.size() > 1 ? QLatin1Char('~') + path.mid(home.size()) : path);
}

QString modelSummary(const engine::ModelEntry &entry)
{
    // The reason names it where it is the reason.
    const bool named = entry.failure && entry.failure->code == engine::ErrorCode::UnsupportedArchitecture;
    QStringList parts{named ? QString() : shown(entry.architecture), shown(entry.quantization),
                      LibraryText::parameters(entry)};
    if (entry.bytes > 0)
        parts << formatBytes(entry.bytes);
    if (entry.format == engine::ModelFormat::Gguf && entry.quantization.find("GGUF") == std::string::npos)
        parts << QStringLiteral("GGUF");
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

QString shortReason(const engine::ModelEntry &entry)
{
    return entry.failure ? LibraryText::reason(entry) : QString();
}

} // namespace ui
