#include "app/start_up.h"

#include "storage/recovery.h"

#include <QCoreApplication>
#include <algorithm>

namespace app {

namespace {

class StartUp {
    Q_DECLARE_TR_FUNCTIONS(app::StartUp)

public:
    StartUp(const ApplicationOptions &options, const AskAfterRefusal &ask)
        : m_options(options), m_ask(ask), m_file(historyFile(options))
    {
    }

    std::unique_ptr<Application> open()
    {
        for (;;) {
            try {
                auto application = std::make_unique<Application>(m_options);
                if (!m_notice.isEmpty())
                    application->window().showNotice(m_notice);
                return application;
            } catch (const storage::Error &error) {
                if (!recover(error))
                    return nullptr;
            }
        }
    }

private:
    /// False if the user gives up. A way out that fails is refused in the same way as the history itself.
    bool recover(const storage::Error &error)
    {
        const std::string backup = newestBackup();
        const RecoveryChoice choice = m_ask(error, !backup.empty());
        try {
            if (choice == RecoveryChoice::RestoreBackup)
                tell(tr("The newest backup was restored. The history that was there is kept in %1."),
                     storage::restoreBackup(m_file, backup));
            else if (choice == RecoveryChoice::SetAside)
                tell(tr("This is a new history. The one that was there is kept in %1."), storage::setAside(m_file));
        } catch (const storage::Error &failed) {
            return recover(failed);
        }
        return choice != RecoveryChoice::Close;
    }

    void tell(const QString &sentence, const std::string &folder)
    {
        m_notice = sentence.arg(QString::fromStdString(folder));
    }

    /// The newest whole one; only if there is none, one with damaged messages in it. Empty if there is none at all.
    std::string newestBackup() const
    {
        try {
            const std::vector<storage::Backup> backups = storage::listBackups(m_file);
            const auto whole = std::find_if(backups.begin(), backups.end(),
                                            [](const storage::Backup &backup) { return !backup.damagedRows; });
            if (whole != backups.end())
                return whole->file;
            return backups.empty() ? std::string() : backups.front().file;
        } catch (const storage::Error &) {
            return {};
        }
    }

    const ApplicationOptions &m_options;
    const AskAfterRefusal &m_ask;
    std::string m_file;
    QString m_notice;
};

} // namespace

std::unique_ptr<Application> openApplication(const ApplicationOptions &options, const AskAfterRefusal &ask)
{
    return StartUp(options, ask).open();
}

} // namespace app
