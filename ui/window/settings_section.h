#pragma once
// A titled card of the settings dialog with rows "name and explanation left, control right". Texts are set again after
// a change of language. UI thread only.

#include <QFrame>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

class SettingsSection : public QWidget {
    Q_OBJECT

public:
    explicit SettingsSection(QWidget *parent = nullptr);

signals:
    void edited();

protected:
    struct Row {
        QLabel *name = nullptr;
        QLabel *help = nullptr;
        QWidget *control = nullptr;
    };
    Row addRow(QWidget *control);
    Row addTall(QWidget *control); ///< name and explanation above, the control across the card
    void addWide(QWidget *widget); ///< across the card, below the rows
    void setTitle(const QString &title);
    /// The name is also the control's accessible name, the explanation its description.
    static void setRowText(const Row &row, const QString &name, const QString &help = {});
    /// The explanation gives way to what speaks against the value, if anything does.
    static void setAdvisedText(const Row &row, const QString &name, const QString &advice, const QString &help);
    void changeEvent(QEvent *event) override;
    virtual void retranslate() = 0;

private:
    QLabel *m_title = nullptr;
    QVBoxLayout *m_rows = nullptr;
};

} // namespace ui
