#pragma once
// Written before a model is opened and taken away when that has ended, in whatever way: where it is found at start-up,
// the program ended while it opened this model, and opening it again by itself might end it again. UI thread.

#include <QString>

namespace app {

class LoadMarker {
public:
    /// In `folder`, which need not exist yet.
    explicit LoadMarker(const QString &folder);

    void set(const QString &model); ///< on disk when it returns; a full disk is no reason not to open a model
    void clear();
    QString model() const; ///< empty: there is no marker, or none that can be read

private:
    QString m_file;
};

} // namespace app
