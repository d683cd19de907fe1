// A GPU that fails while it chats in the terminal: what it wrote is kept, and /cpu goes on with it.

#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QProcess>
#include <QTest>

class CliDeviceTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    QString m_model;
    QByteArray m_error;

    QByteArray chat(int waits, const QByteArray &input)
    {
        QProcess process;
        process.start(FAULTY_CHAT, {QString::number(waits), "chat", "--model", m_model, "--device", "cuda:0",
                                    "--threads", "1", "--temperature", "0", "--max-tokens", "40"});
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(60'000))
            return {};
        m_error = process.readAllStandardError();
        return process.readAllStandardOutput();
    }

private slots:
    void initTestCase()
    {
        const auto folder = m_folder.path() / "tiny";
        support::TinyModelOptions options;
        options.seed = 8; // goes on for long
        support::writeTinyModel(options, folder);
        m_model = QString::fromStdString(folder.string());
    }

    void cpuGoesOnWithTheReply()
    {
        const QByteArray failed = chat(12, "Go on\n");
        QVERIFY2(m_error.contains("NVIDIA Test 24 GB (cuda:0): The GPU failed while it computed"), m_error);
        QVERIFY2(m_error.contains("/cpu opens the model on the CPU"), m_error);
        const QByteArray goneOn = chat(12, "Go on\n/cpu\n");
        QVERIFY2(goneOn.size() > failed.size(), goneOn);
        QVERIFY2(goneOn.startsWith(failed.left(failed.lastIndexOf('\n'))), goneOn);
        QCOMPARE(m_error.count("The GPU failed"), 1);
    }

    void anotherMessageFailsWithTheSameSentence()
    {
        chat(12, "Go on\nAnd this?\n");
        QCOMPARE(m_error.count("The GPU failed while it computed"), 2);
    }
};

QTEST_GUILESS_MAIN(CliDeviceTest)
#include "tst_cli_device.moc"
