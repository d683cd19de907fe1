#include "app/recovery_dialog.h"

#include "app/failure_text.h"

#include <QCoreApplication>
#include <QMessageBox>
#include <QPushButton>

namespace app {

namespace {

class RecoveryDialog {
    Q_DECLARE_TR_FUNCTIONS(app::RecoveryDialog)

public:
    RecoveryDialog(const storage::Error &error, bool backupExists)
        : m_box(QMessageBox::Critical, QStringLiteral("Bathyscope"), textOf(error))
    {
        m_box.setTextFormat(Qt::PlainText);
        const bool fileAtFault =
            error.code() == storage::ErrorCode::Damaged || error.code() == storage::ErrorCode::ForeignDatabase;
        if (fileAtFault && backupExists)
            m_restore = m_box.addButton(tr("Restore Newest Backup"), QMessageBox::ActionRole);
        if (fileAtFault)
            m_setAside = m_box.addButton(tr("Begin a New History"), QMessageBox::ActionRole);
        m_retry = m_box.addButton(tr("Retry"), QMessageBox::AcceptRole);
        m_box.setDefaultButton(m_retry);
        m_box.setEscapeButton(m_box.addButton(tr("Close"), QMessageBox::RejectRole));
    }

    RecoveryChoice ask()
    {
        m_box.exec();
        const QAbstractButton *pressed = m_box.clickedButton();
        if (pressed == nullptr)
            return RecoveryChoice::Close;
        if (pressed == m_retry)
            return RecoveryChoice::Retry;
        if (pressed == m_restore)
            return RecoveryChoice::RestoreBackup;
        return pressed == m_setAside ? RecoveryChoice::SetAside : RecoveryChoice::Close;
    }

private:
    static QString textOf(const storage::Error &error)
    {
        return failureText(storage::Failure{error.code(), error.file(), error.what()}, ui::StorageMoment::Opening);
    }

    QMessageBox m_box;
    QPushButton *m_restore = nullptr;
    QPushButton *m_setAside = nullptr;
    QPushButton *m_retry = nullptr;
};

} // namespace

RecoveryChoice askAfterRefusal(const storage::Error &error, bool backupExists)
{
    return RecoveryDialog(error, backupExists).ask();
}

} // namespace app
