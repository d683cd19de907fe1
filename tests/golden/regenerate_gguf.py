#!/usr/bin/env python3
"""Makes gguf/*.json: small random models in GGUF and what two other programs compute with them.

The bytes of a tensor follow from its name, a seed and its type; tests/engine/gguf/gguf_golden.cpp makes the same ones,
so that no weights are stored. Quantised blocks are random bytes with scales of a sensible size: nothing is quantised
here, and every bit pattern occurs. Of each model are stored

- what Hugging Face transformers computes in F32 with the dequantised weights ("logits", "greedy"): the rows of q and k
  in their order before the conversion, experts apart, kv_b joined;
- what llama.cpp computes with the file itself through llama-cpp-python ("llama_cpp"); it quantises activations too.

Needs torch, transformers, numpy, gguf, llama-cpp-python. The versions used are written into the output.
"""

import json
import math
import pathlib
import tempfile

import gguf
import llama_cpp
import numpy as np
import regenerate
import regenerate_families
import torch
from gguf import GGMLQuantizationType as Type
from regenerate import hex_floats, random_words, rows_of, uniform, versions

# Bytes of a block where its halves stand, and the r.m.s. of its values when d = 1 (and dmin as given, times d).
BLOCKS = {
    "Q8_0": {"d": 0, "rms": 74.0},
    "Q4_0": {"d": 0, "rms": 4.6},
    "Q4_K": {"d": 0, "dmin": 2, "minimum": 7.5, "rms": 220.0},
    "Q5_K": {"d": 0, "dmin": 2, "minimum": 15.5, "rms": 440.0},
    "Q6_K": {"d": 208, "rms": 1350.0},
    "Q4_1": {"d": 0, "dmin": 2, "minimum": -7.5, "rms": 4.6},
    "Q5_0": {"d": 0, "rms": 9.2},
    "Q5_1": {"d": 0, "dmin": 2, "minimum": -15.5, "rms": 9.2},
    "IQ4_NL": {"d": 0, "rms": 66.0},
}
NUMPY = {"F32": np.float32, "F16": np.float16}


