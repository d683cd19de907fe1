// What can be opened as a model in GGUF, and what is known about it.

#include "engine/memory_plan.h"
#include "engine/model/model_files.h"
#include "engine/runtime/gguf_summary.h"
#include "engine/runtime/loaded_model.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_gguf.h"

#include <QtTest>

using engine::ErrorCode;
using engine::model::openModelFiles;
using engine::runtime::LoadedModel;
using support::GgufWriter;
using support::TinyGgufKind;

namespace fs = std::filesystem;

namespace {

/// The tensors of `whole` dealt out to `count` files; metadata in the first.
std::vector<GgufWriter> splitInto(const GgufWriter &whole, std::size_t count)
{
    std::vector<GgufWriter> parts(count);
    parts[0] = whole;
    for (std::size_t part = 0; part < count; ++part) {
        parts[part].tensors.clear();
        parts[part].u16("split.no", static_cast<std::uint16_t>(part));
        parts[part].u16("split.count", static_cast<std::uint16_t>(count));
        parts[part].u32("split.tensors.count", static_cast<std::uint32_t>(whole.tensors.size()));
    }
    for (std::size_t i = 0; i < whole.tensors.size(); ++i)
        parts[i % count].tensors.push_back(whole.tensors[i]);
    return parts;
}

std::string partName(int part, int count)
{
    return "m-0000" + std::to_string(part) + "-of-0000" + std::to_string(count) + ".gguf";
}

} // namespace

class GgufFilesTest : public QObject {
    Q_OBJECT

private:
    std::optional<support::TemporaryFolder> m_folder;
    fs::path at(const std::string &name) const { return m_folder->path() / name; }

    void writeParts(TinyGgufKind kind, int count) const
    {
        const auto parts = splitInto(support::makeTinyGguf(kind), static_cast<std::size_t>(count));
        for (int part = 0; part < count; ++part)
            parts[static_cast<std::size_t>(part)].write(at(partName(part + 1, count)));
    }

    static void check(const std::optional<engine::Failure> &failure, ErrorCode code, const std::string &part)
    {
        const std::string wrong = support::complaint(failure, code, part);
        QVERIFY2(wrong.empty(), wrong.c_str());
    }

private slots:
    void init() { m_folder.emplace(); }

