// Damaged and hostile GGUF files are refused with file and field named, whatever they claim.

#include "engine/model/model_files.h"
#include "engine/runtime/gguf_summary.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_gguf.h"

#include <QtTest>

#include <functional>
#include <limits>

using engine::ErrorCode;
using support::ggufNumber;
using support::ggufText;
using support::GgufWriter;
using support::TinyGgufKind;

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t u32Type = 4;
constexpr std::uint32_t textType = 8;
constexpr std::uint32_t arrayType = 9;
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

/// Something wrong with a file that is right.
struct Damage {
    const char *name;
    ErrorCode code;
    const char *part; ///< of the sentence
    TinyGgufKind kind;
    std::function<void(GgufWriter &)> inflict;
};

std::string list(std::uint32_t elementType, std::uint64_t count, const std::string &elements = {})
{
    return ggufNumber(elementType) + ggufNumber(count) + elements;
}

const std::vector<Damage> &headerDamages()
{
    using enum ErrorCode;
    constexpr auto llama = TinyGgufKind::Llama;
    static const std::vector<Damage> all = {
        {"version 1", UnsupportedFeature, "is GGUF of version 1", llama, [](auto &w) { w.version = 1; }},
        {"version 4", UnsupportedFeature, "is GGUF of version 4", llama, [](auto &w) { w.version = 4; }},
        {"big endian", UnsupportedFeature, "is a big-endian GGUF file", llama, [](auto &w) { w.version = 3U << 24; }},
        {"unknown value type", FileMalformed, "x has the unknown type 13", llama, [](auto &w) { w.raw("x", 13, ""); }},
        {"bool", FileMalformed, "x is a bool with the value 2", llama, [](auto &w) { w.raw("x", 7, "\x02"); }},
        {"list of lists", UnsupportedFeature, "x is a list of lists", llama,
         [](auto &w) { w.raw("x", arrayType, list(arrayType, 1)); }},
        {"endless list", FileTruncated, "x claims 9,223,372,036,854,775,808 elements", llama,
         [](auto &w) { w.raw("x", arrayType, list(u32Type, std::uint64_t{1} << 63)); }},
        {"endless list of texts", FileTruncated, "x claims 18,446,744,073,709,551,615 elements", llama,
         [](auto &w) { w.raw("x", arrayType, list(textType, most)); }},
        {"endless text in a list", FileTruncated, "x claims 18,446,744,073,709,551,615 bytes", llama,
         [](auto &w) { w.raw("x", arrayType, list(textType, 1, ggufNumber(most))); }},
        {"endless text", FileTruncated, "x claims 18,446,744,073,709,551,608 bytes", llama,
         [](auto &w) { w.raw("x", textType, ggufNumber(most - 7)); }},
        {"no key", FileMalformed, "has no name", llama, [](auto &w) { w.u32("", 1); }},
        {"long key", FileMalformed, "at most 65,535", llama, [](auto &w) { w.u32(std::string(65'536, 'k'), 1); }},
        {"control characters", FileMalformed, "a\\x1b[31m has the unknown type 99", llama,
         [](auto &w) { w.raw("a\x1b[31m", 99, ""); }},
        {"alignment 0", FileMalformed, "general.alignment = 0", llama, [](auto &w) { w.u32("general.alignment", 0); }},
        {"alignment 3", FileMalformed, "general.alignment = 3", llama, [](auto &w) { w.u32("general.alignment", 3); }},
        {"alignment 2^31", FileMalformed, "general.alignment = 2147483648", llama,
         [](auto &w) { w.u32("general.alignment", 1U << 31); }},
        {"alignment of text", FileMalformed, "general.alignment of type text", llama,
         [](auto &w) { w.text("general.alignment", "32"); }},
        {"no dimensions", FileMalformed, "has 0 dimensions", llama, [](auto &w) { w.tensors[0].shape = {}; }},
        {"five dimensions", FileMalformed, "has 5 dimensions", llama,
         [](auto &w) {
             w.tensors[0].shape = {1, 1, 1, 1, 32};
         }},
        {"zero dimension", FileMalformed, "has a dimension of 0", llama,
         [](auto &w) {
             w.tensors[0].shape = {0, 32};
         }},
        {"huge dimension", FileMalformed, "has a dimension of 1,099,511,627,808", llama,
         [](auto &w) {
             w.tensors[0].shape = {1, (std::uint64_t{1} << 40) + 32};
         }},
        {"size wraps", FileMalformed, "is larger than 2^64 bytes", llama,
         [](auto &w) {
             w.tensors[0].shape = {std::uint64_t{1} << 40, std::uint64_t{1} << 40};
         }},
        {"part of a block", FileMalformed, "which is no multiple of the 32 in a block of Q8_0", llama,
         [](auto &w) { w.tensors[0].shape.back() = 33; }},
        {"unknown tensor type", FileMalformed, "has the unknown type 1234", llama,
         [](auto &w) { w.tensors[0].type = 1234; }},
        {"tensor without name", FileMalformed, "tensor 0 has no name", llama, [](auto &w) { w.tensors[0].name = ""; }},
        {"long tensor name", FileMalformed, "at most 64 are allowed", llama,
         [](auto &w) { w.tensors[0].name = std::string(65, 'n'); }},
        {"tensor twice", FileMalformed, "stands there twice", llama,
         [](auto &w) { w.tensors[1].name = w.tensors[0].name; }},
        {"unaligned", FileMalformed, "which is no multiple of the alignment 32", llama,
         [](auto &w) { w.tensors[1].shift = 1; }},
        {"overlap", FileMalformed, "overlaps tensor", llama, [](auto &w) { w.tensors[1].shift = most - 31; }},
        {"end wraps", FileMalformed, "ends behind 2^64 bytes", llama, [](auto &w) { w.tensors[0].shift = most - 31; }},
        {"outside", FileTruncated, "bytes shorter than its header says", llama,
         [](auto &w) { w.tensors.back().shift = 1 << 20; }},
    };
    return all;
}

const std::vector<Damage> &contentDamages()
{
    using enum ErrorCode;
    constexpr auto llama = TinyGgufKind::Llama;
    constexpr auto split = TinyGgufKind::Split;
    static const std::vector<Damage> all = {
        {"no architecture", ConfigInvalid, "general.architecture is missing", llama,
         [](auto &w) { w.remove("general.architecture"); }},
        {"architecture", UnsupportedArchitecture, "general.architecture = \"gemma3\" is not supported", llama,
         [](auto &w) { w.text("general.architecture", "gemma3"); }},
        {"no layers", ConfigInvalid, "llama.block_count is missing", llama,
         [](auto &w) { w.remove("llama.block_count"); }},
        {"layers", ConfigInvalid, "llama.block_count = 4000000000 is outside 1–1024", llama,
         [](auto &w) { w.u32("llama.block_count", 4'000'000'000U); }},
        {"layers as text", ConfigInvalid, "llama.block_count of type text is not an integer", llama,
         [](auto &w) { w.text("llama.block_count", "2"); }},
        {"list of heads", UnsupportedFeature, "llama.attention.head_count is a list", llama,
         [](auto &w) {
             w.i32s("llama.attention.head_count", {2, 2});
         }},
        {"heads", ConfigInvalid, "llama.attention.head_count_kv = 2", llama,
         [](auto &w) { w.u32("llama.attention.head_count", 3), w.u32("llama.attention.head_count_kv", 2); }},
        {"key length", ConfigInvalid, "llama.attention.key_length = 15", llama,
         [](auto &w) { w.u32("llama.attention.key_length", 15); }},
        {"value length", ConfigInvalid, "llama.attention.value_length = 8", llama,
         [](auto &w) { w.u32("llama.attention.value_length", 8); }},
        {"epsilon", ConfigInvalid, "llama.attention.layer_norm_rms_epsilon = nan", llama,
         [](auto &w) { w.f32("llama.attention.layer_norm_rms_epsilon", std::numeric_limits<float>::quiet_NaN()); }},
        {"partial rotary", UnsupportedFeature, "llama.rope.dimension_count = 8", llama,
         [](auto &w) { w.u32("llama.rope.dimension_count", 8); }},
        {"scaling", UnsupportedFeature, "llama.rope.scaling.type = \"longrope\"", llama,
         [](auto &w) { w.text("llama.rope.scaling.type", "longrope"); }},
        {"window", UnsupportedFeature, "llama.attention.sliding_window = 4096", llama,
         [](auto &w) { w.u32("llama.attention.sliding_window", 4096); }},
        {"experts", UnsupportedFeature, "llama.expert_count is not supported", llama,
         [](auto &w) { w.u32("llama.expert_count", 8); }},
        {"vocabulary", TensorMismatch, "tensor 'token_embd.weight' has shape", llama,
         [](auto &w) { w.u32("llama.vocab_size", 7); }},
        {"frequencies", TensorMismatch, "tensor 'rope_freqs.weight' must have 8 numbers of F32", llama,
         [](auto &w) { w.find("rope_freqs.weight").shape = {4}; }},
        {"frequency of 0", NonFinite, "every frequency needs a divisor above 0", llama,
         [](auto &w) { w.find("rope_freqs.weight").bytes.replace(0, 4, 4, '\0'); }},
        {"missing tensor", TensorMissing, "1 tensor that the metadata need is missing: 'blk.1.ffn_up.weight'", llama,
         [](auto &w) { w.find("blk.1.ffn_up.weight").name = "y"; }},
        {"surplus tensor", TensorUnexpected, "no place for 1 tensor: 'y'", llama,
         [](auto &w) { w.tensor("y", {1}, "F32", "abcd"); }},
        {"type of a norm", TensorMismatch, "tensor 'output_norm.weight' has type Q8_0", llama,
         [](auto &w) { w.find("output_norm.weight").type = 8; }},
        {"unreadable type", UnsupportedFeature, "tensor 'output.weight' has the type MXFP4, which is not supported",
         llama, [](auto &w) { w.find("output.weight").type = 39; }},
        {"NaN", NonFinite, "tensor 'blk.0.attn_q.weight' contains NaN or infinity (first at index 32)", llama,
         [](auto &w) { w.find("blk.0.attn_q.weight").bytes.replace(34, 2, "\xff\x7f"); }},
        {"NaN in an expert", NonFinite, "tensor 'blk.1.ffn_up_exps.weight' contains NaN", split,
         [](auto &w) { w.find("blk.1.ffn_up_exps.weight").bytes.replace(34, 2, "\xff\x7f"); }},
        {"no experts", ConfigInvalid, "deepseek2.expert_count is missing", split,
         [](auto &w) { w.remove("deepseek2.expert_count"); }},
        {"gate", UnsupportedFeature, "deepseek2.expert_gating_func = 4 is not supported", split,
         [](auto &w) { w.u32("deepseek2.expert_gating_func", 4); }},
        {"groups", ConfigInvalid, "deepseek2.expert_group_count = 3 does not divide", split,
         [](auto &w) { w.u32("deepseek2.expert_group_count", 3); }},
        {"too many experts used", ConfigInvalid, "deepseek2.expert_used_count = 3 is outside 1–2", split,
         [](auto &w) { w.u32("deepseek2.expert_used_count", 3); }},
        {"cached width", ConfigInvalid, "deepseek2.attention.key_length = 41, but must be 40", split,
         [](auto &w) { w.u32("deepseek2.attention.key_length", 41); }},
        {"half of kv_b", TensorMissing, "'blk.0.attn_v_b.weight'", split,
         [](auto &w) { w.find("blk.0.attn_v_b.weight").name = "y"; }},
        {"no bias of the router", TensorMissing, "'blk.1.exp_probs_b.bias'", split,
         [](auto &w) { w.find("blk.1.exp_probs_b.bias").name = "y"; }},
        {"stack of experts", TensorMismatch, "tensor 'blk.1.ffn_down_exps.weight' has shape [2, 64, 32]", split,
         [](auto &w) {
             w.find("blk.1.ffn_down_exps.weight").shape = {2, 64, 32};
         }},
    };
    return all;
}

} // namespace

class BadGgufTest : public QObject {
    Q_OBJECT

private:
    support::TemporaryFolder m_folder;
    std::string path() const { return (m_folder.path() / "bad.gguf").string(); }

    std::optional<engine::Failure> failureOf(const std::string &bytes) const
    {
        support::writeFile(path(), bytes);
        return support::failureOf([&] { engine::model::openModelFiles(path())->resolveWeights(); });
    }

    void check(const std::string &bytes, ErrorCode code, const std::string &part) const
    {
        const std::string wrong = support::complaint(failureOf(bytes), code, part);
        QVERIFY2(wrong.empty(), wrong.c_str());
    }

    static void rows(const std::vector<Damage> &damages)
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < damages.size(); ++i)
            QTest::newRow(damages[i].name) << static_cast<int>(i);
    }

    void inflict(const std::vector<Damage> &damages) const
    {
        QFETCH(int, index);
        const Damage &damage = damages[static_cast<std::size_t>(index)];
        GgufWriter writer = support::makeTinyGguf(damage.kind);
        QVERIFY(!failureOf(writer.file()));
        damage.inflict(writer);
        check(writer.file(), damage.code, damage.part);
    }

private slots:
    void damagedHeadersAreRefused_data() { rows(headerDamages()); }
    void damagedHeadersAreRefused() { inflict(headerDamages()); }

    void contentThatDoesNotFitIsRefused_data() { rows(contentDamages()); }
    void contentThatDoesNotFitIsRefused() { inflict(contentDamages()); }

    void otherFilesAreRefused()
    {
        check("", ErrorCode::FileMalformed, "is not a GGUF file");
        check("GGU", ErrorCode::FileMalformed, "is not a GGUF file");
        check("PK\x03\x04 and so on", ErrorCode::FileMalformed, "is not a GGUF file");
        const std::string start = "GGUF" + ggufNumber(3U);
        check(start + ggufNumber(most) + ggufNumber(std::uint64_t{0}), ErrorCode::FileTruncated,
              "claims 18,446,744,073,709,551,615 tensors");
        check(start + ggufNumber(std::uint64_t{0}) + ggufNumber(most), ErrorCode::FileTruncated,
              "claims 18,446,744,073,709,551,615 metadata entries");
        check(start + ggufNumber(std::uint64_t{0}) + ggufNumber(std::uint64_t{70'000}) + std::string(2'000'000, '\0'),
              ErrorCode::FileMalformed, "claims 70,000 metadata entries; at most 65,536 are allowed");
        check(start + ggufNumber(std::uint64_t{0}) + ggufNumber(std::uint64_t{0}), ErrorCode::ConfigInvalid,
              "general.architecture is missing");
    }

    void aKeyThatStandsThereTwiceIsRefused()
    {
        const std::string entry = ggufText("k") + ggufNumber(u32Type) + ggufNumber(1U);
        check("GGUF" + ggufNumber(3U) + ggufNumber(std::uint64_t{0}) + ggufNumber(std::uint64_t{2}) + entry + entry,
              ErrorCode::FileMalformed, "k stands there twice");
    }

    void everyShorterFileIsRefused()
    {
        const std::string whole = support::makeTinyGguf(TinyGgufKind::Split).file();
        support::writeFile(path(), whole);
        for (std::size_t size = whole.size() - 1; size > 0; --size) {
            fs::resize_file(path(), size);
            const auto failure = support::failureOf([&] { engine::runtime::readGgufSummary(path()); });
            const std::string wrong =
                support::complaint(failure, size < 4 ? ErrorCode::FileMalformed : ErrorCode::FileTruncated, "");
            QVERIFY2(wrong.empty(), (std::to_string(size) + ": " + wrong).c_str());
        }
    }

    void aHeaderOfVersion2IsRead()
    {
        GgufWriter writer = support::makeTinyGguf(TinyGgufKind::Llama);
        writer.version = 2;
        QVERIFY(!failureOf(writer.file()));
        writer.alignment = 64;
        writer.u32("general.alignment", 64);
        QVERIFY(!failureOf(writer.file()));
    }
};

QTEST_APPLESS_MAIN(BadGgufTest)
#include "tst_bad_gguf.moc"
