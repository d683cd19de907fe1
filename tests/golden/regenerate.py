#!/usr/bin/env python3
"""Makes the reference outputs that tests/engine/golden_logits compares the engine with.

Without arguments: writes cases/*.json. Each case is a small random deepseek_v3 model, whose weights both sides
generate from tensor names and a seed (so that no weights are stored), and what Hugging Face transformers computes
with it in F32: logits, final hidden states, router choices, a greedy continuation, and draft logits of the MTP layer
(transformers does not run it; its decoder layer is transformers' own, the part around it is written here).

With --model DIR --prompts FILE --out FILE: the same for an existing model folder, whose FP8 weights are dequantised
to F32. FILE holds one prompt per line as a JSON string, encoded with the folder's tokenizer.json. Stored are all logits of
the last position of each, and a greedy continuation up to EOS.

Needs torch, transformers, tokenizers, safetensors, numpy. The versions used are written into the output.
"""

import argparse
import copy
import json
import math
import pathlib

import numpy as np
import safetensors.torch
import torch
import transformers
from transformers import DeepseekV3Config, DeepseekV3ForCausalLM
from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3DecoderLayer

# ---------------------------------------------------------------------------------------------------------------
# Weights from names: tests/engine/golden_logits/generated_weights.cpp does the same in C++.

MASK = (1 << 64) - 1


