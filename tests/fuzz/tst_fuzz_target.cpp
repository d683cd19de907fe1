// Every build gives the fuzz target its seeds, the inputs that once broke something, and a few thousand damaged
// seeds; the search for new ones is libFuzzer's (README.md).

#include "tests/engine/support/temporary_folder.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/json_mutator.h"

#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <random>

namespace {

/// What went wrong, or nothing.
QByteArray findingOf(const std::string &input)
{
    try {
        fuzz::runInput(input);
        return {};
    } catch (const std::exception &finding) {
        return QByteArray(finding.what()) + "\ninput in base64: " + QByteArray::fromStdString(input).toBase64();
    }
}

class Damage {
public:
    explicit Damage(std::vector<std::string> words) : m_words(std::move(words)) {}

    std::string operator()(std::string text)
    {
        for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
            const std::size_t at = below(text.size() + 1);
            const std::size_t length = std::min(below(16), text.size() - at);
            switch (below(4)) {
            case 0:
                text.erase(at, length);
                break;
            case 1:
                text.insert(at, m_words[below(m_words.size())]);
                break;
            case 2:
                text.insert(below(text.size() + 1), text.substr(at, length));
                break;
            default:
                if (at < text.size()) {
                    text[at] = static_cast<char>(below(256));
                }
            }
        }
        return text;
    }

private:
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(m_random() % end); }
    std::mt19937_64 m_random; // NOLINT: the same inputs in every run
    std::vector<std::string> m_words;
};

} // namespace

class FuzzTargetTest : public QObject {
    Q_OBJECT

private slots:
    void readsItsSeeds()
    {
        QVERIFY(!fuzz::seeds().empty());
        for (const fuzz::Seed &seed : fuzz::seeds()) {
            QCOMPARE(findingOf(seed.bytes), QByteArray());
            QVERIFY2(fuzz::runInput(seed.bytes) == seed.good, (fuzz::lastRefusal + '\n' + seed.bytes).c_str());
        }
    }

    void survivesWhatOnceBrokeIt()
    {
        const std::filesystem::path found = BATHYSCOPE_FOUND_INPUTS;
        if (!std::filesystem::exists(found.parent_path())) {
            QSKIP("nothing was found yet");
        }
        for (const auto &file : std::filesystem::directory_iterator(found.parent_path())) {
            if (file.path().filename().string().starts_with(found.filename().string() + "-")) {
                QVERIFY2(findingOf(support::readFile(file)).isEmpty(), file.path().c_str());
            }
        }
    }

    void survivesDamagedSeeds()
    {
        Damage damage(fuzz::dictionary());
        const std::vector<fuzz::Seed> seeds = fuzz::seeds();
        for (int i = 0; i < 3000; ++i) {
            QCOMPARE(findingOf(damage(seeds[static_cast<std::size_t>(i) % seeds.size()].bytes)), QByteArray());
        }
    }

    void survivesStrangeValues()
    {
        std::mt19937_64 random; // NOLINT: the same inputs in every run
        const std::vector<fuzz::Seed> seeds = fuzz::seeds();
        for (int i = 0; i < 3000; ++i) {
            std::string input = seeds[static_cast<std::size_t>(i) % seeds.size()].bytes;
            for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
                input = fuzz::mutatedJson(input, random);
            }
            QCOMPARE(findingOf(input), QByteArray());
        }
    }

    void survivesTruncatedSeeds()
    {
        for (const auto &[seed, good] : fuzz::seeds()) {
            const std::size_t step = seed.size() / 400 + 1;
            for (std::size_t length = 0; length < seed.size(); length += step) {
                QCOMPARE(findingOf(seed.substr(0, length)), QByteArray());
            }
        }
    }
};

QTEST_APPLESS_MAIN(FuzzTargetTest)
#include "tst_fuzz_target.moc"
