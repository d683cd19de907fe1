#include "app/library_controller.h"

#include <QDir>

namespace app {

LibraryController::LibraryController(ui::MainWindow &window, QString bundled, engine::ScanOptions options,
                                     QObject *parent)
    : QObject(parent), m_window(window), m_bundled(std::move(bundled)), m_scanner(options)
{
    using ui::MainWindow;
    connect(&window, &MainWindow::libraryShown, this, [this] {
        if (!m_begun)
            rescan();
        else // models that were opened or closed meanwhile took or gave back memory
            m_scanner.askDevices();
    });
    connect(&window, &MainWindow::libraryRescanRequested, this, &LibraryController::rescan);
    connect(&window, &MainWindow::libraryFolderAdded, this, [this](const QString &folder) {
        QStringList folders = m_folders;
        if (!folders.contains(QDir::cleanPath(folder)))
            folders << QDir::cleanPath(folder);
        setFoldersAndRescan(folders);
    });
    connect(&window, &MainWindow::libraryFolderRemoved, this, [this](const QString &folder) {
        QStringList folders = m_folders;
        folders.removeAll(folder);
        setFoldersAndRescan(folders);
    });
    connect(&m_scanner, &LibraryScanner::found, &window, &MainWindow::addLibraryModels);
    connect(&m_scanner, &LibraryScanner::finished, this, [this](const auto &reports) {
        m_window.endLibraryScan(reports);
        emit scanned();
    });
    connect(&m_scanner, &LibraryScanner::devicesListed, &window, &MainWindow::setDevices);
}

std::vector<engine::ModelPlace> LibraryController::places() const
{
    std::vector<engine::ModelPlace> all;
    if (!m_bundled.isEmpty())
        all.push_back({engine::ModelPlaceKind::Bundled, m_bundled.toStdString()});
    for (const QString &folder : m_folders)
        all.push_back({engine::ModelPlaceKind::Chosen, folder.toStdString()});
    for (auto &place : engine::knownModelPlaces())
        all.push_back(std::move(place));
    return all;
}

void LibraryController::rescan()
{
    m_begun = true;
    const auto all = places();
    m_window.beginLibraryScan(all);
    m_scanner.scan(all);
}

void LibraryController::setFoldersAndRescan(const QStringList &folders)
{
    m_folders = folders;
    emit foldersChanged(folders);
    rescan();
}

} // namespace app
