#include "engine/text/detail/tokenizer_file.h"

#include "engine/model/json_reader.h"
#include "engine/text/detail/byte_alphabet.h"
#include "engine/text/detail/json_place.h"

#include <utility>

namespace engine::text::detail {
namespace {

constexpr std::uint64_t maxTokenizerBytes = 256ULL << 20U;
constexpr std::uint64_t maxConfigBytes = 4ULL << 20U;
constexpr std::int64_t maxTokens = 4'194'304;
constexpr std::size_t maxAddedTokenBytes = 1024;

/// Settings of model that change the result and that no byte-level tokenizer of the family uses.
void checkModelSettings(const JsonPlace &model)
{
    const JsonPlace type = model.member("type");
    if (type.text() != "BPE")
        type.unsupported("the tokenizer model " + inQuotes(type.text()) + " is not supported, only \"BPE\".");
    const JsonPlace dropout = model.member("dropout");
    if (!dropout.isNull() && dropout.value() != 0)
        dropout.unsupported("random merges are not supported.");
    for (const char *key : {"unk_token", "continuing_subword_prefix", "end_of_word_suffix"}) {
        const JsonPlace setting = model.member(key);
        if (!setting.isNull() && !setting.text().empty())
            setting.unsupported("must be null in a byte-level tokenizer.");
    }
    if (model.member("byte_fallback").boolean(false))
        model.member("byte_fallback").unsupported("byte fallback is not supported.");
}

void checkNormalizer(const JsonPlace &normalizer)
{
    if (normalizer.isNull())
        return;
    const JsonPlace type = normalizer.member("type");
    if (type.text() != "Sequence")
        type.unsupported("the normalizer " + inQuotes(type.text()) + " is not supported.");
    const JsonPlace list = normalizer.member("normalizers");
    for (std::size_t i = 0; i < list.arraySize(); ++i)
        checkNormalizer(list.element(i));
}

void checkDecoder(const JsonPlace &decoder)
{
    if (decoder.isNull())
        decoder.unsupported("a tokenizer without decoder is not supported, it must be \"ByteLevel\".");
    const JsonPlace type = decoder.member("type");
    if (type.text() == "Sequence") {
        const JsonPlace list = decoder.member("decoders");
        if (list.arraySize() == 0)
            list.unsupported("an empty decoder is not supported.");
        for (std::size_t i = 0; i < list.arraySize(); ++i)
            checkDecoder(list.element(i));
    } else if (type.text() != "ByteLevel") {
        type.unsupported("the decoder " + inQuotes(type.text()) + " is not supported.");
    }
}

void define(TokenizerFile &file, TokenId id, FileToken token, const JsonPlace &place)
{
    const auto index = static_cast<std::size_t>(id);
    if (index >= file.tokens.size())
        file.tokens.resize(index + 1);
    FileToken &slot = file.tokens[index];
    if (slot.defined && (slot.added || slot.text != token.text))
        place.invalid("id " + std::to_string(id) + " is already taken by " + inQuotes(slot.text) + ".");
    const auto [known, isNew] = file.idOf.emplace(token.text, id);
    if (!isNew && known->second != id)
        place.invalid("the token " + inQuotes(token.text) + " already has the id " + std::to_string(known->second) +
                      ".");
    slot = std::move(token);
    slot.defined = true;
}

void readVocabulary(TokenizerFile &file, const JsonPlace &vocabulary)
{
    if (!vocabulary.value().is_object())
        vocabulary.invalid("must be an object.");
    if (vocabulary.value().empty())
        vocabulary.invalid("must not be empty.");
    file.idOf.reserve(vocabulary.value().size() * 2);
    for (const auto &[text, id] : vocabulary.value().items()) {
        const JsonPlace place(id, vocabulary.file(), vocabulary.path() + "[" + inQuotes(text) + "]");
        FileToken token;
        token.text = text;
        define(file, static_cast<TokenId>(place.integer(0, maxTokens - 1)), std::move(token), place);
    }
}

void readByteTokens(TokenizerFile &file, const JsonPlace &vocabulary)
{
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto found = file.idOf.find(byteCharacter(static_cast<std::uint8_t>(byte)));
        const bool inUtf8 = byte <= 0xF4 && byte != 0xC0 && byte != 0xC1;
        if (found == file.idOf.end() && inUtf8)
            vocabulary.invalid("has no token for the byte " + std::to_string(byte) + " (" +
                               inQuotes(byteCharacter(static_cast<std::uint8_t>(byte))) + ").");
        file.byteTokens[byte] = found == file.idOf.end() ? -1 : found->second;
    }
}

void readAddedToken(TokenizerFile &file, const JsonPlace &entry)
{
    FileToken token;
    token.text = entry.member("content").text();
    if (token.text.empty() || token.text.size() > maxAddedTokenBytes)
        entry.member("content").invalid("must have 1 to " + std::to_string(maxAddedTokenBytes) + " bytes.");
    for (const char *key : {"single_word", "lstrip", "rstrip"}) {
        if (entry.member(key).boolean(false))
            entry.member(key).unsupported("is not supported for added tokens.");
    }
    token.added = true;
    token.special = entry.member("special").boolean(false);
    token.normalized = entry.member("normalized").boolean(!token.special);
    define(file, static_cast<TokenId>(entry.member("id").integer(0, maxTokens - 1)), std::move(token), entry);
}

std::pair<std::string, std::string> mergedParts(const JsonPlace &merge)
{
    if (merge.value().is_array()) {
        if (merge.arraySize() != 2)
            merge.invalid("must have two parts.");
        return {merge.element(0).text(), merge.element(1).text()};
    }
    const std::string &text = merge.text();
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
        merge.invalid("must be two tokens with one space between them.");
    return {text.substr(0, space), text.substr(space + 1)};
}

/// BPE tokens only: merges cannot make an added token, which is matched as a whole.
TokenId requireToken(const TokenizerFile &file, const std::string &text, const JsonPlace &place)
{
    const auto found = file.idOf.find(text);
    if (found == file.idOf.end())
        place.invalid("the token " + inQuotes(text) + " is not in the vocabulary.");
    return found->second;
}

void readMerges(TokenizerFile &file, const JsonPlace &merges)
{
    file.merges.reserve(merges.arraySize());
    for (std::size_t i = 0; i < merges.arraySize(); ++i) {
        const JsonPlace merge = merges.element(i);
        const auto [left, right] = mergedParts(merge);
        if (left.empty() || right.empty())
            merge.invalid("must not have an empty part.");
        file.merges.push_back({requireToken(file, left, merge), requireToken(file, right, merge),
                               requireToken(file, left + right, merge)});
    }
}

void requireDense(const TokenizerFile &file, const JsonPlace &vocabulary)
{
    for (std::size_t id = 0; id < file.tokens.size(); ++id) {
        if (!file.tokens[id].defined)
            vocabulary.invalid("no token has the id " + std::to_string(id) + ", the highest id is " +
                               std::to_string(file.tokens.size() - 1) + ".");
    }
}

/// bos_token is a string, an object with "content", or null.
std::optional<TokenId> readConfigToken(const TokenizerFile &file, const JsonPlace &place)
{
    if (place.isNull())
        return std::nullopt;
    const JsonPlace content = place.value().is_object() ? place.member("content") : place;
    return requireToken(file, content.text(), content);
}

} // namespace

