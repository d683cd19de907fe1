#pragma once
// Runs bathyscope-cli as a user does.

#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QByteArray>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

namespace clitest {

struct Result {
    int exitCode = -1; ///< -1: killed or not ended in time
    QByteArray output;
    QByteArray error;

    QJsonObject json() const; ///< empty if the output is not one JSON object
};

inline constexpr int patienceMs = 120000; ///< for sanitizers on a busy machine

QString program();

/// `input` is the whole standard input.
Result run(const QStringList &arguments, const QByteArray &input = {});

Result runProgram(const QString &file, const QStringList &arguments, const QByteArray &input = {});

/// With the standard output going to `fd`. `environment`: more variables, "NAME=value".
Result runInto(int fd, const QStringList &arguments, const QByteArray &input = {}, const QStringList &environment = {});

/// One JSON object per line; an empty object where a line is none.
QList<QJsonObject> jsonLines(const QByteArray &text);

/// The value at "a.b", undefined if there is none.
QJsonValue at(const QJsonObject &object, const QString &path);

/// A folder with a random model.
class Model {
public:
    explicit Model(const support::TinyModelOptions &options = {}) { support::writeTinyModel(options, path()); }

    std::filesystem::path path() const { return m_folder.path() / "tiny"; }
    QString folder() const { return QString::fromStdString(path().string()); }
    /// `arguments` and this model, with one thread.
    QStringList with(QStringList arguments) const;

private:
    support::TemporaryFolder m_folder;
};

} // namespace clitest
