#pragma once
// What a test of the whole program works in: a tiny random model, and an empty data folder for each run.

#include "tests/engine/support/tiny_model.h"

#include <QTemporaryDir>

namespace support {

class ModelFolder {
public:
    ModelFolder()
    {
        TinyModelOptions options;
        options.maxPositions = 2048;
        writeTinyModel(options, model().toStdString());
    }

    QString model() const { return filePath("tiny"); }
    QString freshData() { return filePath(QString("data%1").arg(++m_runs)); }
    QString filePath(const QString &name) const { return m_folder.filePath(name); }

private:
    QTemporaryDir m_folder;
    int m_runs = 0;
};

} // namespace support
