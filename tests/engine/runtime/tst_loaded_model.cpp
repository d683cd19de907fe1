// Opening a model folder can be ended on the way.

#include "engine/runtime/loaded_model.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <QTest>

using engine::ErrorCode;

class LoadedModelTest : public QObject {
    Q_OBJECT

    support::TemporaryFolder m_folder;
    std::string m_model;
    std::stop_source m_stop;

    static bool wasStopped(const std::optional<engine::Failure> &failure)
    {
        return failure && failure->code == ErrorCode::Cancelled && failure->file.ends_with("tiny") &&
               failure->sentence.find("cancelled") != std::string::npos;
    }

private slots:
    void initTestCase()
    {
        m_model = (m_folder.path() / "tiny").string();
        support::writeTinyModel(support::TinyModelOptions{}, m_model);
    }

    void init() { m_stop = {}; }

    void aStopEndsTheLoad()
    {
        QVERIFY(!support::failureOf([&] { engine::runtime::LoadedModel(m_model, {}, m_stop.get_token()); }));
        m_stop.request_stop();
        QVERIFY(wasStopped(support::failureOf([&] { engine::runtime::LoadedModel(m_model, {}, m_stop.get_token()); })));
    }

    void aStopEndsTheReadingOfTheTensors()
    {
        const auto config = engine::model::readModelConfig(m_model);
        const engine::model::Checkpoint checkpoint(m_model, m_stop.get_token());
        m_stop.request_stop();
        QVERIFY(wasStopped(support::failureOf([&] { engine::model::resolveWeights(config, checkpoint); })));
    }

    void aStopEndsTheTrialsOfTheTemplate()
    {
        const auto tokenizer = engine::text::Tokenizer::open(m_model);
        m_stop.request_stop();
        QVERIFY(wasStopped(
            support::failureOf([&] { engine::text::ChatTemplate::open(m_model, tokenizer, m_stop.get_token()); })));
    }
};

QTEST_GUILESS_MAIN(LoadedModelTest)
#include "tst_loaded_model.moc"
