#pragma once
// The models of this computer, in the place of the chat: list and filter left, what is known about the chosen one
// right. It shows values and emits wishes; the owner scans and opens. UI thread only.

#include "engine/generation.h"
#include "engine/model_library.h"

#include "ui/precision.h"

#include <QWidget>
#include <vector>

class QBoxLayout;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

class IconButton;
class LibraryList;
class ModelDetails;

class LibraryPage : public QWidget {
    Q_OBJECT

public:
    explicit LibraryPage(QWidget *parent = nullptr);

    void beginScan(const std::vector<engine::ModelPlace> &places);
    void add(const std::vector<engine::ModelEntry> &entries);
    void endScan(const std::vector<engine::PlaceReport> &reports);
    void setAvailable(std::uint64_t bytes);
    void setDevices(const engine::DeviceList &list);
    void setDevice(const QString &id); ///< the one that is used unless another one is chosen here

    void showOpening(const QString &path); ///< the model that is being opened
    void showProgress(const engine::ModelLoadProgress &progress);
    void setPrecision(const QString &path, Precision precision); ///< of the model that is open
    void showOpen(const QString &path);                          ///< the one that is open; empty: none

    void start(); ///< focus and selection when the page comes up
    LibraryList *list() const { return m_list; }
    ModelDetails *details() const { return m_details; }
    QLineEdit *filter() const { return m_filter; }
    QString status() const; ///< the line below the title

signals:
    void openRequested(const QString &path, int contextLength, const QString &device, ui::Precision precision);
    void rescanRequested();
    void addFolderRequested();
    void removeFolderRequested(const QString &folder);
    void closed(); ///< back to the chat

protected:
    bool event(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void build();
    void buildHead(QBoxLayout *column);
    void connectParts();
    void open(const QString &path);
    void followDevice();
    void showCurrent();
    void updateTexts();
    void retranslate();
    void arrange();
    bool leaveByEscape(QEvent *event);
    QString emptyText() const;

    IconButton *m_back = nullptr;
    QLabel *m_title = nullptr;
    QLabel *m_status = nullptr;
    QLineEdit *m_filter = nullptr;
    QComboBox *m_order = nullptr;
    QPushButton *m_add = nullptr;
    IconButton *m_rescan = nullptr;
    LibraryList *m_list = nullptr;
    QLabel *m_empty = nullptr;
    ModelDetails *m_details = nullptr;
    QBoxLayout *m_body = nullptr;
    QWidget *m_rule = nullptr;
    std::uint64_t m_available = 0;
    QString m_openPath;
    bool m_scanned = false;
};

/// Opens the folder in the desktop's file manager; of a file the folder it lies in.
void showInFileManager(const QString &path);

} // namespace ui
