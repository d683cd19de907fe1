#!/usr/bin/env python3
"""Makes fp8-cache.json: what tests/engine/fp8_cache compares engine::CacheFormat::Fp8 with.

`rows`: latents and rotary keys, and the bytes that the FP8 cache of DeepSeek-V3.2's FlashMLA (tests/quant.py there) keeps of
them: E4M3 of value / scale with scale = amax / 448 of 128 numbers (at least the smallest normal number, so that zeros stay
zeros), and BF16, computed with torch's float8_e4m3fn and bfloat16.

`prompts`: logits of the models of cases/*.json when latents and rotary keys go through that rounding before they are attended
to. Rounding makes a last bit of F32 a sixteenth of a number where that lies at a tie, so prompts are taken that hang on none:
in F64, in F32 and with embeddings that are a little different, the reference gives the same logits.

Needs what regenerate.py needs.
"""

import json
import pathlib

import numpy as np
import torch

import regenerate

HERE = pathlib.Path(__file__).parent
GROUP = 128
CASES = ("f32-yarn", "bf16-plain-query")
LENGTHS = (1, 9, 70)
FLT_MIN = 2.0**-126


def quantise(latents):
    """Codes [rows, width] and scales [rows, groups]; the last group may be shorter."""
    rows, width = latents.shape
    groups = torch.nn.functional.pad(latents, (0, -width % GROUP)).reshape(rows, -1, GROUP)
    scale = (groups.abs().amax(-1) / 448.0).clamp(min=FLT_MIN)
    codes = (groups / scale[..., None]).to(torch.float8_e4m3fn)
    return codes.reshape(rows, -1)[:, :width], scale


def kept(latents):
    """Latents as the cache gives them back. Scales are F32, as is what is quantised."""
    flat = latents.reshape(-1, latents.shape[-1]).float()
    codes, scale = quantise(flat)
    spread = scale.repeat_interleave(GROUP, 1)[:, : flat.shape[1]]
    return (codes.to(latents.dtype) * spread.to(latents.dtype)).reshape(latents.shape)


class CachedReference(regenerate.Reference):
    def __init__(self, config, tensors, dtype):
        super().__init__(config, tensors)
        self.model.to(dtype)
        self.model.set_experts_implementation("eager")  # which knows F64
        for layer in self.model.model.layers:
            attention = layer.self_attn
            expand = attention.expand_kv
            attention.expand_kv = lambda latents, rope, expand=expand: expand(
                kept(latents), rope.to(torch.bfloat16).to(rope.dtype))

    @torch.no_grad()
    def logits(self, tokens, noise=0.0, seed=0):
        embedded = self.model.model.embed_tokens(torch.tensor([tokens]))
        random = torch.Generator().manual_seed(seed)
        embedded = embedded * (1 + noise * torch.randn(embedded.shape, generator=random)).to(embedded.dtype)
        hidden = self.model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state[0]
        return self.model.lm_head(hidden)


def robust_prompt(exact, single, random, vocab, length, tolerance=2e-5, noise=2e-7, tries=400):
    for _ in range(tries):
        tokens = random.integers(0, vocab, length).tolist()
        wanted = exact.logits(tokens)
        same = lambda other: (other.double() - wanted).abs().max().item() <= tolerance
        if same(single.logits(tokens)) and all(same(exact.logits(tokens, noise, s)) for s in range(4)):
            return tokens, single.logits(tokens)
    raise SystemExit(f"no prompt of {length} tokens is free of ties")


def prompts():
    for name in CASES:
        case = json.loads((HERE / f"cases/{name}.json").read_text())
        config = case["config"]
        tensors = regenerate.generate_all(case["tensors"], case["seed"], config["n_routed_experts"])
        exact, single = (CachedReference(config, tensors, t) for t in (torch.float64, torch.float32))
        plain = regenerate.Reference(config, tensors)
        random = np.random.default_rng(11)
        for length in LENGTHS:
            tokens, logits = robust_prompt(exact, single, random, config["vocab_size"], length)
            difference = (logits - plain.forward(tokens)[0]).abs().max().item()
            print(name, length, f"logits differ from those of the exact cache by up to {difference:.2e}")
            yield {"case": name, "tokens": tokens, "logits": regenerate.hex_floats(logits[-1])}


def special_rows(width):
    """Ties, subnormal codes, zeros of both signs, a group of zeros, tiny and huge numbers, numbers whose scale would be 0."""
    ties = torch.tensor([17.0, 19.0, 34.0, 38.0, 0.5 * 2.0**-9, 1.5 * 2.0**-9, 2.5 * 2.0**-9, 0.0, -0.0, -17.0, 432.0, 7.6e-4])
    rows = torch.zeros(5, width)
    rows[0, 0], rows[0, 1 : 1 + len(ties)] = 448.0, ties  # a scale of 1
    rows[1] = torch.linspace(-3e38, 3e38, width)
    rows[2] = torch.linspace(-1e-30, 1e-30, width)
    rows[3] = 2.0 ** torch.linspace(-149.0, -120.0, width)  # from the least subnormal number on
    rows[4, : width // 2] = 1e-45
    return rows


def rows():
    random = torch.Generator().manual_seed(3)
    for latent, rope in ((512, 64), (72, 16), (200, 6)):
        plain = torch.randn(4, latent, generator=random) * torch.tensor([[1.0], [1e-3], [1e4], [0.05]])
        plain[0, : min(GROUP, latent)] *= 100
        latents = torch.cat([special_rows(latent), plain])
        keys = torch.randn(latents.shape[0], rope, generator=random)
        keys[0, :3] = torch.tensor([1.00390625, 1.01171875, -0.0])  # ties of BF16
        codes, scale = quantise(latents)
        yield {
            "latent": latent, "rope": rope, "x": regenerate.hex_floats(torch.cat([latents, keys], 1)),
            "codes": codes.view(torch.uint8).numpy().tobytes().hex(), "scales": regenerate.hex_floats(scale),
            "keys": keys.to(torch.bfloat16).view(torch.uint16).numpy().astype("<u2").tobytes().hex(),
        }


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    case = {"made_with": regenerate.versions(), "rows": list(rows()), "prompts": list(prompts())}
    lines = [f'"made_with": {json.dumps(case["made_with"])}']
    for key in ("rows", "prompts"):
        lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(x, separators=(",", ":")) for x in case[key]) + "\n]")
    (HERE / "fp8-cache.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