def name_hash(name):
    """FNV-1a, 64 bit."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def random_words(name, seed, count):
    """SplitMix64 with a counter: word i depends on name, seed and i only."""
    start = (name_hash(name) ^ (seed * 0xD1342543DE82EF95)) & MASK
    with np.errstate(over="ignore"):
        x = np.uint64(start) + (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def uniform(name, seed, count, center, spread_log2):
    """center + [−1, 1) · 2^spread_log2; every step but the sum is exact in F32."""
    u = (random_words(name, seed, count) >> np.uint64(40)).astype(np.int64) - (1 << 23)
    return np.float32(center) + u.astype(np.float32) * np.float32(2.0 ** (spread_log2 - 23))


def e4m3_codes(name, seed, count):
    codes = (random_words(name, seed, count) >> np.uint64(56)).astype(np.uint8)
    return np.where((codes & 0x7F) == 0x7F, codes ^ 1, codes)  # NaN codes become ±448


def dequantise(codes, scale, block=(128, 128)):
    """codes: torch.float8_e4m3fn [rows, cols]; scale: F32 [ceil(rows/block), ceil(cols/block)]."""
    rows, cols = codes.shape
    spread = scale.repeat_interleave(block[0], 0)[:rows].repeat_interleave(block[1], 1)[:, :cols]
    return codes.to(torch.float32) * spread


def generate(spec, seed):
    """The tensor of one line of the case, as F32."""
    name, shape, dtype, center, spread = spec
    count = math.prod(shape)
    if dtype == "F8_E4M3":
        codes = torch.from_numpy(e4m3_codes(name, seed, count)).view(torch.float8_e4m3fn).reshape(shape)
        blocks = [-(-n // 128) for n in shape]
        scale = uniform(name + "_scale_inv", seed, math.prod(blocks), center, spread)
        return dequantise(codes, torch.from_numpy(scale).reshape(blocks))
    values = torch.from_numpy(uniform(name, seed, count, center, spread)).reshape(shape)
    return values if dtype == "F32" else values.to(getattr(torch, {"BF16": "bfloat16", "F16": "float16"}[dtype])).float()


def tensor_specs(config, storage):
    """[name, shape, dtype, center, log2 of spread] of every tensor; '*' stands for each routed expert."""
    c = config
    heads, vocab, hidden = c["num_attention_heads"], c["vocab_size"], c["hidden_size"]
    qk = c["qk_nope_head_dim"] + c["qk_rope_head_dim"]
    other = "F32" if storage == "F32" else "BF16"
    specs = []

    def vector(name, size, center=1.0, spread=-2, dtype=other):
        specs.append([name, [size], dtype, center, spread])

    def linear(name, rows, cols, quantised=True, gain=0):
        if storage == "FP8" and quantised:
            # Random codes have an r.m.s. near 2^7; scales vary by a quarter around a value that makes outputs ~1.
            center = 2.0 ** (round(math.log2(1 / math.sqrt(cols))) - 7 + gain)
            specs.append([name, [rows, cols], "F8_E4M3", center, int(math.log2(center)) - 2])
        else:
            specs.append([name, [rows, cols], storage if storage != "FP8" else "BF16", 0.0,
                          round(math.log2(math.sqrt(3 / cols))) + gain])

    def mlp(prefix, width):
        linear(prefix + "gate_proj.weight", width, hidden)
        linear(prefix + "up_proj.weight", width, hidden)
        linear(prefix + "down_proj.weight", hidden, width)

    def layer(index):
        p = f"model.layers.{index}."
        vector(p + "input_layernorm.weight", hidden)
        vector(p + "post_attention_layernorm.weight", hidden)
        a = p + "self_attn."
        if c["q_lora_rank"]:
            linear(a + "q_a_proj.weight", c["q_lora_rank"], hidden)
            vector(a + "q_a_layernorm.weight", c["q_lora_rank"])
            linear(a + "q_b_proj.weight", heads * qk, c["q_lora_rank"])
        else:
            linear(a + "q_proj.weight", heads * qk, hidden)
        linear(a + "kv_a_proj_with_mqa.weight", c["kv_lora_rank"] + c["qk_rope_head_dim"], hidden)
        vector(a + "kv_a_layernorm.weight", c["kv_lora_rank"])
        linear(a + "kv_b_proj.weight", heads * (c["qk_nope_head_dim"] + c["v_head_dim"]), c["kv_lora_rank"])
        linear(a + "o_proj.weight", hidden, heads * c["v_head_dim"])
        if index < c["first_k_dense_replace"]:
            mlp(p + "mlp.", c["intermediate_size"])
            return
        linear(p + "mlp.gate.weight", c["n_routed_experts"], hidden, quantised=False)
        vector(p + "mlp.gate.e_score_correction_bias", c["n_routed_experts"], 0.0, -1, "F32")
        mlp(p + "mlp.experts.*.", c["moe_intermediate_size"])
        mlp(p + "mlp.shared_experts.", c["n_shared_experts"] * c["moe_intermediate_size"])

    specs.append(["model.embed_tokens.weight", [vocab, hidden], other, 0.0, 0])
    for index in range(c["num_hidden_layers"]):
        layer(index)
    vector("model.norm.weight", hidden)
    linear("lm_head.weight", vocab, hidden, quantised=False, gain=1)
    for index in range(c["num_hidden_layers"], c["num_hidden_layers"] + c["num_nextn_predict_layers"]):
        p = f"model.layers.{index}."
        vector(p + "enorm.weight", hidden)
        vector(p + "hnorm.weight", hidden)
        linear(p + "eh_proj.weight", hidden, 2 * hidden, quantised=False)
        vector(p + "shared_head.norm.weight", hidden)
        layer(index)
    return specs


def generate_all(specs, seed, experts):
    tensors = {}
    for spec in specs:
        if "*" in spec[0]:
            for e in range(experts):
                name = spec[0].replace("*", str(e))
                tensors[name] = generate([name, *spec[1:]], seed)
        else:
            tensors[spec[0]] = generate(spec, seed)
    return tensors


# ---------------------------------------------------------------------------------------------------------------
# The reference


def hf_config(config):
    """DeepseekV3Config of a config.json; weights are F32 here, whatever the file says."""
    left_out = ("quantization_config", "torch_dtype", "architectures")
    kept = {k: copy.deepcopy(v) for k, v in config.items() if k not in left_out}  # transformers writes into rope_scaling
    return DeepseekV3Config(**kept, attn_implementation="eager")


def fuse_experts(tensors, experts):
    """Hugging Face checkpoint names → those of transformers 5, which keeps the experts of a layer in two tensors."""
    fused = {}
    for name, tensor in tensors.items():
        if ".mlp.experts." not in name:
            fused[name] = tensor
        elif name.endswith(".experts.0.gate_proj.weight"):
            base = name.removesuffix("0.gate_proj.weight")
            part = lambda e, p: tensors[f"{base}{e}.{p}_proj.weight"]
            fused[base + "gate_up_proj"] = torch.stack(
                [torch.cat([part(e, "gate"), part(e, "up")]) for e in range(experts)])
            fused[base + "down_proj"] = torch.stack([part(e, "down") for e in range(experts)])
    return fused


class Reference:
    def __init__(self, config, tensors):
        self.config = hf_config(config)
        layers, experts = config["num_hidden_layers"], config["n_routed_experts"]
        tensors = fuse_experts(tensors, experts)
        mtp = f"model.layers.{layers}."
        main = {k: v for k, v in tensors.items() if not k.startswith(mtp)}
        if config.get("tie_word_embeddings"):
            main.setdefault("lm_head.weight", main["model.embed_tokens.weight"])
        self.model = DeepseekV3ForCausalLM(self.config).float().eval()
        self.model.load_state_dict(main, strict=True)
        self.routes = {}
        for index, layer in enumerate(self.model.model.layers):
            self.watch(index, layer)
        self.mtp = None
        if config.get("num_nextn_predict_layers") and mtp + "enorm.weight" in tensors:
            self.load_mtp({k.removeprefix(mtp): v for k, v in tensors.items() if k.startswith(mtp)}, layers)

    def watch(self, index, layer):
        """Records ids and weights of every call of a router, highest biased score first."""
        if not hasattr(layer.mlp, "gate"):
            return

        def hook(router, _, output):
            logits, weights, ids = output
            biased = (logits.sigmoid() + router.e_score_correction_bias).gather(1, ids)
            order = biased.argsort(dim=-1, descending=True)
            self.routes.setdefault(index, []).append((ids.gather(1, order), weights.gather(1, order)))

        layer.mlp.gate.register_forward_hook(hook)

    def load_mtp(self, tensors, index):
        own = ("enorm.weight", "hnorm.weight", "eh_proj.weight", "shared_head.norm.weight")
        copies = ("embed_tokens.weight", "shared_head.head.weight")
        self.mtp = {k: tensors[k] for k in own}
        self.mtp["embed"] = tensors.get(copies[0], self.model.model.embed_tokens.weight)
        self.mtp["head"] = tensors.get(copies[1], self.model.lm_head.weight)
        self.mtp_layer = DeepseekV3DecoderLayer(self.config, index).float().eval()
        self.mtp_layer.load_state_dict({k: v for k, v in tensors.items() if k not in own + copies}, strict=True)

    @torch.no_grad()
    def forward(self, tokens):
        """logits [tokens, vocab], hidden states after the final norm, routes per MoE layer."""
        self.routes.clear()
        hidden = self.model.model(input_ids=torch.tensor([tokens]), use_cache=False).last_hidden_state[0]
        routes = [calls[0] for _, calls in sorted(self.routes.items())]
        return self.model.lm_head(hidden), hidden, routes

    @torch.no_grad()
    def greedy(self, tokens, count, eos=(), lead=0.0):
        """Up to `count` tokens, the last one possibly of `eos`. Ends in front of a token that is ahead of the next one by
        less than `lead`: rounding may decide there."""
        continuation = []
        cache = None
        feed = list(tokens)
        while len(continuation) < count and not (continuation and continuation[-1] in eos):
            out = self.model(input_ids=torch.tensor([feed]), past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            first, second = out.logits[0, -1].topk(2).values.tolist()
            if first - second < lead:
                break
            feed = [int(out.logits[0, -1].argmax())]
            continuation += feed
        return continuation

    def norm(self, x, weight):
        return weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config.rms_norm_eps)

    @torch.no_grad()
    def draft(self, next_tokens, hidden):
        """Draft logits of every position: V3 report §2.2, embedding first."""
        e = torch.nn.functional.embedding(torch.tensor(next_tokens), self.mtp["embed"])
        pair = torch.cat([self.norm(e, self.mtp["enorm.weight"]), self.norm(hidden, self.mtp["hnorm.weight"])], -1)
        x = (pair @ self.mtp["eh_proj.weight"].T)[None]
        count = len(next_tokens)
        positions = torch.arange(count)[None]
        mask = torch.full((count, count), float("-inf")).triu(1)[None, None]
        angles = self.model.model.rotary_emb(x, positions)
        x = self.mtp_layer(x, attention_mask=mask, position_ids=positions, position_embeddings=angles)
        x = x[0] if isinstance(x, tuple) else x
        return self.norm(x[0], self.mtp["shared_head.norm.weight"]) @ self.mtp["head"].T


# ---------------------------------------------------------------------------------------------------------------
# Output


def hex_floats(tensor):
    """Little-endian F32, eight hex digits a number."""
    return tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes().hex()


def versions():
    return {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0]}


def prompt_golden(reference, tokens, greedy_count, all_logits):
    logits, hidden, routes = reference.forward(tokens)
    entry = {
        "tokens": tokens,
        "logits": hex_floats(logits if all_logits else logits[-1]),
        "hidden": hex_floats(hidden[-1]),
        "expert_ids": [ids.tolist() for ids, _ in routes],
        "last_gates": [hex_floats(weights[-1]) for _, weights in routes],
        "greedy": reference.greedy(tokens, greedy_count),
    }
    if reference.mtp:
        following = tokens[1:] + entry["greedy"][:1]
        entry["draft_logits"] = hex_floats(reference.draft(following, hidden)[-1])
    return entry


BASE = {
    "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "vocab_size": 160, "hidden_size": 192,
    "intermediate_size": 320, "moe_intermediate_size": 136, "num_hidden_layers": 3, "num_nextn_predict_layers": 1,
    "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 136, "kv_lora_rank": 72,
    "qk_nope_head_dim": 24, "qk_rope_head_dim": 16, "v_head_dim": 20, "n_routed_experts": 16, "n_shared_experts": 2,
    "num_experts_per_tok": 4, "n_group": 4, "topk_group": 2, "first_k_dense_replace": 1, "moe_layer_freq": 1,
    "scoring_func": "sigmoid", "topk_method": "noaux_tc", "norm_topk_prob": True, "routed_scaling_factor": 2.5,
    "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "rope_scaling": None,
    "max_position_embeddings": 512, "tie_word_embeddings": False, "attention_bias": False, "bos_token_id": 0,
    "eos_token_id": 1,
}
YARN = {"type": "yarn", "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128, "beta_fast": 32,
        "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 0.8}
FP8 = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}
CASES = {
    "f32-yarn": (1, "F32", {"rope_scaling": YARN}),
    "bf16-plain-query": (2, "BF16", {"q_lora_rank": None, "n_group": 1, "topk_group": 1, "n_shared_experts": 1,
                                     "num_nextn_predict_layers": 0}),
    "fp8-yarn": (3, "FP8", {"rope_scaling": YARN, "quantization_config": FP8}),
}


def write_cases(folder):
    folder.mkdir(exist_ok=True)
    for name, (seed, storage, changes) in CASES.items():
        config = {**BASE, **changes}
        specs = tensor_specs(config, storage)
        reference = Reference(config, generate_all(specs, seed, config["n_routed_experts"]))
        random = np.random.default_rng(seed)
        prompts = [random.integers(0, config["vocab_size"], n).tolist() for n in (1, 19, 150)]
        case = {
            "made_with": versions(), "seed": seed, "config": config, "tensors": specs,
            "prompts": [prompt_golden(reference, p, 64, len(p) == 19) for p in prompts],
        }
        (folder / f"{name}.json").write_text(rows_of(case))
        print(name, "written")


def rows_of(case):
    """JSON with one line per tensor and prompt."""
    head = {k: v for k, v in case.items() if k not in ("tensors", "prompts")}
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in head.items()]
    for key in ("tensors", "prompts"):
        lines.append(f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(x, separators=(",", ":")) for x in case[key]) + "\n]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def load_folder(folder):
    """config and all tensors in F32."""
    config = json.loads((folder / "config.json").read_text())
    block = config.get("quantization_config", {}).get("weight_block_size", [128, 128])
    stored = {}
    for shard in sorted(folder.glob("*.safetensors")):
        stored.update(safetensors.torch.load_file(shard))
    tensors = {}
    for name, tensor in stored.items():
        if name.endswith("_scale_inv"):
            continue
        scaled = tensor.dtype == torch.float8_e4m3fn
        tensors[name] = dequantise(tensor, stored[name + "_scale_inv"], block) if scaled else tensor.float()
    return config, tensors


def write_model_golden(folder, prompts, out, greedy_count):
    from tokenizers import Tokenizer

    tolerance = 1e-3  # of a logit: tests/engine/golden_nano

    config, tensors = load_folder(folder)
    reference = Reference(config, tensors)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    eos = config["eos_token_id"] if isinstance(config["eos_token_id"], list) else [config["eos_token_id"]]
    entries = []
    for line in prompts.read_text().splitlines():
        if not line.strip():
            continue
        tokens = tokenizer.encode(json.loads(line)).ids
        logits, _, _ = reference.forward(tokens)
        entries.append({
            "tokens": tokens, "logits": hex_floats(logits[-1]),
            "greedy": reference.greedy(tokens, greedy_count, eos, 2 * tolerance),
        })
    case = {"made_with": versions(), "model": folder.name, "eos": eos, "greedy_tokens": greedy_count, "prompts": entries,
            "tensors": []}
    out.write_text(rows_of(case))
    print(len(entries), "prompts written,", sum(len(e["greedy"]) for e in entries), "tokens of continuations")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--prompts", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--greedy", type=int, default=200, help="most tokens of a continuation (--model)")
    args = parser.parse_args()
    torch.manual_seed(0)
    if args.model:
        if not (args.prompts and args.out):
            parser.error("--model needs --prompts and --out")
        write_model_golden(args.model, args.prompts, args.out, args.greedy)
    else:
        write_cases(pathlib.Path(__file__).parent / "cases")


if __name__ == "__main__":
    main()
