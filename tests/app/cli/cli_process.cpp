#include "tests/app/cli/cli_process.h"

#include <QJsonDocument>

#include <unistd.h>

namespace clitest {

namespace {

Result finish(QProcess &process)
{
    Result result;
    const bool ended = process.waitForFinished(patienceMs) && process.exitStatus() == QProcess::NormalExit;
    result.exitCode = ended ? process.exitCode() : -1;
    result.output = process.readAllStandardOutput();
    result.error = process.readAllStandardError();
    return result;
}

} // namespace

QJsonObject Result::json() const
{
    return QJsonDocument::fromJson(output).object();
}

QString program()
{
    return BATHYSCOPE_CLI;
}

Result run(const QStringList &arguments, const QByteArray &input)
{
    return runProgram(program(), arguments, input);
}

Result runProgram(const QString &file, const QStringList &arguments, const QByteArray &input)
{
    QProcess process;
    process.start(file, arguments);
    process.write(input);
    process.closeWriteChannel();
    return finish(process);
}

Result runInto(int fd, const QStringList &arguments, const QByteArray &input, const QStringList &environment)
{
    QProcess process;
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    for (const QString &variable : environment)
        variables.insert(variable.section('=', 0, 0), variable.section('=', 1));
    process.setProcessEnvironment(variables);
    process.setChildProcessModifier([fd] { ::dup2(fd, STDOUT_FILENO); });
    process.start(program(), arguments);
    process.write(input);
    process.closeWriteChannel();
    return finish(process);
}

QList<QJsonObject> jsonLines(const QByteArray &text)
{
    QList<QJsonObject> objects;
    for (const QByteArray &line : text.trimmed().split('\n'))
        objects.append(QJsonDocument::fromJson(line).object());
    return objects;
}

QJsonValue at(const QJsonObject &object, const QString &path)
{
    QJsonValue value = object;
    for (const QString &key : path.split('.'))
        value = value.toObject().value(key);
    return value;
}

QStringList Model::with(QStringList arguments) const
{
    return arguments << "--model" << folder() << "--threads"
                     << "1";
}

} // namespace clitest