    void everyKindLoads_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("architecture");
        QTest::newRow("llama") << static_cast<int>(TinyGgufKind::Llama) << "llama";
        QTest::newRow("qwen3") << static_cast<int>(TinyGgufKind::Qwen3) << "qwen3";
        QTest::newRow("joined") << static_cast<int>(TinyGgufKind::Joined) << "deepseek_v2";
        QTest::newRow("split") << static_cast<int>(TinyGgufKind::Split) << "deepseek_v3";
    }

    void everyKindLoads()
    {
        QFETCH(int, kind);
        QFETCH(QString, architecture);
        const std::string path = at("tiny.gguf").string();
        support::makeTinyGguf(static_cast<TinyGgufKind>(kind)).write(path);
        const LoadedModel model(path, {});
        const engine::ModelInfo &info = model.info();
        QCOMPARE(info.name, std::string("tiny"));
        QCOMPARE(info.folder, path);
        QCOMPARE(info.architecture, architecture.toStdString());
        QVERIFY2(info.quantization.starts_with("GGUF Q8_0"), info.quantization.c_str());
        QCOMPARE(info.fingerprint.size(), std::size_t{64});
        QVERIFY(info.reasons);
        QVERIFY(model.endsReply(*model.tokenizer().eos()));
        QCOMPARE(info.expertGroups, architecture == "deepseek_v3" ? 2 : architecture == "deepseek_v2" ? 1 : 0);
    }

    void theSummaryReadsTheHeaderAlone()
    {
        GgufWriter writer = support::makeTinyGguf(TinyGgufKind::Split);
        writer.write(at("a.gguf"));
        const auto summary = engine::runtime::readGgufSummary(at("a.gguf").string());
        QVERIFY(!summary.obstacle);
        QCOMPARE(summary.architecture, std::string("deepseek_v3"));
        QCOMPARE(summary.quantization, std::string("GGUF Q8_0 + F32"));
        QCOMPARE(summary.config->n_group, 2);
        // 2 layers of kv_b: 2·(32 + 16)·32 numbers of F32 instead of blocks of 34 bytes.
        QCOMPARE(summary.weightBytes - summary.diskBytes, std::uint64_t{2 * (3072 * 4 - 3072 / 32 * 34)});
        QCOMPARE(engine::planMemory(at("a.gguf").string()).weightBytes, summary.weightBytes);

        writer.find("blk.0.ffn_up.weight").type = 39; // MXFP4
        writer.find("blk.0.ffn_up.weight").bytes.resize(64 * 17);
        writer.write(at("a.gguf"));
        check(engine::runtime::readGgufSummary(at("a.gguf").string()).obstacle, ErrorCode::UnsupportedFeature,
              "has the type MXFP4, which is not supported (supported: F32, F16, Q4_0");
        writer.text("general.architecture", "deepseek4");
        writer.write(at("a.gguf"));
        const auto other = engine::runtime::readGgufSummary(at("a.gguf").string());
        QCOMPARE(other.architecture, std::string("deepseek4"));
        check(other.obstacle, ErrorCode::UnsupportedArchitecture, "\"deepseek4\" is not supported");
    }

    void aFolderWithOneModelOpens()
    {
        writeParts(TinyGgufKind::Qwen3, 3);
        const auto files = openModelFiles(m_folder->text());
        QCOMPARE(files->name(), std::string("m"));
        files->resolveWeights();
        writeParts(TinyGgufKind::Qwen3, 2); // the same model, under the same name
        support::makeTinyGguf(TinyGgufKind::Llama).write(at("other.gguf"));
        check(support::failureOf([&] { openModelFiles(m_folder->text()); }), ErrorCode::FileMissing,
              "holds 2 models in GGUF: 'm-00001-of-00002.gguf', 'other.gguf'. Open the file of one of them");
    }

    void anyPartOpensTheModel()
    {
        writeParts(TinyGgufKind::Split, 3);
        std::string fingerprint;
        for (int part = 1; part <= 3; ++part) {
            const auto files = openModelFiles(at(partName(part, 3)).string());
            files->resolveWeights();
            QVERIFY(fingerprint.empty() || fingerprint == files->fingerprint());
            fingerprint = files->fingerprint();
        }
        fs::remove(at(partName(1, 3)));
        fs::remove(at(partName(3, 3)));
        check(support::failureOf([&] { openModelFiles(at(partName(2, 3)).string()); }), ErrorCode::FileMissing,
              "of the 3 parts of this model 2 are not there: 'm-00001-of-00003.gguf', 'm-00003-of-00003.gguf'");
    }

    void partsThatDoNotBelongTogetherAreRefused()
    {
        auto parts = splitInto(support::makeTinyGguf(TinyGgufKind::Llama), 2);
        parts[0].write(at("m.gguf"));
        check(support::failureOf([&] { openModelFiles(at("m.gguf").string()); }), ErrorCode::FileMalformed,
              "its name does not end in '-00001-of-00002.gguf'");
        parts[0].write(at(partName(1, 2)));
        parts[1].u16("split.no", 0);
        parts[1].write(at(partName(2, 2)));
        check(support::failureOf([&] { openModelFiles(at(partName(1, 2)).string()); }), ErrorCode::FileMalformed,
              "its name says that it is part 2 of 2");
        parts[1].u16("split.no", 1);
        parts[1].tensors.push_back(parts[0].tensors[0]);
        parts[1].write(at(partName(2, 2)));
        check(support::failureOf([&] { openModelFiles(at(partName(1, 2)).string()); }), ErrorCode::FileMalformed,
              "stands in '");
        parts[1].tensors.pop_back();
        parts[1].tensors.pop_back();
        parts[1].write(at(partName(2, 2)));
        check(support::failureOf([&] { openModelFiles(at(partName(1, 2)).string()); }), ErrorCode::FileMalformed,
              "split.tensors.count = ");
    }

    void theFingerprintFollowsHeaderAndData()
    {
        GgufWriter writer = support::makeTinyGguf(TinyGgufKind::Llama);
        writer.write(at("a.gguf"));
        const std::string first = openModelFiles(at("a.gguf").string())->fingerprint();
        writer.u32("llama.context_length", 128);
        writer.write(at("b.gguf"));
        QVERIFY(openModelFiles(at("b.gguf").string())->fingerprint() != first);
        writer.u32("llama.context_length", 256);
        writer.write(at("b.gguf"));
        QCOMPARE(openModelFiles(at("b.gguf").string())->fingerprint(), first);
        for (auto &tensor : writer.tensors)
            tensor.bytes[1] = static_cast<char>(tensor.bytes[1] ^ 1);
        writer.write(at("b.gguf"));
        QVERIFY(openModelFiles(at("b.gguf").string())->fingerprint() != first);
    }

    void aFileThatShrinksIsNoticed()
    {
        const std::string path = at("a.gguf").string();
        support::makeTinyGguf(TinyGgufKind::Split).write(path);
        const auto files = openModelFiles(path);
        fs::resize_file(path, fs::file_size(path) / 2);
        check(support::failureOf([&] { files->resolveWeights(); }), ErrorCode::FileChanged, "changed on disk");
    }

    void aStopEndsTheLoad()
    {
        const std::string path = at("a.gguf").string();
        support::makeTinyGguf(TinyGgufKind::Split).write(path);
        std::stop_source stop;
        const auto files = openModelFiles(path, stop.get_token());
        stop.request_stop();
        check(support::failureOf([&] { files->resolveWeights(); }), ErrorCode::Cancelled, "was cancelled");
        check(support::failureOf([&] { openModelFiles(path, stop.get_token()); }), ErrorCode::Cancelled,
              "was cancelled");
    }
};

QTEST_GUILESS_MAIN(GgufFilesTest)
#include "tst_gguf_files.moc"
