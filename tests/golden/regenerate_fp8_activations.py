#!/usr/bin/env python3
"""Makes fp8-activations.json: what tests/engine/fp8_activations compares engine::Activations::Fp8 with.

`rows`: numbers, and what the act_quant of DeepSeek's published inference code makes of them (inference/kernel.py: E4M3 times a
scale for each 128 columns, amax / 448 with amax at least 1e-4; with scale_fmt "ue8m0" the scale is rounded up to a power of
two), computed with torch's float8_e4m3fn.

`prompts`: logits of the model of cases/fp8-yarn.json when the inputs of its FP8 weights are rounded so, but for kv_b_proj,
whose weight that code dequantises for absorbed attention. Rounding to E4M3 makes a last bit of F32 a sixteenth of a number
where that lies at a tie, so prompts are taken that hang on none: in F64, in F32 and with embeddings that are a little
different, the reference gives the same logits.

Needs what regenerate.py needs.
"""

import json
import pathlib

import numpy as np
import torch

import regenerate

HERE = pathlib.Path(__file__).parent
GROUP = 128
FORMATS = {"float": False, "ue8m0": True}


def act_quant(x, power_of_two):
    """Codes and scales of rows [rows, width]; the last group of a row may be shorter."""
    rows, width = x.shape
    padded = torch.nn.functional.pad(x, (0, -width % GROUP)).reshape(rows, -1, GROUP)
    scale = padded.abs().amax(-1).clamp(min=1e-4) / 448.0
    if power_of_two:
        mantissa, exponent = torch.frexp(scale)  # mantissa in [0.5, 1)
        exponent = torch.where(mantissa == 0.5, exponent - 1, exponent)
        scale = torch.ldexp(torch.ones_like(scale), exponent)
    codes = (padded / scale[..., None]).to(torch.float8_e4m3fn)
    return codes.reshape(rows, -1)[:, :width], scale


def rounded(x, power_of_two):
    """x as a product with FP8 weights reads it."""
    flat = x.reshape(-1, x.shape[-1])
    codes, scale = act_quant(flat, power_of_two)
    spread = scale.repeat_interleave(GROUP, 1)[:, : flat.shape[1]]
    return (codes.to(x.dtype) * spread).reshape(x.shape)


class RoundedReference(regenerate.Reference):
    def __init__(self, config, tensors, power_of_two, dtype):
        super().__init__(config, tensors)
        self.power_of_two = power_of_two
        self.model.to(dtype)
        for name, module in self.model.named_modules():
            last = name.rsplit(".", 1)[-1]
            if isinstance(module, torch.nn.Linear) and last not in ("kv_b_proj", "lm_head", "gate"):
                module.register_forward_pre_hook(lambda _, args: (rounded(args[0], self.power_of_two), *args[1:]))
            if name.endswith(".mlp.experts"):
                module.forward = lambda x, ids, weights, m=module: self.experts(m, x, ids, weights)

    def experts(self, module, x, ids, weights):
        """Σ weight · down(SiLU(gate x) ⊙ up x) over the chosen experts of every token."""
        out = torch.zeros_like(x)
        x = rounded(x, self.power_of_two)
        for token in range(x.shape[0]):
            for expert, weight in zip(ids[token].tolist(), weights[token]):
                gate, up = (module.gate_up_proj[expert] @ x[token]).chunk(2)
                inner = rounded((torch.nn.functional.silu(gate) * up)[None], self.power_of_two)[0]
                out[token] += weight * (module.down_proj[expert] @ inner)
        return out

    @torch.no_grad()
    def logits(self, tokens, noise=0.0, seed=0):
        embedded = self.model.model.embed_tokens(torch.tensor([tokens]))
        random = torch.Generator().manual_seed(seed)
        embedded = embedded * (1 + noise * torch.randn(embedded.shape, generator=random)).to(embedded.dtype)
        hidden = self.model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state[0]
        return self.model.lm_head(hidden)


def robust_prompts(exact, single, vocab, lengths, tolerance=2e-5, noise=2e-7, tries=400):
    random = np.random.default_rng(7)
    for length in lengths:
        for _ in range(tries):
            tokens = random.integers(0, vocab, length).tolist()
            wanted = exact.logits(tokens)
            same = lambda other: (other.double() - wanted).abs().max().item() <= tolerance
            if same(single.logits(tokens)) and all(same(exact.logits(tokens, noise, s)) for s in range(4)):
                yield tokens, single.logits(tokens)
                break
        else:
            raise SystemExit(f"no prompt of {length} tokens is free of ties")


def prompts():
    case = json.loads((HERE / "cases/fp8-yarn.json").read_text())
    config = case["config"]
    tensors = regenerate.generate_all(case["tensors"], case["seed"], config["n_routed_experts"])
    for name, power_of_two in FORMATS.items():
        exact, single = (RoundedReference(config, tensors, power_of_two, t) for t in (torch.float64, torch.float32))
        for tokens, logits in robust_prompts(exact, single, config["vocab_size"], (1, 2, 5, 9)):
            print(name, tokens)
            yield {"scale_fmt": name, "tokens": tokens, "logits": regenerate.hex_floats(logits)}


def special_rows():
    """Ties, subnormal codes, zeros, a group of zeros, large and small numbers."""
    ties = torch.tensor([17.0, 19.0, 34.0, 38.0, 0.5 * 2.0 ** -9, 1.5 * 2.0 ** -9, 2.5 * 2.0 ** -9, 0.0, -0.0, -17.0, 432.0])
    row = torch.zeros(3 * GROUP)
    row[0], row[1 : 1 + len(ties)] = 448.0, ties  # a scale of 1
    row[GROUP] = 1e-30
    row[2 * GROUP :] = torch.linspace(-1e38, 1e38, GROUP)
    small = torch.zeros(3 * GROUP)
    small[:GROUP] = torch.linspace(-9e-5, 9e-5, GROUP)  # below the least amax
    small[GROUP : 2 * GROUP] = torch.linspace(-1.1e-4, 1.1e-4, GROUP)
    small[2 * GROUP :] = 2.0 ** torch.arange(-149.0, -149.0 + GROUP)  # from the least subnormal number on
    return torch.stack([row, small])


def rows():
    torch.manual_seed(3)
    for name, power_of_two in FORMATS.items():
        for x in (special_rows(), torch.randn(3, 200) * torch.tensor([[1.0], [1e-3], [1e4]])):
            codes, scale = act_quant(x, power_of_two)
            yield {
                "scale_fmt": name, "width": x.shape[1], "x": regenerate.hex_floats(x),
                "codes": codes.view(torch.uint8).numpy().tobytes().hex(), "scales": regenerate.hex_floats(scale),
            }


def main():
    torch.manual_seed(0)
    case = {"made_with": regenerate.versions(), "rows": list(rows()), "prompts": list(prompts())}
    lines = [f'"made_with": {json.dumps(case["made_with"])}']
    for key in ("rows", "prompts"):
        lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(x, separators=(",", ":")) for x in case[key]) + "\n]")
    (HERE / "fp8-activations.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
