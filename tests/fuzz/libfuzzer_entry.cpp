// The entry points of libFuzzer. `--write-seeds=FOLDER` writes seeds and dictionary there and ends.

#include "tests/engine/support/temporary_folder.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/json_mutator.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

namespace {

/// libFuzzer's dictionaries are lines of "text" with \xAB for what is not plain.
std::string dictionaryLine(const std::string &word)
{
    constexpr const char *digits = "0123456789ABCDEF";
    std::string line = "\"";
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte > 0x7E || c == '"' || c == '\\') {
            line += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
        } else {
            line += c;
        }
    }
    return line + "\"\n";
}

void writeSeeds(const std::filesystem::path &folder)
{
    std::filesystem::create_directories(folder / "seeds");
    int number = 0;
    for (const fuzz::Seed &seed : fuzz::seeds()) {
        support::writeFile(folder / "seeds" / ("seed-" + std::to_string(number++)), seed.bytes);
    }
    std::string words;
    for (const std::string &word : fuzz::dictionary()) {
        words += dictionaryLine(word);
    }
    support::writeFile(folder / "dictionary.txt", words);
}

} // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t most);

/// Half of the inputs are changed as JSON, the others as libFuzzer does it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t most, unsigned seed)
{
    std::mt19937_64 random(seed);
    if (random() % 2 == 0) {
        return LLVMFuzzerMutate(data, size, most);
    }
    const std::string changed = fuzz::mutatedJson({reinterpret_cast<const char *>(data), size}, random);
    if (changed.empty() || changed.size() > most) {
        return LLVMFuzzerMutate(data, size, most);
    }
    std::copy(changed.begin(), changed.end(), data);
    return changed.size();
}

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const std::string option = "--write-seeds=";
    for (int i = 1; i < *argc; ++i) {
        const std::string argument = (*argv)[i];
        if (argument.starts_with(option)) {
            writeSeeds(argument.substr(option.size()));
            std::exit(0);
        }
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::runInput({reinterpret_cast<const char *>(data), size});
    return 0;
}
