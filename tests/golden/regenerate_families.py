#!/usr/bin/env python3
"""Makes cases/*.json of the architectures besides deepseek_v3: llama, qwen2, qwen3, deepseek, deepseek_v2.

As regenerate.py: small random models whose weights both sides generate from names, and what Hugging Face transformers
computes with them in F32. transformers does not know DeepSeekMoE 16B (model_type "deepseek"): its layers are Llama's
attention of transformers and the mixture of experts of the model's own published code (softmax over all experts, plain
top-k, weights not normalised unless norm_topk_prob, two shared experts as one MLP), written down here.
"""

import math
import pathlib

import numpy as np
import torch
import transformers
from regenerate import fuse_experts, generate_all, prompt_golden, rows_of, versions
from torch import nn

CLASSES = {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
    "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM),
    "deepseek": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    "deepseek_v2": (transformers.DeepseekV2Config, transformers.DeepseekV2ForCausalLM),
}


def tensor_specs(config, storage):
    """[name, shape, dtype, center, log2 of spread] of every tensor; '*' stands for each routed expert."""
    c = config
    heads, vocab, hidden = c["num_attention_heads"], c["vocab_size"], c["hidden_size"]
    specs = []

    def vector(name, size, center=1.0, spread=-2):
        specs.append([name, [size], storage, center, spread])

    def linear(name, rows, cols, gain=0, bias=False):
        specs.append([name + ".weight", [rows, cols], storage, 0.0, round(math.log2(math.sqrt(3 / cols))) + gain])
        if bias:
            vector(name + ".bias", rows, 0.0, -1)

    def mlp(prefix, width):
        linear(prefix + "gate_proj", width, hidden)
        linear(prefix + "up_proj", width, hidden)
        linear(prefix + "down_proj", hidden, width)

    def latent(a):
        qk = c["qk_nope_head_dim"] + c["qk_rope_head_dim"]
        if c["q_lora_rank"]:
            linear(a + "q_a_proj", c["q_lora_rank"], hidden)
            vector(a + "q_a_layernorm.weight", c["q_lora_rank"])
            linear(a + "q_b_proj", heads * qk, c["q_lora_rank"])
        else:
            linear(a + "q_proj", heads * qk, hidden)
        linear(a + "kv_a_proj_with_mqa", c["kv_lora_rank"] + c["qk_rope_head_dim"], hidden)
        vector(a + "kv_a_layernorm.weight", c["kv_lora_rank"])
        linear(a + "kv_b_proj", heads * (c["qk_nope_head_dim"] + c["v_head_dim"]), c["kv_lora_rank"])
        linear(a + "o_proj", hidden, heads * c["v_head_dim"])

    def grouped(a):
        d = c.get("head_dim", hidden // heads)
        all_biased = c.get("attention_bias", False)
        biased = all_biased or c["model_type"] == "qwen2"
        linear(a + "q_proj", heads * d, hidden, bias=biased)
        linear(a + "k_proj", c["num_key_value_heads"] * d, hidden, bias=biased)
        linear(a + "v_proj", c["num_key_value_heads"] * d, hidden, bias=biased)
        linear(a + "o_proj", hidden, heads * d, bias=all_biased)
        if c["model_type"] == "qwen3":
            vector(a + "q_norm.weight", d)
            vector(a + "k_norm.weight", d)

    specs.append(["model.embed_tokens.weight", [vocab, hidden], storage, 0.0, 0])
    for index in range(c["num_hidden_layers"]):
        p = f"model.layers.{index}."
        vector(p + "input_layernorm.weight", hidden)
        vector(p + "post_attention_layernorm.weight", hidden)
        (latent if c["model_type"] == "deepseek_v2" else grouped)(p + "self_attn.")
        if not c.get("n_routed_experts") or index < c["first_k_dense_replace"]:
            mlp(p + "mlp.", c["intermediate_size"])
            continue
        linear(p + "mlp.gate", c["n_routed_experts"], hidden)
        mlp(p + "mlp.experts.*.", c["moe_intermediate_size"])
        mlp(p + "mlp.shared_experts.", c["n_shared_experts"] * c["moe_intermediate_size"])
    vector("model.norm.weight", hidden)
    if not c.get("tie_word_embeddings"):
        linear("lm_head", vocab, hidden, gain=1)
    return specs


class Mlp(nn.Module):
    def __init__(self, hidden, width):
        super().__init__()
        self.gate_proj = nn.Linear(hidden, width, bias=False)
        self.up_proj = nn.Linear(hidden, width, bias=False)
        self.down_proj = nn.Linear(width, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


class DeepseekMoe(nn.Module):
    """modeling_deepseek.py of deepseek-ai/deepseek-moe-16b-base, without training."""

    def __init__(self, c, routes):
        super().__init__()
        self.c, self.routes = c, routes
        self.gate = nn.Linear(c["hidden_size"], c["n_routed_experts"], bias=False)
        self.experts = nn.ModuleList(
            Mlp(c["hidden_size"], c["moe_intermediate_size"]) for _ in range(c["n_routed_experts"]))
        self.shared_experts = Mlp(c["hidden_size"], c["n_shared_experts"] * c["moe_intermediate_size"])

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        weights, ids = self.gate(flat).softmax(-1).topk(self.c["num_experts_per_tok"], dim=-1)
        if self.c["norm_topk_prob"]:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        self.routes.append((ids, weights))
        y = torch.zeros_like(flat)
        for token in range(flat.shape[0]):
            for expert, weight in zip(ids[token], weights[token]):
                y[token] += weight * self.experts[expert](flat[token])
        return y.reshape(x.shape) + self.shared_experts(x)


class Reference:
    mtp = None

    def __init__(self, config, tensors):
        kind = config["model_type"]
        config_class, model_class = CLASSES[kind]
        known = {k: v for k, v in config.items() if k not in ("architectures", "model_type", "torch_dtype")}
        self.config = config_class(**known, attn_implementation="eager")
        self.model = model_class(self.config).eval()
        self.routes = {}
        if kind == "deepseek":
            for index in range(config["first_k_dense_replace"], config["num_hidden_layers"]):
                self.model.model.layers[index].mlp = DeepseekMoe(config, self.routes.setdefault(index, []))
        if kind == "deepseek_v2":
            tensors = fuse_experts(tensors, config["n_routed_experts"])
            for index, layer in enumerate(self.model.model.layers):
                self.watch(index, layer)
        if config.get("tie_word_embeddings"):
            tensors.setdefault("lm_head.weight", tensors["model.embed_tokens.weight"])
        self.model.float().load_state_dict(tensors, strict=True)

    def watch(self, index, layer):
        """Records ids and weights of every call of a router, highest score first."""
        if not hasattr(layer.mlp, "gate"):
            return

        def hook(router, _, output):
            logits, weights, ids = output
            scores = logits.softmax(-1, dtype=torch.float32).reshape(-1, logits.shape[-1]).gather(1, ids)
            order = scores.argsort(dim=-1, descending=True)
            self.routes.setdefault(index, []).append((ids.gather(1, order), weights.gather(1, order)))

        layer.mlp.gate.register_forward_hook(hook)

    @torch.no_grad()
    def forward(self, tokens):
        for calls in self.routes.values():
            calls.clear()
        hidden = self.model.model(input_ids=torch.tensor([tokens]), use_cache=False).last_hidden_state[0]
        return self.model.lm_head(hidden), hidden, [calls[0] for _, calls in sorted(self.routes.items())]

    @torch.no_grad()
    def greedy(self, tokens, count):
        tokens = list(tokens)
        cache, feed = None, tokens
        for _ in range(count):
            out = self.model(input_ids=torch.tensor([feed]), past_key_values=cache, use_cache=True)
            cache, feed = out.past_key_values, [int(out.logits[0, -1].argmax())]
            tokens += feed
        return tokens[-count:]


DENSE = {
    "vocab_size": 160, "hidden_size": 192, "intermediate_size": 320, "num_hidden_layers": 3, "num_attention_heads": 6,
    "num_key_value_heads": 2, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "rope_scaling": None,
    "max_position_embeddings": 512, "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 1,
}
EXPERTS = {
    "moe_intermediate_size": 136, "n_routed_experts": 16, "n_shared_experts": 2, "num_experts_per_tok": 6,
    "first_k_dense_replace": 1, "moe_layer_freq": 1, "norm_topk_prob": False, "scoring_func": "softmax",
}
LATENT = {
    "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": None, "kv_lora_rank": 72, "qk_nope_head_dim": 24,
    "qk_rope_head_dim": 16, "v_head_dim": 20, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "attention_bias": False,
    "rope_scaling": {"type": "yarn", "factor": 40, "original_max_position_embeddings": 64, "beta_fast": 32,
                     "beta_slow": 1, "mscale": 0.707, "mscale_all_dim": 0.707},
}
CASES = {
    "llama-mha": (11, "BF16", "llama", {"num_key_value_heads": 6, "rms_norm_eps": 1e-6, "rope_theta": 10000.0}),
    "llama-gqa-llama3": (12, "F32", "llama", {"rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 128}}),
    "llama-linear-tied-bias": (13, "F16", "llama", {"rope_scaling": {"type": "linear", "factor": 4.0},
                                                   "tie_word_embeddings": True, "attention_bias": True}),
    "qwen2": (14, "BF16", "qwen2", {"use_sliding_window": False, "sliding_window": 64, "max_window_layers": 3}),
    "qwen3-yarn": (15, "BF16", "qwen3", {"head_dim": 40, "attention_bias": False, "rope_scaling": {
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}}),
    "deepseek-moe": (16, "BF16", "deepseek", {**EXPERTS, "num_key_value_heads": 6, "rope_theta": 10000.0}),
    "deepseek-v2-lite": (17, "BF16", "deepseek_v2", {
        **LATENT, **EXPERTS, "topk_method": "greedy", "n_group": 1, "topk_group": 1, "routed_scaling_factor": 1.0}),
    "deepseek-v2": (18, "F32", "deepseek_v2", {
        **LATENT, **EXPERTS, "q_lora_rank": 136, "topk_method": "group_limited_greedy", "n_group": 4, "topk_group": 2,
        "routed_scaling_factor": 16.0}),
}
CLASS_NAMES = {"llama": "Llama", "qwen2": "Qwen2", "qwen3": "Qwen3", "deepseek": "Deepseek", "deepseek_v2": "DeepseekV2"}


def main():
    torch.manual_seed(0)
    folder = pathlib.Path(__file__).parent / "cases"
    for name, (seed, storage, kind, changes) in CASES.items():
        config = {"architectures": [CLASS_NAMES[kind] + "ForCausalLM"], "model_type": kind, **DENSE, **changes}
        specs = tensor_specs(config, storage)
        reference = Reference(config, generate_all(specs, seed, config.get("n_routed_experts", 0)))
        random = np.random.default_rng(seed)
        prompts = [random.integers(0, config["vocab_size"], n).tolist() for n in (1, 19, 150)]
        case = {
            "made_with": versions(), "seed": seed, "config": config, "tensors": specs,
            "prompts": [prompt_golden(reference, p, 64, len(p) == 19) for p in prompts],
        }
        (folder / f"{name}.json").write_text(rows_of(case))
        print(name, "written")


if __name__ == "__main__":
    main()