TokenizerFile readTokenizerFile(const std::string &folder, const model::LoadWatch &watch)
{
    const model::ModelFolder files(folder, watch);
    const std::string path = files.fileName("tokenizer.json");
    const nlohmann::json document = model::readJsonFile(files, "tokenizer.json", maxTokenizerBytes);
    const JsonPlace root(document, path);
    const JsonPlace model = root.member("model");
    const JsonPlace vocabulary = model.member("vocab");
    checkModelSettings(model);
    checkNormalizer(root.member("normalizer"));
    checkDecoder(root.member("decoder"));

    TokenizerFile file;
    file.path = path;
    file.preTokenizer = PreTokenizer::read(root.member("pre_tokenizer"));
    file.ignoreMerges = model.member("ignore_merges").boolean(false);
    readVocabulary(file, vocabulary);
    readByteTokens(file, vocabulary);
    readMerges(file, model.member("merges"));
    const JsonPlace added = root.member("added_tokens");
    for (std::size_t i = 0; !added.isNull() && i < added.arraySize(); ++i)
        readAddedToken(file, added.element(i));
    requireDense(file, vocabulary);
    watch.throwIfStopped(path);

    const nlohmann::json config = model::readJsonFile(files, "tokenizer_config.json", maxConfigBytes);
    const JsonPlace settings(config, files.fileName("tokenizer_config.json"));
    file.bos = readConfigToken(file, settings.member("bos_token"));
    file.eos = readConfigToken(file, settings.member("eos_token"));
    return file;
}

} // namespace engine::text::detail
