// Families of damage to a safetensors file, each exhaustively.

#include "engine/model/weights.h"
#include "tests/engine/bad_models/header_files.h"
#include "tests/engine/support/expect_error.h"
#include "tests/engine/support/tiny_model.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>

using bad_models::correctDataBytes;
using bad_models::correctFile;
using bad_models::fileWithHeader;
using engine::ErrorCode;
using support::complaint;
using support::failureOf;
namespace fs = std::filesystem;

namespace {

struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

std::string entry(const std::string &name, const std::string &dtype, const std::string &shape, Range range)
{
    const nlohmann::json offsets = {range.begin, range.end};
    return '"' + name + "\": {\"dtype\": \"" + dtype + "\", \"shape\": [" + shape +
           "], \"data_offsets\": " + offsets.dump() + "}";
}

std::string bytesEntry(const std::string &name, Range range)
{
    return entry(name, "U8", std::to_string(range.end - range.begin), range);
}

engine::model::SafetensorsHeader headerOf(const fs::path &path)
{
    return engine::model::readSafetensorsHeader(engine::memory::MappedFile(path.string(), "model.safetensors"));
}

bool sameTensors(const engine::model::SafetensorsHeader &a, const engine::model::SafetensorsHeader &b)
{
    const auto same = [](const auto &x, const auto &y) {
        return x.name == y.name && x.begin == y.begin && x.end == y.end && x.tensor.dtype == y.tensor.dtype &&
               std::ranges::equal(x.tensor.dims(), y.tensor.dims());
    };
    return a.bytes == b.bytes && std::ranges::equal(a.entries, b.entries, same);
}

} // namespace

class TestDamagedFiles : public QObject {
    Q_OBJECT

private slots:
    void everyTruncationIsNamed();
    void everyExtensionIsRefused();
    void onlyAPartitionOfTheDataIsAccepted();
    void boundaryShapesNeverMatchTheirBytes();
    void everyBitFlipOfAHeaderIsRefusedOrHarmless();

private:
    bad_models::HeaderReader m_reader;
};

void TestDamagedFiles::everyTruncationIsNamed()
{
    const std::string whole = correctFile();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto failure = m_reader.read(whole.substr(0, length));
        QCOMPARE(complaint(failure, ErrorCode::FileTruncated, "(interrupted download?)"), std::string());
        if (length >= whole.size() - correctDataBytes) {
            const std::string missing = "is " + std::to_string(whole.size() - length) + " bytes shorter";
            QCOMPARE(complaint(failure, ErrorCode::FileTruncated, missing), std::string());
        }
    }
}

void TestDamagedFiles::everyExtensionIsRefused()
{
    for (const std::size_t extra : {1, 2, 7, 8, 4096}) {
        const auto failure = m_reader.read(correctFile() + std::string(extra, '\0'));
        QCOMPARE(complaint(failure, ErrorCode::FileMalformed, "bytes after its last tensor"), std::string());
    }
}

/// All relations of three ranges within five bytes, Allen's thirteen among them.
void TestDamagedFiles::onlyAPartitionOfTheDataIsAccepted()
{
    std::vector<Range> ranges;
    for (std::uint64_t begin = 0; begin < 5; ++begin) {
        for (std::uint64_t end = begin + 1; end <= 5; ++end) {
            ranges.push_back({begin, end});
        }
    }
    int accepted = 0;
    for (const Range &a : ranges) {
        for (const Range &b : ranges) {
            for (const Range &c : ranges) {
                std::array<int, 5> uses{};
                for (const Range &range : {a, b, c}) {
                    for (std::uint64_t byte = range.begin; byte < range.end; ++byte) {
                        ++uses[byte];
                    }
                }
                const bool partition = uses == std::array{1, 1, 1, 1, 1};
                const auto failure = m_reader.read(fileWithHeader(
                    "{" + bytesEntry("c", c) + "," + bytesEntry("a", a) + "," + bytesEntry("b", b) + "}", 5));
                QCOMPARE(!failure, partition);
                accepted += partition ? 1 : 0;
                if (failure) {
                    const bool known = failure->code == ErrorCode::FileMalformed;
                    QVERIFY2(known, failure->sentence.c_str());
                }
            }
        }
    }
    QCOMPARE(accepted, 36); // 6 ways to cut five bytes in three, times 6 orders of the names
}

void TestDamagedFiles::boundaryShapesNeverMatchTheirBytes()
{
    const std::vector<std::string> dims = {"0",
                                           "1",
                                           "2147483647",
                                           "2147483649",
                                           "4294967295",
                                           "4294967297",
                                           "1099511627776",
                                           "9223372036854775807",
                                           "9223372036854775808",
                                           "18446744073709551615"};
    std::vector<std::string> shapes = {""};
    for (std::size_t rank = 0, from = 0; rank < 3; ++rank) {
        const std::size_t to = shapes.size();
        for (std::size_t i = from; i < to; ++i) {
            for (const std::string &dim : dims) {
                shapes.push_back(shapes[i].empty() ? dim : shapes[i] + "," + dim);
            }
        }
        from = to;
    }
    QCOMPARE(shapes.size(), std::size_t{1111});
    for (const std::string &shape : shapes) {
        for (const char *dtype : {"U8", "F64"}) {
            const std::string header = "{" + entry("x", dtype, shape, {0, 4}) + "}";
            QCOMPARE(complaint(m_reader.read(fileWithHeader(header, 4)), ErrorCode::FileMalformed, "tensor 'x'"),
                     std::string());
        }
    }
}

/// Rot in a header ends in an error, or in exactly the model that was there.
void TestDamagedFiles::everyBitFlipOfAHeaderIsRefusedOrHarmless()
{
    support::TinyModelOptions options;
    options.layers = 1; // dense only: a header of about a kilobyte
    options.hidden = 8;
    options.denseWidth = 8;
    options.storage = support::TinyModelOptions::Storage::Fp8;
    const support::TemporaryFolder folder;
    support::writeTinyModel(options, folder.path());
    const fs::path path = folder.path() / "model.safetensors";
    const auto config = engine::model::readModelConfig(folder.text());
    const auto original = headerOf(path);
    const std::string whole = support::readFile(path);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    const auto writeByte = [&file](std::size_t at, int byte) {
        file.seekp(static_cast<std::streamoff>(at));
        file.put(static_cast<char>(byte)).flush();
    };
    int harmless = 0;
    for (std::size_t bit = 0; bit < original.bytes * 8; ++bit) {
        writeByte(bit / 8, whole[bit / 8] ^ (1 << (bit % 8)));
        const auto failure = failureOf([&] {
            const engine::model::Checkpoint checkpoint(folder.text());
            engine::model::resolveWeights(config, checkpoint);
        });
        QCOMPARE(failure ? complaint(failure, failure->code, {}) : "", std::string());
        if (!failure) {
            QVERIFY(sameTensors(headerOf(path), original));
            ++harmless;
        }
        writeByte(bit / 8, whole[bit / 8]);
    }
    QVERIFY(harmless > 0 && harmless < 100); // in the text of the metadata only
}

QTEST_APPLESS_MAIN(TestDamagedFiles)
#include "tst_damaged_files.moc"
