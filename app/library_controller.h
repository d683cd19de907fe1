#pragma once
// The library in the window: scans when it is first shown, keeps the user's own folders. UI thread.

#include "app/library_scanner.h"
#include "ui/main_window.h"

#include <QObject>
#include <QStringList>

namespace app {

class LibraryController : public QObject {
    Q_OBJECT

public:
    /// `bundled`: the folder of the models that come with the program; may be empty.
    LibraryController(ui::MainWindow &window, QString bundled, engine::ScanOptions options, QObject *parent = nullptr);

    void setFolders(const QStringList &folders) { m_folders = folders; }
    const QStringList &folders() const { return m_folders; }
    void rescan();
    bool scanning() const { return m_scanner.scanning(); }

signals:
    void foldersChanged(const QStringList &folders);
    void scanned(); ///< everything is in the window

private:
    std::vector<engine::ModelPlace> places() const;
    void setFoldersAndRescan(const QStringList &folders);

    ui::MainWindow &m_window;
    QString m_bundled;
    QStringList m_folders;
    bool m_begun = false; ///< what was found holds for the session, until somebody asks again
    LibraryScanner m_scanner;
};

} // namespace app
