#!/usr/bin/env python3
"""Makes blocks.json: blocks of the quantised types of GGUF and the values that gguf-py, llama.cpp's own Python
package, gives them. Everything in a block is random but its halves, which also take the forms that decoders get wrong:
negative, subnormal, zero of both signs, the largest, and scales that differ by many powers of two.

    pip install gguf==0.19.0
    python3 tests/golden/regenerate_blocks.py
"""

import importlib.metadata
import json
import pathlib

import gguf
import numpy as np

# Offsets of the halves d and dmin.
HALVES = {"Q8_0": [0], "Q4_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
          "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "IQ4_NL": [0]}
# (d, dmin) as bits of a half.
FACTORS = {
    "ordinary": (0x211F, 0x2A66),  # 0.01, 0.05
    "negative": (0xA11F, 0xAA66),
    "subnormal": (0x0001, 0x03FF),
    "negative subnormal": (0x8203, 0x0001),
    "largest": (0x7BFF, 0xFBFF),
    "far apart": (0x0400, 0x7BFF),  # 2^-14, 65504
    "zero": (0x8000, 0x0000),
}


def block_of(kind, factors, random):
    size = gguf.GGML_QUANT_SIZES[kind][1]
    block = random.integers(0, 256, size, dtype=np.uint8)
    for offset, half in zip(HALVES[kind.name], factors):
        block[offset : offset + 2] = np.array([half], "<u2").view(np.uint8)
    return block


def main():
    random = np.random.default_rng(1)
    cases = []
    for name in HALVES:
        kind = gguf.GGMLQuantizationType[name]
        for factors, bits in FACTORS.items():
            block = block_of(kind, bits, random)
            values = gguf.quants.dequantize(block, kind).astype("<f4")
            cases.append(
                {"type": name, "factors": factors, "block": block.tobytes().hex(), "values": values.tobytes().hex()}
            )
    golden = {"gguf": importlib.metadata.version("gguf"), "cases": cases}
    path = pathlib.Path(__file__).with_name("blocks.json")
    path.write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
