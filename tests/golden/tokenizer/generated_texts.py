#!/usr/bin/env python3
"""Writes generated.json: what Hugging Face tokenizers make of 55,000 texts that both sides generate.

    python3 tests/golden/tokenizer/generated_texts.py [--texts N] [--block N]

Text i is a few of the stored pieces, drawn with SplitMix64; tests/engine/tokenizer/generated_texts.cpp draws the same.
Of the ids only one hash for every 500 texts is stored, for each tokenizer of families.json and for nano-r1 if it is
there: "match" with its added tokens, "ignore" without them, as the text of a user is encoded.

    ... --tokenizer FOLDER --out FILE

The same for the tokenizer.json of any model. tst_engine_tokenizer_golden compares the engine with it when the environment
variables BATHYSCOPE_TOKENIZER and BATHYSCOPE_TOKENIZER_GOLDEN name the two.

Needs tokenizers.
"""

import argparse
import json
import pathlib
import random
import unicodedata

import tokenizers

HERE = pathlib.Path(__file__).resolve().parent
NANO = HERE.parents[2] / "resources" / "models" / "nano-r1" / "tokenizer.json"
TEXTS, BLOCK = 55_000, 500
MASK = (1 << 64) - 1


def pieces():
    rng = random.Random(21)
    by_category = {}
    for code in range(0x110000):
        # Newer characters are letters for a newer regex library and unassigned for an older one.
        if unicodedata.category(chr(code)) not in ("Cs", "Cn", "Co"):
            by_category.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    words = sorted(set((HERE / "corpus.txt").read_text(encoding="utf-8").split()))
    spaces = [" ", " ", " ", "  ", "\t", "\n", "\r\n", "\n\n", "   ", "\u3000", "\u00a0", "\u0085", "\u2028", "\u180e", "\x0b",
              "\r", " \n", " \n "]
    marks = ["'s", "'LL", "'ſ", "don't", "...", "=>", "«»", "…", "—", "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "a.b|[", "½", "Ⅷ", "e\u0301", "ü"]
    tags = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>", "<｜", "<think",
            "|>", "</think"]
    characters = [rng.choice(chars) for _, chars in sorted(by_category.items()) for _ in range(12)]
    digits = [str(rng.randrange(10 ** length)) for length in range(1, 9) for _ in range(6)]
    return words + 12 * spaces + 4 * marks + 4 * tags + characters + digits


class Draws:
    """SplitMix64, one stream for each text."""

    def __init__(self, text):
        self.state = text * 0xD1342543DE82EF95 & MASK

    def below(self, bound):
        self.state = x = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
        return (x ^ (x >> 31)) % bound


def text(index, pool):
    draws = Draws(index)
    parts = []
    for _ in range(1 + draws.below(14)):
        piece = pool[draws.below(len(pool))]
        parts.append(piece * (1 + draws.below(40)) if draws.below(12) == 0 else piece)
    return "".join(parts)


def digest(lists):
    """FNV-1a, 64 bit, of the ids as four bytes each, and of FFFFFFFF after every text."""
    value = 0xCBF29CE484222325
    for ids in lists:
        for number in [*ids, 0xFFFFFFFF]:
            for byte in number.to_bytes(4, "little"):
                value = ((value ^ byte) * 0x100000001B3) & MASK
    return f"{value:016x}"


def hashes(document, strings, block):
    """Ids of added tokens are taken from the document: the library numbers those that are left anew."""
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(document))
    ids = {token["content"]: token["id"] for token in document["added_tokens"]}
    first_added = len(document["model"]["vocab"])

    def number(encoding):
        return [i if i < first_added else ids[tokenizer.id_to_token(i)] for i in encoding.ids]

    encoded = [number(e) for e in tokenizer.encode_batch(strings, add_special_tokens=False)]
    return [digest(encoded[i:i + block]) for i in range(0, len(encoded), block)]


def both(document, strings, block):
    # One character is a letter that the vocabulary has no other token for, whoever wrote it.
    letters = [t for t in document["added_tokens"] if len(t["content"]) == 1 and not t["special"]]
    return {"match": hashes(document, strings, block),
            "ignore": hashes({**document, "added_tokens": letters}, strings, block)}


def of_the_project(strings, block):
    families = json.loads((HERE / "families.json").read_text())
    expected = {}
    for name, family in families["families"].items():
        document = {**families["tokenizer"], "pre_tokenizer": family["pre_tokenizer"]}
        document["model"] = {**document["model"], "ignore_merges": family["ignore_merges"]}
        expected[name] = both(document, strings, block)
    if NANO.exists():
        expected["nano-r1"] = both(json.loads(NANO.read_text()), strings, block)
    return expected


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=TEXTS)
    parser.add_argument("--block", type=int, default=BLOCK)
    parser.add_argument("--tokenizer", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "generated.json")
    args = parser.parse_args(arguments)
    pool = pieces()
    strings = [text(i, pool) for i in range(args.texts)]
    assert len(set(strings)) > args.texts * 3 // 4
    if args.tokenizer:
        expected = {"given": both(json.loads((args.tokenizer / "tokenizer.json").read_text()), strings, args.block)}
    else:
        expected = of_the_project(strings, args.block)
    document = {"versions": {"tokenizers": tokenizers.__version__}, "texts": args.texts, "block": args.block,
                "pieces": pool, "hashes": expected}
    args.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(len(set(strings)), "different texts,", len(expected), "tokenizers")


if __name__ == "__main__":
    main()
