// The rows of the library: places, order, filter, verdicts, and what a second scan does to them.

#include "library_samples.h"
#include "ui/library/library_model.h"
#include "ui/theme/theme.h"

#include <QSignalSpy>
#include <QTest>

using namespace ui;

namespace {

QStringList rows(const LibraryModel &model)
{
    QStringList texts;
    for (int row = 0; row < model.rowCount(); ++row) {
        const bool heading = model.index(row).data(LibraryModel::HeadingRole).toBool();
        texts << (heading ? QStringLiteral("# ") : QString()) + model.index(row).data().toString();
    }
    return texts;
}

} // namespace

class LibraryModelTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_model = std::make_unique<LibraryModel>();
        m_model->beginScan(samples::places());
        m_model->add(samples::entries());
        m_model->endScan(samples::reports());
    }

    void modelsStandBelowTheirPlaces()
    {
        QCOMPARE(rows(*m_model), (QStringList{"# Included with Bathyscope", "nano-r1", "# 我的模型", "# Hugging Face",
                                              "deepseek-ai/deepseek-llm-7b", "deepseek-ai/DeepSeek-V2-Lite",
                                              "deepseek-ai/DeepSeek-V3.2", "# Ollama", "deepseek-r1:671b"}));
        QCOMPARE(m_model->models(), 5);
        QCOMPARE(m_model->refused(), 1);
    }

    void theLargestComeFirstWhenSortedBySize()
    {
        m_model->setOrder(LibraryModel::Order::Size);
        QVERIFY(rows(*m_model).indexOf("deepseek-ai/deepseek-llm-7b") <
                rows(*m_model).indexOf("deepseek-ai/DeepSeek-V2-Lite"));
        QVERIFY(rows(*m_model).indexOf("deepseek-ai/DeepSeek-V2-Lite") <
                rows(*m_model).indexOf("deepseek-ai/DeepSeek-V3.2"));
    }

    void theFilterLooksAtNamesAndKinds()
    {
        m_model->setFilter(" LITE ");
        QCOMPARE(rows(*m_model), (QStringList{"# Hugging Face", "deepseek-ai/DeepSeek-V2-Lite"}));
        m_model->setFilter("v32");
        QCOMPARE(rows(*m_model), (QStringList{"# Hugging Face", "deepseek-ai/DeepSeek-V3.2"}));
        m_model->setFilter("nothing like this");
        QCOMPARE(m_model->rowCount(), 0);
        QCOMPARE(m_model->models(), 5);
    }

    void verdictsAreWordsAndColours_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("verdict");
        QTest::addColumn<int>("tone");
        QTest::newRow("fits") << "nano-r1"
                              << "Fits" << static_cast<int>(Tone::Good);
        // (16 − 14 GiB − 100 MiB) / (64 · 491,520) = 65 pages
        QTest::newRow("part") << "deepseek-ai/deepseek-llm-7b"
                              << "Context up to 4,096" << static_cast<int>(Tone::Good);
        QTest::newRow("too large") << "deepseek-r1:671b"
                                   << "Needs 384 GiB more" << static_cast<int>(Tone::Bad);
        QTest::newRow("refused") << "deepseek-ai/DeepSeek-V3.2"
                                 << "Cannot be opened" << static_cast<int>(Tone::Neutral);
    }

    void verdictsAreWordsAndColours()
    {
        QFETCH(QString, name);
        QFETCH(QString, verdict);
        QFETCH(int, tone);
        const QModelIndex index = m_model->index(static_cast<int>(rows(*m_model).indexOf(name)));
        if (name.endsWith("7b")) { // all of its context fits after all
            QCOMPARE(index.data(LibraryModel::VerdictRole).toString(), QString("Fits"));
            m_model->setAvailable(15 * samples::gibi);
            QCOMPARE(index.data(LibraryModel::VerdictRole).toString(), QString("Context up to 1,920"));
            QCOMPARE(index.data(LibraryModel::ToneRole).toInt(), static_cast<int>(Tone::Limited));
            return;
        }
        QCOMPARE(index.data(LibraryModel::VerdictRole).toString(), verdict);
        QCOMPARE(index.data(LibraryModel::ToneRole).toInt(), tone);
    }

    void whatCannotBeOpenedSaysWhyInItsRow()
    {
        const auto row = static_cast<int>(rows(*m_model).indexOf("deepseek-ai/DeepSeek-V3.2"));
        QCOMPARE(m_model->index(row).data(LibraryModel::ReasonRole).toString(),
                 QString("deepseek_v32 models are not supported"));
        QVERIFY(m_model->index(row)
                    .data(Qt::AccessibleTextRole)
                    .toString()
                    .contains("deepseek_v32 models are not supported"));
    }

    void theOpenModelIsMarked()
    {
        m_model->setOpen("/share/models/nano-r1/", LibraryModel::State::Loading);
        QCOMPARE(m_model->index(1).data(LibraryModel::StateRole).toInt(),
                 static_cast<int>(LibraryModel::State::Loading));
        m_model->setOpen("/share/models/nano-r1", LibraryModel::State::Open);
        QCOMPARE(m_model->index(1).data(LibraryModel::StateRole).toInt(), static_cast<int>(LibraryModel::State::Open));
        QVERIFY(m_model->index(1).data(Qt::AccessibleTextRole).toString().contains("Open"));
        m_model->setOpen({}, LibraryModel::State::Open);
        QCOMPARE(m_model->index(1).data(LibraryModel::StateRole).toInt(),
                 static_cast<int>(LibraryModel::State::Closed));
    }

    void whatASecondScanDoesNotFindGoes()
    {
        m_model->beginScan(samples::places());
        QCOMPARE(m_model->models(), 5); // nothing flickers while it runs
        auto entries = samples::entries();
        entries.erase(entries.begin() + 1);
        m_model->add(entries);
        QCOMPARE(m_model->models(), 5);
        m_model->endScan(samples::reports());
        QCOMPARE(m_model->models(), 4);
        QVERIFY(!rows(*m_model).contains("deepseek-ai/DeepSeek-V2-Lite"));
    }

    void aModelReportedAgainIsOneRow()
    {
        m_model->add({samples::entries().front()});
        QCOMPARE(m_model->models(), 5);
    }

    void ownFoldersSayWhenTheyAreNotThere()
    {
        auto reports = samples::reports();
        reports[1].exists = false;
        m_model->endScan(reports);
        QVERIFY(rows(*m_model).contains("# 我的模型 — not there now"));
        reports[1].exists = true;
        reports[1].models = 0;
        m_model->endScan(reports);
        QVERIFY(rows(*m_model).contains("# 我的模型 — no models"));
    }

    void textsOfStrangersAreMadeVisible()
    {
        auto entry = samples::entries().front();
        entry.path += "x";
        entry.name = "evil\u202Egnp\nname";
        m_model->add({entry});
        QVERIFY(!rows(*m_model).join(QString()).contains(QChar(0x202E)));
        QVERIFY(rows(*m_model).join(QString()).contains("202E"));
    }

    void selectedRowsStayReadable()
    {
        for (const bool dark : {false, true}) {
            const auto colors = theme::makeTokens(dark, 100).colors;
            for (const QColor &text : {colors.textPrimary, colors.textSecondary, colors.success, colors.warning,
                                       colors.danger, colors.textMuted})
                QVERIFY2(theme::contrastRatio(text, colors.pressed) >= 4.5,
                         qPrintable(QString("%1 %2").arg(text.name()).arg(theme::contrastRatio(text, colors.pressed))));
        }
    }

private:
    std::unique_ptr<LibraryModel> m_model;
};

QTEST_MAIN(LibraryModelTest)
#include "tst_library_model.moc"