def raw_bytes(name, seed, count):
    return random_words(name, seed, -(-count // 8)).view(np.uint8)[:count].copy()


def generate(spec, seed):
    """Bytes as the file has them, uint8 [rows, bytes of a row]."""
    name, shape, kind, center, spread = spec
    rows, cols = math.prod(shape[:-1]), shape[-1]
    if kind not in BLOCKS:
        values = uniform(name, seed, rows * cols, center, spread).reshape(rows, cols)
        if kind == "BF16":
            return torch.from_numpy(values).to(torch.bfloat16).view(torch.int16).numpy().view(np.uint8)
        return values.astype(NUMPY[kind]).view(np.uint8)
    block, size = gguf.GGML_QUANT_SIZES[Type[kind]]
    count = rows * cols // block
    data = raw_bytes(name, seed, count * size).reshape(count, size)
    for half in ("d", "dmin"):
        if half in BLOCKS[kind]:
            factor = BLOCKS[kind]["minimum"] if half == "dmin" else 1.0
            scales = uniform(f"{name}.{half}", seed, count, 0.0, spread) + np.float32(center)
            at = BLOCKS[kind][half]
            data[:, at:at + 2] = (scales * np.float32(factor)).astype("<f2").view(np.uint8).reshape(count, 2)
    return data.reshape(rows, cols // block * size)


def dequantised(spec, data):
    name, shape, kind = spec[:3]
    if kind == "BF16":
        return torch.from_numpy(data.copy()).view(torch.bfloat16).float().reshape(shape)
    if kind in NUMPY:
        return torch.from_numpy(data.copy().view(NUMPY[kind]).astype(np.float32)).reshape(shape)
    values = gguf.quants.dequantize(data.reshape(shape[:-1] + [-1]), Type[kind])
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).reshape(shape)


# ---------------------------------------------------------------------------------------------------------------
# Tensors and metadata of a case


def tensor_specs(c, types):
    """[name, shape (outermost dimension first), type, center, log2 of spread] in GGUF's names. `types` gives the type of
    a tensor by the part of its name behind blk.N., and "" that of all others."""
    heads, hidden, vocab = c["num_attention_heads"], c["hidden_size"], c["vocab_size"]
    specs = []

    def vector(name, size, center=1.0, spread=-2):
        specs.append([name, [size], "F32", center, spread])

    def matrix(name, *shape, gain=0):
        kind = types.get(name.split(".")[2 if name.startswith("blk.") else 0], types[""])
        kind = "F32" if "ffn_gate_inp" in name else kind
        if kind not in BLOCKS:
            specs.append([name, list(shape), kind, 0.0, round(math.log2(math.sqrt(3 / shape[-1]))) + gain])
            return
        center = 2.0 ** round(math.log2(2.0**gain / math.sqrt(shape[-1]) / BLOCKS[kind]["rms"]))
        specs.append([name, list(shape), kind, center, int(math.log2(center)) - 2])

    def mlp(b, width, suffix=""):
        matrix(f"{b}ffn_gate{suffix}.weight", width, hidden)
        matrix(f"{b}ffn_up{suffix}.weight", width, hidden)
        matrix(f"{b}ffn_down{suffix}.weight", hidden, width)

    def latent(b):
        nope, rope, value = c["qk_nope_head_dim"], c["qk_rope_head_dim"], c["v_head_dim"]
        rank = c["kv_lora_rank"]
        if c["q_lora_rank"]:
            matrix(b + "attn_q_a.weight", c["q_lora_rank"], hidden)
            vector(b + "attn_q_a_norm.weight", c["q_lora_rank"])
            matrix(b + "attn_q_b.weight", heads * (nope + rope), c["q_lora_rank"])
        else:
            matrix(b + "attn_q.weight", heads * (nope + rope), hidden)
        matrix(b + "attn_kv_a_mqa.weight", rank + rope, hidden)
        vector(b + "attn_kv_a_norm.weight", rank)
        if "attn_kv_b" in types:
            matrix(b + "attn_kv_b.weight", heads * (nope + value), rank)
        else:
            matrix(b + "attn_k_b.weight", heads, rank, nope, gain=-1)
            matrix(b + "attn_v_b.weight", heads, value, rank)
        matrix(b + "attn_output.weight", hidden, heads * value)

    def grouped(b):
        d = c.get("head_dim", hidden // heads)
        for part, count in (("q", heads), ("k", c["num_key_value_heads"]), ("v", c["num_key_value_heads"])):
            matrix(f"{b}attn_{part}.weight", count * d, hidden)
            if c["model_type"] == "qwen2":
                vector(f"{b}attn_{part}.bias", count * d, 0.0, -1)
        matrix(b + "attn_output.weight", hidden, heads * d)
        if c["model_type"] == "qwen3":
            vector(b + "attn_q_norm.weight", d)
            vector(b + "attn_k_norm.weight", d)

    specs.append(["token_embd.weight", [vocab, hidden], types[""], 0.0, 0])
    if types[""] in BLOCKS:
        center = 2.0 ** round(math.log2(0.5 / BLOCKS[types[""]]["rms"]))
        specs[-1][3:] = [center, int(math.log2(center)) - 2]
    for index in range(c["num_hidden_layers"]):
        b = f"blk.{index}."
        vector(b + "attn_norm.weight", hidden)
        vector(b + "ffn_norm.weight", hidden)
        (latent if "kv_lora_rank" in c else grouped)(b)
        if not c.get("n_routed_experts") or index < c["first_k_dense_replace"]:
            mlp(b, c["intermediate_size"])
            continue
        experts, width = c["n_routed_experts"], c["moe_intermediate_size"]
        matrix(b + "ffn_gate_inp.weight", experts, hidden)
        if c["model_type"] == "deepseek_v3":
            vector(b + "exp_probs_b.bias", experts, 0.5, -3)  # positive: transformers masks groups with 0
        matrix(b + "ffn_gate_exps.weight", experts, width, hidden)
        matrix(b + "ffn_up_exps.weight", experts, width, hidden)
        matrix(b + "ffn_down_exps.weight", experts, hidden, width)
        mlp(b, c["n_shared_experts"] * width, "_shexp")
    vector("output_norm.weight", hidden)
    if not c.get("tie_word_embeddings"):
        matrix("output.weight", vocab, hidden, gain=1)
    return specs


GGUF_NAMES = {"llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "deepseek": "deepseek", "deepseek_v2": "deepseek2",
              "deepseek_v3": "deepseek2"}


def metadata(c, types):
    """[key, type, value] as the converter writes them."""
    a = GGUF_NAMES[c["model_type"]]
    entries = [["general.architecture", "text", a]]

    def add(key, kind, value):
        entries.append([f"{a}.{key}", kind, value])

    add("vocab_size", "u32", c["vocab_size"])
    add("context_length", "u32", c["max_position_embeddings"])
    add("embedding_length", "u32", c["hidden_size"])
    add("block_count", "u32", c["num_hidden_layers"])
    add("feed_forward_length", "u32", c["intermediate_size"])
    add("attention.head_count", "u32", c["num_attention_heads"])
    add("attention.layer_norm_rms_epsilon", "f32", c["rms_norm_eps"])
    add("rope.freq_base", "f32", c["rope_theta"])
    if "kv_lora_rank" in c:
        head = c["qk_nope_head_dim"] + c["qk_rope_head_dim"]
        rank, rope = c["kv_lora_rank"], c["qk_rope_head_dim"]
        split = "attn_kv_b" not in types
        if c["q_lora_rank"]:
            add("attention.q_lora_rank", "u32", c["q_lora_rank"])
        add("attention.kv_lora_rank", "u32", rank)
        add("attention.head_count_kv", "u32", 1 if split else c["num_attention_heads"])
        add("attention.key_length", "u32", rank + rope if split else head)
        add("attention.value_length", "u32", rank if split else c["v_head_dim"])
        if split:
            add("attention.key_length_mla", "u32", head)
            add("attention.value_length_mla", "u32", c["v_head_dim"])
        add("rope.dimension_count", "u32", rope)
    else:
        d = c.get("head_dim", c["hidden_size"] // c["num_attention_heads"])
        add("attention.head_count_kv", "u32", c["num_key_value_heads"])
        add("attention.key_length", "u32", d)
        add("attention.value_length", "u32", d)
        add("rope.dimension_count", "u32", d)
    if c.get("n_routed_experts"):
        add("leading_dense_block_count", "u32", c["first_k_dense_replace"])
        add("expert_count", "u32", c["n_routed_experts"])
        add("expert_used_count", "u32", c["num_experts_per_tok"])
        add("expert_shared_count", "u32", c["n_shared_experts"])
        add("expert_feed_forward_length", "u32", c["moe_intermediate_size"])
        add("expert_weights_scale", "f32", c.get("routed_scaling_factor", 1.0))
        add("expert_weights_norm", "bool", c["norm_topk_prob"])
        if "kv_lora_rank" in c:
            add("expert_gating_func", "u32", 2 if c["model_type"] == "deepseek_v3" else 1)
            add("expert_group_count", "u32", c["n_group"])
            add("expert_group_used_count", "u32", c["topk_group"])
    rope = c.get("rope_scaling") or {}
    if rope.get("type") == "yarn":
        add("rope.scaling.type", "text", "yarn")
        add("rope.scaling.factor", "f32", rope["factor"])
        add("rope.scaling.original_context_length", "u32", rope["original_max_position_embeddings"])
        if "mscale_all_dim" in rope:
            add("rope.scaling.yarn_log_multiplier", "f32", 0.1 * rope["mscale_all_dim"])
        if "attention_factor" in rope:  # the file's factor stands beside YaRN's own one
            own = 0.1 * math.log(rope["factor"]) + 1
            add("rope.scaling.attn_factor", "f32", rope["attention_factor"] / own)
    if rope.get("rope_type") == "linear":
        add("rope.scaling.type", "text", "linear")
        add("rope.scaling.factor", "f32", rope["factor"])
    return entries


def rope_factors(c):
    """Llama 3's scaling as the converter stores it: what each frequency is divided by."""
    rope, d = c["rope_scaling"], c["hidden_size"] // c["num_attention_heads"]
    factors = []
    for i in range(d // 2):
        turns = rope["original_max_position_embeddings"] * c["rope_theta"] ** (-2 * i / d) / (2 * math.pi)
        kept = (turns - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
        ramp = min(max(kept, 0.0), 1.0)
        factors.append(1 / ((1 - ramp) / rope["factor"] + ramp))
    return np.array(factors, dtype=np.float32)


# ---------------------------------------------------------------------------------------------------------------
# Back to the names and row orders of Hugging Face

LAYER_NAMES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "attn_q_a": "self_attn.q_a_proj",
    "attn_q_a_norm": "self_attn.q_a_layernorm", "attn_q_b": "self_attn.q_b_proj",
    "attn_kv_a_mqa": "self_attn.kv_a_proj_with_mqa", "attn_kv_a_norm": "self_attn.kv_a_layernorm",
    "attn_kv_b": "self_attn.kv_b_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "ffn_gate_inp": "mlp.gate", "ffn_gate_shexp": "mlp.shared_experts.gate_proj",
    "ffn_up_shexp": "mlp.shared_experts.up_proj", "ffn_down_shexp": "mlp.shared_experts.down_proj",
}


def unpermuted(tensor, heads):
    """Row 2i + j of a head goes back to row j·(d/2) + i."""
    return tensor.reshape(heads, -1, 2, *tensor.shape[1:]).transpose(1, 2).reshape(tensor.shape)


def hugging_face(c, tensors):
    out = {}
    whole = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
             "output.weight": "lm_head.weight"}
    permuted = c["model_type"] in ("llama", "deepseek")
    for name, tensor in tensors.items():
        if name == "rope_freqs.weight":
            continue
        if name in whole:
            out[whole[name]] = tensor
            continue
        _, layer, part, suffix = name.split(".")
        p = f"model.layers.{layer}."
        if permuted and part in ("attn_q", "attn_k"):
            tensor = unpermuted(tensor, c["num_attention_heads" if part == "attn_q" else "num_key_value_heads"])
        if part == "exp_probs_b":
            out[p + "mlp.gate.e_score_correction_bias"] = tensor
        elif part.endswith("_exps"):
            kind = part.removeprefix("ffn_").removesuffix("_exps")
            for expert in range(tensor.shape[0]):
                out[f"{p}mlp.experts.{expert}.{kind}_proj.weight"] = tensor[expert]
        elif part == "attn_k_b":
            values = tensors[f"blk.{layer}.attn_v_b.weight"]
            joined = torch.cat([tensor.transpose(1, 2), values], 1)
            out[p + "self_attn.kv_b_proj.weight"] = joined.reshape(-1, joined.shape[-1]).contiguous()
        elif part != "attn_v_b":
            out[f"{p}{LAYER_NAMES[part]}.{suffix}"] = tensor
    return out


# ---------------------------------------------------------------------------------------------------------------
# llama.cpp


def write_gguf(path, c, entries, specs, data):
    writer = gguf.GGUFWriter(path, entries[0][2])
    kinds = {"u32": writer.add_uint32, "f32": writer.add_float32, "text": writer.add_string, "bool": writer.add_bool}
    for key, kind, value in entries[1:]:
        kinds[kind](key, value)
    # A vocabulary of the bytes alone; the models are asked with ids.
    tokens = [gguf_byte(b) for b in range(256)] + ["ab"] + [f"[PAD{i}]" for i in range(257, c["vocab_size"])]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("deepseek-v3")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * 257 + [5] * (c["vocab_size"] - 257))
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    for spec in specs:
        rows = data[spec[0]]
        if spec[2] in NUMPY:
            writer.add_tensor(spec[0], np.ascontiguousarray(rows).view(NUMPY[spec[2]]).reshape(spec[1]))
        else:
            writer.add_tensor(spec[0], np.ascontiguousarray(rows).reshape(spec[1][:-1] + [-1]), raw_dtype=Type[spec[2]])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_byte(byte):
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [b for b in range(256) if b not in printable].index(byte))


class LlamaCpp:
    def __init__(self, path):
        self.model = llama_cpp.Llama(str(path), n_ctx=512, n_batch=512, logits_all=True, verbose=False, n_threads=2,
                                     type_k=0, type_v=0, flash_attn=False, n_gpu_layers=0)

    def logits(self, tokens):
        self.model.reset()
        self.model.eval(tokens)
        return torch.tensor(np.array(self.model.scores[len(tokens) - 1]))

    def greedy(self, tokens, count, lead):
        continuation = []
        logits = self.logits(tokens)
        while len(continuation) < count:
            first, second = logits.topk(2).values.tolist()
            if first - second < lead:
                break
            continuation.append(int(logits.argmax()))
            self.model.eval(continuation[-1:])
            logits = torch.tensor(np.array(self.model.scores[self.model.n_tokens - 1]))
        return continuation


# ---------------------------------------------------------------------------------------------------------------

DENSE = {
    "vocab_size": 320, "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": None,
    "max_position_embeddings": 512, "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 1,
}
EXPERTS = {
    "moe_intermediate_size": 256, "n_routed_experts": 8, "n_shared_experts": 1, "num_experts_per_tok": 3,
    "first_k_dense_replace": 1, "moe_layer_freq": 1, "norm_topk_prob": False, "scoring_func": "softmax",
}


def yarn(mscale):
    return {"type": "yarn", "factor": 40, "original_max_position_embeddings": 64, "beta_fast": 32, "beta_slow": 1,
            "mscale": mscale, "mscale_all_dim": mscale}


LATENT = {
    "num_key_value_heads": 4, "q_lora_rank": None, "kv_lora_rank": 256, "qk_nope_head_dim": 32, "qk_rope_head_dim": 32,
    "v_head_dim": 64, "rms_norm_eps": 1e-6, "attention_bias": False, "rope_scaling": yarn(0.707),
    "topk_method": "greedy", "n_group": 1, "topk_group": 1, "routed_scaling_factor": 1.0,
}
V3 = {
    **LATENT, **EXPERTS, "q_lora_rank": 256, "rope_scaling": yarn(1.0), "topk_method": "noaux_tc",
    "scoring_func": "sigmoid", "norm_topk_prob": True, "routed_scaling_factor": 2.5, "n_routed_experts": 16,
    "n_group": 4, "topk_group": 2, "num_nextn_predict_layers": 0,
}
CASES = {
    "llama-f16-factors": (31, "llama", {"": "F16"}, {"rope_theta": 500000.0, "rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 128}}),
    "llama-q4-k": (32, "llama", {"": "Q4_K", "attn_v": "Q6_K", "ffn_down": "Q6_K", "output": "Q6_K"},
                   {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}),
    "qwen2-q8-0-tied": (33, "qwen2", {"": "Q8_0"}, {"tie_word_embeddings": True}),
    "qwen3-q5-k-yarn": (34, "qwen3", {"": "Q5_K", "attn_k": "Q4_0", "ffn_up": "F32", "output": "BF16"}, {
        "head_dim": 64, "attention_bias": False, "rope_scaling": {
            "type": "yarn", "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128,
            "attention_factor": 1.0}}),
    "deepseek-q4-0": (35, "deepseek", {"": "Q4_0", "ffn_down_exps": "Q6_K", "attn_output": "BF16", "output": "Q6_K"},
                      {**EXPERTS, "num_key_value_heads": 4}),
    "deepseek2-joined-q8-0": (36, "deepseek_v2", {"": "Q8_0", "attn_kv_b": "Q8_0", "ffn_gate_exps": "Q4_K",
                                                  "ffn_up_exps": "Q5_K", "ffn_down_exps": "Q6_K"},
                              {**LATENT, **EXPERTS, "q_lora_rank": 256}),
    "deepseek2-lite-q6-k": (39, "deepseek_v2", {"": "Q6_K", "attn_k_b": "Q4_0", "attn_v_b": "Q4_K"},
                            {**LATENT, **EXPERTS}),
    "deepseek2-q5-0": (40, "deepseek_v2", {"": "Q4_K", "attn_k_b": "Q5_0", "ffn_down": "Q5_0",
                                           "ffn_down_exps": "Q5_1", "ffn_up_exps": "IQ4_NL", "ffn_gate_exps": "Q4_1",
                                           "output": "Q5_0"}, {**LATENT, **EXPERTS, "q_lora_rank": 256}),
    "deepseek2-split-q4-k": (37, "deepseek_v3", {"": "Q4_K", "attn_k_b": "Q8_0", "attn_v_b": "Q5_K", "output": "Q6_K"},
                             V3),
    "deepseek2-split-bf16": (38, "deepseek_v3", {"": "BF16"}, V3),
}


def reference(c, tensors):
    if c["model_type"] == "deepseek_v3":
        return regenerate.Reference(c, tensors)
    return regenerate_families.Reference(c, tensors)


def make_case(seed, kind, types, changes):
    c = {"model_type": kind, **DENSE, **changes}
    specs = tensor_specs(c, types)
    data = {spec[0]: generate(spec, seed) for spec in specs}
    tensors = {spec[0]: dequantised(spec, data[spec[0]]) for spec in specs}
    if (c["rope_scaling"] or {}).get("rope_type") == "llama3":
        factors = rope_factors(c)
        specs.append(["rope_freqs.weight", [len(factors)], "F32", 0.0, 0, factors.tolist()])
        data["rope_freqs.weight"] = factors.reshape(1, -1).view(np.uint8)
    entries = metadata(c, types)
    model = reference(c, hugging_face(c, tensors))
    random = np.random.default_rng(seed)
    prompts = [random.integers(0, c["vocab_size"], n).tolist() for n in (1, 19, 150)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.gguf"
        write_gguf(path, c, entries, specs, data)
        # llama.cpp takes a model without q_lora_rank only if it has as many layers as V2-Lite.
        lite = "kv_lora_rank" in c and not c["q_lora_rank"]
        other = None if lite else LlamaCpp(path)
        return {
            "made_with": {**versions(), "llama-cpp-python": llama_cpp.__version__}, "seed": seed, "metadata": entries,
            "tensors": specs, "prompts": [prompt_golden(model, other, p) for p in prompts],
        }


def prompt_golden(model, other, tokens):
    """Continuations end in front of a token that hardly is ahead of the next one: rounding may decide there."""
    logits = model.forward(tokens)[0][-1]
    entry = {"tokens": tokens, "logits": hex_floats(logits), "greedy": greedy(model, tokens, 24, 2e-3)}
    print(f"  {len(tokens)} tokens: logits up to {logits.abs().max():.2f}")
    if other:
        theirs = other.logits(tokens)
        print(f"    llama.cpp differs by {(logits - theirs).abs().max():.2e}")
        entry["llama_cpp"] = {"logits": hex_floats(theirs), "greedy": other.greedy(tokens, 24, 0.5)}
    return entry


@torch.no_grad()
def greedy(model, tokens, count, lead):
    continuation = []
    while len(continuation) < count:
        logits = model.forward(tokens + continuation)[0][-1]
        first, second = logits.topk(2).values.tolist()
        if first - second < lead:
            break
        continuation.append(int(logits.argmax()))
    return continuation


def main():
    torch.manual_seed(0)
    folder = pathlib.Path(__file__).parent / "gguf"
    folder.mkdir(exist_ok=True)
    for name, case in CASES.items():
        print(name)
        (folder / f"{name}.json").write_text(rows_of(make_case(*case)))


if __name__ == "__main__":
    main()
