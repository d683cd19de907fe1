#!/usr/bin/env python3
"""Writes the reference outputs of the text tests with Hugging Face tokenizers.

    python3 tests/golden/tokenizer/regenerate_tokenizer.py

families.json   one small vocabulary under the splitting rules of every tokenizer of the family: text and ids
nano.json       the same for resources/models/nano-r1/tokenizer.json
generated.json  hashes for many generated texts (generated_texts.py)

Needs tokenizers (its version is written into the files). The texts hold only characters assigned in
Unicode 14: newer ones are letters for a newer regex library and unassigned for an older one.
"""

import json
import pathlib
import random
import unicodedata

import tokenizers

import generated_texts

HERE = pathlib.Path(__file__).resolve().parent
NANO = HERE.parents[2] / "resources" / "models" / "nano-r1" / "tokenizer.json"

BOS, EOS, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"
ADDED = [(BOS, True, False), (EOS, True, False), (PAD, True, False), ("<｜User｜>", False, True),
         ("<｜Assistant｜>", False, True), ("<think>", False, False), ("</think>", False, False),
         ("<｜", False, True), ("ü", False, True)]  # text, special, normalized

CORPUS = (HERE / "corpus.txt").read_text(encoding="utf-8")


# --- splitting rules -------------------------------------------------------------------------------------------------

LETTERS = """41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C
38E-3A1 3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A
1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC
1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 212A-212D 212F-2134
2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B A722-A76F A771-A787
A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2
118A0-118DF 1E900-1E943"""
PUNCTUATION = "21-2F 3A-7E FF01-FF0F FF1A-FF5E 2018-201F 3000-3002"


def char_class(ranges):
    def char(code):
        text = chr(int(code, 16))
        return "\\" + text if text in "[]^-\\&~/:" else text

    return "[" + "".join("-".join(char(end) for end in item.split("-")) for item in ranges.split()) + "]"


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def byte_level(use_regex=False):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
FAMILIES = {
    "deepseek-v3": sequence(
        split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"),
        split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
              " ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"), byte_level()),
    "deepseek-llm": sequence(
        split("[\r\n]"), split(r"\s?" + char_class(LETTERS) + "+"), split(r"\s?" + char_class(PUNCTUATION) + "+"),
        split(r"\s+$"), split("[一-龥ࠀ-一가-퟿]+"), {"type": "Digits", "individual_digits": True}, byte_level()),
    "deepseek-coder": sequence(split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"),
                               {"type": "Digits", "individual_digits": True}, byte_level()),
    "qwen2": sequence(split(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + TAIL), byte_level()),
    "llama3": sequence(split(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + TAIL),
                       byte_level()),
    "gpt2": byte_level(use_regex=True),
    "strings-and-digits": sequence({"type": "Split", "pattern": {"String": "a.b|["}, "behavior": "Isolated",
                                    "invert": False}, {"type": "Digits", "individual_digits": False}, byte_level()),
}


def train():
    """Vocabulary and merges, learnt with the rules of deepseek-v3."""
    trained = tokenizers.Tokenizer(tokenizers.models.BPE())
    skeleton = json.loads(trained.to_str())
    skeleton["pre_tokenizer"] = FAMILIES["deepseek-v3"]
    trained = tokenizers.Tokenizer.from_str(json.dumps(skeleton))
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=700, initial_alphabet=sorted(
        tokenizers.pre_tokenizers.ByteLevel.alphabet()), special_tokens=[BOS, EOS, PAD], show_progress=False)
    trained.train_from_iterator(CORPUS.split("\n\n"), trainer)
    model = json.loads(trained.to_str())["model"]
    return model["vocab"], model["merges"]


def tokenizer_json(pre_tokenizer, vocab, merges, ignore_merges=False):
    added = []
    following = len(vocab)
    for text, special, normalized in ADDED:
        if text in vocab:
            number = vocab[text]
        else:
            number, following = following, following + 1
        added.append({"id": number, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                      "normalized": normalized, "special": special})
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": pre_tokenizer, "post_processor": None,
            "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "ignore_merges": ignore_merges, "vocab": vocab, "merges": merges}}


# --- texts -----------------------------------------------------------------------------------------------------------

def texts(count, seed):
    rng = random.Random(seed)
    by_category = {}
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category not in ("Cs", "Cn"):
            by_category.setdefault(category[0], []).append(chr(code))
    by_category["C"] = [c for c in by_category["C"] if unicodedata.category(c) != "Co"]
    words = CORPUS.split()
    spaces = [" ", "  ", "\t", "\n", "\r\n", "\n\n", "   ", "\u3000", "\u00a0", "\u0085", "\u2028", "\u180e", "\x0b", "\r",
              " \n", " \n "]
    marks = ["'s", "'LL", "'ſ", "don't", "...", "=>", "«»", "…", "—", "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "a.b|[", "½", "Ⅷ"]
    added = [text for text, _, _ in ADDED] + ["<think", "|>", "</think", "<｜User｜"]

    def piece():
        kind = rng.random()
        if kind < .40:
            return rng.choice(words)
        if kind < .55:
            return rng.choice(spaces)
        if kind < .65:
            return "".join(rng.choice("0123456789٣²") for _ in range(rng.randint(1, 7)))
        if kind < .75:
            return "".join(rng.choice("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") for _ in range(rng.randint(1, 4)))
        if kind < .83:
            return rng.choice(marks)
        if kind < .88:
            return rng.choice(added)
        return "".join(rng.choice(by_category[rng.choice(sorted(by_category))]) for _ in range(rng.randint(1, 3)))

    made = ["", " ", "  ", "\n", "\n\n", "\r\n", "a", "ü", "Führer", "x  y", "  x", "x  ", "\t\tx", "1234567", "a1b22c333"]
    made += [" " * n + "x" for n in (3, 31, 33)] + ["a" * n for n in (31, 32, 33, 64, 65, 200)]
    while len(made) < count:
        made.append("".join(piece() + (" " if rng.random() < .4 else "") for _ in range(rng.randint(1, 9))))
    return made


def encoded(document, strings):
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(document))
    return [" ".join(map(str, tokenizer.encode(text, add_special_tokens=False).ids)) for text in strings]


def main():
    versions = {"tokenizers": tokenizers.__version__}
    vocab, merges = train()
    strings = texts(260, seed=14)
    families = {}
    for name, pre_tokenizer in FAMILIES.items():
        document = tokenizer_json(pre_tokenizer, vocab, merges, ignore_merges=name == "llama3")
        families[name] = {"pre_tokenizer": pre_tokenizer, "ignore_merges": name == "llama3",
                          "ids": encoded(document, strings)}
    base = tokenizer_json(FAMILIES["deepseek-v3"], vocab, merges)
    write("families.json", {"versions": versions, "tokenizer": base, "texts": strings, "families": families})

    strings = texts(400, seed=15)
    write("nano.json", {"versions": versions, "texts": strings, "ids": encoded(json.loads(NANO.read_text()), strings)})

    generated_texts.main([])


def write(name, document, ascii_only=True):
    """One text or list of ids a line, so that a difference can be read; random characters are escaped."""
    text = json.dumps(document, ensure_ascii=ascii_only, indent=1)
    (HERE / name).write_text(text + "\n", encoding="utf-8")
    print(name, len(text), "bytes")


if __name__ == "__main__":
    main()
